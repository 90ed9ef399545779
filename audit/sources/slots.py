"""A bounded number of streams at once, the longest chain first."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count


class Rank:
    """Who gets a free stream first: what others wait for, then what takes long, then the rest."""

    FIRST = 0
    CHAIN = 1
    DETAILS = 2
    LISTS = 3
    REST = 4
    CODE = 5


class Slots:
    """Hands out *size* slots; among those who wait, the lowest rank goes first, then who came first.

    A plain semaphore would let seven small files go before the command everything else waits for.
    """

    def __init__(self, size: int) -> None:
        self._free = size
        self._order = count()
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []

    @asynccontextmanager
    async def take(self, rank: int) -> AsyncIterator[None]:
        """Hold one slot. rank: 0 is the most urgent."""
        await self._acquire(rank)
        try:
            yield
        finally:
            self._release()

    async def _acquire(self, rank: int) -> None:
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        heapq.heappush(self._waiting, (rank, next(self._order), turn))
        # soon, not now: who starts in the same moment may be more urgent
        loop.call_soon(self._hand_out)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._release()  # the slot had been handed over already
            raise

    def _release(self) -> None:
        self._free += 1
        asyncio.get_running_loop().call_soon(self._hand_out)

    def _hand_out(self) -> None:
        while self._free and self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():  # else whoever waited was cancelled
                self._free -= 1
                turn.set_result(None)
