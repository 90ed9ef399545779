"""What of a crate's units is waived, in the same words in every format."""

from __future__ import annotations

from audit.model.crate import CrateReport, UnitResult
from audit.model.record import record
from audit.model.report import Finding
from audit.reports import view as words
from audit.reports.crate import view

_MOST_PLACES = 8


@record
class Waived:
    """What one waiver covers. title: the waiver in words; items: each finding, and where its units are"""

    title: str
    items: tuple[str, ...]


def waived(crate: CrateReport) -> tuple[Waived, ...]:
    """Each waiver that covers anything, in the order of their file."""
    found: dict[str, dict[str, list[UnitResult]]] = {}
    for unit in view.in_order(crate.units):
        for finding in unit.waived:
            found.setdefault(finding.waiver, {}).setdefault(finding.message, []).append(unit)
    return tuple(
        Waived(
            title=f"{words.capitalised(words.waived_line(one))}: {one.reason}",
            items=tuple(_item(message, units) for message, units in found[one.id].items()),
        )
        for one in crate.waivers
        if one.id in found
    )


def _item(message: str, units: list[UnitResult]) -> str:
    places = words.some(dict.fromkeys(map(view.place, units)), _MOST_PLACES)
    return f"{view.units_of(len(units))} ({places}): {message}"


def of_unit(crate: CrateReport, unit: UnitResult) -> tuple[Finding, ...]:
    """The findings of one unit that are waived, each with its waiver among its facts."""
    return tuple(words.with_waiver(finding, crate.waivers) for finding in unit.waived)


def lines(crate: CrateReport, unit: UnitResult) -> list[str]:
    """The same, a line each."""
    known = {one.id: one for one in crate.waivers}
    return [
        f"{words.waived_line(known[finding.waiver])}: {known[finding.waiver].reason}: {finding.message}"
        for finding in unit.waived
        if finding.waiver in known
    ]
