"""Do the unit's own statements about its region agree?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.question import Case
from audit.checks.region_market import signal_evidence
from audit.model.evidence import Topic
from audit.model.profiles import Outcome, Strength
from audit.model.report import Finding, Severity, Signal


class RegionSignals:
    """Strong signals that cannot both be true of one untouched unit."""

    id = "region-signals"
    question = "Do the unit's region signals agree with each other?"
    needs = frozenset({Topic.PROPERTIES})

    def applies(self, case: Case) -> str:
        """Only where signals were found."""
        return "" if case.region.signals else "The unit states no region signal that could disagree."

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each pair that contradicts; overlays have a check of their own.

        What weaker signals say against the region that was read is a note: they do not decide.
        """
        yield from _dissent(case)
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
        """How many signals were compared: those that decide, and weaker ones that agree."""
        agreeing = [s for s in case.region.signals if s not in _dissenting(case)]
        said = ", ".join(dict.fromkeys(s.says for s in agreeing))
        count = len(agreeing)
        if count == 1:
            return f"One region signal was read ({said}); none contradicts it."
        return f"No two of {count} region signals contradict each other ({said})."


_MOST_NAMED = 5


def _dissenting(case: Case) -> list[Signal]:
    """Weaker signals that cannot be true together with the region that was read."""
    markets = case.region.markets
    return [
        s
        for s in case.region.signals
        if s.strength is not Strength.STRONG and markets and not s.markets & markets
    ]


def _dissent(case: Case) -> Iterator[Finding]:
    weaker = _dissenting(case)
    if not weaker:
        return
    named = ", ".join(f"{s.what} ({s.says})" for s in weaker[:_MOST_NAMED])
    more = f" and {len(weaker) - _MOST_NAMED} more" if len(weaker) > _MOST_NAMED else ""
    verb = "speaks" if len(weaker) == 1 else "speak"
    yield Finding(
        check=RegionSignals.id,
        outcome=Outcome.PASS,
        severity=Severity.INFO,
        subject="weaker signals",
        message=f"{named}{more} {verb} for another region than {case.region.region}, too weakly to decide.",
        why="Such things are found on honest units as well; many together may show a mixed build.",
        evidence=tuple(map(signal_evidence, weaker)),
        sources=tuple(dict.fromkeys(source for s in weaker for source in s.sources)),
    )
