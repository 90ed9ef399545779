"""Identifiers that are known by their value: found wherever they stand in a text, in whatever case.

A crate has hundreds of them and looks for each in every text, so they are one expression in which values
share their beginnings (a trie), tried in time that hardly grows with their number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f.]{0,15}){2,8}", re.IGNORECASE)
# Shorter ones, and words, are looked for where they stand alone: "0" stands in too many other words.
_SHORTEST_IN_WORDS = 6
# Of the trie: hostile values (a, aa, aaa …) would nest it deeper than an expression may be.
_DEEPEST = 12


class Known:
    """Values named as identifiers, with the kind of each. kinds: case-folded value to kind."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self.kinds = kinds
        self._anywhere = re.compile(_expression(kinds) or r"(?!)", re.IGNORECASE)

    def masked(self, text: str, token: Callable[[str, str], str]) -> str:
        """*text* with each of them replaced by what *token* makes of its kind and value."""
        return self._anywhere.sub(
            lambda found: token(self.kinds.get(found[0].casefold(), "id"), found[0]), text
        )


def is_distinct(value: str) -> bool:
    """Whether *value* is no word: long enough, and with a digit."""
    return len(value) >= _SHORTEST_IN_WORDS and any(c.isdigit() for c in value)


def _expression(values: Iterable[str]) -> str:
    """The values, each where it may stand: a network address as itself, a word alone, any other anywhere."""
    places: dict[tuple[str, str], list[str]] = {}
    for value in values:
        places.setdefault(_place(value), []).append(value)
    # an address before what it may begin with; what is found anywhere before what must stand alone
    ranked = sorted(places, key=lambda place: (not place[0].startswith(r"(?<![\w."), place))
    return "|".join(f"{before}(?:{_trie(places[before, after])}){after}" for before, after in ranked)


def _place(value: str) -> tuple[str, str]:
    if _IP.fullmatch(value):  # 192.0.2.1 is no part of 192.0.2.10
        return (r"(?<![\w.:])", r"(?![\w:]|\.\d)") if ":" in value else (r"(?<![\w.])", r"(?!\w|\.\d)")
    return ("", "") if is_distinct(value) else (r"(?<![^\W_])", r"(?![^\W_])")


def _trie(values: Iterable[str], depth: int = 0) -> str:
    """An expression for exactly *values*, the longer of two with one beginning first."""
    groups: dict[str, list[str]] = {}
    for value in sorted(set(values), key=lambda value: (-len(value), value)):
        groups.setdefault(value[:1], []).append(value)
    return "|".join(_branches(groups, depth))


def _branches(groups: Mapping[str, list[str]], depth: int) -> Iterator[str]:
    for first, values in groups.items():
        if not first or len(values) == 1 or depth >= _DEEPEST:
            yield from map(re.escape, values)
            continue
        shared = first + _beginning([value[1:] for value in values])
        yield f"{re.escape(shared)}(?:{_trie((value[len(shared) :] for value in values), depth + 1)})"


def _beginning(values: list[str]) -> str:
    """What all of them begin with."""
    least, most = min(values), max(values)
    same = next((i for i, (a, b) in enumerate(zip(least, most, strict=False)) if a != b), len(least))
    return least[:same]
