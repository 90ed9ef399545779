"""A port of this host whose connections reach a service of a unit, over the connection that is open anyway.

``adb forward`` needs an adb server; this works over any transport, listens on loopback alone, ends with the
block that opened it, and leaves nothing on the host or the unit.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from audit.adb.device import Device
from audit.adb.stream import Stream
from audit.errors import AuditError, TransportError

MOST_CONNECTIONS = 8
"""At once: a Frida client keeps one, and this is no proxy."""
OPEN_S = 10.0
"""How long a unit may take to connect to the service."""
_CHUNK_BYTES = 64 << 10
_AHEAD_BYTES = 1 << 20
"""Bytes that may wait in one direction before the sender is held back."""
_FLUSH_S = 2.0


class Forward:
    """Relays each connection to *service* of *device*.

    port: of this host, on 127.0.0.1
    trouble: what a relay failed of last, None while nothing did; a refusal of the unit's is one
    """

    def __init__(self, device: Device, service: str) -> None:
        self.port = 0
        self.trouble: AuditError | None = None
        self._device = device
        self._service = service
        self._server: asyncio.Server | None = None
        self._relays: set[asyncio.Task[None]] = set()

    async def listen(self) -> None:
        """Begin; raises TransportError when this host gives no port."""
        try:
            self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=_CHUNK_BYTES)
        except OSError as error:
            raise TransportError(
                f"cannot listen on this host: {error.strerror}",
                where="127.0.0.1",
                fix="Close other programs.",
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and end what is relayed, now."""
        if self._server is not None:
            self._server.close()
        relays = tuple(self._relays)
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        relay = asyncio.current_task()
        if len(self._relays) >= MOST_CONNECTIONS or relay is None:
            writer.transport.abort()
            return
        self._relays.add(relay)
        stream: Stream | None = None
        try:
            # without this, answers wait for the acknowledgement of what went before: 40 ms each
            writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            async with asyncio.timeout(OPEN_S):
                stream = await self._device.open(self._service)
            await _relay(reader, writer, stream)
        except TimeoutError:
            self.trouble = TransportError(
                f"the unit did not open {self._service} within {OPEN_S:g} s", fix="Reconnect the unit."
            )
        except AuditError as error:
            self.trouble = error
        except asyncio.CancelledError:
            pass  # close() ends relays this way; asyncio would report the task as failed
        finally:
            if stream is not None:
                stream.close()
            writer.transport.abort()
            self._relays.discard(relay)


async def _relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, stream: Stream) -> None:
    """Carry bytes both ways until either side ends; what the unit said last still arrives."""
    up, down = asyncio.ensure_future(_up(reader, stream)), asyncio.ensure_future(_down(stream, writer))
    try:
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        for ended in (up, down):
            if ended.done():
                ended.result()
    finally:
        for direction in (up, down):
            direction.cancel()
        await asyncio.gather(up, down, return_exceptions=True)


async def _up(reader: asyncio.StreamReader, stream: Stream) -> None:
    try:
        while data := await reader.read(_CHUNK_BYTES):
            stream.write(data)
            await stream.room(_AHEAD_BYTES)
    except ConnectionError:
        return  # the program on this host went away, as it may
    with suppress(TimeoutError):  # ADB knows no half of a stream: closing drops what has not left
        async with asyncio.timeout(_FLUSH_S):
            await stream.room(1)


async def _down(stream: Stream, writer: asyncio.StreamWriter) -> None:
    writer.transport.set_write_buffer_limits(high=_AHEAD_BYTES)
    try:
        while data := await stream.read():
            writer.write(data)
            await writer.drain()
        writer.close()
        async with asyncio.timeout(_FLUSH_S):
            await writer.wait_closed()
    except (ConnectionError, TimeoutError):
        return  # the program on this host went away, or takes no more


@asynccontextmanager
async def forward(device: Device, service: str) -> AsyncIterator[Forward]:
    """A port of this host for *service* (such as ``tcp:27042``) of *device*, while the block runs."""
    relayed = Forward(device, service)
    await relayed.listen()
    try:
        yield relayed
    finally:
        await relayed.close()
