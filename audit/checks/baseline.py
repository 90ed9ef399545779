"""Is the unit like the golden one it was held against?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.baseline_groups import Group, groups
from audit.checks.baseline_words import PLURAL, listed, short
from audit.checks.differences import GOLDEN, UNIT, Compared, Difference, compare
from audit.checks.question import Case
from audit.model.evidence import Topic
from audit.model.portrait import Baseline as Golden
from audit.model.portrait import Portrait, TraitKind
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Severity

_SHOWN = 25
"""Differences shown as evidence; the rest is counted."""


class Baseline:
    """The golden unit: what is installed, signed, enabled and set on it, and on this one."""

    id = "baseline"
    question = "Is the unit like the golden unit?"
    needs: frozenset[Topic] = frozenset()

    def applies(self, case: Case) -> str:
        """Only where somebody gave a golden unit."""
        if case.baseline is None or case.portrait is None:
            return "No golden unit was given to compare with."
        return ""

    def ask(self, case: Case) -> Iterator[Finding]:
        """What could not be compared, then one finding for each group of differences."""
        if case.baseline is None or case.portrait is None:
            return
        if other := other_model(case.baseline, case.portrait):
            yield self._open("model", other, "Give the golden unit of this model.")
            return
        compared = _compared(case)
        yield from self._lacking(compared)
        for group in groups(compared.differences, case):
            yield self._finding(group, case)

    def passed(self, case: Case) -> str:
        """What was held against each other."""
        if case.baseline is None or case.portrait is None:
            return "Nothing was compared."
        compared, name = _compared(case), short(case.baseline.name)
        noted = len(compared.differences)
        head = (
            f"Held against the golden unit {name}, {noted} noted"
            if noted
            else f"Equal to the golden unit {name}"
        )
        return f"{head}: {said(compared)}."

    def _lacking(self, compared: Compared) -> Iterator[Finding]:
        for message, whose in unread_words(compared):
            kinds = (PLURAL[kind] for kind, of in compared.lacking if of == whose)
            yield self._open(", ".join(kinds), message, _READ_AGAIN[whose])

    def _open(self, subject: str, message: str, fix: str) -> Finding:
        return Finding(
            check=self.id,
            outcome=Outcome.INCONCLUSIVE,
            severity=Severity.INFO,
            subject=subject,
            message=message,
            why=f"It leaves the question open: {self.question}",
            fix=fix,
        )

    def _finding(self, group: Group, case: Case) -> Finding:
        outcome = case.policy.baseline_difference
        golden = "" if case.baseline is None else case.baseline.name
        more = len(group.differences) - _SHOWN
        facts = [("golden", short(golden))]
        facts += [("not shown", f"{more} more differences of this kind")] if more > 0 else []
        return Finding(
            check=self.id,
            outcome=outcome,
            severity=Severity.INFO if outcome is Outcome.PASS else group.severity,
            subject=short(group.differences[0].name) if len(group.differences) == 1 else "",
            message=group.message,
            why=group.why,
            fix=_FIX,
            evidence=tuple(_evidence(one) for one in group.differences[:_SHOWN]),
            facts=tuple(facts),
        )


_FIX = (
    "Look why it differs. Flash the build of the golden unit, or save a new golden unit where this one is"
    " what it should be."
)


def _compared(case: Case) -> Compared:
    if case.baseline is None or case.portrait is None:
        raise ValueError("no golden unit")
    return compare(case.baseline.portrait, case.portrait, case.rulebook.volatile)


def other_model(golden: Golden, unit: Portrait) -> str:
    """Why the two are not compared, in a sentence; "" where they are of one model."""
    wanted, is_ = golden.portrait.model, unit.model
    if wanted and wanted == is_:
        return ""
    name = short(golden.name)
    if not wanted or not is_:
        whose = "The unit" if wanted else f"The golden unit {name}"
        return f"{whose} does not state its model, so the two cannot be compared."
    return f"The golden unit {name} is a {short(wanted)}, this unit a {short(is_)}: they are not compared."


_READ_AGAIN = {
    UNIT: "Read the whole unit: connected, unlocked and with all its users.",
    GOLDEN: "Save the golden unit again from one that can be read whole.",
}


def unread_words(compared: Compared) -> Iterator[tuple[str, str]]:
    """What could not be compared, a sentence for each of the two, with whose it is."""
    for whose in dict.fromkeys(whose for _, whose in compared.lacking):
        kinds = [PLURAL[kind] for kind, of in compared.lacking if of == whose]
        told = f"Not all of {whose} {listed(kinds)} could be read, so what differs there cannot be told."
        yield told, whose


def said(compared: Compared) -> str:
    """How much was held against each other, in words."""
    counts = [
        f"{compared.counted[kind]} {PLURAL[kind]}"
        for kind in (
            TraitKind.PACKAGE,
            TraitKind.VERSION,
            TraitKind.SIGNER,
            TraitKind.OVERLAY,
            TraitKind.APEX,
            TraitKind.PROPERTY,
        )
        if compared.counted[kind]
    ]
    left = f", {compared.left_out} properties left out" if compared.left_out else ""
    lacks = listed([PLURAL[kind] for kind in compared.uncovered])
    neither = f", {lacks} known of neither" if lacks else ""
    return f"{listed(counts) or 'nothing'} compared{left}{neither}"


def _evidence(one: Difference) -> Evidence:
    unit = "not there" if one.unit is None else short(one.unit)
    golden = "not there" if one.golden is None else short(one.golden)
    return Evidence(
        what=f"{one.kind} {short(one.name)}",
        value=f"{unit}; golden {golden}",
        origin="the unit and the golden unit",
    )
