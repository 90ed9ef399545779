"""What this program has open, so that looking for units leaves it alone."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

from audit.adb.device import Completed, Device, DeviceRow, FileStat, Sink, run_into
from audit.adb.stream import Stream


class Held:
    """What is open, by slot: a look leaves it alone, as an old adbd takes one host at a time."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._locks: dict[str, asyncio.Lock] = {}

    def __contains__(self, slot: object) -> bool:
        return slot in self._open

    def knocking(self, slot: str) -> AbstractAsyncContextManager[None]:
        """While the block runs, nobody takes the slot."""
        return self._locks.setdefault(slot, asyncio.Lock())

    async def take(self, slot: str) -> None:
        """Keep looks away; waits for one that is under way. Each needs its `release`."""
        async with self.knocking(slot):
            self._open[slot] += 1

    def release(self, slot: str) -> None:
        """Let looks come again."""
        self._open[slot] -= 1
        if self._open[slot] <= 0:
            del self._open[slot]


class Kept:
    """A `audit.adb.device.Device` that tells when it was closed, once. on_close: is told"""

    def __init__(self, device: Device, on_close: Callable[[], None]) -> None:
        self._device = device
        self._on_close = on_close
        self._closed = False

    @property
    def row(self) -> DeviceRow:
        """Who this is and how it is reached."""
        return self._device.row

    @property
    def features(self) -> frozenset[str]:
        """Feature names both sides support."""
        return self._device.features

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """Run *command* in the unit's shell."""
        return await self._device.run(command, timeout_s=timeout_s)

    async def run_into(self, command: str, sink: Sink, *, timeout_s: float) -> Completed:
        """The same, standard output into *sink*."""
        return await run_into(self._device, command, sink, timeout_s=timeout_s)

    async def stat(self, path: str, *, timeout_s: float = 10.0) -> FileStat | None:
        """What lies at *path*."""
        return await self._device.stat(path, timeout_s=timeout_s)

    async def list(self, path: str, *, timeout_s: float = 10.0) -> tuple[FileStat, ...]:
        """The entries of a folder."""
        return await self._device.list(path, timeout_s=timeout_s)

    def pull(self, path: str, *, timeout_s: float) -> AsyncIterator[bytes]:
        """The content of a file, in chunks as they arrive."""
        return self._device.pull(path, timeout_s=timeout_s)

    async def open(self, service: str) -> Stream:
        """Start any *service*."""
        return await self._device.open(service)

    async def close(self) -> None:
        """Hang up."""
        try:
            await self._device.close()
        finally:
            if not self._closed:
                self._closed = True
                self._on_close()
