"""One snapshot to its entry: what a worker does."""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from audit.clock import now, stamp
from audit.crate import keeping
from audit.crate.short import checks_of, name_of, telling_of
from audit.crate.unit_reports import Others, publish_unit
from audit.crate.unread import unread_snapshot
from audit.destinations.load import has_contacts, load_atlas
from audit.errors import UsageError
from audit.model.crate import Entry, Manifest, ManifestRow, UnitResult
from audit.model.evidence import Artifact, Snapshot
from audit.model.facts import Facts
from audit.model.portrait import Baseline
from audit.model.profiles import Rulebook
from audit.model.record import record
from audit.model.report import Expectation
from audit.pipeline import Examined, examine
from audit.reports import Options

if TYPE_CHECKING:
    from audit.model.destinations import Atlas

Clock = Callable[[], datetime]


@record
class Task:
    """A unit that was read, or given up, and is to be judged.

    name: of its folder, see `audit.crate.store.Store.reserve`; serial, slot: as it was found
    started_at: RFC 3339 in UTC; reading_s: from there to now; tries: connections it took
    reached: whether anything was read of it; whole: False where its connection ended before all was read
    spooled: (index of an artifact, path of a file with its data), for what was too large to carry about;
        the files are removed once the unit is done
    """

    name: str
    snapshot: Snapshot
    serial: str
    slot: str
    started_at: str
    reading_s: float
    tries: int = 1
    reached: bool = True
    spooled: tuple[tuple[int, str], ...] = ()
    whole: bool = True


@record
class Setup:
    """What units of a crate are judged by.

    folder: of the crate; expectation: for units the manifest says nothing of
    destinations: folder of the data on addresses, None = the user's own; clock: importable by its name
    options: how the reports on units are written; None = they are not
    """

    folder: Path
    rulebook: Rulebook
    expectation: Expectation
    baseline: Baseline | None = None
    manifest: Manifest | None = None
    destinations: Path | None = None
    clock: Clock = now
    options: Options | None = None


@record
class Publish:
    """A unit that is done, and whose reports are to be written. others: what its own does not know"""

    name: str
    others: Others = Others()


@record
class Handed:
    """A task on its way to a worker. at_s: monotonic, of the whole machine, when its reading ended."""

    task: Task
    at_s: float


def worker(setup: object) -> Callable[[object], object]:
    """What `audit.crate.pool.Pool` makes of a `Setup` in each worker."""
    if not isinstance(setup, Setup):
        raise TypeError(f"no setup: {type(setup).__name__}")
    return Worker(setup).done


class Worker:
    """Judges what lies in files of its own folder; country data are opened once, when there is need."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._atlas: tuple[Atlas | None] | None = None

    def done(self, task: object) -> UnitResult | None:
        """Judge the `Handed` at a path, or publish; what was judged is kept when this returns."""
        if isinstance(task, Publish):
            self._publish(task)
            return None
        return self._judge(Path(str(task)))

    def _judge(self, path: Path) -> UnitResult:
        handed = load(path)
        task = with_spooled(handed.task)
        keeping.keep_snapshot(self._setup.folder, task.name, task.snapshot)
        atlas = self._load_atlas() if has_contacts(task.snapshot) else None
        entry = entry_of(task, self._setup, handed_at_s=handed.at_s, atlas=atlas)
        keeping.commit(self._setup.folder, task.name, entry)
        remove_spooled(task)
        return entry.result

    def _publish(self, task: Publish) -> None:
        if self._setup.options is not None:
            report = keeping.read_entry(self._setup.folder, task.name).report
            publish_unit(self._setup.folder, task.name, report, task.others, self._setup.options)

    def _load_atlas(self) -> Atlas | None:
        if self._atlas is None:
            self._atlas = (load_atlas(self._setup.destinations),)
        return self._atlas[0]


def load(path: Path) -> Handed:
    """What the program spooled a moment ago, in a folder that nobody else may enter."""
    handed = pickle.loads(_spooled(path))  # noqa: S301 - written by this program, see above
    if not isinstance(handed, Handed):
        raise TypeError(f"no task: {type(handed).__name__}")
    return handed


def with_spooled(task: Task) -> Task:
    """*task* with its artifacts whole."""
    if not task.spooled:
        return task
    data = {index: _spooled(Path(path)) for index, path in task.spooled}
    whole = (_with(artifact, data.get(i)) for i, artifact in enumerate(task.snapshot.artifacts))
    return replace(task, snapshot=replace(task.snapshot, artifacts=tuple(whole)))


def remove_spooled(task: Task) -> None:
    """Once the entry is kept they are needed no more."""
    for _, path in task.spooled:
        Path(path).unlink(missing_ok=True)


def _spooled(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(
            f"what was read of a unit is gone: {error.strerror}",
            where=str(path),
            fix="leave the folder of the crate alone while it is worked on; go on with --resume",
        ) from error


def _with(artifact: Artifact, data: bytes | None) -> Artifact:
    return artifact if data is None else replace(artifact, data=data)


def entry_of(task: Task, setup: Setup, *, handed_at_s: float, atlas: Atlas | None = None) -> Entry:
    """Judge *task* as the manifest, else *setup*, says its unit should be."""
    matched: list[ManifestRow | None] = []

    def expect(facts: Facts) -> Expectation:
        row = _row(setup.manifest, task.serial, facts)
        matched.append(row)
        return expectation_of(row, setup.expectation)

    examined = examine(
        task.snapshot,
        setup.rulebook,
        expect,
        judged_at=stamp(setup.clock()),
        atlas=atlas,
        baseline=setup.baseline,
    )
    took_s = task.reading_s + max(0.0, time.monotonic() - handed_at_s)
    return Entry(
        result=_result(task, examined, matched[0], took_s),
        report=examined.report,
        portrait=examined.portrait if task.reached and task.snapshot.artifacts else None,
    )


def expectation_of(row: ManifestRow | None, default: Expectation) -> Expectation:
    """What a unit should be: as its row of the manifest says, and *default* where that says nothing."""
    if row is None:
        return default
    return replace(
        default,
        market=row.market or default.market,
        model=row.model or default.model,
        build=row.build or default.build,
    )


def _row(manifest: Manifest | None, serial: str, facts: Facts) -> ManifestRow | None:
    if manifest is None:
        return None
    from audit.crate.manifest.match import row_for  # noqa: PLC0415 - most crates have no manifest

    return row_for(manifest, serial, facts.identifiers)


def _result(task: Task, examined: Examined, row: ManifestRow | None, took_s: float) -> UnitResult:
    report = examined.report
    return UnitResult(
        name=task.name,
        serial=task.serial,
        slot=task.slot,
        model=name_of(report.identity.model or report.unit.model or ""),
        build=name_of(report.identity.build),
        region=report.region.region,
        source=report.source,
        expectation=report.expectation,
        decision=report.verdict.decision,
        because=tuple(dict.fromkeys(report.verdict.because)),  # many checks may miss the same evidence
        telling=telling_of(report),
        checks=checks_of(report),
        reached=task.reached,
        started_at=task.started_at,
        took_s=round(took_s, 3),
        tries=task.tries,
        snapshot_sha256=report.snapshot_sha256,
        identifiers=examined.identifiers,
        row=row,
        whole=task.whole,
    )


__all__ = [
    "Clock",
    "Handed",
    "Setup",
    "Task",
    "Worker",
    "entry_of",
    "expectation_of",
    "unread_snapshot",
    "worker",
]
