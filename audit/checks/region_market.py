"""Was the unit built for the market it goes to?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.question import Case
from audit.model.evidence import Topic
from audit.model.profiles import Aspect, Outcome, Strength
from audit.model.report import Evidence, Finding, Severity, Signal


class RegionMarket:
    """The region the unit claims against the market it is judged for."""

    id = "region-market"
    question = "Was the unit built for its market?"
    needs = frozenset({Topic.PROPERTIES})

    def applies(self, case: Case) -> str:
        """Always."""
        del case
        return ""

    def ask(self, case: Case) -> Iterator[Finding]:
        """A mismatch, an unknown region, or a market nobody gave."""
        region, market = case.region, case.expectation.market
        if market is None:
            yield _no_market(case)
        elif region.region is None:
            yield _unknown(case)
        elif market not in region.markets:
            yield _mismatch(case, market)
        elif narrower := _narrower(case, market):
            yield _doubt(case, market, narrower)

    def passed(self, case: Case) -> str:
        """Which region was read."""
        region = case.region
        return f"The unit states region {region.region}, which includes {case.expectation.market}."


def _no_market(case: Case) -> Finding:
    stated = case.region.region or "unknown"
    return Finding(
        check=RegionMarket.id,
        outcome=Outcome.INCONCLUSIVE,
        severity=Severity.INFO,
        subject="market",
        message=f"No market was given, so nobody can say whether the unit fits; its own region is {stated}.",
        fix="Say where the unit is to be sold or used, e.g. --market NO.",
        evidence=tuple(map(signal_evidence, case.region.signals)),
    )


def _unknown(case: Case) -> Finding:
    region, outcome = case.region, case.policy.region_unknown
    if region.contradictions:
        outcome, why = case.policy.contradiction, "Its signals contradict each other."
    elif region.silent:
        outcome = case.policy.region_silent
        why = f"{region.silent} This is no fault of the unit."
    else:
        why = "None of the signals known for its maker was found."
    return Finding(
        check=RegionMarket.id,
        outcome=outcome,
        severity=Severity.INFO if outcome is Outcome.PASS else Severity.MEDIUM,
        subject="region",
        message=f"Nothing that was read tells whether the unit was built for {case.expectation.market};"
        " its packages were judged all the same.",
        why=why,
        fix=""
        if outcome is Outcome.PASS
        else "Compare the model number on the box with the maker's list for this market.",
        evidence=tuple(map(signal_evidence, (*region.signals, *region.usage))),
    )


def _mismatch(case: Case, market: str) -> Finding:
    region = case.region
    strong = [s for s in region.signals if s.strength is Strength.STRONG]
    named = case.rulebook.markets.sets.get(region.region or "")
    # a worldwide build outside its sets was not built for one other market: a person decides
    # and hardware or configuration alone does not say for whom the software was built
    excluding = [s for s in strong if s.aspect is Aspect.BUILD and market not in s.markets]
    capped = not excluding or (named is not None and named.worldwide)
    outcome = case.policy.region_mismatch
    if capped and outcome is Outcome.FAIL:
        outcome = Outcome.REVIEW
    name = case.rulebook.markets.countries.get(market, market)
    return Finding(
        check=RegionMarket.id,
        outcome=outcome,
        severity=Severity.HIGH if outcome is Outcome.FAIL else Severity.MEDIUM,
        subject="region",
        message=f"The unit states region {region.region}, which does not include {market} ({name}).",
        why="A build for another market brings that market's clients, servers and legal terms with it.",
        fix="Flash the maker's build for this market, or send the unit to a market it was built for.",
        evidence=tuple(map(signal_evidence, strong or region.signals)),
        sources=tuple(dict.fromkeys(source for s in (strong or region.signals) for source in s.sources)),
    )


def _narrower(case: Case, market: str) -> list[Signal]:
    """Properties of the build, too weak to decide, that leave this market out of the region they allow."""
    return [
        s
        for s in case.region.signals
        if s.strength is Strength.MEDIUM
        and s.aspect is Aspect.BUILD
        and s.what.startswith("property ")
        and market not in s.markets
    ]


def _doubt(case: Case, market: str, narrower: list[Signal]) -> Finding:
    said = ", ".join(f"{s.what} = {s.value} ({s.says})" for s in narrower)
    return Finding(
        check=RegionMarket.id,
        outcome=case.policy.region_unknown,
        severity=Severity.MEDIUM,
        subject="region",
        message=f"The unit states region {case.region.region}, which includes {market}, but {said} does not.",
        why="The build may have been customised for one market of its region; what says so is no proof.",
        fix="Compare the box, the order and the build with the maker's list.",
        evidence=tuple(map(signal_evidence, case.region.signals)),
        sources=tuple(dict.fromkeys(source for s in narrower for source in s.sources)),
    )


def signal_evidence(signal: Signal) -> Evidence:
    """A signal as evidence: what it is, how strong, and what it means."""
    kind = dict.fromkeys((str(signal.strength), str(signal.aspect)))
    what = f"{' '.join(kind)} signal: {signal.what} says {signal.says}"
    return Evidence(what=what, value=signal.value, origin=signal.origin)
