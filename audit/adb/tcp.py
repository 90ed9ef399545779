"""The byte transport over TCP: a unit with ``adb tcpip``, an emulator, a virtual unit."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from typing import cast

from audit.adb.connection import Receiver
from audit.adb.wire import Wire
from audit.errors import TransportError, UsageError
from audit.model.text import clean_line

DEFAULT_PORT = 5555

_BRACKETED = re.compile(r"\[(?P<host>[^\[\]]+)\](?::(?P<port>[0-9]{1,5}))?")
_PLAIN = re.compile(r"(?P<host>[^\s:\[\]]+)(?::(?P<port>[0-9]{1,5}))?")
_BARE_IPV6 = re.compile(r"(?P<host>[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[^\s\[\]]*)(?P<port>)")


class TcpLink(asyncio.Protocol):
    """One TCP connection; tells *receiver* what comes."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is up."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Bytes came."""
        self._receiver.received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        self._receiver.lost(str(exc) if exc else "it hung up")

    def send(self, wire: Wire) -> None:
        """Send what *wire* has queued, in one piece: a header alone would wait for its acknowledgement."""
        if self._transport is not None and (data := wire.data_to_send()):
            self._transport.write(data)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()


def parse_address(text: str, *, default_port: int = DEFAULT_PORT) -> tuple[str, int]:
    """Split "HOST[:PORT]", "[IPv6]:PORT" into host and port; raises UsageError."""
    found = _BRACKETED.fullmatch(text) or _PLAIN.fullmatch(text) or _BARE_IPV6.fullmatch(text)
    if found is None or not 0 < int(found["port"] or default_port) < 65536:
        raise UsageError(
            f"{clean_line(text)!r} is no HOST:PORT", fix="Write it like 192.168.1.20:5555 or [fe80::1]:5555."
        )
    return found["host"], int(found["port"] or default_port)


def os_words(error: OSError) -> str:
    """The system's words for *error*; asyncio replaces them by its own."""
    return os.strerror(error.errno) if error.errno else str(error)


async def connect_tcp(host: str, port: int, receiver: Receiver, *, timeout_s: float = 5.0) -> TcpLink:
    """Connect to a listening adbd; raises TransportError when nothing answers."""
    loop = asyncio.get_running_loop()
    where = f"{host}:{port}"
    try:
        async with asyncio.timeout(timeout_s):
            transport, link = await loop.create_connection(lambda: TcpLink(receiver), host, port)
    except TimeoutError:
        raise TransportError(
            f"no answer within {timeout_s:g} s",
            where=where,
            fix="Check the address and that both are on one network.",
        ) from None
    except OSError as error:
        raise TransportError(
            f"cannot connect ({os_words(error)})",
            where=where,
            fix="Check the address; on the phone, `adb tcpip 5555` or wireless debugging must be on.",
        ) from error
    transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link
