"""Where units are plugged in at this moment, and waiting for one that went away to come back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Protocol

from audit.adb.device import Device, DeviceRow
from audit.adb.tracking import Place, is_there, placed
from audit.crate.backoff import BackOff, Time
from audit.errors import TransportError


class Ways(Protocol):
    """The ways to units, however they are connected."""

    async def open(self, row: DeviceRow, say: Callable[[DeviceRow], None] | None = None) -> Device:
        """Connect to one of them, waiting as long as was asked for it to become ready.

        say: told its row each time it is seen in another state that has to be waited for
        Raises UnitError or TransportError where that cannot be.
        """

    def changes(self) -> AsyncGenerator[tuple[DeviceRow, ...], None]:
        """All units, in whatever state, now and after each change. Nothing is dialled.

        Raises TransportError when nothing can be seen any more.
        """


class Presence:
    """Follows what comes and goes, from the first time somebody asks.

    on_change: told all that is there, after each change
    """

    def __init__(
        self, ways: Ways, time: Time, on_change: Callable[[Mapping[Place, DeviceRow]], None] = lambda _: None
    ) -> None:
        self.now: Mapping[Place, DeviceRow] = {}
        self._ways = ways
        self._time = time
        self._on_change = on_change
        self._news = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    async def look(self) -> tuple[DeviceRow, ...]:
        """All units there are at this moment, addresses where nobody answers among them."""
        async with aclosing(self._ways.changes()) as changes:
            async for rows in changes:
                return rows
        return ()

    async def _follow(self) -> None:
        """Go on until cancelled. A way that closes is looked at again later, unless it never was open."""
        seen, failures = False, 0
        while True:
            try:
                async with aclosing(self._ways.changes()) as changes:
                    async for rows in changes:
                        seen, failures = True, 0
                        self._see(rows)
            except TransportError:
                if not seen:
                    raise
            failures += 1
            await self._time.sleep(BackOff().pause_s(failures, self._time.chance()))

    def _see(self, rows: tuple[DeviceRow, ...]) -> None:
        self.now = {place: row for place, row in placed(rows).items() if is_there(row)}
        news, self._news = self._news, asyncio.Event()
        news.set()
        self._on_change(self.now)

    async def changed(self) -> None:
        """Wait until anything changes."""
        await self._news.wait()

    async def back(self, row: DeviceRow, others: Callable[[Place], bool], limit_s: float) -> DeviceRow | None:
        """The unit of *row* as it is plugged in now, waiting up to *limit_s* for it; None when it is not.

        others: whether a place belongs to another unit
        """
        if row.transport == "tcp":
            return row  # it is where it was, or nowhere: connecting tells
        following = self.start()
        try:
            async with asyncio.timeout(limit_s):
                while (found := _found(row, self.now, others)) is None:
                    if following.done():
                        return None  # no way is open any more
                    await self.changed()
        except TimeoutError:
            return None
        return found

    def start(self) -> asyncio.Task[None]:
        """Follow from now on, if not yet; the task that does, which ends only with what went wrong."""
        if self._following is None:
            self._following = asyncio.get_running_loop().create_task(self._follow())
            self._following.add_done_callback(lambda _: self._news.set())
        return self._following

    async def close(self) -> None:
        """Follow no more."""
        if self._following is not None:
            self._following.cancel()
            await asyncio.gather(self._following, return_exceptions=True)


def _found(
    row: DeviceRow, now: Mapping[Place, DeviceRow], others: Callable[[Place], bool]
) -> DeviceRow | None:
    """The same slot first, then the same serial number in a slot that is nobody else's."""
    like = {place: one for place, one in now.items() if one.serial == row.serial}
    for place, one in like.items():
        if one.slot == row.slot and not others(place):
            return one
    return next((one for place, one in like.items() if row.serial and not others(place)), None)
