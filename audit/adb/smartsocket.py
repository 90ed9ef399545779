"""One connection to an adb server: where it listens, how a request is asked, and the stream that may follow.

A request is four hex digits of length and a text; the answer is OKAY or FAIL, then a counted message.

Source: AOSP packages/modules/adb: docs/dev/overview.md, sockets.cpp (smart_socket_enqueue).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import cast

from audit.adb.stream import HIGH_WATER_BYTES, Inbox, Take
from audit.adb.tcp import os_words, parse_address
from audit.errors import ProtocolError, TransportError, UsageError
from audit.model.record import record
from audit.model.text import clean_line

DEFAULT_PORT = 5037

_STRANGER = "Another program listens there: check ADB_SERVER_SOCKET and ANDROID_ADB_SERVER_PORT."


@record
class ServerAddress:
    """Where an adb server listens. path: of a Unix socket, instead of host and port; why: what named it."""

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    path: str = ""
    why: str = "the default address"

    def __str__(self) -> str:
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def server_address(environment: Mapping[str, str]) -> ServerAddress:
    """Where the server is, as adb itself would look for it; raises UsageError on what cannot be meant.

    ADB_SERVER_SOCKET goes before ANDROID_ADB_SERVER_ADDRESS and _PORT (AOSP client/commandline.cpp).
    """
    if spec := environment.get("ADB_SERVER_SOCKET"):
        return _parse_spec(spec)
    names = [
        name for name in ("ANDROID_ADB_SERVER_ADDRESS", "ANDROID_ADB_SERVER_PORT") if environment.get(name)
    ]
    port = environment.get("ANDROID_ADB_SERVER_PORT") or str(DEFAULT_PORT)
    if not (port.isdecimal() and port.isascii() and 0 < int(port) < 65536):
        raise UsageError(
            f"{clean_line(port)!r} is no port",
            where="ANDROID_ADB_SERVER_PORT",
            fix="Unset it, or name one, like 5037.",
        )
    host = environment.get("ANDROID_ADB_SERVER_ADDRESS") or "127.0.0.1"
    return ServerAddress(host=host, port=int(port), why=" and ".join(names) or "the default address")


def _parse_spec(spec: str) -> ServerAddress:
    kind, _, rest = spec.partition(":")
    if kind == "tcp" and rest:
        named = f"127.0.0.1:{rest}" if rest.isdecimal() else rest
        host, port = parse_address(named, default_port=DEFAULT_PORT)
        return ServerAddress(host=host, port=port, why="ADB_SERVER_SOCKET")
    if kind in {"localfilesystem", "local"} and rest:
        return ServerAddress(path=rest, why="ADB_SERVER_SOCKET")
    raise UsageError(
        f"{clean_line(spec)!r} is no address of an adb server",
        where="ADB_SERVER_SOCKET",
        fix="Write it like tcp:127.0.0.1:5037 or localfilesystem:/path/to/socket, or unset it.",
    )


class ServerFailed(Exception):
    """The server said FAIL; reason: why, sanitised. Never leaves audit.adb."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SmartSocket(asyncio.Protocol):
    """One connection to the server: requests first, then, perhaps, the bytes of a service."""

    def __init__(self) -> None:
        self._inbox = Inbox()
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._full: asyncio.Future[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is up."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._inbox.put(data)
        if self._inbox.size >= HIGH_WATER_BYTES and self._transport is not None and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone; whether the service ended or the unit left is found out by asking for its state."""
        del exc
        self._inbox.end()
        self._transport = None
        self.resume_writing()

    def pause_writing(self) -> None:
        """The server takes no more for now."""
        if self._full is None:
            self._full = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """The server takes more."""
        full, self._full = self._full, None
        if full is not None and not full.done():
            full.set_result(None)

    async def request(self, text: str) -> None:
        """Ask *text* and await the OKAY; raises `ServerFailed`, and ProtocolError when nobody answers so."""
        payload = text.encode("utf-8", "surrogateescape")
        if len(payload) > 0xFFFF:
            raise UsageError("a command longer than the adb server takes (64 KiB)", fix="Split it.")
        self.write(b"%04x%s" % (len(payload), payload))
        status = await self._inbox.exactly(4)
        if status == b"FAIL":
            reason = await self.block()
            raise ServerFailed(clean_line((reason or b"no reason given").decode("utf-8", "replace")))
        if status != b"OKAY":
            raise ProtocolError(f"an adb server would not answer {status!r}", fix=_STRANGER)

    async def block(self) -> bytes | None:
        """A counted text, of any length the four digits can say; None when the server hung up."""
        length = await self._inbox.exactly(4)
        if not length:
            return None
        try:
            count = int(length, 16)
        except ValueError:
            raise ProtocolError(f"an adb server would not count {length!r}", fix=_STRANGER) from None
        block = await self._inbox.exactly(count)
        return block if len(block) == count else None

    async def read(self) -> bytes:
        """The next bytes of the service; b"" at its end."""
        data = await self._inbox.get()
        if self._paused and self._transport is not None and self._inbox.size < HIGH_WATER_BYTES // 2:
            self._paused = False
            self._transport.resume_reading()
        return data

    async def drain(self, take: Take) -> None:
        """Hand *take* all that comes of the service."""
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()
        await self._inbox.drain(take)

    def write(self, data: bytes) -> None:
        """Send *data*."""
        if self._transport is not None:
            self._transport.write(data)

    async def room(self, below: int) -> None:
        """Wait until the server has taken all but *below* bytes."""
        while self._transport is not None and self._transport.get_write_buffer_size() >= below:
            self._transport.set_write_buffer_limits(high=max(below - 1, 0))
            self._full = self._full or asyncio.get_running_loop().create_future()
            await asyncio.shield(self._full)

    def close(self) -> None:
        """Hang up, which ends the service."""
        if self._transport is not None:
            self._transport.abort()


async def connect_server(address: ServerAddress, *, timeout_s: float) -> SmartSocket:
    """Connect to the server; raises TransportError when none listens."""
    loop = asyncio.get_running_loop()
    reason = ""
    try:
        async with asyncio.timeout(timeout_s):
            if address.path:
                return (await loop.create_unix_connection(SmartSocket, address.path))[1]
            return (await loop.create_connection(SmartSocket, address.host, address.port))[1]
    except TimeoutError:
        reason = f"no answer within {timeout_s * 1000:.0f} ms"
    except OSError as error:
        reason = os_words(error)
    raise TransportError(
        f"no adb server ({reason})",
        where=f"{address} ({address.why})",
        fix="Run `adb start-server`, or use `--transport usb` or `--connect HOST:PORT`.",
    )
