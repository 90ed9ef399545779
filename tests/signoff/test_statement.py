from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from audit.errors import UsageError
from audit.model.profiles import Outcome
from audit.model.report import Decision, Expectation
from audit.model.signing import Result, SignOff
from audit.model.waivers import Waiver
from audit.signoff.statement import check_decision, checked, file_statement, moment, result_of, statement
from tests.signoff.made import at, finding, report

P, W, F = Result.PASSED, Result.WARNED, Result.FAILED
PASS, REVIEW, FAIL, NONE = Decision.PASS, Decision.REVIEW, Decision.FAIL, Decision.INCONCLUSIVE
SIGNOFF = SignOff(result=P, inspector="Kari", signed_at=at(0), report_sha256="3" * 64, note="why")


@pytest.mark.parametrize(
    ("decision", "result", "without_a_note", "with_one"),
    [
        (PASS, P, True, True),
        (PASS, W, False, True),
        (PASS, F, False, True),
        (REVIEW, P, False, True),
        (REVIEW, W, True, True),
        (REVIEW, F, False, True),
        (FAIL, P, False, True),
        (FAIL, W, False, True),
        (FAIL, F, True, True),
        (NONE, P, False, False),
        (NONE, W, False, True),
        (NONE, F, False, True),
    ],
)
def test_what_may_be_signed(
    decision: Decision, result: Result, *, without_a_note: bool, with_one: bool
) -> None:
    """Every decision of every verdict, without a note, with blanks for one, and with one."""
    for note, allowed in (("", without_a_note), (" \n\u202e", without_a_note), ("seen by hand", with_one)):
        if allowed:
            check_decision(decision, result, note)
        else:
            with pytest.raises(UsageError):
                check_decision(decision, result, note)


def test_what_a_verdict_says_by_itself() -> None:
    """INCONCLUSIVE says nothing."""
    assert [result_of(one) for one in (PASS, REVIEW, FAIL, NONE)] == [P, W, F, None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"inspector": " \u202e\x1b"},
        {"inspector": "x" * 201},
        {"note": "x" * 4001},
        {"station": "x" * 201},
        {"signed_at": "2026-01-31"},
        {"signed_at": "2026-01-31T12:00:00+01:00"},
        {"signed_at": ""},
    ],
)
def test_what_cannot_be_signed(wrong: dict[str, Any]) -> None:
    """Nobody's name, texts without end, a moment that is none."""
    with pytest.raises(UsageError):
        checked(report(), replace(SIGNOFF, **wrong))


def test_texts_of_people_are_made_safe() -> None:
    """What would move a cursor or turn the reading direction is not signed."""
    made = checked(report(), replace(SIGNOFF, inspector="Ka\x1bri\u202e", note="a\nb\x07", station="s\n1"))
    assert (made.inspector, made.note, made.station) == ("Kari", "a\nb", "s 1")


def test_the_statement_has_the_fields_of_its_specification() -> None:
    """in-toto Statement v1 and the test-result predicate v0.1, each configuration told by a hash or a URI."""
    of = report(
        findings=(
            finding("good", Outcome.PASS),
            finding("mixed", Outcome.PASS),
            finding("mixed", Outcome.REVIEW),
            finding("bad", Outcome.FAIL),
            finding("bad", Outcome.REVIEW),
            finding("unclear", Outcome.INCONCLUSIVE),
            finding("waived", Outcome.FAIL, waiver="W-1"),
            finding("elsewhere", Outcome.NOT_APPLICABLE),
        ),
        waivers=(
            Waiver(id="W-1", check="waived", reason="r", approver="Ola", expires="2026-12-31"),
            Waiver(id="W-2", check="other", reason="r", approver="Ola", expires="2026-12-31"),
        ),
        expectation=Expectation(market="NO", policy="our own", baseline="4" * 64),
    )
    made = statement(of, SIGNOFF, tool_sha256="5" * 64, redacted_sha256="6" * 64)
    assert made["_type"] == "https://in-toto.io/Statement/v1"
    assert made["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert made["subject"] == [
        {"name": "Nokia 7 plus", "digest": {"sha256": "3" * 64}},
        {"name": "Nokia 7 plus, without identifiers", "digest": {"sha256": "6" * 64}},
    ]
    predicate = made["predicate"]
    assert predicate["result"] == "PASSED"
    assert predicate["configuration"] == [
        {"name": "rulebook", "digest": {"sha256": "1" * 64}},
        {"name": "policy", "uri": "urn:adb-audit:policy:our%20own"},
        {"name": "tool", "uri": "pkg:pypi/adb-audit@0.1.0", "digest": {"sha256": "5" * 64}},
        {"name": "evidence", "digest": {"sha256": "2" * 64}},
        {"name": "golden unit", "digest": {"sha256": "4" * 64}},
    ]
    assert predicate["passedTests"] == ["good"]
    assert predicate["warnedTests"] == ["mixed", "waived"]
    assert predicate["failedTests"] == ["bad"]
    ours = predicate["adbAudit"]
    assert ours["inconclusiveTests"] == ["unclear"]
    assert [one["id"] for one in ours["waivers"]] == ["W-1"]


def test_no_identifier_is_in_it_unless_it_is_asked_for() -> None:
    """The unit goes by its model; by what the caller calls it when he does."""
    of, serial = report(), "B2NGAA8831234567"
    assert serial not in str(statement(of, SIGNOFF))
    assert statement(of, SIGNOFF, unit=serial)["subject"][0]["name"] == serial
    nameless = report(identity=replace(of.identity, model=""), unit=replace(of.unit, model=""))
    assert statement(nameless, SIGNOFF)["subject"][0]["name"] == "unit"


def test_an_approval_is_another_kind_of_statement() -> None:
    """It can stand for no test result."""
    made = file_statement("golden.json", "0" * 64, inspector="Kari", signed_at=at(0))
    assert made["predicateType"] == "urn:adb-audit:approved-file:1"


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2026-01-31T12:00:00Z", True),
        ("2026-01-31T12:00:00.123Z", True),
        ("2026-01-31 12:00:00Z", False),
        ("2026-01-31T12:00:00", False),
        ("2026-13-31T12:00:00Z", False),
        ("Z", False),
        ("", False),
    ],
)
def test_a_moment(text: str, *, is_one: bool) -> None:
    """RFC 3339 in UTC and nothing else."""
    assert (moment(text) is not None) == is_one
