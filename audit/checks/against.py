"""A unit held against the golden one: what differs, what was left out, what could not be read."""

from __future__ import annotations

from audit.checks.baseline import other_model, said, unread_words
from audit.checks.baseline_words import short
from audit.checks.differences import Difference, compare
from audit.model.portrait import Baseline, Portrait
from audit.model.profiles import Volatile
from audit.model.record import record


@record
class Against:
    """What a comparison comes to.

    other: why the two are not compared at all, "" = they are; head: how many differences there are
    found: those that count; passed_over: differences of traits that the rulebook leaves out as volatile
    left_out: names of properties that were not compared, without their values; unread: a sentence each
    said: how much was held against each other; whole: whether all could be
    """

    other: str = ""
    head: str = ""
    found: tuple[Difference, ...] = ()
    passed_over: tuple[Difference, ...] = ()
    left_out: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    said: str = ""
    whole: bool = False


def against(golden: Baseline, unit: Portrait, volatile: tuple[Volatile, ...]) -> Against:
    """Hold *unit* against *golden*; *volatile* is what today's rulebook leaves out."""
    if other := other_model(golden, unit):
        return Against(other=other)
    compared = compare(golden.portrait, unit, volatile)
    counting = set(compared.differences)
    every = compare(golden.portrait, unit, ()).differences if volatile else ()
    number = len(compared.differences)
    count = f"{number} difference{'' if number == 1 else 's'}" if number else "no difference"
    return Against(
        head=f"{count} from the golden unit {short(golden.name)}",
        found=compared.differences,
        passed_over=tuple(one for one in every if one not in counting),
        left_out=tuple(sorted(golden.portrait.left_out | unit.left_out)),
        unread=tuple(words for words, _ in unread_words(compared)),
        said=f"{said(compared)}.",
        whole=not compared.lacking,
    )


def cell(value: str | None) -> str:
    """A value in a table; "-" where the trait is not there."""
    return "-" if value is None else short(value) or "(empty)"
