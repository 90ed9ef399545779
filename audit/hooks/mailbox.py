"""Hands what Frida's own thread tells to the event loop, within bounds: a flood costs a count, not memory."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_ITEMS = 20_000
MOST_BYTES = 64 << 20


class Mailbox(Generic[T]):
    """Items put by any thread, taken by one task of *loop*."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, *, most: int = MOST_ITEMS, most_bytes: int = MOST_BYTES
    ) -> None:
        self._loop = loop
        self._most, self._most_bytes = most, most_bytes
        self._items: deque[tuple[T, int]] = deque()
        self._bytes = 0
        self._lost = 0
        self._lock = threading.Lock()
        self._filled = asyncio.Event()
        self._told = False

    def put(self, item: T, size: int = 0, *, urgent: bool = False) -> None:
        """Add *item* of *size* bytes, or count it as lost where there is no room; *urgent* ones fit."""
        with self._lock:
            full = len(self._items) >= self._most or self._bytes + size > self._most_bytes
            if full and not urgent:
                self._lost += 1
                return
            self._items.append((item, size))
            self._bytes += size
            tell, self._told = not self._told, True
        if tell and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._filled.set)

    async def take(self) -> list[T]:
        """All that is there, once something is."""
        await self._filled.wait()
        return self.drain()

    def drain(self) -> list[T]:
        """All that is there now."""
        with self._lock:
            items, self._items = self._items, deque()
            self._bytes = 0
            self._told = False
            self._filled.clear()
        return [item for item, _ in items]

    def lost(self) -> int:
        """Items there was no room for since this was last asked."""
        with self._lock:
            lost, self._lost = self._lost, 0
        return lost
