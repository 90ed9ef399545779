"""Do the unit's own statements about its region agree?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.question import Case
from audit.checks.region_market import signal_evidence
from audit.model.evidence import Topic
from audit.model.profiles import Outcome
from audit.model.report import Finding, Severity


class RegionSignals:
    """Strong signals that cannot both be true of one untouched unit."""

    id = "region-signals"
    question = "Do the unit's region signals agree with each other?"
    needs = frozenset({Topic.PROPERTIES})

    def applies(self, case: Case) -> str:
        """Only where signals were found."""
        return "" if case.region.signals else "The unit states no region signal that could disagree."

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each pair that contradicts; overlays have a check of their own."""
        for one, other in case.region.contradictions:
            if one.what.startswith("overlay ") or other.what.startswith("overlay "):
                continue
            outcome = case.policy.contradiction
            yield Finding(
                check=self.id,
                outcome=outcome,
                severity=Severity.HIGH if outcome is Outcome.FAIL else Severity.MEDIUM,
                subject=one.what,
                message=f"The {one.aspect} states {one.says} ({one.what} = {one.value}), the {other.aspect}"
                f" states {other.says} ({other.what} = {other.value}).",
                why="Both cannot be true of a unit as it left the factory: it was reflashed or altered.",
                fix="Ask who changed the software; flash the maker's build for the hardware's own market.",
                evidence=(signal_evidence(one), signal_evidence(other)),
                sources=tuple(dict.fromkeys((*one.sources, *other.sources))),
            )

    def passed(self, case: Case) -> str:
        """How many signals were compared."""
        said = ", ".join(dict.fromkeys(s.says for s in case.region.signals))
        return f"No two of {len(case.region.signals)} region signals contradict each other ({said})."
