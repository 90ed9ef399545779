"""The time a whole acquisition has, however many commands it consists of."""

from __future__ import annotations

import asyncio

from audit.errors import TransportError

AGAIN = "Audit the unit again, with fewer others at the same port, or give it more time."

_SHORT_S = 10.0


class Deadline:
    """From now on, by the clock of the event loop. limit_s: None = as long as it takes"""

    def __init__(self, limit_s: float | None = None) -> None:
        self.limit_s = limit_s
        self._end_s = None if limit_s is None else asyncio.get_running_loop().time() + limit_s

    @property
    def over(self) -> bool:
        """Whether nothing may be begun any more."""
        return self._end_s is not None and asyncio.get_running_loop().time() >= self._end_s

    @property
    def words(self) -> str:
        """That it is over, in words for the operator."""
        limit_s = self.limit_s or 0.0
        return f"its time was over ({limit_s:.{1 if limit_s < _SHORT_S else 0}f} s)"

    def within(self, limit_s: float) -> float:
        """*limit_s*, or what is left if that is less."""
        if self._end_s is None:
            return limit_s
        return max(0.0, min(limit_s, self._end_s - asyncio.get_running_loop().time()))

    def check(self) -> None:
        """Raise TransportError once it is over."""
        if self.over:
            raise TransportError(self.words, fix=AGAIN)
