"""A crate as one page: a wall of tiles, what to do first, every unit's findings; no script, no network."""

from __future__ import annotations

from urllib.parse import quote

from audit.model.crate import CrateReport, UnitResult
from audit.reports import html
from audit.reports import view as words
from audit.reports.crate import totals, view, waived
from audit.reports.format import Options

MOST_FINDINGS = 20
MOST_EVIDENCE = 8
MOST_TEXT = 4_000
MOST_ITEMS = 500
MOST_UNITS = 5_000
"""Told in one page; JSON has whatever is beyond."""
_BAR = 1_000


def render(crate: CrateReport, options: Options) -> str:
    """The crate on a page that lies beside the folder of its units: *options* asks nothing of it."""
    del options
    units = view.in_order(crate.units)[:MOST_UNITS]
    return html.page(
        "crate/crate.html.j2",
        ("report.css", "crate/crate.css"),
        crate=crate,
        units=units,
        numbers={unit.name: number for number, unit in enumerate(units, 1)},
        view=view,
        words=words,
        totals=totals,
        waived=waived,
        title=f"{crate.decision.value}: crate {crate.head.name}, {view.headline(crate)}",
        report_of=_report_of,
        drawn=_drawn,
        most_findings=MOST_FINDINGS,
        most_evidence=MOST_EVIDENCE,
        most_items=MOST_ITEMS,
        most_text=MOST_TEXT,
    )


def _report_of(unit: UnitResult) -> str:
    """The address of the unit's whole report, from the page."""
    return f"units/{quote(unit.name, safe='')}/report.html"


def _drawn(total: totals.Total, of: int) -> tuple[tuple[str, int, int], ...]:
    """(class, x, width) of each part of a bar, in thousandths of the widest. of: units of the widest bar"""
    columns = _BAR * total.units // max(of, 1)
    parts, x = [], 0
    for decision, width in view.shares(total.counts, columns):
        parts.append((view.group_name(decision), x, width))
        x += width
    return tuple(parts)
