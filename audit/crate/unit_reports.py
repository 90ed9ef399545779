"""The reports on one unit of a crate, as files beside its evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from audit.checks.waiving import Waiving
from audit.crate.keeping import unit_folder
from audit.model.record import record
from audit.model.report import Finding, Report
from audit.pipeline import also, waive
from audit.reports import FORMATS, Options, render_all
from audit.sources.saved import write_atomically

REPORT = "report"
_FORMATS = ("html", "json")
_MARK = ".published"
"""Holds what the reports beside it were made of, so that they are made again when that changes."""


@record
class Others:
    """What a unit's own report does not know.

    found: by holding it against others; waiving: what of it all is waived, and which waivers expired
    """

    found: tuple[Finding, ...] = ()
    waiving: Waiving = Waiving()

    def to(self, report: Report) -> Report:
        """*report* with it, and the verdict that follows."""
        waiving = self.waiving
        whole = also(report, self.found)
        return waive(whole, waiving.waivers, waiving.place, today=waiving.today) if waiving.waivers else whole


def publish_unit(folder: Path, name: str, report: Report, others: Others, options: Options) -> None:
    """Write the reports on one unit into its folder. Raises UsageError where that cannot be.

    report: its own, of this unit alone
    """
    whole = others.to(report)
    unit = unit_folder(folder, name)
    sizes = [
        _write_soon(unit / f"{REPORT}{FORMATS[form].suffix}", text)
        for form, text in zip(_FORMATS, render_all(_FORMATS, [whole], options), strict=True)
    ]
    _write_soon(unit / _MARK, _marked(mark(report.judged_at, others, options), sizes))


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


def mark(judged_at: str, others: Others, options: Options) -> str:
    """Equal for equal reports of one unit: of a day only that matters which waivers it makes expire."""
    waiving = others.waiving
    past = [one.id for one in waiving.waivers if waiving.today > one.expires]
    told = repr((judged_at, others.found, waiving.waivers, waiving.place, past, options.reveal))
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()


def write_text(path: Path, text: str) -> None:
    """Put *text* at *path*, whole or not at all, for others to read too: identifiers in it are masked."""
    write_atomically(path, text.encode("utf-8", "replace"), private=False)
