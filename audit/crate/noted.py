"""A device that remembers what went wrong on it: a reading turns every trouble into gaps and goes on."""

from __future__ import annotations

from collections.abc import AsyncIterator

from audit.adb.device import Completed, Device, DeviceRow, FileStat, Sink, run_into
from audit.adb.stream import Stream
from audit.errors import AuditError, UnitLost
from audit.model.text import clean_line
from audit.sources import peek, plan

_PROPERTIES = plan.getprop_step().commands[0].line


class NotedDevice:
    """*device*, watched while it is read.

    lost: how the connection ended, None while it holds; refused: the last other trouble
    model: as the unit calls itself, once it was asked for its properties
    """

    def __init__(self, device: Device) -> None:
        self.lost: UnitLost | None = None
        self.refused: AuditError | None = None
        self.model = clean_line(device.row.model)
        self._device = device

    @property
    def row(self) -> DeviceRow:
        """Who this is and how it is reached."""
        return self._device.row

    @property
    def features(self) -> frozenset[str]:
        """Features both sides support."""
        return self._device.features

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """Run *command*."""
        try:
            completed = await self._device.run(command, timeout_s=timeout_s)
        except AuditError as error:
            self._note(error)
            raise
        if command == _PROPERTIES:
            self.model = clean_line(peek.model(completed.stdout) or self.model)
        return completed

    async def run_into(self, command: str, sink: Sink, *, timeout_s: float) -> Completed:
        """Run *command*, standard output into *sink*."""
        try:
            return await run_into(self._device, command, sink, timeout_s=timeout_s)
        except AuditError as error:
            self._note(error)
            raise

    async def stat(self, path: str, *, timeout_s: float = 10.0) -> FileStat | None:
        """What lies at *path*."""
        try:
            return await self._device.stat(path, timeout_s=timeout_s)
        except AuditError as error:
            self._note(error)
            raise

    async def list(self, path: str, *, timeout_s: float = 10.0) -> tuple[FileStat, ...]:
        """The entries of a folder."""
        try:
            return await self._device.list(path, timeout_s=timeout_s)
        except AuditError as error:
            self._note(error)
            raise

    async def pull(self, path: str, *, timeout_s: float) -> AsyncIterator[bytes]:
        """The content of a file."""
        try:
            async for chunk in self._device.pull(path, timeout_s=timeout_s):
                yield chunk
        except AuditError as error:
            self._note(error)
            raise

    async def open(self, service: str) -> Stream:
        """Start any *service*."""
        try:
            return await self._device.open(service)
        except AuditError as error:
            self._note(error)
            raise

    async def close(self) -> None:
        """Hang up."""
        await self._device.close()

    def _note(self, error: AuditError) -> None:
        if isinstance(error, UnitLost):
            self.lost = self.lost or error
        else:
            self.refused = error
