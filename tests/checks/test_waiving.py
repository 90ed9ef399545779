"""What a waiver takes out of a verdict, and what it never can."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from audit.checks.waiving import Place
from audit.model.profiles import Outcome
from audit.model.report import Decision, Finding, Identity, Report, Severity
from audit.model.waivers import Waiver
from audit.pipeline import decide, waive
from tests.reports import samples

TODAY = "2026-06-15"
CHECKS = ("client-market", "identity", "posture")
SUBJECTS = ("", "com.example.one", "com.example.two")
MODELS = ("TA-1", "TA-2")
PLACE = Place(crate="lot-17", token="serial#4f2a9c")  # noqa: S106 - the mask of a serial number, no secret

FINDINGS = st.builds(
    lambda check, outcome, subject: Finding(
        check=check, outcome=outcome, severity=Severity.MEDIUM, message=f"{check} {outcome}", subject=subject
    ),
    st.sampled_from(CHECKS),
    st.sampled_from(Outcome),
    st.sampled_from(SUBJECTS),
)
REPORTS = st.builds(
    lambda findings, model: replace(
        samples.INCIDENT,
        findings=tuple(findings),
        verdict=decide(findings),
        identity=Identity(serial="R58M", model=model, build="B.1"),
    ),
    st.lists(FINDINGS, max_size=6),
    st.sampled_from(MODELS),
)
_SCOPES = st.sampled_from(
    [
        {"model": "TA-1"},
        {"model": "ta-2"},
        {"build": "B.1"},
        {"crate": "lot-17"},
        {"unit": "R58M"},
        {"unit": "serial#4f2a9c"},
        {"unit": "another"},
        {"model": "TA-1", "crate": "lot-18"},
    ]
)


def _waiver(number: int, check: str, subject: str, expires: str, scope: dict[str, str]) -> Waiver:
    return Waiver(
        id=f"W-{number}",
        check=check,
        subject=subject,
        reason="known",
        approver="Jane",
        expires=expires,
        model=scope.get("model", ""),
        build=scope.get("build", ""),
        crate=scope.get("crate", ""),
        unit=scope.get("unit", ""),
    )


def waivers_of(days: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[Waiver, ...]]:
    """Some waivers that expire on *days*, each with an id of its own."""
    one = st.tuples(st.sampled_from(CHECKS), st.sampled_from(SUBJECTS), days, _SCOPES)
    return st.lists(one, max_size=5).map(lambda given: tuple(_waiver(n, *of) for n, of in enumerate(given)))


PAST = st.sampled_from(["2026-06-14", "2020-01-01"])
HELD = st.sampled_from(["2026-06-15", "2027-01-01"])
WAIVERS = waivers_of(PAST | HELD)


def waived(report: Report, waivers: tuple[Waiver, ...], place: Place = PLACE) -> Report:
    """*report* under *waivers* on that day."""
    return waive(report, waivers, place, today=TODAY)


@given(REPORTS, WAIVERS)
def test_what_could_not_be_told_is_never_waived(report: Report, waivers: tuple[Waiver, ...]) -> None:
    """Only what failed or is to be looked at can be; INCONCLUSIVE stays, and counts."""
    after = waived(report, waivers)
    assert {f.outcome for f in after.findings if f.waiver} <= {Outcome.FAIL, Outcome.REVIEW}
    if any(f.outcome is Outcome.INCONCLUSIVE for f in report.findings):
        assert after.verdict.decision in {Decision.INCONCLUSIVE, Decision.FAIL}


@given(REPORTS, WAIVERS)
def test_no_finding_is_lost_or_changed(report: Report, waivers: tuple[Waiver, ...]) -> None:
    """But for the mark of its waiver, every finding stays as it was and where it was."""
    after = waived(report, waivers)
    assert tuple(replace(f, waiver="") for f in after.findings) == report.findings
    assert {f.waiver for f in after.findings if f.waiver} == {one.id for one in after.waivers}


@given(REPORTS, WAIVERS)
def test_a_waiver_never_makes_it_worse(report: Report, waivers: tuple[Waiver, ...]) -> None:
    """The verdict is the one of the findings that are left, and says how many are waived."""
    after = waived(report, waivers)
    left = decide(after.findings)
    assert after.verdict.decision is left.decision
    assert after.verdict.because[: len(left.because)] == left.because
    count = sum(bool(f.waiver) for f in after.findings)
    said = after.verdict.because[len(left.because) :]
    assert [line.split()[0] for line in said] == ([str(count)] if count else [])


@given(REPORTS, WAIVERS)
def test_waiving_twice_is_waiving_once(report: Report, waivers: tuple[Waiver, ...]) -> None:
    """A report that went through it already comes out as it went in."""
    once = waived(report, waivers)
    assert waived(once, waivers) == once


@given(REPORTS, waivers_of(PAST))
def test_an_expired_waiver_is_as_none(report: Report, waivers: tuple[Waiver, ...]) -> None:
    """Findings and verdict are those without it; the report only says which would have covered something."""
    after = waived(report, waivers)
    assert replace(after, expired=()) == report
    there = {f.check for f in report.findings if f.outcome in {Outcome.FAIL, Outcome.REVIEW}}
    assert {one.check for one in after.expired} <= there


@given(REPORTS, WAIVERS, st.randoms(use_true_random=False))
def test_the_order_of_waivers_does_not_decide(
    report: Report,
    waivers: tuple[Waiver, ...],
    random: Random,
) -> None:
    """Whichever of two comes first, the same findings are waived and the verdict is the same."""
    shuffled = list(waivers)
    random.shuffle(shuffled)
    one, other = waived(report, waivers), waived(report, tuple(shuffled))
    assert one.verdict.decision is other.verdict.decision
    assert [bool(f.waiver) for f in one.findings] == [bool(f.waiver) for f in other.findings]


@given(REPORTS, WAIVERS)
def test_other_units_are_left_alone(report: Report, waivers: tuple[Waiver, ...]) -> None:
    """What names another model, build, crate and unit changes nothing at all."""
    other = replace(
        report,
        identity=Identity(serial="OTHER", model="X", build="Y"),
        unit=replace(report.unit, serial="OTHER", model="X"),
    )
    assert waived(other, waivers, Place(crate="lot-1", token="serial#000000")) == other  # noqa: S106 - as above


FAILS = replace(
    samples.INCIDENT,
    findings=(
        Finding(check="identity", outcome=Outcome.PASS, severity=Severity.INFO, message="It is known."),
        Finding(
            check="client-market",
            outcome=Outcome.FAIL,
            severity=Severity.HIGH,
            message="A client is armed.",
            subject="com.example.one",
        ),
        Finding(check="posture", outcome=Outcome.REVIEW, severity=Severity.LOW, message="Debuggable."),
    ),
    identity=Identity(serial="R58M", model="TA-1", build="B.1"),
)


def test_all_scopes_of_a_waiver_have_to_fit() -> None:
    """Model and crate together hold for that model in that crate, and nowhere else."""
    one = _waiver(7, "client-market", "", TODAY, {"model": "TA-1", "crate": "lot-17"})
    assert waived(FAILS, (one,)).verdict.decision is Decision.REVIEW
    assert waived(FAILS, (one,), Place(crate="lot-18")).verdict.decision is FAILS.verdict.decision
    assert waived(FAILS, (one,), Place()) == FAILS


def test_a_subject_holds_for_that_subject_alone() -> None:
    """Another package of the same check still counts."""
    one = _waiver(7, "client-market", "com.example.two", TODAY, {"model": "TA-1"})
    assert waived(FAILS, (one,)) == FAILS


def test_the_verdict_says_what_is_waived() -> None:
    """How many, until when and by whom, for one waiver and for two."""
    first = _waiver(7, "client-market", "", "2026-12-31", {"model": "TA-1"})
    second = _waiver(8, "posture", "", "2027-01-31", {"unit": "serial#4f2a9c"})
    one, two = waived(FAILS, (first,)), waived(FAILS, (first, second))
    assert one.verdict.because == ("Debuggable.", "1 finding is waived until 2026-12-31 by Jane (W-7).")
    assert two.verdict.decision is Decision.PASS
    assert two.verdict.because[-1] == (
        "2 findings are waived: 1 until 2026-12-31 by Jane (W-7), 1 until 2027-01-31 by Jane (W-8)."
    )


def test_an_expired_waiver_is_named_where_nothing_else_covers() -> None:
    """One in force takes its place without a word; else the report names the one that expired."""
    past = _waiver(7, "client-market", "", "2026-06-14", {"model": "TA-1"})
    held = _waiver(8, "client-market", "", TODAY, {"model": "TA-1"})
    assert waived(FAILS, (past,)).expired == (past,)
    assert waived(FAILS, (past, held)).expired == ()
