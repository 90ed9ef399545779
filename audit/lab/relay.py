"""The service ``tcp:PORT`` of a unit's daemon: a connection to what listens on that port of the unit.

Only what a virtual unit has there is reached: its servers, and ports a test gave it. Anything else is
refused, as by adbd, which tries to connect before it opens the stream (AOSP daemon/services.cpp,
sockets.cpp).
"""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable

from audit.lab.connection import Connection
from audit.lab.life import Life
from audit.lab.living import ServerFault

_AHEAD_BYTES = 256 << 10
"""Bytes that may wait for the host before the server is held back."""


def parse_tcp_service(service: str) -> int | None:
    """The port of ``tcp:PORT``; None for any other service, also for ``tcp:PORT:HOST``."""
    kind, _, port = service.partition(":")
    if kind != "tcp" or not (port.isascii() and port.isdecimal()) or len(port) > 5:
        return None
    return int(port) if 0 < int(port) < 65_536 else None


class Relay(asyncio.Protocol):
    """One connection, both ways, each held back when the other side does not take what came."""

    def __init__(self, connection: Connection, stream: int, life: Life, port: int) -> None:
        self.full = False
        self._connection = connection
        self._stream = stream
        self._life = life
        self._port = port
        self._transport: asyncio.Transport | None = None
        self._answered = False
        self._over = False
        self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        target = self._life.host_port(self._port)
        try:
            if target is None:
                raise ConnectionRefusedError
            await asyncio.get_running_loop().create_connection(lambda: self, "127.0.0.1", target)
        except OSError:
            self._over = True
            self._connection.end(self._stream, refused=True)
            return
        self._connection.wire.accept(self._stream)
        self._connection.flush()

    # the host's side

    def data(self, payload: bytes) -> None:
        """The host sent *payload*: hand it on."""
        if self._transport is not None:
            self._transport.write(bytes(payload))

    def drained(self) -> None:
        """The host took all: let the server go on."""
        if self._transport is not None and not self._over:
            self._transport.resume_reading()

    def ended(self) -> None:
        """The host closed the stream, or is gone."""
        self._over = True
        self._opening.cancel()
        if self._transport is not None:
            self._transport.close()

    # the server's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It listens: small packets leave at once, as adbd sees to."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what create_connection makes
        if self._over:
            transport.abort()
            return
        self._transport = transport
        plug = transport.get_extra_info("socket")
        plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        """Hand on what the server said."""
        if self._over:
            return
        self._connection.wire.send(self._stream, data)
        self._connection.flush()
        if self._transport is not None and self._connection.wire.queued(self._stream) > _AHEAD_BYTES:
            self._transport.pause_reading()
        if not self._answered:
            self._answered = True
            self._first_answer()

    def connection_lost(self, exc: Exception | None) -> None:
        """The server closed it, or is gone."""
        del exc
        self._transport = None
        if not self._over:
            self._over = True
            self._connection.end(self._stream)

    def pause_writing(self) -> None:
        """The server does not take what the host sends."""
        self.full = True

    def resume_writing(self) -> None:
        """It took it."""
        self.full = False
        if not self._over:
            self._connection.taken(self._stream)
            self._connection.flush()

    def _first_answer(self) -> None:
        spec = self._life.now()
        server = self._life.servers.by_port(self._port)
        if spec.server_fault is ServerFault.DIES_AFTER_CONNECT and server is not None:
            later(spec.server_dies_after_s, lambda: self._life.servers.signal(server.pid, signal.SIGKILL))


def later(seconds: float, call: Callable[[], object]) -> None:
    """Call *call* after *seconds*."""
    asyncio.get_running_loop().call_later(seconds, call)
