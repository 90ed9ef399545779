"""What was worked out once for units that are alike: a hundred copies of one unit print the same lists. Pure.

An answer is remembered by the very objects it was made of. Copies of a description share them; whatever is
changed on a unit while it runs is a new object, so that nothing outdated is ever said.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TypeVar, cast

V = TypeVar("V")

_MOST = 4096
"""Things remembered, before all are forgotten and worked out again."""


class Memory:
    """Remembers for a single unit, or for all of a lab."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Hashable, ...], tuple[tuple[object, ...], object]] = {}

    def once(self, what: tuple[Hashable, ...], made_of: tuple[object, ...], make: Callable[[], V]) -> V:
        """What *make* gives, worked out once for *what* of these very objects, which nobody may change."""
        key = (*what, *map(id, made_of))
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST:
                self._kept.clear()
            # the objects are held, so that no others are ever found under their addresses
            found = self._kept[key] = (made_of, make())
        return cast("V", found[1])
