"""What a check is: one question, the evidence it cannot do without, and what was wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from audit.model.evidence import Topic
from audit.model.facts import Facts
from audit.model.portrait import Baseline, Portrait
from audit.model.profiles import Policy, Rulebook
from audit.model.record import record
from audit.model.report import Expectation, Finding, RegionReading


@record
class Case:
    """All that a check may look at. today: ISO date of judging, from the caller's clock.

    baseline: the golden unit to compare with, and *portrait*: the unit's own traits; None where nobody asked
    """

    facts: Facts
    region: RegionReading
    expectation: Expectation
    rulebook: Rulebook
    policy: Policy
    today: str
    baseline: Baseline | None = None
    portrait: Portrait | None = None


class Check(Protocol):
    """One question, one module; `audit.checks.ALL` lists them.

    id: stable name; question: a sentence for people; needs: topics whose gap makes it inconclusive.
    """

    @property
    def id(self) -> str:
        """Stable name, such as ``client-market``."""

    @property
    def question(self) -> str:
        """The question in one sentence."""

    @property
    def needs(self) -> frozenset[Topic]:
        """Topics it cannot do without."""

    def applies(self, case: Case) -> str:
        """Why the question does not arise for this unit; "" when it does."""

    def ask(self, case: Case) -> Iterator[Finding]:
        """What is wrong, and notes (outcome PASS); the pipeline adds PASS and INCONCLUSIVE."""

    def passed(self, case: Case) -> str:
        """What was looked at when nothing is wrong, in a sentence that claims no more than that."""
