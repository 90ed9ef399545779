"""What is waived stays in every format, with why, until when and by whom; and does not count."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from audit import codec
from audit.model.report import Decision, Report
from audit.reports import FORMATS, Options, render
from tests.reports import samples
from tests.reports.samples_waived import HELD, PASSING, WAIVED

OPTIONS = Options(key=samples.KEY)


def rendered(form: str, report: Report = WAIVED) -> str:
    """The report in a format, its lines joined so that no word is looked for across a break."""
    return re.sub(r"\s+", " ", render(form, (report,), OPTIONS))


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_every_format_shows_a_waived_finding_and_its_waiver(form: str) -> None:
    """The finding's own message, the reason, the approver and the day are all there."""
    said = rendered(form)
    assert WAIVED.verdict.decision is Decision.REVIEW
    failing = next(f for f in WAIVED.findings if f.waiver)
    for words in (failing.message, HELD.reason, HELD.approver, HELD.expires, HELD.id):
        assert words in said, words


@pytest.mark.parametrize("form", sorted(set(FORMATS) - {"json"}))
def test_every_format_says_which_waiver_expired(form: str) -> None:
    """A finding that counts again has somebody who thought that it did not."""
    assert "Waiver W-3 expired on 2025-12-31: what it covered counts again." in rendered(form)


def test_json_has_both_lists() -> None:
    """Waivers in force that were used, and those that expired, each whole but for identifiers."""
    read = codec.from_json(Report, render("json", (WAIVED,), OPTIONS), where="the report")
    assert [one.id for one in read.waivers] == ["W-7"]
    assert [one.id for one in read.expired] == ["W-3"]


@pytest.mark.parametrize("form", sorted(FORMATS))
def test_a_waiver_tells_no_identifier_of_the_unit(form: str) -> None:
    """The serial number that a waiver names the unit by is masked as everywhere else."""
    assert samples.SERIAL not in rendered(form)


@pytest.mark.parametrize("form", ["terminal", "plain", "html"])
def test_a_pass_by_waiver_does_not_say_that_nothing_was_found(form: str) -> None:
    """The word PASS comes with what it leaves out, and how many findings that is."""
    said = rendered(form, PASSING)
    assert PASSING.verdict.decision is Decision.PASS
    assert "Nothing the policy objects to was found in what was read, apart from what is waived." in said
    assert "1 finding is waived until 2026-12-31 by Jane Doe (W-7)." in said
    assert "1 waived" in said


def test_a_check_whose_findings_are_all_waived_is_skipped_in_junit() -> None:
    """No failure is left in the suite of a unit that passes by waiver; the skipped case says why."""
    root = ET.fromstring(render("junit", (PASSING,), OPTIONS))  # noqa: S314 - our own output
    assert (root.get("failures"), root.get("errors")) == ("0", "0")
    (skipped,) = root.iterfind(".//skipped[@type='waived']")
    assert HELD.reason in skipped.get("message", "")
    counting = ET.fromstring(render("junit", (WAIVED,), OPTIONS))  # noqa: S314 - our own output
    assert [case.get("type") for case in counting.iter("failure")] == ["review"]
