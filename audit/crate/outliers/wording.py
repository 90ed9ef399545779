"""What a difference is called: always with how many units are how."""

from __future__ import annotations

from collections.abc import Sequence

from audit.crate.outliers.judge import Difference
from audit.model.portrait import TraitKind
from audit.model.text import clean_line

MOST_NAMED = 5
"""In one message; the evidence lists more."""


def number(difference: Difference, count: int) -> str:
    """*count* of how many units."""
    return f"{count} of {difference.of}"


def peers(difference: Difference) -> str:
    """Which units those are."""
    which = "units with this build" if difference.within else "units of this model"
    return which if difference.counted else f"other {which}"


def sentence(one: Difference) -> str:
    """The difference by itself."""
    name, here, usual = clean_line(one.name), said(one.value), said(one.usual)
    holders, agreeing = number(one, one.holders), number(one, one.agreeing)
    if one.kind is TraitKind.PACKAGE and one.usual is None:
        known = "" if one.value == "installed" else f" ({here})"
        return f"{name} is on {holders} {peers(one)}, on this one too{known}."
    if one.kind is TraitKind.PACKAGE and one.value is None:
        return f"{name} is on {agreeing} {peers(one)}, but not on this one."
    if one.kind in (TraitKind.REGION, TraitKind.BUILD) and None not in (one.value, one.usual):
        return f"{agreeing} {peers(one)} are {usual}, this is {here} ({name}{_others(one)})."
    if one.usual is None:
        return f"{name} is {here} on {holders} {peers(one)}, on this one too; {agreeing} have none."
    return f"{name} is {usual} on {agreeing} {peers(one)}, and {here} on this one{_others(one)}."


def _others(one: Difference) -> str:
    others = one.holders - one.counted
    return f", as on {others} more" if others > 0 else ""


def item(one: Difference) -> str:
    """The difference as one of a list."""
    name, agreeing = clean_line(one.name), number(one, one.agreeing)
    if one.kind is TraitKind.PACKAGE and one.usual is None:
        return f"{name} (on {number(one, one.holders)})"
    if one.kind is TraitKind.PACKAGE and one.value is None:
        return f"{name} (on {agreeing})"
    return f"{name} ({said(one.value)}; {said(one.usual)} on {agreeing})"


def evidence_value(one: Difference) -> str:
    """The difference as evidence."""
    here = f"here {said(one.value)}, as on {number(one, one.holders)} {peers(one)}"
    return f"{here}; {said(one.usual)} on {number(one, one.agreeing)}"


def said(value: str | None) -> str:
    """A value in a sentence."""
    if value is None:
        return "not there"
    return clean_line(value) or "empty"


def listed(items: Sequence[str], *, most: int = MOST_NAMED) -> str:
    """*items* as a bounded list, the rest counted."""
    more = len(items) - most
    shown = ", ".join(items[:most])
    return f"{shown} and {more} more" if more > 0 else shown
