"""What a check is: one question, the evidence it cannot do without, and what was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from audit.model.evidence import Topic
from audit.model.facts import Facts
from audit.model.profiles import Policy, Rulebook
from audit.model.record import record
from audit.model.report import Expectation, Finding, RegionReading


@record
class Case:
    """All that a check may look at. today: ISO date of judging, from the caller's clock."""

    facts: Facts
    region: RegionReading
    expectation: Expectation
    rulebook: Rulebook
    policy: Policy
    today: str


class Check(Protocol):
    """One module in `audit.checks` holds one of these.

    id: stable name ("client-market"); question: a sentence for people; needs: topics whose gap makes it
    inconclusive. `ask` yields what is wrong and notes; the pipeline adds PASS and INCONCLUSIVE.
    """

    id: str
    question: str
    needs: frozenset[Topic]

    def ask(self, case: Case) -> Iterator[Finding]:
        """What is wrong with the unit, as far as this question goes."""
