"""When a unit is tried again, and how much time it has left; pure, and run by whatever clock is given."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from audit.model.record import record

_MOST_DOUBLINGS = 32
"""More would only make a large number that `BackOff.longest_s` cuts."""


@record
class BackOff:
    """Pauses between tries: twice as long each time, up to a longest, each a little shorter by chance.

    By chance, so that units which were lost together (a hub, a server) do not all come back together.
    jitter: the share of a pause that chance may take away, 0 to 1
    """

    first_s: float = 1.0
    longest_s: float = 30.0
    jitter: float = 0.25

    def pause_s(self, tries: int, chance: float) -> float:
        """How long to wait after *tries* tries (1 or more). chance: 0 to 1, drawn anew for every pause."""
        plain = min(self.longest_s, self.first_s * 2.0 ** min(max(tries, 1) - 1, _MOST_DOUBLINGS))
        return plain * (1.0 - self.jitter * min(max(chance, 0.0), 1.0))


@record
class Time:
    """What time it is and how to let it pass. now: monotonic, in seconds; wall: for people; chance: 0 to 1"""

    now: Callable[[], float]
    sleep: Callable[[float], Awaitable[object]]
    wall: Callable[[], datetime]
    chance: Callable[[], float]


def real_time() -> Time:
    """The time of the event loop that runs."""
    return Time(
        now=asyncio.get_running_loop().time,
        sleep=asyncio.sleep,
        wall=lambda: datetime.now(UTC),
        chance=random.random,
    )


class Budget:
    """The time one unit has; what is spent waiting for others or for a person is not counted.

    limit_s: all of it, in seconds
    """

    def __init__(self, limit_s: float, now: Callable[[], float]) -> None:
        self.limit_s = limit_s
        self._now = now
        self._end_s = now() + limit_s

    @property
    def left_s(self) -> float:
        """What is left; never less than nothing."""
        return max(0.0, self._end_s - self._now())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """The time of the block is not the unit's."""
        began_s = self._now()
        try:
            yield
        finally:
            self.give_s(self._now() - began_s)

    def give_s(self, more_s: float) -> None:
        """Let it have *more_s* seconds more."""
        self._end_s += more_s
