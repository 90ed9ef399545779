"""The account of a parser: where each line of its input went."""

from __future__ import annotations

from collections import Counter
from typing import TypeVar

from audit.model.facts import Parsed, Unread
from audit.parse.text import quote
from audit.parse.trouble import noise, recognise

V = TypeVar("V")

MOST_NAMED = 10_000
"""Lines that are kept one by one; a file of something else has millions, and the first ones tell."""


class Ledger:
    """Counts lines while a parser works; every line is booked exactly once.

    A parser that ends with `parsed` has accounted for all lines when read + unread + skipped + errors are
    as many as there were.
    """

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self._read = 0
        self._unread: list[Unread] = []
        self._skipped: Counter[str] = Counter()
        self._errors: list[str] = []

    def read(self, count: int = 1) -> None:
        """*count* lines became part of the value."""
        self._read += count

    def skip(self, what: str, count: int = 1) -> None:
        """*count* lines were left on purpose; *what* names their section or class."""
        self._skipped[what] += count

    def error(self, line: str) -> None:
        """*line* is an error message of the unit."""
        if len(self._errors) < MOST_NAMED:
            self._errors.append(quote(line))
        else:
            self.skip("more error messages")

    def unread(self, number: int, line: str) -> None:
        """*line*, the *number*-th counted from 1, means nothing to the parser."""
        if len(self._unread) < MOST_NAMED:
            self._unread.append(Unread(origin=self.origin, line=number, text=line))
        else:
            self.skip("more lines that were not understood")

    def left_over(self, number: int, line: str) -> None:
        """Book a line that is not of the format: noise, an error message, or unread."""
        if (what := noise(line)) is not None:
            self.skip(what)
        elif recognise(line) is not None:
            self.error(line)
        else:
            self.unread(number, line)

    def parsed(self, value: V) -> Parsed[V]:
        """*value* with the account of its lines."""
        return Parsed(
            value=value,
            unread=tuple(self._unread),
            skipped={what: count for what, count in self._skipped.items() if count},
            errors=tuple(self._errors),
            read=self._read,
        )
