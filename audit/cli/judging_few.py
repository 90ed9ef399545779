"""``adb-audit judge`` of one input or a few: a whole report on each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audit.asked import Asked
from audit.cli import exits, inventory, recording
from audit.cli.evidence import Seen, given, imported_from, joined
from audit.cli.output import Wanted, show
from audit.cli.progress import FilesMeter
from audit.errors import AuditError, UsageError
from audit.model.evidence import Snapshot
from audit.model.record import record
from audit.pipeline import Examined
from audit.sources import open_source

if TYPE_CHECKING:
    from audit.sources import Keys

MOST_WHOLE = 20
"""So many inputs are told with whole reports; nobody reads more of them on a terminal."""


@record
class Few:
    """What ``judge`` was asked for; the names are those of its options."""

    paths: tuple[Path, ...]
    wanted: Wanted
    sbom: Path | None
    no_history: bool
    db: str | None
    captures: tuple[Path, ...]
    unit_addresses: tuple[str, ...]
    known: tuple[str, ...]


def is_many(paths: Sequence[str]) -> bool:
    """Whether *paths* stand for more than can be told with whole reports."""
    if len(paths) > MOST_WHOLE:
        return True
    folders = [Path(path) for path in paths if Path(path).is_dir()]
    patterns = [path for path in paths if any(mark in path for mark in "*?[")]
    if not folders and not patterns:
        return False
    from audit.fleet.inputs import holds_many, is_pattern

    return any(map(is_pattern, patterns)) or any(map(holds_many, folders))


def run(asked: Asked, few: Few, keys: Keys) -> int:
    """Judge them, show the reports, keep them, and return the exit code."""
    judged = list(_judged(asked, few, keys))
    reports = [one.report for one, _ in judged]
    show(reports, few.wanted)
    if few.sbom is not None:
        for one, snapshot in judged:
            inventory.write(few.sbom, snapshot, one.report, reveal=few.wanted.reveal)
    code = exits.of_reports(reports, all_audited=len(reports) == len(few.paths))
    if few.no_history:
        return code
    return recording.keep((recording.kept(one, snapshot) for one, snapshot in judged), few.db, code)


def _judged(asked: Asked, few: Few, keys: Keys) -> Iterator[tuple[Examined, Snapshot]]:
    """Those that can be read; the others are told."""
    beside = Seen(
        artifacts=(*imported_from(few.captures, few.unit_addresses), *given(few.known)),
    )
    for path in few.paths:
        try:
            snapshot = joined(_opened(path, asked, keys), beside)
            yield asked.examine(snapshot), snapshot
        except UsageError:
            raise
        except AuditError as error:
            exits.tell(error)


def _opened(path: Path, asked: Asked, keys: Keys) -> Snapshot:
    with FilesMeter() as meter:
        return open_source(
            path,
            files=asked.files,
            on_progress=lambda seen: meter.step(seen.done, seen.total, seen.path),
            keys=keys,
        )
