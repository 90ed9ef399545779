"""How much of a crate's lists is told at once, so that a hundred units stay a page or two."""

from __future__ import annotations

from audit.model.record import record
from audit.reports.format import Options


@record
class Bounds:
    """The most of each list.

    reasons: of one verdict; named: units of one reason, lines of one list of the manifest
    units: in the table; totals: of one kind; evidence: lines of one finding; text: characters of one sentence
    """

    reasons: int
    named: int
    units: int
    totals: int
    evidence: int
    text: int


_SHORT = Bounds(reasons=8, named=12, units=100, totals=8, evidence=4, text=600)
_WHOLE = Bounds(reasons=2_000, named=20_000, units=20_000, totals=2_000, evidence=40, text=4_000)


def of(options: Options) -> Bounds:
    """What is told: all of it with -v, up to what no crate reaches."""
    return _WHOLE if options.verbose else _SHORT
