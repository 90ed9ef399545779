"""Does an activation client on the unit belong in its market?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks import contacts, places
from audit.checks.clients import OBSERVED, Sighting, serves_market, sight
from audit.checks.question import Case
from audit.model.evidence import Topic
from audit.model.facts import Facts
from audit.model.profiles import ClientEndpoint, ClientProfile, Confidence, Level, Outcome, Role
from audit.model.report import Evidence, Finding, Severity

_JUDGED_ELSEWHERE = {Role.REGION_MARKER, Role.UPDATER, Role.MALWARE}


class ClientMarket:
    """Every catalogued client on the unit against the market it serves."""

    id = "client-market"
    question = "Does every activation client on the unit serve its market?"
    needs = frozenset({Topic.PACKAGES})

    def applies(self, case: Case) -> str:
        """Always."""
        del case
        return ""

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each catalogued client that is there; a note where it may be."""
        for profile in _judged(case):
            sighting = sight(profile, case.facts)
            if sighting is not None:
                yield judge(sighting, case)
        yield from _in_reserve(case)

    def passed(self, case: Case) -> str:
        """How many clients were looked for, among how many packages, and how many are only noted."""
        looked_for = list(_judged(case))
        found = sum(1 for profile in looked_for if sight(profile, case.facts) is not None)
        known = f"the {len(looked_for)} catalogued clients"
        if not found:
            return f"None of {known} is among {listed(case.facts)}."
        where = f"{found} {'is' if found == 1 else 'are'} among {listed(case.facts)}"
        return f"Of {known}, {where}: see the notes; none counts against the unit."


def _in_reserve(case: Case) -> Iterator[Finding]:
    """A note for each client in a folder of the image that only another variant of the phone uses."""
    judged = {profile.package: profile for profile in _judged(case)}
    for variant, packages in sorted(case.facts.available.items()):
        for package in packages:
            profile = judged.get(package.name)
            if profile is None or profile.serves == ("*",):
                continue
            yield Finding(
                check=ClientMarket.id,
                outcome=Outcome.PASS,
                severity=Severity.INFO,
                subject=profile.package,
                message=(
                    f"{profile.package} is in the image's folder for {variant}: available to units of that"
                    " variant, not active on others. Which variant a unit is, its loader decides."
                ),
                why=profile.why,
                evidence=(Evidence(what="available package", value=package.name, origin=package.origin),),
                sources=profile.sources,
            )


def listed(facts: Facts) -> str:
    """How many packages were listed, for which users."""
    users = sorted({state.user for package in facts.packages.values() for state in package.users})
    whose = f" for user {', '.join(map(str, users))}" if users else ""
    count = len(facts.packages)
    return f"the {count} package{'' if count == 1 else 's'} listed{whose}"


def judge(sighting: Sighting, case: Case) -> Finding:
    """One client's finding, by market, level and policy."""
    profile = sighting.profile
    serves = serves_market(profile, case.rulebook, case.expectation, case.region)
    outcome = _outcome(sighting, case, serves=serves)
    return Finding(
        check=ClientMarket.id,
        outcome=outcome,
        severity=_severity(outcome, sighting),
        subject=profile.package,
        level=sighting.level,
        message=_message(sighting, case, serves=serves) + _watched(sighting, case),
        why=profile.why,
        fix="" if outcome is Outcome.PASS else profile.fix,
        evidence=sighting.evidence,
        facts=client_facts(sighting),
        sources=profile.sources,
    )


def client_facts(sighting: Sighting) -> tuple[tuple[str, str], ...]:
    """Label and value pairs about the client, all from its profile: documented, not seen here."""
    profile = sighting.profile
    rows = [
        ("client", f"{profile.title} ({profile.vendor}, {profile.role})"),
        ("serves", "ships worldwide" if profile.serves == ("*",) else ", ".join(profile.serves)),
        *(("documented endpoint", _endpoint(e)) for e in profile.endpoints),
        ("documented to send", ", ".join(profile.sends)),
        ("runs as", _runs_as(profile.shared_user)),
        ("confidence", str(profile.confidence)),
        ("note", profile.note),
    ]
    return tuple((label, value) for label, value in rows if value)


def _judged(case: Case) -> Iterator[ClientProfile]:
    return (c for c in case.rulebook.clients.values() if c.role not in _JUDGED_ELSEWHERE)


