"""A report in short, as the results of a crate have it; and names of units that a table can hold."""

from __future__ import annotations

from audit.model.profiles import Outcome
from audit.model.report import Finding, Report
from audit.model.text import clean_line

_WORST_FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.REVIEW, Outcome.PASS, Outcome.NOT_APPLICABLE)
_LONGEST_NAME = 120
"""Characters; Android's own limit for the value of a property that may change is 91."""
_TELLING = frozenset({Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.REVIEW})


def telling_of(report: Report) -> tuple[Finding, ...]:
    """The findings a person must know of; those that are waived are told beside them."""
    return tuple(one for one in report.findings if one.outcome in _TELLING and not one.waiver)


def waived_of(report: Report) -> tuple[Finding, ...]:
    """The findings that do not count, since somebody decided so."""
    return tuple(one for one in report.findings if one.waiver)


def checks_of(report: Report) -> tuple[tuple[str, Outcome], ...]:
    """Each check with its worst outcome that counts, in the order of the report; all waived is not asked."""
    worst: dict[str, Outcome] = {}
    for finding in report.findings:
        outcome = Outcome.NOT_APPLICABLE if finding.waiver else finding.outcome
        worst[finding.check] = min(worst.get(finding.check, outcome), outcome, key=_WORST_FIRST.index)
    return tuple(worst.items())


def name_of(told: str) -> str:
    """What a unit *told* its model or build is, on one line, cut where no table has room for it."""
    return clean_line(told[: 2 * _LONGEST_NAME])[:_LONGEST_NAME]
