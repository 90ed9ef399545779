"""What is wrong with profile files: collected all at once, told one line each."""

from __future__ import annotations

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
    """A place in a file that problems are noted against; `at` goes one table deeper.

    A rulebook has thousands of places and hardly ever a problem, so its words are put together only then.
    """

    __slots__ = ("_found", "_inside", "_name", "_table", "file")

    def __init__(
        self, file: str, found: list[Problem], table: str = "", name: str = "", inside: Place | None = None
    ) -> None:
        self.file, self._found, self._table, self._name, self._inside = file, found, table, name, inside

    @property
    def entry(self) -> str:
        """Where in the file: the tables around this one, outermost first."""
        own = f"{self._table} {self._name}".strip()
        around = self._inside.entry if self._inside is not None else ""
        return f"{around} / {own}" if around and own else around or own

    def at(self, table: str, name: str = "") -> Place:
        """The place of *table* inside this one; *name* tells an entry from its neighbours."""
        return Place(self.file, self._found, table, name, self)

    def wrong(self, what: str, fix: str, *, rule: str = "") -> None:
        """Note that something is wrong here, and what to do about it."""
        self._found.append(Problem(file=self.file, entry=self.entry, what=what, fix=fix, id=rule))


def one_of(given: str, known: Iterable[str]) -> str:
    """What to write instead of *given*: the nearest of *known*, or all of them where they are few."""
    import difflib  # noqa: PLC0415 - a millisecond, needed only when something is wrong

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
