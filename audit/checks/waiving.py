"""Which findings somebody has decided to live with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Finding, Report
from audit.model.waivers import Waiver

_WAIVABLE = frozenset({Outcome.FAIL, Outcome.REVIEW})
"""What could not be told cannot be waived: nobody knows what it would be."""


@record
class Place:
    """Where a unit was judged. crate: name, "" = none; token: its serial number as reports show it"""

    crate: str = ""
    token: str = ""


@record
class Waiving:
    """All that is needed to apply waivers to a report. today: ISO date"""

    waivers: tuple[Waiver, ...] = ()
    place: Place = Place()
    today: str = ""


def waived(report: Report, waivers: Sequence[Waiver], place: Place, today: str) -> tuple[Finding, ...]:
    """The findings of *report*, those that a waiver in force covers marked with its id.

    today: ISO date; a waiver holds up to and on the day it expires
    """
    mine = [one for one in waivers if today <= one.expires and _is_about(one, report, place)]
    return tuple(_marked(finding, mine) for finding in report.findings) if mine else report.findings


def expired(report: Report, waivers: Sequence[Waiver], place: Place, today: str) -> tuple[Waiver, ...]:
    """Those of *waivers* that would cover a finding of *report* which counts, had they not expired."""
    counting = [one for one in report.findings if one.outcome in _WAIVABLE and not one.waiver]
    past = (one for one in waivers if today > one.expires and _is_about(one, report, place))
    return tuple(one for one in past if any(_covers(one, finding) for finding in counting))


def sentence(findings: Sequence[Finding], waivers: Sequence[Waiver]) -> str:
    """How many findings are waived, until when and by whom; "" where none is."""
    counts = Counter(finding.waiver for finding in findings if finding.waiver)
    given = [(counts[one.id], one) for one in waivers if counts[one.id]]
    if not given:
        return ""
    total = sum(count for count, _ in given)
    said = f"{total} finding is" if total == 1 else f"{total} findings are"
    parts = [f"until {one.expires} by {one.approver} ({one.id})" for _, one in given]
    if len(given) == 1:
        return f"{said} waived {parts[0]}."
    return f"{said} waived: {', '.join(f'{n} {told}' for (n, _), told in zip(given, parts, strict=True))}."


def lapse(waiver: Waiver) -> str:
    """That it expired, in a sentence."""
    return f"Waiver {waiver.id} expired on {waiver.expires}: what it covered counts again."


def _marked(finding: Finding, waivers: Sequence[Waiver]) -> Finding:
    if finding.outcome not in _WAIVABLE or finding.waiver:
        return finding
    found = next((one for one in waivers if _covers(one, finding)), None)
    return finding if found is None else replace(finding, waiver=found.id)


def _covers(waiver: Waiver, finding: Finding) -> bool:
    return waiver.check == finding.check and waiver.subject in ("", finding.subject)


def _is_about(waiver: Waiver, report: Report, place: Place) -> bool:
    identity = report.identity
    said = (
        (waiver.model, (identity.model, report.unit.model or "")),
        (waiver.build, (identity.build, identity.incremental, identity.fingerprint)),
        (waiver.crate, (place.crate,)),
        (waiver.unit, (identity.serial, report.unit.serial or "", place.token)),
    )
    wanted = [(one.casefold(), {value.casefold() for value in values}) for one, values in said if one]
    return bool(wanted) and all(one in values for one, values in wanted)
