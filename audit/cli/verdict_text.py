"""A unit that has its verdict, in one line."""

from __future__ import annotations

from audit.model.crate import UnitResult
from audit.model.record import record
from audit.model.report import Decision
from audit.reports.view import SHAPES

_LONGEST_REASON = 400


@record
class VerdictText:
    """The line in parts. verdict: shape and word; unit: where it is and what; because: "" of a PASS"""

    verdict: str
    unit: str
    because: str

    def __str__(self) -> str:
        return f"{self.verdict}{self.unit}{self.because}"


def verdict_text(result: UnitResult) -> VerdictText:
    """A unit that has its verdict, with the reason where it is no PASS; no identifier is in it."""
    reason = result.because[0] if result.because and result.decision is not Decision.PASS else ""
    return VerdictText(
        verdict=f"{SHAPES[result.decision]} {result.decision.value}",
        unit=f"  {result.slot or result.name}  {result.model or 'unit that does not say what it is'}",
        because=f": {reason[:_LONGEST_REASON]}" if reason else "",
    )
