"""What is left out when units are compared, ready to be asked of many names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import lru_cache

from audit.model.portrait import TraitKind
from audit.model.profiles import Volatile

_SPECIAL = frozenset("*?[")
_MOST_KEPT = 64
"""Makers times kinds whose patterns are kept ready; one crate has a handful."""


class Names:
    """Shell patterns, asked of many names: most are whole names or ``prefix.*``, which need no pattern."""

    def __init__(self, patterns: Iterable[str]) -> None:
        given = frozenset(patterns)
        self._exact = frozenset(one for one in given if not _SPECIAL & set(one))
        left = given - self._exact
        prefixes = {one for one in left if one.endswith("*") and not _SPECIAL & set(one[:-1])}
        self._prefixes = tuple(sorted(one[:-1] for one in prefixes))
        others = sorted(left - prefixes)
        self._others = re.compile("|".join(map(translate, others))) if others else None
        self.any = bool(given)
        """Whether there are any at all."""

    def __contains__(self, name: str) -> bool:
        return (
            name in self._exact
            or name.startswith(self._prefixes)
            or (self._others is not None and self._others.match(name) is not None)
        )


def names_of(volatile: tuple[Volatile, ...], kind: TraitKind, maker: str) -> Names:
    """The names of *kind* that are left out on units of *maker* (in lower case)."""
    return _ready(volatile, kind, maker if any(maker in one.oems for one in volatile) else "")


@lru_cache(maxsize=_MOST_KEPT)
def _ready(volatile: tuple[Volatile, ...], kind: TraitKind, maker: str) -> Names:
    return Names(
        name
        for one in volatile
        if one.kind is kind and (not one.oems or maker in one.oems)
        for name in one.names
    )