def _outcome(sighting: Sighting, case: Case, *, serves: bool | None) -> Outcome:
    if serves:
        return Outcome.PASS
    profile, policy = sighting.profile, case.policy
    table = policy.out_of_market if profile.role in policy.accountable else policy.elsewhere
    outcome = table[sighting.level]
    unsure = profile.confidence is Confidence.LOW or case.expectation.market is None
    return Outcome.REVIEW if unsure and outcome is Outcome.FAIL else outcome


def _severity(outcome: Outcome, sighting: Sighting) -> Severity:
    if outcome is Outcome.PASS:
        return Severity.INFO
    if outcome is not Outcome.FAIL:
        return Severity.MEDIUM
    acts = sighting.level in {Level.ARMED, *OBSERVED}
    harmful = bool(sighting.profile.sends) or sighting.profile.role is Role.CARRIER_LOCK
    return Severity.CRITICAL if acts and harmful else Severity.HIGH


_LEVEL_WORDS = {
    Level.DORMANT: "It is dormant: {why}.",
    Level.UNKNOWN: "Whether it is armed could not be told: {why}.",
    Level.ARMED: "It is armed: {why}.",
    Level.ATTEMPTED: "It {why}.",
    Level.TRANSMITTED: "It {why}.",
    Level.IDENTIFIED: "It {why}.",
}


def _message(sighting: Sighting, case: Case, *, serves: bool | None) -> str:
    profile = sighting.profile
    words = f"{profile.package} {sighting.whereabouts} and {_market_words(sighting, case, serves=serves)}."
    if profile.serves == ("*",) and sighting.level is Level.UNKNOWN:
        return words
    return f"{words} {_LEVEL_WORDS[sighting.level].format(why=_level_reason(sighting, case))}"


def _market_words(sighting: Sighting, case: Case, *, serves: bool | None) -> str:
    profile, market = sighting.profile, case.expectation.market
    meant = ", ".join(profile.serves)
    if profile.serves == ("*",):
        return "ships worldwide, so its presence says nothing about the market"
    if market is not None:
        return f"is meant for {meant}, " + ("which is this market" if serves else f"not for {market}")
    if serves is None:
        return f"is meant for {meant}; no market was given and the unit states no region"
    fits = "includes" if serves else "does not include"
    return f"is meant for {meant}, which the unit's own region {case.region.region} {fits}"


def _watched(sighting: Sighting, case: Case) -> str:
    """That somebody watched and saw nothing that is its alone, which is no proof of anything."""
    seconds = [watch.seconds for watch in case.facts.watches if watch.seconds]
    if sighting.level in OBSERVED or not seconds or sighting.profile.serves == ("*",):
        return ""
    shared = [flow for flow in case.facts.flows or () if sighting.profile.package in flow.shared]
    if shared:
        did = contacts.sentence(shared, lambda flow: places.told(flow, case.facts, case.rulebook))
        return f" {shared[0].who}, which it shares with other packages, {did}: it may have been any of them."
    watched = f"In {max(seconds):.0f} s of watching no contact of it was seen"
    return f" {watched}, which does not prove that it makes none."


def _level_reason(sighting: Sighting, case: Case) -> str:
    if sighting.level in OBSERVED:
        return contacts.sentence(sighting.flows, lambda flow: places.told(flow, case.facts, case.rulebook))
    if sighting.state != "installed":
        return f"the package is {sighting.state}"
    gate, documented = sighting.gate, sighting.profile.armed_when
    if gate is None or documented is None:
        return "no gate of it is documented that this audit could read"
    if not gate.all and not gate.any:
        if documented.all or documented.any:
            return "its code was read and asks none of the gates that later generations have"
        return "no gate is known to keep it quiet"
    read = [e for e in sighting.evidence if e.what.startswith("gate ")]
    return "; ".join(
        f"{e.what.removeprefix('gate ').split(': ', 1)[1]} = {e.value or '(empty)'}" for e in read
    )


def _endpoint(endpoint: ClientEndpoint) -> str:
    parts = [
        endpoint.to + (f" port {endpoint.port}" if endpoint.port is not None else ""),
        {True: "cleartext", False: "encrypted", None: ""}[endpoint.cleartext],
        endpoint.operator,
        endpoint.note,
    ]
    return f"{endpoint.kind} " + ", ".join(part for part in parts if part)


def _runs_as(shared_user: str | None) -> str:
    if shared_user is None:
        return ""
    return f"{shared_user}, shared with other packages: traffic counted for that UID is not its alone"
