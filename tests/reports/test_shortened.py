"""Reports cut to what a page can show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from audit.model.report import Report
from audit.reports.shortened import LONGEST, LONGEST_NAME, shortened
from tests.reports import samples, samples_flows


@pytest.mark.parametrize("report", [*samples.ALL.values(), samples_flows.WATCHED])
def test_what_is_short_stays_as_it_is(report: Report) -> None:
    """Nothing is cut, and it says so."""
    made = shortened(report)
    assert made.report == report
    assert made.whole


def test_what_is_long_is_cut_and_counted() -> None:
    """Texts keep their beginning and tell how long they are; of lists the first items stay."""
    first = next(one for one in samples.INCIDENT.findings if one.evidence)
    long = replace(first, message="m" * (LONGEST + 1), evidence=first.evidence[:1] * 1500)
    identity = replace(samples.INCIDENT.identity, model="n" * 5000)
    made = shortened(replace(samples.INCIDENT, identity=identity, findings=(long,)))
    assert made.report.identity.model == "n" * LONGEST_NAME + " … cut, 5,000 characters in all"
    assert made.report.findings[0].message == "m" * LONGEST + " … cut, 2,001 characters in all"
    assert len(made.report.findings[0].evidence) == 1000
    assert (made.texts, made.items, made.whole) == (2, 500, False)
    assert made.report.verdict == samples.INCIDENT.verdict


def test_of_many_findings_the_worst_stay() -> None:
    """However late they come."""
    bad = next(one for one in samples.INCIDENT.findings if one.evidence)
    notes = tuple(replace(samples.NOTED.findings[0], subject=f"s{n}") for n in range(1200))
    made = shortened(replace(samples.INCIDENT, findings=(*notes, bad)))
    assert made.report.findings[0] == bad
    assert made.items == 201
