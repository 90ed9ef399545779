"""What a row of records tells of itself: which is missing, moved, changed, or signed before its time.

A record's place is its number; what it was signed after is the hash it holds. Nothing here looks at
a signature.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise

from audit.model.record import record
from audit.model.signing import Flaw, Problem


@record
class Link:
    """One record in its row. place: 1-based, where it stood; number: 0 = it could not be read

    signed_at: None = it could not be read; previous: None likewise
    """

    place: int
    number: int
    sha256: str
    previous: str | None = None
    signed_at: datetime | None = None


@record
class Expected:
    """What somebody remembers of the row. count: of its records; head_sha256: of the last; None = not told"""

    count: int | None = None
    head_sha256: str | None = None


def problems(links: Sequence[Link], expected: Expected | None = None) -> Iterator[Problem]:
    """What is wrong with the row, given in the order it was found in."""
    row = _numbered(links)
    yield from _order(row)
    first: dict[int, Link] = {}
    for link in row:
        first.setdefault(link.number, link)
    yield from _missing(sorted(first))
    yield from _changed(first)
    yield from _clock(first)
    if expected is not None:
        yield from _remembered(first, expected)


def before(links: Iterable[Link], head_sha256: str) -> frozenset[str]:
    """Hashes of the records that the one with the hash *head_sha256* proves: itself and all before it.

    The hashes are of the bytes, so no other record can stand in one's place.
    """
    previous = {link.sha256: link.previous for link in links}
    found: set[str] = set()
    here: str | None = head_sha256
    while here and here in previous and here not in found:
        found.add(here)
        here = previous[here]
    return frozenset(found)


def _numbered(links: Sequence[Link]) -> list[Link]:
    """The row, in which what could not be read has the number it must have had, if that is free."""
    taken = {link.number for link in links}
    row, last = [], 0
    for link in links:
        number = link.number or (last + 1 if last + 1 not in taken else 0)
        if number:
            row.append(
                Link(
                    place=link.place,
                    number=number,
                    sha256=link.sha256,
                    previous=link.previous,
                    signed_at=link.signed_at,
                )
            )
            last = number
            taken.add(number)
    return row


def _order(row: Sequence[Link]) -> Iterator[Problem]:
    for one, other in pairwise(row):
        if other.number == one.number:
            yield _problem(Flaw.ORDER, other, f"number {other.number} is there twice")
        elif other.number < one.number:
            yield _problem(Flaw.ORDER, other, f"number {other.number} stands after number {one.number}")


def _missing(numbers: Sequence[int]) -> Iterator[Problem]:
    for one, other in pairwise([0, *numbers]):
        if other > one + 1:
            yield Problem(flaw=Flaw.MISSING, number=one + 1, what=_gone(one + 1, other - 1))


def _changed(first: Mapping[int, Link]) -> Iterator[Problem]:
    for number, link in sorted(first.items()):
        if number == 1 and link.previous:
            yield _problem(Flaw.CHANGED, link, "it is the first, and holds the hash of a record before it")
        former = first.get(number - 1)
        if former is not None and link.previous is not None and link.previous != former.sha256:
            yield _problem(
                Flaw.CHANGED, link, f"it was not signed after the number {number - 1} that is before it"
            )


def _clock(first: Mapping[int, Link]) -> Iterator[Problem]:
    latest: Link | None = None
    for _, link in sorted(first.items()):
        if link.signed_at is None:
            continue
        if latest is not None and latest.signed_at is not None and link.signed_at < latest.signed_at:
            yield _problem(
                Flaw.CLOCK,
                link,
                f"signed {link.signed_at:%Y-%m-%dT%H:%M:%SZ}, number {latest.number} before it"
                f" {latest.signed_at:%Y-%m-%dT%H:%M:%SZ}: the clock was set back, or the time is untrue",
            )
        else:
            latest = link


def _remembered(first: Mapping[int, Link], expected: Expected) -> Iterator[Problem]:
    last = max(first, default=0)
    if expected.count is not None and last < expected.count:
        yield Problem(
            flaw=Flaw.MISSING, number=last + 1, what=_gone(last + 1, expected.count) + ", at the end"
        )
    head = expected.head_sha256
    if head is not None and head not in {link.sha256 for link in first.values()}:
        yield Problem(
            flaw=Flaw.MISSING,
            number=0,
            what=f"the record whose hash is {head[:16]}… is missing: it was the last one",
        )


def _gone(first: int, last: int) -> str:
    return f"number {first} is missing" if first == last else f"numbers {first} to {last} are missing"


def _problem(flaw: Flaw, link: Link, what: str) -> Problem:
    return Problem(flaw=flaw, number=link.number, what=what, where=f"record {link.place}")
