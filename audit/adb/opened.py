"""The one `audit.adb.device.Device`: shell and file services over whatever opens streams."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from audit.adb import shell, sync
from audit.adb.device import Completed, DeviceRow, FileStat, Sink
from audit.adb.stream import Opener, Stream
from audit.errors import BadInput, ProtocolError, TransportError
from audit.model.record import record

T = TypeVar("T")

MAX_OUTPUT_BYTES = 256 << 20
"""A command that says more is ended and its output is truncated: nothing an audit asks for comes near."""

_UNREADABLE = "It is missing or not readable for the shell user; nothing to repair on the unit."


@record
class _Unfinished:
    """What to say when the file service does not answer in time."""

    what: str
    where: str

    def error(self, timeout_s: float) -> TransportError:
        return TransportError(
            f"{self.what} was not answered within {timeout_s:g} s",
            where=self.where,
            fix="Unlock the phone and try again, with a longer time limit if it is slow.",
        )


class OpenedDevice:
    """An open connection to one unit. features: those both sides support."""

    def __init__(
        self,
        row: DeviceRow,
        features: frozenset[str],
        opener: Opener,
        *,
        new_marker: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self._row = row
        self._features = features
        self._opener = opener
        self._new_marker = new_marker

    @property
    def row(self) -> DeviceRow:
        """Who this is and how it is reached."""
        return self._row

    @property
    def features(self) -> frozenset[str]:
        """Feature names both sides support."""
        return self._features

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """Run *command* in the unit's shell; after *timeout_s* it is ended and what came is kept."""
        return await self._finished(*self._prepare(command), timeout_s)

    async def run_into(self, command: str, sink: Sink, *, timeout_s: float) -> Completed:
        """The same, standard output given to *sink* as it comes; of a v1 stream at its end."""
        if "shell_v2" in self._features:
            output = shell.ShellOutput(sink)
            return await self._finished(output, shell.shell_service(command), timeout_s)
        completed = await self.run(command, timeout_s=timeout_s)
        sink(completed.stdout)
        return replace(completed, stdout=b"")

    async def _finished(self, output: shell.Output, service: str, timeout_s: float) -> Completed:
        deadline = asyncio.timeout(timeout_s)
        try:
            async with deadline:
                await self._collect(service, output)
        except TimeoutError:
            if not deadline.expired():
                raise
            return output.completed(timed_out=True)
        completed = output.completed()
        if completed.truncated:
            await self._opener.confirm()
        return completed

    def _prepare(self, command: str) -> tuple[shell.Output, str]:
        if "shell_v2" in self._features:
            return shell.ShellOutput(), shell.shell_service(command)
        marker = self._new_marker()
        return shell.RawOutput(marker), shell.raw_shell_service(shell.with_marker(command, marker))

    async def _collect(self, service: str, output: shell.Output) -> None:
        def take(data: bytes) -> bool:
            output.feed(data)
            return not output.done and output.size <= MAX_OUTPUT_BYTES

        stream = await self._opener.open(service)
        try:
            await stream.drain(take)
        finally:
            stream.close()

    async def stat(self, path: str, *, timeout_s: float = 10.0) -> FileStat | None:
        """What lies at *path*; None when nothing does, or nothing the shell user may see."""
        v2 = "stat_v2" in self._features
        reader = sync.StatReader(path, v2=v2)
        request = sync.pack_request(sync.SyncId.STAT2 if v2 else sync.SyncId.STAT, path)
        await self._ask(request, reader, _Unfinished(what="stat", where=path), timeout_s)
        return reader.result

    async def list(self, path: str, *, timeout_s: float = 10.0) -> tuple[FileStat, ...]:
        """The entries of a folder, with full, sanitised paths, sorted by path; empty when there is none."""
        v2 = "ls_v2" in self._features
        reader = sync.ListReader(path, v2=v2)
        request = sync.pack_request(sync.SyncId.LIST2 if v2 else sync.SyncId.LIST, path)
        await self._ask(request, reader, _Unfinished(what="list", where=path), timeout_s)
        return tuple(sorted(reader.entries, key=lambda entry: entry.path))

    async def _ask(
        self,
        request: bytes,
        reader: sync.StatReader | sync.ListReader,
        unfinished: _Unfinished,
        timeout_s: float,
    ) -> None:
        deadline = asyncio.timeout(timeout_s)
        try:
            async with deadline:
                stream = await self._opener.open("sync:")
                try:
                    stream.write(request)
                    while not reader.done:
                        reader.feed(await self._more(stream, unfinished.where))
                finally:
                    stream.close()
        except TimeoutError:
            if not deadline.expired():
                raise
            raise unfinished.error(timeout_s) from None

    async def _more(self, stream: Stream, path: str) -> bytes:
        data = await stream.read()
        if not data:
            await self._opener.confirm()
            raise ProtocolError("the file service ended too early", where=path, fix="Try again.")
        return data

    async def pull(self, path: str, *, timeout_s: float) -> AsyncIterator[bytes]:
        """The content of a file, in chunks as they arrive; *timeout_s* is for all of it."""
        deadline = asyncio.get_running_loop().time() + timeout_s
        unfinished = _Unfinished(what="pull", where=path)
        stream = await _until(deadline, self._opener.open("sync:"), unfinished, timeout_s)
        try:
            stream.write(sync.recv_request(path, v2="sendrecv_v2" in self._features))
            reader = sync.RecvReader()
            while not reader.done:
                data = await _until(deadline, self._more(stream, path), unfinished, timeout_s)
                for piece in reader.feed(data):
                    yield bytes(piece)
        finally:
            stream.close()
        if reader.failure:
            raise BadInput(reader.failure, where=path, fix=_UNREADABLE)

    async def open(self, service: str) -> Stream:
        """Start any *service*; how long that may take is the caller's business."""
        return await self._opener.open(service)

    async def close(self) -> None:
        """Hang up."""
        await self._opener.close()


async def _until(deadline: float, work: Awaitable[T], unfinished: _Unfinished, timeout_s: float) -> T:
    """Await *work* up to *deadline*, in loop time.

    Not one ``asyncio.timeout`` around the whole generator: that would cancel what the caller does meanwhile.
    """
    limit = asyncio.timeout_at(deadline)
    try:
        async with limit:
            return await work
    except TimeoutError:
        if not limit.expired():
            raise
        raise unfinished.error(timeout_s) from None
