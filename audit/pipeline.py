"""Snapshot in, report out: the whole product in one pure function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import audit
from audit import describe
from audit.checks import ALL, Case, Check, read_region
from audit.checks.places import anycast, anycast_networks
from audit.checks.portrait import portrait_of
from audit.checks.waiving import Place, expired, sentence, waived
from audit.digest import digest
from audit.errors import UsageError
from audit.model.destinations import Atlas
from audit.model.evidence import Gap, Snapshot, Topic
from audit.model.facts import Facts
from audit.model.flows import OwnIdentifier
from audit.model.portrait import Baseline, Portrait
from audit.model.profiles import Outcome, Policy, Rulebook
from audit.model.record import record
from audit.model.report import Decision, Evidence, Expectation, Finding, Report, Severity, Verdict
from audit.model.waivers import Waiver
from audit.parse.facts import read_facts

SCHEMA = "adb-audit/report/1"


@record
class Examined:
    """A report, and what of the unit is compared with other units. identifiers: those it told of itself."""

    report: Report
    portrait: Portrait
    identifiers: tuple[OwnIdentifier, ...]


def audit_snapshot(
    snapshot: Snapshot,
    rulebook: Rulebook,
    expectation: Expectation,
    *,
    judged_at: str,
    atlas: Atlas | None = None,
    baseline: Baseline | None = None,
) -> Report:
    """Judge one unit by what was read of it.

    judged_at: RFC 3339 in UTC, from the caller's clock.
    atlas: what addresses are looked up in; None: contacts are judged without their countries
    baseline: the golden unit it is compared with; *expectation* names it by its hash
    Raises `UsageError` for a market or policy the rulebook does not know.
    """
    checked_policy(rulebook, expectation)
    case = _case(_read(snapshot, rulebook, atlas), rulebook, expectation, judged_at)
    if baseline is not None:
        case = replace(case, baseline=baseline, portrait=_portrait(case))
    return _report(snapshot, case, judged_at, atlas)


def examine(
    snapshot: Snapshot,
    rulebook: Rulebook,
    expect: Callable[[Facts], Expectation],
    *,
    judged_at: str,
    atlas: Atlas | None = None,
    baseline: Baseline | None = None,
) -> Examined:
    """The same, for a unit that is then compared with others.

    expect: what the unit should be, by what it is: a manifest names it by its identifiers
    """
    facts = _read(snapshot, rulebook, atlas)
    case = _case(facts, rulebook, expect(facts), judged_at)
    portrait = _portrait(case)
    case = replace(case, baseline=baseline, portrait=portrait)
    return Examined(
        report=_report(snapshot, case, judged_at, atlas),
        portrait=portrait,
        identifiers=case.facts.identifiers,
    )


def also(report: Report, findings: Iterable[Finding]) -> Report:
    """*report* with what was found by holding the unit against others, and the verdict that follows."""
    whole = (*report.findings, *findings)
    return (
        report
        if len(whole) == len(report.findings)
        else replace(report, findings=whole, verdict=decide(whole))
    )


def _read(snapshot: Snapshot, rulebook: Rulebook, atlas: Atlas | None) -> Facts:
    return placed(_with_unseen_users(read_facts(snapshot)), atlas, rulebook)


def _case(facts: Facts, rulebook: Rulebook, expectation: Expectation, judged_at: str) -> Case:
    return Case(
        facts=facts,
        region=read_region(facts, rulebook),
        expectation=expectation,
        rulebook=rulebook,
        policy=checked_policy(rulebook, expectation),
        today=judged_at[:10],
    )


def _portrait(case: Case) -> Portrait:
    return portrait_of(case.facts, case.region, case.rulebook.volatile)


def _report(snapshot: Snapshot, case: Case, judged_at: str, atlas: Atlas | None) -> Report:
    facts, rulebook = case.facts, case.rulebook
    datasets = () if atlas is None or not facts.destinations else atlas.datasets
    found = (finding for check in ALL for finding in ask(check, case))
    findings = tuple(describe.described(finding, rulebook.descriptions) for finding in found)
    return Report(
        schema=SCHEMA,
        tool_version=audit.__version__,
        judged_at=judged_at,
        acquired_at=snapshot.acquired_at,
        unit=describe.named(snapshot.unit, facts),
        identity=describe.identity(facts, snapshot.unit),
        source=snapshot.source,
        expectation=case.expectation,
        region=case.region,
        findings=findings,
        verdict=decide(findings),
        coverage=tuple(describe.coverage(facts, snapshot)),
        unread=facts.unread,
        limits=describe.limits(rulebook.advisories, facts, datasets, case.today),
        rulebook_sha256=rulebook.sha256,
        snapshot_sha256=digest(snapshot),
        flows=facts.flows,
        watches=facts.watches,
        destinations=tuple(facts.destinations.values()),
        datasets=datasets,
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
    if not any(describe.nothing_read(topic, case.facts) for topic in check.needs):
        # what was read is judged all the same: a client that was found stays found
        for finding in check.ask(case):
            wrong = wrong or finding.outcome is not Outcome.PASS
            yield finding
    if not gaps and not wrong:
        yield _own(check, Outcome.PASS, check.passed(case))


def waive(report: Report, waivers: Sequence[Waiver], place: Place, *, today: str) -> Report:
    """*report* with what the *waivers* in force cover marked, and the verdict that is left.

    today: ISO date. Findings that are waived stay in the report; what could not be told cannot be waived. The
    verdict says that there are some; of waivers that expired the report has those that would cover a finding.
    """
    findings = waived(report, waivers, place, today)
    used = {finding.waiver for finding in findings if finding.waiver}
    marked = replace(report, findings=findings, waivers=tuple(one for one in waivers if one.id in used))
    past = expired(marked, waivers, place, today)
    if not used:
        return replace(report, expired=past) if past else report
    verdict = decide(findings)
    said = sentence(findings, marked.waivers)
    return replace(marked, verdict=replace(verdict, because=(*verdict.because, said)), expired=past)


def decide(findings: Iterable[Finding]) -> Verdict:
    """FAIL if anything failed; else INCONCLUSIVE if anything could not be told; else REVIEW; else PASS.

    What is waived does not count.
    """
    given = [finding for finding in findings if not finding.waiver]
    for outcome, decision in _RANKED:
        because = tuple(dict.fromkeys(f.message for f in given if f.outcome is outcome))
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


def placed(facts: Facts, atlas: Atlas | None, rulebook: Rulebook) -> Facts:
    """*facts* with what is known of the addresses and names in its contacts."""
    if atlas is None or not facts.flows:
        return facts
    addresses = dict.fromkeys(ip for flow in facts.flows for ip in (flow.ip, *flow.answers) if ip)
    found = {ip: place for ip in addresses if (place := atlas.address(ip)) is not None}
    networks = anycast_networks(rulebook)
    places = {ip: anycast(place, networks) for ip, place in found.items()}
    hosts = dict.fromkeys(flow.host for flow in facts.flows if flow.host)
    domains = {host: domain for host in hosts if (domain := atlas.domain(host))}
    return replace(facts, destinations=places, domains=domains)


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


_MOST_REASONS = 3
"""Said in a message; the evidence holds every gap."""


def _own(check: Check, outcome: Outcome, message: str) -> Finding:
    return Finding(check=check.id, outcome=outcome, severity=Severity.INFO, message=message)


def _inconclusive(check: Check, gaps: list[Gap]) -> Finding:
    topics = ", ".join(dict.fromkeys(str(gap.topic) for gap in gaps))
    reasons = list(dict.fromkeys(gap.reason.rstrip(". ") + "." for gap in gaps))
    more = len(reasons) - _MOST_REASONS
    return Finding(
        check=check.id,
        outcome=Outcome.INCONCLUSIVE,
        severity=Severity.INFO,
        subject=topics,
        message=" ".join(reasons[:_MOST_REASONS])
        + (f" And {more} more: see the evidence." if more > 0 else ""),
        why=f"It leaves the question open: {check.question}",
        fix=" ".join(dict.fromkeys(gap.fix for gap in gaps if gap.fix)),
        evidence=tuple(
            Evidence(what=f"gap in {gap.topic}", value=gap.reason, origin=gap.origin) for gap in gaps
        ),
    )


__all__ = [
    "SCHEMA",
    "Examined",
    "also",
    "ask",
    "audit_snapshot",
    "checked_policy",
    "decide",
    "examine",
    "waive",
]
