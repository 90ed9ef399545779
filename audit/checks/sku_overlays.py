"""Do the enabled region overlays match the unit and its market?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.question import Case
from audit.checks.region_market import signal_evidence
from audit.model.evidence import Topic
from audit.model.profiles import ClientProfile, Outcome, Strength, Subject
from audit.model.report import Finding, Severity, Signal

_LONGEST_SDK = 5
"""Digits; previews state 10000."""


class SkuOverlays:
    """Overlays that switch a client or the system to another market's servers."""

    id = "sku-overlays"
    question = "Do the enabled region overlays match the market?"
    needs = frozenset({Topic.OVERLAYS})

    def applies(self, case: Case) -> str:
        """Only for makers whose overlays state a region, on Android 8 and newer."""
        if not case.facts.overlays and _sdk(case) in range(1, 26):
            return "This Android version has no runtime overlays to list."
        makers = {p.oem for p in case.rulebook.regions for s in p.signals if s.subject is Subject.OVERLAY}
        spoken = case.region.oem in makers or any(s.what.startswith("overlay ") for s in case.region.signals)
        return "" if spoken else "This maker is not known to state a region in overlays."

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each enabled overlay of a market the unit is not for."""
        expected = _expected(case)
        for signal in case.region.signals:
            if signal.what.startswith("overlay ") and expected and not signal.markets & expected:
                yield self._finding(signal, case)

    def passed(self, case: Case) -> str:
        """How many region overlays are enabled."""
        count = sum(1 for s in case.region.signals if s.what.startswith("overlay "))
        listed = len(case.facts.overlays)
        words = (
            f"{count} of {listed} listed overlays {'is' if count == 1 else 'are'} enabled and for a region"
        )
        return f"{words}; none is for another market." if count else f"{words}."

    def _finding(self, signal: Signal, case: Case) -> Finding:
        overlay = signal.value
        target = next((o.target for o in case.facts.overlays if o.package == overlay), "")
        client = case.rulebook.clients.get(target)
        accountable = client is not None and client.role in case.policy.accountable
        market_given = case.expectation.market is not None
        failing = accountable and signal.strength is Strength.STRONG and market_given
        outcome = Outcome.FAIL if failing else case.policy.contradiction
        return Finding(
            check=self.id,
            outcome=outcome,
            severity=Severity.HIGH if outcome is Outcome.FAIL else Severity.MEDIUM,
            subject=overlay,
            message=f"The overlay {overlay} is enabled: the variant for {signal.says}, not for {_for(case)}.",
            why=_why(target, client),
            fix="Flash the maker's build for this market; an overlay belongs to the signed image.",
            evidence=(signal_evidence(signal),),
            facts=tuple(("documented endpoint", e.to) for e in client.endpoints) if client else (),
            sources=tuple(dict.fromkeys((*signal.sources, *(client.sources if client else ())))),
        )


def _expected(case: Case) -> frozenset[str]:
    if case.expectation.market is not None:
        return frozenset({case.expectation.market})
    return case.region.markets


def _for(case: Case) -> str:
    return case.expectation.market or f"the unit's own region {case.region.region}"


def _why(target: str, client: ClientProfile | None) -> str:
    if client is None:
        return f"It replaces resources of {target or 'a system package'} with those of another market."
    return f"It replaces the resources of {target}, among them the server addresses it calls. {client.why}"


def _sdk(case: Case) -> int:
    text = case.facts.value("ro.build.version.sdk") or ""
    return int(text) if text.isdecimal() and len(text) <= _LONGEST_SDK else 0
