"""What a crate is told in: a report for each unit and one for all, as files beside the evidence.

They are made of what is kept, and can be made again; nothing in them is needed to go on with a crate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from audit.crate.closing import Closed
from audit.crate.keeping import read_entry, unit_folder
from audit.crate.store import Store
from audit.model.report import Finding, Report
from audit.pipeline import also
from audit.reports import FORMATS, Options, render
from audit.reports.crate import FORMATS as CRATE_FORMATS
from audit.reports.crate import render_crate
from audit.sources.saved import write_atomically

REPORT = "report"
UNIT_FORMATS = ("html", "json")
CRATE_FILES = ("html", "json", "csv", "junit")
_MARK = ".published"
"""Holds what the reports beside it were made with, so that they are made again when that changes."""


def publish_unit(folder: Path, name: str, report: Report, found: Sequence[Finding], options: Options) -> None:
    """Write the reports on one unit into its folder. Raises UsageError where that cannot be.

    report: its own; found: by holding it against others
    """
    whole = also(report, found)
    for form in UNIT_FORMATS:
        _write(unit_folder(folder, name) / f"{REPORT}{FORMATS[form].suffix}", render(form, [whole], options))
    _write(unit_folder(folder, name) / _MARK, _mark(report.judged_at, found, options))


def publish(store: Store, closed: Closed, options: Options) -> None:
    """Write the report of the crate, and those of units of which something new is to be said."""
    for name in _stale(store, closed, options):
        publish_unit(store.folder, name, read_entry(store.folder, name).report, closed.found[name], options)
    for form in CRATE_FILES:
        text = render_crate(form, closed.report, options)
        _write(store.folder / f"{REPORT}{CRATE_FORMATS[form].suffix}", text)


def _stale(store: Store, closed: Closed, options: Options) -> Iterator[str]:
    for entry in closed.report.units:
        try:
            mark = (unit_folder(store.folder, entry.name) / _MARK).read_text("ascii", "replace")
        except FileNotFoundError:
            mark = ""
        if mark != _mark(closed.judged_at[entry.name], closed.found[entry.name], options):
            yield entry.name


def _mark(judged_at: str, found: Sequence[Finding], options: Options) -> str:
    """Equal for equal reports of one unit."""
    told = repr((judged_at, tuple(found), options.reveal))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def _write(path: Path, text: str) -> None:
    write_atomically(path, text.encode("utf-8", "replace"), private=False)
