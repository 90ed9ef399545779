"""One input to what is kept of it and what is told of it: what a worker does, wherever it is."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from audit import __version__
from audit.asked import Asked
from audit.errors import AuditError
from audit.fleet.inputs import is_known
from audit.history.packages import of_unit
from audit.history.recording import Prepared, prepare
from audit.model.evidence import Gap, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Decision, Report
from audit.model.text import clean_line
from audit.pipeline import Examined
from audit.reports.redact import redact
from audit.sources import Keys, open_source

_WORST = {Outcome.FAIL: 0, Outcome.INCONCLUSIVE: 1, Outcome.REVIEW: 2}
_MOST_REASONS, _LONGEST = 20, 300
_MOST_EVIDENCE_BYTES = 48 * 1024 * 1024
"""Packed, of one input: what a worker's answer may hold; the largest real ones have a tenth."""


@record
class Setup:
    """What inputs are judged by, and how they are told; sent to each worker once.

    key: of the station's masks; reveal: leave identifiers in words; keep: prepare reports for a history
    station: name of the bench, kept with them; far: the worker is on another machine than whoever asks
    keys: what opens encrypted inputs; nobody can be asked there
    """

    asked: Asked
    key: bytes
    reveal: bool = False
    keep: bool = True
    station: str = ""
    far: bool = False
    keys: Keys | None = None


@record
class Row:
    """What is told of one input, masked where it is to be.

    because: the verdict's sentences; reasons: messages of findings that keep it from PASS, the worst first
    trouble: why it was not read or judged, "" = it was; fix: what to do about that
    """

    path: str
    decision: Decision
    because: tuple[str, ...]
    reasons: tuple[str, ...]
    market: str | None
    policy: str
    serial: str
    model: str
    build: str
    region: str | None
    source: str
    acquired_at: str | None
    judged_at: str
    rulebook_sha256: str
    snapshot_sha256: str
    trouble: str = ""
    fix: str = ""


@record
class Judged:
    """An input that has its verdict. prepared: for the history; without_evidence: it was too much to send"""

    row: Row
    prepared: Prepared | None = None
    without_evidence: bool = False


@record
class Unknown:
    """Nothing recognises the path, and nobody said that it should be."""

    path: str


@record
class Task:
    """One path to judge; see `audit.fleet.inputs.Input`."""

    path: str
    meant: bool = True
    there: bool = True


def worker(setup: object) -> Callable[[object], object]:
    """What `audit.fleet.engine.Job` makes of a `Setup` in each worker."""
    if not isinstance(setup, Setup):
        raise TypeError(f"no setup: {type(setup).__name__}")

    def done(task: object) -> Judged | Unknown:
        if not isinstance(task, Task):
            raise TypeError(f"no task: {type(task).__name__}")
        return judged(task, setup)

    return done


def judged(task: Task, setup: Setup) -> Judged | Unknown:
    """Read and judge *task*; what cannot be read is INCONCLUSIVE, with why."""
    path = Path(task.path)
    try:
        snapshot = open_source(path, files=setup.asked.files, keys=setup.keys)
    except AuditError as error:
        if not task.meant and not is_known(path):
            return Unknown(path=task.path)
        what, fix = _told(error, task, setup)
        return unread(task.path, what, fix, setup)
    return _told_of(task.path, snapshot, setup)


def unread(path: str, what: str, fix: str, setup: Setup) -> Judged:
    """The result on an input that nobody could read or judge. what: in words, of why"""
    snapshot = Snapshot(
        unit=UnitId(),
        source=Source(kind=_kind_of(path), detail=clean_line(path), path=clean_line(path)),
        acquired_at=None,
        tool_version=__version__,
        artifacts=(),
        gaps=tuple(
            Gap(topic=topic, reason=f"Nothing was read of it: {clean_line(what)}.", fix=clean_line(fix))
            for topic in (Topic.PROPERTIES, Topic.PACKAGES)
        ),
    )
    return _told_of(path, snapshot, setup, clean_line(what), clean_line(fix))


def _told(error: AuditError, task: Task, setup: Setup) -> tuple[str, str]:
    """What is wrong, and what to do: a path that is there for one machine and not for another is its own."""
    where = "" if error.where in ("", task.path) else f"{error.where}: "
    if not setup.far:
        return where + error.what, error.fix
    host = socket.gethostname()
    if task.there and not os.path.lexists(task.path):
        return (
            f"the worker on {host} finds nothing there, while this machine does",
            "put it into a folder that all workers reach under the same path",
        )
    return f"{where}{error.what} (on {host})", error.fix


def _kind_of(path: str) -> SourceKind:
    return SourceKind.SAVED if path.endswith((".json", ".json.gz")) else SourceKind.FOLDER


def _told_of(path: str, snapshot: Snapshot, setup: Setup, trouble: str = "", fix: str = "") -> Judged:
    examined = setup.asked.examine(snapshot)
    row = _row(path, examined.report, setup)
    made = Judged(row=replace(row, trouble=trouble, fix=fix))
    return _with_prepared(made, examined, snapshot, setup) if setup.keep else made


def _with_prepared(made: Judged, examined: Examined, snapshot: Snapshot, setup: Setup) -> Judged:
    """Everything slow is done here, so that whoever writes the history only writes."""
    prepared = prepare(
        examined.report,
        snapshot,
        identifiers=examined.identifiers,
        packages=of_unit(None, examined.portrait),
        crate=None,
        station=setup.station,
    )
    if prepared.snapshot is not None and len(prepared.snapshot.content) > _MOST_EVIDENCE_BYTES:
        return replace(made, prepared=replace(prepared, snapshot=None), without_evidence=True)
    return replace(made, prepared=prepared)


def _row(path: str, report: Report, setup: Setup) -> Row:
    shown = report if setup.reveal else redact(report, key=setup.key)
    said = shown.identity
    told = [one for one in shown.findings if one.outcome in _WORST and not one.waiver]
    worst = sorted(told, key=lambda one: _WORST[one.outcome])
    messages = dict.fromkeys(clean_line(one.message)[:_LONGEST] for one in worst)
    return Row(
        path=clean_line(path),
        decision=shown.verdict.decision,
        because=tuple(clean_line(one)[:_LONGEST] for one in shown.verdict.because[:_MOST_REASONS]),
        reasons=tuple(messages)[:_MOST_REASONS],
        market=shown.expectation.market,
        policy=shown.expectation.policy,
        serial=clean_line(said.serial or shown.unit.serial or "")[:_LONGEST],
        model=clean_line(said.model or shown.unit.model or "")[:_LONGEST],
        build=clean_line(said.build or said.incremental)[:_LONGEST],
        region=shown.region.region,
        source=shown.source.kind.value,
        acquired_at=shown.acquired_at,
        judged_at=shown.judged_at,
        rulebook_sha256=shown.rulebook_sha256,
        snapshot_sha256=shown.snapshot_sha256,
    )
