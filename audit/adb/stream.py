"""A stream to a service of a unit, whatever transport carries it, and the queue behind its reading end."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from audit.errors import AuditError

Take = Callable[[bytes], bool]
"""Takes the next bytes of a stream; False when it wants no more."""

HIGH_WATER_BYTES = 8 << 20
"""Bytes that may wait unread before the sender is held back."""


class Stream(Protocol):
    """Bytes to and from one service."""

    async def read(self) -> bytes:
        """The next bytes; b"" when the service ended. Raises UnitLost when the unit went away."""

    async def drain(self, take: Take) -> None:
        """Hand *take* all that comes, until it wants no more or the service ended; raises as `read` does."""

    def write(self, data: bytes) -> None:
        """Send *data*; it leaves as the unit takes it."""

    async def room(self, below: int) -> None:
        """Wait until fewer than *below* bytes written here have not left yet, or the service ended."""

    def close(self) -> None:
        """End the service, at once and whatever it is doing."""


class Opener(Protocol):
    """What opens streams to one unit."""

    async def open(self, service: str) -> Stream:
        """Start *service*; raises ProtocolError when the unit refuses it and UnitLost when it went away."""

    async def confirm(self) -> None:
        """Raise UnitLost if the unit went away; called when a stream ended too early."""

    async def close(self) -> None:
        """Hang up."""


class Inbox:
    """Chunks received and not yet read, for one reader. size: bytes that wait."""

    __slots__ = ("_chunks", "_ended", "_error", "_take", "_waiter", "size")

    def __init__(self) -> None:
        self.size = 0
        self._chunks: deque[bytes] = deque()
        self._ended = False
        self._error: AuditError | None = None
        self._take: Take | None = None
        self._waiter: asyncio.Future[None] | None = None

    def put(self, chunk: bytes) -> None:
        """Add *chunk* at the end."""
        if not chunk:
            return
        if self._take is not None:
            if not self._take(chunk):
                self._take = None
                self._wake()
            return
        self._chunks.append(chunk)
        self.size += len(chunk)
        self._wake()

    def end(self, error: AuditError | None = None) -> None:
        """Nothing more comes; a reader that took all gets *error* raised, or b""."""
        if not self._ended:
            self._ended, self._error = True, error
            self._wake()

    async def get(self) -> bytes:
        """The next chunk, b"" at the end."""
        while not self._chunks:
            if self._error is not None:
                raise self._error
            if self._ended:
                return b""
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        chunk = self._chunks.popleft()
        self.size -= len(chunk)
        return chunk

    async def drain(self, take: Take) -> None:
        """Hand *take* every chunk where it arrives, until it says False or the end.

        One turn of the event loop a chunk instead of two: a reader that waits is woken only once.
        """
        while self._chunks:
            if not take(await self.get()):
                return
        if not self._ended:
            self._take = take
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                satisfied, self._take = self._take is None, None
            if satisfied:
                return
        if self._error is not None:
            raise self._error

    async def exactly(self, count: int) -> bytes:
        """The next *count* bytes; fewer only at the end."""
        parts: list[bytes] = []
        while count and (chunk := await self.get()):
            if len(chunk) > count:
                self._chunks.appendleft(chunk[count:])
                self.size += len(chunk) - count
                chunk = chunk[:count]
            parts.append(chunk)
            count -= len(chunk)
        return b"".join(parts)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
