"""What is said of a waiver: for what and where it is, and whether it holds on a day. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from audit.model.waivers import Waiver

SOON = timedelta(days=30)
FAR = timedelta(days=366)


def noticed(waivers: Sequence[Waiver], day: date) -> Iterator[str]:
    """What somebody should know of each, with its line."""
    for one in waivers:
        if is_over(one, day):
            yield f"line {one.line}: waiver {one.id}: {state(one, day)}; what it covers counts again"
        elif is_soon_over(one, day):
            yield f"line {one.line}: waiver {one.id}: {state(one, day)}"
        elif _left(one, day) > FAR:
            yield f"line {one.line}: waiver {one.id}: expires on {one.expires}, in more than a year"


def state(waiver: Waiver, day: date) -> str:
    """Whether it holds, in words."""
    if is_over(waiver, day):
        return f"expired on {waiver.expires}"
    if not is_soon_over(waiver, day):
        return "in force"
    left = _left(waiver, day).days
    return "expires today" if left == 0 else f"expires in {left} day{'' if left == 1 else 's'}"


def is_over(waiver: Waiver, day: date) -> bool:
    """Whether it has expired."""
    return _left(waiver, day) < timedelta(0)


def is_soon_over(waiver: Waiver, day: date) -> bool:
    """Whether it holds, and expires soon."""
    return timedelta(0) <= _left(waiver, day) <= SOON


def _left(waiver: Waiver, day: date) -> timedelta:
    return date.fromisoformat(waiver.expires) - day


def scope(waiver: Waiver) -> str:
    """Where it holds."""
    given = (("model", waiver.model), ("build", waiver.build), ("crate", waiver.crate), ("unit", waiver.unit))
    return ", ".join(f"{label} {value}" for label, value in given if value)


def what(waiver: Waiver) -> str:
    """The check whose findings it covers, and of what."""
    return f"{waiver.check} of {waiver.subject}" if waiver.subject else waiver.check
