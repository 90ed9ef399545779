"""Units that come and go: what a way sees, told so that a phone which flickers is no event.

A phone leaves the bus for up to a second when somebody taps Allow or changes its USB mode, and an adb server
that was started again finds its units one by one. Whoever folds what is told here, ends with the truth.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from audit.adb.device import DeviceRow, State
from audit.model.record import record

SETTLE_S = 1.5
"""How long a unit may be away before it is told as gone."""
SETTLE_SERVER_S = 6.0
"""The same, for the units of an adb server that was just started again."""
LONGEST_PAUSE_S = 10.0

Place = tuple[str, str, int]
"""A unit as it is plugged in: slot, serial number, its number among its like (cloned serials, no slot)."""


@record
class Look:
    """What a way sees.

    rows: every unit, in whatever state; trouble: what keeps it from seeing them, "" = nothing
    settle_s: how long a unit that is missing here may be away before it is gone
    """

    rows: tuple[DeviceRow, ...]
    trouble: str = ""
    settle_s: float = SETTLE_S


def is_there(row: DeviceRow) -> bool:
    """Whether there is a unit at all: an address that nobody answers at is listed, so that it is said."""
    return row.transport != "tcp" or row.state is not State.OFFLINE


class Settling:
    """What is told, from what was seen and when. Pure; times in seconds of one clock that never goes back."""

    def __init__(self) -> None:
        self.trouble = ""
        self._rows: dict[Place, DeviceRow] = {}
        self._ends: dict[Place, float] = {}

    def see(self, look: Look, at_s: float) -> None:
        """Take what was seen at *at_s*."""
        self.trouble = look.trouble
        now = placed(look.rows)
        taken = {row.slot for row in look.rows if row.slot}
        for place in tuple(self._rows):
            if place in now:
                self._ends.pop(place, None)
            elif place[0] in taken:  # another one is plugged in there, or the same one told its serial
                self._drop(place)
            else:
                self._ends.setdefault(place, at_s + look.settle_s)
        self._rows.update(now)

    def told(self, at_s: float) -> tuple[DeviceRow, ...]:
        """Every unit there is at *at_s*, in the order in which they came."""
        for place in [place for place, end in self._ends.items() if end <= at_s]:
            self._drop(place)
        return tuple(self._rows.values())

    @property
    def next_end_s(self) -> float | None:
        """When the next unit will be gone if it does not come back; None = none is away."""
        return min(self._ends.values(), default=None)

    def _drop(self, place: Place) -> None:
        del self._rows[place]
        self._ends.pop(place, None)


def placed(rows: tuple[DeviceRow, ...]) -> dict[Place, DeviceRow]:
    """Rows by slot and serial; what has neither, or both twice, by its number among its like."""
    found: dict[Place, DeviceRow] = {}
    seen: Counter[tuple[str, str]] = Counter()
    for row in rows:
        name = (row.slot, row.serial)
        found[*name, seen[name]] = row
        seen[name] += 1
    return found


async def settled(looks: AsyncGenerator[Look, None]) -> AsyncGenerator[Look, None]:
    """What *looks* see, told once it is so: at first, then after each change; raises as they do.

    Only the newest is told to a caller who takes long.
    """
    loop = asyncio.get_running_loop()
    settling, news = Settling(), asyncio.Event()
    seen = False

    async def follow() -> None:
        nonlocal seen
        async with aclosing(looks):
            async for look in looks:
                settling.see(look, loop.time())
                seen = True
                news.set()

    task = loop.create_task(follow())
    task.add_done_callback(lambda _: news.set())
    told: Look | None = None
    try:
        while True:
            news.clear()
            now = Look(rows=settling.told(loop.time()), trouble=settling.trouble)
            if seen and now != told:
                told = now
                yield now
            elif task.done():
                task.result()
                return
            else:
                await _until(news, settling.next_end_s)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _until(news: asyncio.Event, end_s: float | None) -> None:
    with suppress(TimeoutError):  # the time was what was waited for
        async with asyncio.timeout_at(end_s):
            await news.wait()


class Backoff:
    """Pauses between tries: 1, 2, 4 … up to `LONGEST_PAUSE_S`, from the first again after a success."""

    def __init__(self, first_s: float = 1.0) -> None:
        self._first_s = self._next_s = first_s

    def reset(self) -> None:
        """It worked."""
        self._next_s = self._first_s

    def pause_s(self) -> float:
        """How long to wait before the next try."""
        pause, self._next_s = self._next_s, min(2 * self._next_s, LONGEST_PAUSE_S)
        return pause
