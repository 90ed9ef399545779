"""What is wrong with profile files: collected all at once, told one line each."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from audit.model.record import record


@record
class Problem:
    """One thing to correct.

    file: relative to the rulebook's folder; entry: which table of it; id: of the lint rule, "" for errors
    """

    file: str
    entry: str
    what: str
    fix: str
    id: str = ""

    def __str__(self) -> str:
        place = f"{self.file}: {self.entry}" if self.entry else self.file
        rule = f" [{self.id}]" if self.id else ""
        return f"{place}: {self.what}; {self.fix}{rule}"


class Place:
    """A place in a file that problems are noted against; `at` goes one table deeper."""

    __slots__ = ("_found", "entry", "file")

    def __init__(self, file: str, found: list[Problem], entry: str = "") -> None:
        self.file, self.entry, self._found = file, entry, found

    def at(self, entry: str) -> Place:
        """The place of the table *entry* inside this one."""
        return Place(self.file, self._found, f"{self.entry} / {entry}" if self.entry else entry)

    def wrong(self, what: str, fix: str, *, rule: str = "") -> None:
        """Note that something is wrong here, and what to do about it."""
        self._found.append(Problem(file=self.file, entry=self.entry, what=what, fix=fix, id=rule))


def one_of(given: str, known: Iterable[str]) -> str:
    """What to write instead of *given*: the nearest of *known*, or all of them where they are few."""
    names = sorted(known)
    if not names:
        return "none is defined yet"
    close = difflib.get_close_matches(given.casefold(), names, n=1, cutoff=0.6)
    close = close or difflib.get_close_matches(given.upper(), names, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    listed = ", ".join(names) if len(names) <= _FEW else f"one of the {len(names)} known ones"
    return f"use {listed}"


def in_order(problems: Iterable[Problem]) -> Iterator[Problem]:
    """By file, in the order they were found in it."""
    return iter(sorted(problems, key=lambda p: p.file))


_FEW = 20
