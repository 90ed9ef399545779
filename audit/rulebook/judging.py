"""Judges an example by the same checks that judge a unit, and answers in an example's words."""

from __future__ import annotations

from audit.checks import ALL, Case, read_region
from audit.model.facts import Facts
from audit.model.profiles import Outcome, Rulebook
from audit.model.report import Expectation, RegionReading
from audit.rulebook.examples import ExampleCase, Judge


def judge_by(rulebook: Rulebook, *, today: str) -> Judge:
    """A judge for `run_examples`. today: ISO date, for what depends on age."""

    def judge(case: ExampleCase, facts: Facts) -> str:
        reading = read_region(facts, rulebook)
        if case.kind == "region":
            return _region_word(reading)
        example = case.example
        asked = Case(
            facts=facts,
            region=reading,
            expectation=Expectation(market=example.market, policy=example.policy),
            rulebook=rulebook,
            policy=rulebook.policies[example.policy],
            today=today,
        )
        outcomes = {
            finding.outcome
            for check in ALL
            if not check.applies(asked)
            for finding in check.ask(asked)
            if finding.subject == case.subject
        }
        return _outcome_word(outcomes)

    return judge


def _region_word(reading: RegionReading) -> str:
    if reading.contradictions:
        return "contradiction"
    return reading.region or "unknown"


def _outcome_word(outcomes: set[Outcome]) -> str:
    for outcome in (Outcome.FAIL, Outcome.REVIEW, Outcome.INCONCLUSIVE):
        if outcome in outcomes:
            return str(outcome)
    return "note" if outcomes else "pass"
