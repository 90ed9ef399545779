"""Crates that are not on the bench any more: which there are, and each as it was when it was ended.

What they were is in their folders, written when they were ended and never changed here: the report as JSON,
and beside it which reports of the history it speaks of. No lock is taken: another program
may go on with any of them meanwhile.

::

    NAME/report.json    see `audit.crate.publishing`
    NAME/ended.json     by the station alone: a crate that a command ended has none, or that of its former end
"""

from __future__ import annotations

import shlex
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

from audit import codec
from audit.crate import files
from audit.crate.beginning import ref_of
from audit.crate.keeping import ENTRY, UNITS
from audit.crate.store import HEAD
from audit.crate.unit_reports import REPORT
from audit.errors import BadInput, UsageError
from audit.model.crate import CrateHead, CrateReport
from audit.model.history import CrateRef
from audit.model.record import record
from audit.model.report import Decision
from audit.model.text import clean_line
from audit.reports.redact import redact_crate
from audit.station.bench import Ended, Past
from audit.station.place import Place

_REPORT, _ENDED = f"{REPORT}.json", "ended.json"
_LARGEST_REPORT_BYTES = 64 * 1024 * 1024
_LARGEST_ENDED_BYTES = 16 * 1024 * 1024
"""Of 100,000 units."""
_LARGEST_HEAD_BYTES = 1024 * 1024
"""Where only the list of all crates is asked for; one with a longer manifest stands there by its name."""


@record
class _Mark:
    """What is kept of a crate's end beside its report.

    reports: name of a unit, id of its report in the history
    """

    crate: CrateRef
    ended_at: str
    decision: Decision
    reports: tuple[tuple[str, str], ...]


def keep(folder: Path, crate: CrateRef, report: CrateReport, reports: Mapping[str, str]) -> None:
    """Keep, once the report is written, what it does not say. Raises UsageError where that cannot be."""
    mark = _Mark(
        crate=crate,
        ended_at=report.ended_at,
        decision=report.decision,
        reports=tuple(sorted(reports.items())),
    )
    files.write(folder / _ENDED, codec.to_json(mark).encode())


class Shelf:
    """The crates at *place* that are not on the bench; one is read at a time, and the last one stays at hand.

    key: of the masks in reports: a command may have written them with identifiers shown
    """

    def __init__(self, place: Place, key: bytes) -> None:
        self._place, self._key = place, key
        self._turn = threading.Lock()
        self._last: tuple[_File, CrateReport] | None = None

    def past(self) -> tuple[Past, ...]:
        """All of them, the last begun first; see `audit.station.bench.Bench.past`."""
        now = self._on_bench()
        found = (_past(folder) for folder in self._place.crates() if folder.name != now)
        return tuple(sorted(found, key=lambda one: (one.began_at, one.name), reverse=True))

    def ended(self, name: str) -> Ended:
        """One of them; see `audit.station.bench.Bench.ended`."""
        folder = self._place.crate(name)
        if folder is None:
            raise UsageError(
                f"there is no crate {clean_line(name)[:80]!r} on this computer",
                fix="look for it in the history; its folder may have been moved or taken away",
            )
        if name == self._on_bench():
            raise BadInput("has not ended: it is on the bench", where=name, fix="end it first")
        path = folder / _REPORT
        resume = clean_line(f"adb-audit crate --resume {shlex.quote(str(folder))}")
        if not path.is_file():
            raise BadInput(
                f"was not ended, as far as can be seen: there is no {_REPORT} in it",
                where=clean_line(str(folder)),
                fix=f"`{resume}` goes on with it and ends it, unless another program is doing so now",
            )
        with self._turn:
            report = self._report(path)
        mark, note = _read_mark(folder)
        fits = mark is not None and mark.ended_at == report.ended_at
        return Ended(
            report=report,
            id=mark.crate.id if mark is not None else "",
            reports=dict(mark.reports) if mark is not None and fits else {},
            resume=resume,
            notes=tuple(filter(None, (note, _since(folder, path)))),
        )

    def _report(self, path: Path) -> CrateReport:
        file = _file(path)
        if file is not None and self._last is not None and self._last[0] == file:
            return self._last[1]
        self._last = None  # never two at once
        text = files.read_text(path, _LARGEST_REPORT_BYTES)
        report = redact_crate(codec.from_json(CrateReport, text, where=str(path)), key=self._key)
        if file is not None and _file(path) == file:
            self._last = (file, report)
        return report

    def _on_bench(self) -> str:
        """The name of the crate on the bench; "" = there is none, or it cannot be told."""
        try:
            now = self._place.now()
        except BadInput:
            return ""  # the station tells it
        return "" if now is None else now.name


@record
class _File:
    """What tells one file from another, and from what was there before."""

    path: Path
    number: int
    changed_ns: int
    size: int


def _file(path: Path) -> _File | None:
    """None = it is not there any more."""
    try:
        found = path.stat()
    except OSError:
        return None
    return _File(path=path, number=found.st_ino, changed_ns=found.st_mtime_ns, size=found.st_size)


def _read_mark(folder: Path) -> tuple[_Mark | None, str]:
    """What is kept of the end, and what is wrong with it."""
    path = folder / _ENDED
    if not path.is_file():
        return None, ""
    try:
        text = files.read_text(path, _LARGEST_ENDED_BYTES)
        return codec.from_json(_Mark, text, where=path.name), ""
    except BadInput as error:
        return None, f"Which reports of the history are meant cannot be told: {path.name} {error.what}."


def _since(folder: Path, report: Path) -> str:
    """What was written after the report; "" = nothing that can be seen."""
    try:
        written = report.stat().st_mtime_ns
        later = sum(one.stat().st_mtime_ns > written for one in (folder / UNITS).glob(f"*/{ENTRY}"))
    except OSError as error:
        return f"Whether units were audited in it afterwards cannot be told: {error.strerror}."
    if not later:
        return ""
    units = "1 unit was" if later == 1 else f"{later} units were"
    return (
        f"{units} written into its folder after that: another program went on with the crate, or still does."
        " When it is ended again, that is shown here."
    )


# All of them


def _past(folder: Path) -> Past:
    mark, _ = _read_mark(folder)
    if mark is None:
        return next(_begun(folder), Past(name=folder.name))
    known = Past(name=folder.name, id=mark.crate.id, began_at=mark.crate.began_at)
    if _is_later(folder / _REPORT, folder / _ENDED):
        return known
    return Past(
        name=known.name,
        id=known.id,
        began_at=known.began_at,
        ended_at=mark.ended_at,
        decision=mark.decision,
    )


def _begun(folder: Path) -> Iterator[Past]:
    """What it was begun with, where that can be read."""
    path = folder / HEAD
    try:
        head = codec.from_json(CrateHead, files.read_text(path, _LARGEST_HEAD_BYTES), where=str(path))
    except BadInput:
        return  # its own page says so
    ref = ref_of(head)
    yield Past(name=folder.name, id=ref.id, began_at=ref.began_at)


def _is_later(path: Path, other: Path) -> bool:
    """Whether it was written after the other, or is not there."""
    try:
        return path.stat().st_mtime_ns > other.stat().st_mtime_ns
    except OSError:
        return True
