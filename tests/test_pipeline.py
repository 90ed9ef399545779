from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.checks import ALL, Case
from audit.errors import UsageError
from audit.model.evidence import Gap, Topic
from audit.model.facts import Facts
from audit.model.profiles import Gate, Outcome
from audit.model.report import Decision, Expectation, Finding, Severity
from audit.pipeline import ask, checked_policy, decide
from tests.checks.house import case, client, facts, package, properties, rulebook


def finding(outcome: Outcome) -> Finding:
    """A finding with nothing but its outcome."""
    return Finding(check="x", outcome=outcome, severity=Severity.INFO, message=str(outcome))


@given(st.lists(st.sampled_from(Outcome)))
def test_the_verdict_follows_from_the_findings(outcomes: list[Outcome]) -> None:
    """PASS needs a pass and nothing else; the worst outcome names the verdict."""
    verdict = decide([finding(o) for o in outcomes])
    worst = (
        (Outcome.FAIL, Decision.FAIL),
        (Outcome.INCONCLUSIVE, Decision.INCONCLUSIVE),
        (Outcome.REVIEW, Decision.REVIEW),
        (Outcome.PASS, Decision.PASS),
    )
    expected = next((d for o, d in worst if o in outcomes), Decision.INCONCLUSIVE)
    assert verdict.decision is expected
    assert verdict.because


@pytest.mark.parametrize("topic", list(Topic))
def test_a_gap_in_what_a_check_needs_can_never_pass(topic: Topic) -> None:
    """Whatever check needs the topic, a gap in it keeps that check from PASS."""
    gap = Gap(topic=topic, reason="it was refused", fix="Allow it.")
    asked = case(facts(gaps=(gap,)), rulebook(client(), advisories=()))
    for check in ALL:
        if topic in check.needs and not check.applies(asked):
            given_findings = list(ask(check, asked))
            assert decide(given_findings).decision is Decision.INCONCLUSIVE, check.id
            assert "it was refused" in given_findings[0].message


def test_a_client_found_on_a_half_read_unit_still_fails() -> None:
    """A gap does not hide what was found."""
    gap = Gap(topic=Topic.PACKAGES, reason="user 10 refused", fix="", user=10)
    asked = case(facts(package(), gaps=(gap,)), rulebook(client(armed_when=Gate())))
    found = [f for check in ALL for f in ask(check, asked)]
    assert decide(found).decision is Decision.FAIL
    assert any(f.outcome is Outcome.INCONCLUSIVE for f in found)


def test_nothing_read_asks_nothing() -> None:
    """A unit whose properties were not read is not said to lack a region signal."""
    gaps = tuple(Gap(topic=t, reason=f"no {t}", fix="") for t in (Topic.PROPERTIES, Topic.PACKAGES))
    asked = case(Facts(gaps=gaps), rulebook(client()))
    found = [f for check in ALL for f in ask(check, asked)]
    assert {f.outcome for f in found} == {Outcome.INCONCLUSIVE, Outcome.NOT_APPLICABLE}


def test_every_check_says_what_it_looked_at_when_it_passes() -> None:
    """A clean unit gets one sentence from each check that applied."""
    asked = case(facts(), rulebook(client()))
    found = [f for check in ALL for f in ask(check, asked)]
    assert decide(found).decision is Decision.PASS
    assert all(f.message.endswith(".") for f in found)
    assert {f.check for f in found} == {check.id for check in ALL}


def test_check_ids_are_unique() -> None:
    """Waivers and reports name checks by id."""
    assert len({check.id for check in ALL}) == len(ALL)


def test_unknown_market_and_policy_are_refused() -> None:
    """Judging for a market nobody defined would pass everything."""
    for expectation in (Expectation(market="UK"), Expectation(market="NO", policy="lax")):
        with pytest.raises(UsageError, match="unknown") as caught:
            checked_policy(rulebook(), expectation)
        assert caught.value.fix


def cases() -> Iterator[Case]:
    """Units of every kind under every policy, with and without a market."""
    for gate, market, policy in product(("0", "1", None), ("NO", "CN", None), ("default", "strict")):
        props = properties(**({} if gate is None else {"persist__acme__on": gate}))
        yield case(facts(package(), props=props), rulebook(client()), market, policy)


def test_every_finding_that_accuses_says_why_and_what_to_do() -> None:
    """FAIL and REVIEW carry a reason, a fix and evidence with its origin."""
    accusing = [
        f
        for asked in cases()
        for check in ALL
        for f in ask(check, asked)
        if f.outcome in {Outcome.FAIL, Outcome.REVIEW}
    ]
    assert accusing
    for f in accusing:
        assert f.why, f
        assert f.fix, f
        assert f.evidence, f
