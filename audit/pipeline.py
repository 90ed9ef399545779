"""Snapshot in, report out: the whole product in one pure function."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import audit
from audit.checks import ALL, Case, Check, read_region
from audit.errors import UsageError
from audit.model.evidence import Artifact, Gap, Kind, Snapshot, Topic, UnitId
from audit.model.facts import Facts
from audit.model.profiles import Advisory, Outcome, Policy, Rulebook
from audit.model.report import (
    Coverage,
    Decision,
    Evidence,
    Expectation,
    Finding,
    Identity,
    Reach,
    Report,
    Severity,
    Verdict,
)
from audit.parse.facts import read_facts

SCHEMA = "adb-audit/report/1"


def audit_snapshot(
    snapshot: Snapshot, rulebook: Rulebook, expectation: Expectation, *, judged_at: str
) -> Report:
    """Judge one unit by what was read of it.

    judged_at: RFC 3339 in UTC, from the caller's clock.
    Raises `UsageError` for a market or policy the rulebook does not know.
    """
    policy = checked_policy(rulebook, expectation)
    facts = _with_unseen_users(read_facts(snapshot))
    case = Case(
        facts=facts,
        region=read_region(facts, rulebook),
        expectation=expectation,
        rulebook=rulebook,
        policy=policy,
        today=judged_at[:10],
    )
    findings = tuple(finding for check in ALL for finding in ask(check, case))
    return Report(
        schema=SCHEMA,
        tool_version=audit.__version__,
        judged_at=judged_at,
        acquired_at=snapshot.acquired_at,
        unit=_unit(snapshot.unit, facts),
        identity=_identity(facts, snapshot.unit),
        source=snapshot.source,
        expectation=expectation,
        region=case.region,
        findings=findings,
        verdict=decide(findings),
        coverage=tuple(_coverage(facts, snapshot)),
        unread=facts.unread,
        limits=_limits(rulebook.advisories, facts),
        rulebook_sha256=rulebook.sha256,
        snapshot_sha256=digest(snapshot.artifacts, snapshot.gaps),
    )


def checked_policy(rulebook: Rulebook, expectation: Expectation) -> Policy:
    """The policy asked for; refuses one, or a market, that nobody defined."""
    market = expectation.market
    if market is not None and market not in rulebook.markets.countries:
        raise UsageError(
            f"unknown market {market!r}", fix="Give an ISO 3166-1 alpha-2 code such as NO, DE or GB."
        )
    policy = rulebook.policies.get(expectation.policy)
    if policy is None:
        known = ", ".join(sorted(rulebook.policies))
        raise UsageError(f"unknown policy {expectation.policy!r}", fix=f"Choose one of: {known}.")
    return policy


def ask(check: Check, case: Case) -> Iterator[Finding]:
    """Ask one question; evidence that is missing makes it inconclusive, however little was found wrong."""
    reason = check.applies(case)
    if reason:
        yield _own(check, Outcome.NOT_APPLICABLE, reason)
        return
    gaps = [gap for gap in case.facts.gaps if gap.topic in check.needs]
    if gaps:
        yield _inconclusive(check, gaps)
    wrong = False
    if not any(_nothing_read(topic, case.facts) for topic in check.needs):
        # what was read is judged all the same: a client that was found stays found
        for finding in check.ask(case):
            wrong = wrong or finding.outcome is not Outcome.PASS
            yield finding
    if not gaps and not wrong:
        yield _own(check, Outcome.PASS, check.passed(case))


def decide(findings: Iterable[Finding]) -> Verdict:
    """FAIL if anything failed; else INCONCLUSIVE if anything could not be told; else REVIEW; else PASS."""
    given = list(findings)
    for outcome, decision in _RANKED:
        because = tuple(f.message for f in given if f.outcome is outcome)
        if because:
            return Verdict(decision=decision, because=because)
    passed = tuple(f.message for f in given if f.outcome is Outcome.PASS)
    if not passed:
        return Verdict(decision=Decision.INCONCLUSIVE, because=("Nothing could be judged.",))
    return Verdict(decision=Decision.PASS, because=passed)


_RANKED = (
    (Outcome.FAIL, Decision.FAIL),
    (Outcome.INCONCLUSIVE, Decision.INCONCLUSIVE),
    (Outcome.REVIEW, Decision.REVIEW),
)


def digest(artifacts: Iterable[Artifact], gaps: Iterable[Gap]) -> str:
    """SHA-256, in hex, of what was read and what was not; the same for the same bytes by any transport."""
    hasher = hashlib.sha256()
    for a in artifacts:
        head = (a.kind, a.origin, a.user, a.argument, a.exit_code, a.truncated)
        for part in (repr(head).encode(), a.data, a.stderr):
            hasher.update(len(part).to_bytes(8, "big"))
            hasher.update(part)
    for gap in gaps:
        hasher.update(repr((gap.topic, gap.reason, gap.origin, gap.user)).encode())
    return hasher.hexdigest()


def _with_unseen_users(facts: Facts) -> Facts:
    """Where the list of users was asked for and refused, whose packages were not listed cannot be told."""
    gaps = tuple(
        Gap(
            topic=Topic.PACKAGES,
            reason=f"Whether other users have packages of their own could not be told: {gap.reason}",
            fix=gap.fix,
            origin=gap.origin,
        )
        for gap in facts.gaps
        if gap.topic is Topic.USERS and gap.origin
    )
    return replace(facts, gaps=(*facts.gaps, *gaps)) if gaps else facts


def _own(check: Check, outcome: Outcome, message: str) -> Finding:
    return Finding(check=check.id, outcome=outcome, severity=Severity.INFO, message=message)


def _inconclusive(check: Check, gaps: list[Gap]) -> Finding:
    topics = ", ".join(dict.fromkeys(str(gap.topic) for gap in gaps))
    return Finding(
        check=check.id,
        outcome=Outcome.INCONCLUSIVE,
        severity=Severity.INFO,
        subject=topics,
        message=f"Could not be told: {'; '.join(dict.fromkeys(gap.reason for gap in gaps))}",
        fix=" ".join(dict.fromkeys(gap.fix for gap in gaps if gap.fix)),
        evidence=tuple(
            Evidence(what=f"gap in {gap.topic}", value=gap.reason, origin=gap.origin) for gap in gaps
        ),
    )


def _nothing_read(topic: Topic, facts: Facts) -> bool:
    return _count(topic, facts) == 0 and any(gap.topic is topic for gap in facts.gaps)


def _count(topic: Topic, facts: Facts) -> int:
    return {
        Topic.PROPERTIES: len(facts.properties),
        Topic.USERS: len(facts.users),
        Topic.PACKAGES: len(facts.packages),
        Topic.APEX: len(facts.apex),
        Topic.OVERLAYS: len(facts.overlays),
        Topic.SETTINGS: len(facts.settings),
        Topic.FILES: len(facts.files),
        Topic.ENDPOINTS: len(facts.endpoints),
        Topic.FLOWS: len(facts.flows or ()),
    }.get(topic, 0)


_SHOWN: Mapping[Topic, tuple[Kind, ...]] = {
    Topic.PROPERTIES: (Kind.GETPROP, Kind.BUILD_PROP),
    Topic.USERS: (Kind.USERS,),
    Topic.PACKAGES: (Kind.PACKAGES, Kind.PACKAGES_KNOWN, Kind.PACKAGE_DETAILS),
    Topic.DISABLED: (Kind.PACKAGES_DISABLED, Kind.PACKAGE_DETAILS),
    Topic.DETAILS: (Kind.PACKAGE_DETAILS,),
    Topic.OVERLAYS: (Kind.OVERLAYS,),
    Topic.APEX: (Kind.APEX,),
    Topic.SETTINGS: (Kind.SETTINGS_GLOBAL, Kind.SETTINGS_SYSTEM, Kind.SETTINGS_SECURE),
    Topic.FILES: (Kind.FILE,),
}


def _coverage(facts: Facts, snapshot: Snapshot) -> Iterator[Coverage]:
    kinds = {artifact.kind for artifact in snapshot.artifacts}
    for topic, wanted in _SHOWN.items():
        gaps = tuple(gap for gap in facts.gaps if gap.topic is topic)
        asked = bool(kinds & set(wanted))
        if topic is Topic.FILES and not asked and not gaps:
            continue  # only some units hold the files that are looked for; none is no news
        count = _count(topic, facts) or sum(1 for a in snapshot.artifacts if a.kind in wanted and not gaps)
        if gaps:
            reach = Reach.PARTLY if count else Reach.MISSING
        else:
            reach = Reach.READ if asked else Reach.NOT_ASKED
        yield Coverage(topic=str(topic), reach=reach, count=count, gaps=gaps)
    watched = facts.flows is not None
    reach = Reach.READ if watched else Reach.NOT_ASKED
    yield Coverage(topic=str(Topic.FLOWS), reach=reach, count=len(facts.flows or ()))


def _unit(unit: UnitId, facts: Facts) -> UnitId:
    model = (facts.value("ro.product.model") or "").strip("\"' ") or unit.model
    return UnitId(serial=unit.serial or facts.value("ro.serialno"), model=model)


def _identity(facts: Facts, unit: UnitId) -> Identity:
    def say(*names: str) -> str:
        values = (facts.value(name) for name in names)
        return next((v.strip("\"' ") for v in values if v), "")

    return Identity(
        serial=unit.serial or say("ro.serialno", "ro.boot.serialno"),
        manufacturer=say("ro.product.manufacturer", "ro.product.vendor.manufacturer"),
        brand=say("ro.product.brand", "ro.product.vendor.brand"),
        model=say("ro.product.model", "ro.product.vendor.model"),
        device=say("ro.product.device", "ro.product.vendor.device"),
        product=say("ro.product.name", "ro.product.vendor.name"),
        build=say("ro.build.display.id"),
        incremental=say("ro.build.version.incremental"),
        fingerprint=say("ro.build.fingerprint", "ro.vendor.build.fingerprint"),
        android=say("ro.build.version.release"),
        patch=say("ro.build.version.security_patch"),
    )


def _limits(advisories: tuple[Advisory, ...], facts: Facts) -> tuple[str, ...]:
    """What an audit of properties and packages cannot see, in sentences."""
    unseen = [a.title for a in advisories if not a.packages]
    limits = [
        (
            "Only what the unit told over ADB, or what the files hold, was read; a unit can hide packages and"
            " properties from the shell."
        ),
        "Registration code in modem firmware is not visible to an audit of packages.",
    ]
    if facts.flows is None:
        limits.append("No network traffic was watched: destinations are those documented, not seen.")
    if unseen:
        limits.append(f"Incidents without a package of their own were not looked for: {', '.join(unseen)}.")
    return tuple(limits)


__all__ = ["SCHEMA", "ask", "audit_snapshot", "checked_policy", "decide", "digest"]
