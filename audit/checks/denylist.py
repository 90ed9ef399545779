"""Is a package on the unit that belongs on none: a denylisted updater or known malware?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.checks.client_market import client_facts, listed
from audit.checks.clients import Sighting, sight
from audit.checks.question import Case
from audit.model.evidence import Topic
from audit.model.profiles import ClientProfile, Confidence, Outcome, Role
from audit.model.report import Finding, Severity

_LONGEST = 18
"""Digits of one number of a version's name that are compared."""


class Denylist:
    """Updaters with a documented bad history, by version where one is known, and malware by name."""

    id = "denylist"
    question = "Is there a package that belongs on no unit, whatever its market?"
    needs = frozenset({Topic.PACKAGES})

    def applies(self, case: Case) -> str:
        """Always."""
        del case
        return ""

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each such package."""
        for profile in _listed(case):
            sighting = sight(profile, case.facts)
            if sighting is not None:
                yield _finding(sighting, case)

    def passed(self, case: Case) -> str:
        """How many names were looked for, and how many are only noted."""
        names = list(_listed(case))
        found = sum(1 for profile in names if sight(profile, case.facts) is not None)
        if found:
            verb = "is" if found == 1 else "are"
            return (
                f"Of {len(names)} denylisted packages, {found} {verb} among {listed(case.facts)}:"
                " see the notes; none counts against the unit."
            )
        return f"None of {len(names)} denylisted packages is among {listed(case.facts)}."


def _listed(case: Case) -> Iterator[ClientProfile]:
    for client in case.rulebook.clients.values():
        if client.role is Role.MALWARE or (client.role is Role.UPDATER and client.denied is not None):
            yield client


def _finding(sighting: Sighting, case: Case) -> Finding:
    profile = sighting.profile
    outcome, words = _judge(sighting, case)
    if profile.confidence is Confidence.LOW and outcome is Outcome.FAIL:
        outcome = Outcome.REVIEW
    return Finding(
        check=Denylist.id,
        outcome=outcome,
        severity=_severity(outcome, profile),
        subject=profile.package,
        level=sighting.level,
        message=f"{profile.package} ({profile.title}) {sighting.whereabouts.rstrip(',')}. {words}",
        why=profile.why,
        fix="" if outcome is Outcome.PASS else profile.fix,
        evidence=sighting.evidence,
        facts=client_facts(sighting),
        sources=tuple(dict.fromkeys((*profile.sources, *(profile.denied.sources if profile.denied else ())))),
    )


def _judge(sighting: Sighting, case: Case) -> tuple[Outcome, str]:
    profile, denied = sighting.profile, sighting.profile.denied
    if profile.role is Role.MALWARE or denied is None:
        return Outcome.FAIL, "Its name is that of documented malware; its code was not examined."
    version = sighting.package.version_name
    if denied.below is None:
        outcome = case.policy.denied_version if denied.every_version else case.policy.denied_unknown
        return outcome, f"{denied.why} No version of it is documented as clean."
    if version is None:
        return case.policy.denied_unknown, (
            f"{denied.why} Versions below {denied.below} are affected; its version name was not read."
        )
    if _parts(version) < _parts(denied.below):
        return case.policy.denied_version, f"{denied.why} Version {version} is below {denied.below}."
    return Outcome.PASS, f"Version {version} is not below {denied.below}, the first reported clean."


def _parts(version: str) -> tuple[int, ...]:
    """A version name's numbers, so that 5.14 is above 5.5."""
    return tuple(int(number[:_LONGEST]) for number in re.findall(r"\d+", version))


def _severity(outcome: Outcome, profile: ClientProfile) -> Severity:
    if outcome is Outcome.PASS:
        return Severity.INFO
    if outcome is Outcome.FAIL:
        return Severity.CRITICAL if profile.role is Role.MALWARE or profile.sends else Severity.HIGH
    return Severity.MEDIUM
