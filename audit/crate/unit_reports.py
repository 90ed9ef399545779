"""The reports on one unit of a crate, as files beside its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from audit.crate.keeping import unit_folder
from audit.model.report import Finding, Report
from audit.pipeline import also
from audit.reports import FORMATS, Options, render_all
from audit.sources.saved import write_atomically

REPORT = "report"
_FORMATS = ("html", "json")
_MARK = ".published"
"""Holds what the reports beside it were made of, so that they are made again when that changes."""


def publish_unit(folder: Path, name: str, report: Report, found: Sequence[Finding], options: Options) -> None:
    """Write the reports on one unit into its folder. Raises UsageError where that cannot be.

    report: its own; found: by holding it against others
    """
    whole = also(report, found)
    unit = unit_folder(folder, name)
    sizes = [
        _write_soon(unit / f"{REPORT}{FORMATS[form].suffix}", text)
        for form, text in zip(_FORMATS, render_all(_FORMATS, [whole], options), strict=True)
    ]
    _write_soon(unit / _MARK, _marked(mark(report.judged_at, found, options), sizes))


def published(folder: Path, name: str) -> str:
    """What the reports of a unit were made of, as `mark` has it; "" where there are none, or not whole."""
    unit = unit_folder(folder, name)
    try:
        told = (unit / _MARK).read_text("ascii", "replace")
        sizes = [(unit / f"{REPORT}{FORMATS[form].suffix}").stat().st_size for form in _FORMATS]
    except FileNotFoundError:
        return ""
    made_of = told.partition(" ")[0]
    return made_of if told == _marked(made_of, sizes) else ""


def _marked(made_of: str, sizes: Sequence[int]) -> str:
    """With the sizes of the reports: after a power cut the mark may be there and they not, or not whole."""
    return " ".join((made_of, *map(str, sizes)))


def _write_soon(path: Path, text: str) -> int:
    """Write *text* without waiting for the disk, as what it is made of is kept; its size in bytes."""
    data = text.encode("utf-8", "replace")
    write_atomically(path, data, private=False, durable=False)
    return len(data)


def mark(judged_at: str, found: Sequence[Finding], options: Options) -> str:
    """Equal for equal reports of one unit."""
    told = repr((judged_at, tuple(found), options.reveal))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Put *text* at *path*, whole or not at all, for others to read too: identifiers in it are masked."""
    write_atomically(path, text.encode("utf-8", "replace"), private=False)
