"""Do the activation clients on the unit call only where a unit for this market may?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks import contacts, places
from audit.checks.conditions import holds
from audit.checks.question import Case
from audit.model.evidence import Topic
from audit.model.flows import Flow
from audit.model.profiles import Confidence, DestinationRule, Outcome
from audit.model.report import Evidence, Finding, Severity

_MOST_CONTACTS = 20


class Destinations:
    """Contacts of catalogued activation clients against the countries the rules allow them."""

    id = "destinations"
    question = "Do the activation clients on the unit call only where a unit for its market may?"
    needs = frozenset({Topic.FLOWS})

    def applies(self, case: Case) -> str:
        """Only where somebody watched, and a rule speaks of such units, or what was watched has gaps."""
        if case.facts.watches and any(gap.topic in self.needs for gap in case.facts.gaps):
            return ""  # whoever had it watched gets no PASS for what was not seen
        if case.facts.flows is None:
            return "Nobody watched what the unit contacts."
        if case.expectation.market is None:
            return "Without a market no rule says where the unit may call."
        if _rule(case) is None:
            return f"No rule says where such a unit may call when it is sold in {case.expectation.market}."
        return ""

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each client, or shared UID with one in it, whose destination is not among those."""
        rule = _rule(case)
        if rule is None:
            return
        told: dict[tuple[str, Outcome], list[tuple[Flow, str]]] = {}
        for flow in case.facts.flows or ():
            if not _suspects(flow, case):
                continue
            outcome, why = _judge(flow, rule, case)
            if outcome is not Outcome.PASS:
                told.setdefault((flow.who, outcome), []).append((flow, why))
        for (who, outcome), seen in told.items():
            yield _finding(who, outcome, seen, rule, case)

    def passed(self, case: Case) -> str:
        """How many contacts there were, and of whom."""
        flows = case.facts.flows or ()
        own = [flow for flow in flows if _suspects(flow, case)]
        if not own:
            return f"Of {len(flows)} contacts that were seen, none was an activation client's."
        rule = _rule(case)
        where = ", ".join(_names(rule.allowed, case)) if rule is not None else ""
        return f"{len(own)} contacts of activation clients were seen, all within what is allowed: {where}."


def _rule(case: Case) -> DestinationRule | None:
    market = case.expectation.market
    for rule in case.rulebook.destinations:
        markets: frozenset[str] = frozenset().union(
            *(case.rulebook.markets.expand(code) or frozenset() for code in rule.markets)
        )
        if market in markets and all(holds(condition, case.facts) for condition in rule.when):
            return rule
    return None


def _suspects(flow: Flow, case: Case) -> tuple[str, ...]:
    """The activation clients whose contact it is, or may be: those that share its user id."""
    named = (flow.who, *flow.shared)
    clients = (case.rulebook.clients.get(name) for name in named)
    return tuple(c.package for c in clients if c is not None and c.role in case.policy.accountable)


def _judge(flow: Flow, rule: DestinationRule, case: Case) -> tuple[Outcome, str]:
    """What a contact leads to, and why, as a clause."""
    found = places.places_of(flow, case.facts, case.rulebook)
    outside = [p for p in found if p.country is not None and p.country not in rule.allowed]
    if outside:
        listed = flow.who in case.facts.packages
        sure = listed and flow.who in case.rulebook.clients and rule.confidence is not Confidence.LOW
        outcome = case.policy.destination_outside
        missing = "" if listed or flow.shared else f", and {flow.who} is not among the packages listed"
        return (
            outcome if sure or outcome is not Outcome.FAIL else Outcome.REVIEW,
            f"{outside[0].ip} is {outside[0].words}{missing}",
        )
    if not found:
        return case.policy.destination_disputed, "no address of it was seen, so its country cannot be told"
    unsettled = next((p for p in found if p.country is None and not p.local), None)
    if unsettled is None:
        if flow.host and any(p.local for p in found):
            why = f"{found[0].ip}, spoken to as {flow.host}, is {found[0].words}: its own is not known"
            return case.policy.destination_disputed, why
        return Outcome.PASS, ""
    if not unsettled.looked_up:
        return Outcome.INCONCLUSIVE, f"no data is installed that says in which country {unsettled.ip} is"
    return case.policy.destination_disputed, f"{unsettled.ip} is {unsettled.words}"


def _finding(
    who: str, outcome: Outcome, seen: list[tuple[Flow, str]], rule: DestinationRule, case: Case
) -> Finding:
    suspects = list(dict.fromkeys(name for flow, _ in seen for name in _suspects(flow, case)))
    whose = who if who in suspects else f"{who} (shared by {_and(suspects)} with others)"
    allowed = _and(_names(rule.allowed, case), word="or")
    reasons = "; ".join(dict.fromkeys(why for _, why in seen))
    return Finding(
        check=Destinations.id,
        outcome=outcome,
        severity=Severity.CRITICAL if outcome is Outcome.FAIL else Severity.MEDIUM,
        subject=who if who in suspects else ", ".join(suspects),
        message=(
            f"{whose} {contacts.sentence(flow for flow, _ in seen)}; {reasons}. On such a unit sold in"
            f" {case.expectation.market} it may call {allowed} ({rule.title})."
        ),
        why=rule.why,
        fix=_FIXES[outcome],
        evidence=tuple(
            Evidence(
                what=f"contact ({flow.what})",
                value=f"{contacts.did(flow)} {places.told(flow, case.facts, case.rulebook)}",
                origin=contacts.place(flow),
            )
            for flow, _ in seen[:_MOST_CONTACTS]
        ),
        sources=rule.sources,
    )


_FIXES = {
    Outcome.FAIL: "Do not ship the unit before its maker has said why it calls there.",
    Outcome.REVIEW: "Look at where the addresses are, and ask the maker.",
    Outcome.INCONCLUSIVE: "Add data on addresses with `adb-audit data import`, then judge again.",
}


def _names(codes: tuple[str, ...], case: Case) -> list[str]:
    return [case.rulebook.markets.countries.get(code, code) for code in codes]


def _and(names: list[str], word: str = "and") -> str:
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "nobody")))
