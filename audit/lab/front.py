"""Stands before a Frida server: keeps away what would stop this host, and can make it one of another version.

On a system that is not Android, spawn gating stops every program of the machine as it starts. A virtual
unit's server runs on such a system, so that call never reaches it: it is passed on under a name the server
does not have, and the server says so. The same way a server becomes one of another major version, each of
which has interfaces of its own name (``re.frida.HostSession17``).

The client's half of a WebSocket is masked (RFC 6455, 5.2): its frames are opened and masked again.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable
from contextlib import suppress

_INTERFACE = re.compile(rb"(re\.frida\.[A-Za-z]+)[0-9]{2}(?=\0)")
_OTHER = rb"\g<1>16"
_GATING, _NO_GATING = b"EnableSpawnGating", b"NeverGateThisHost"
_END_OF_HEAD = b"\r\n\r\n"
_CHUNK_BYTES = 64 << 10
_MOST_FRAME = 64 << 20
_LONGER, _LONGEST = 126, 127


class Passed:
    """What of a client's bytes is passed on, and how. Gives out whole frames alone.

    other_version: what it asks for is not what the server has
    """

    def __init__(self, *, other_version: bool = False) -> None:
        self._other_version = other_version
        self._data = bytearray()
        self._head_done = False

    def feed(self, data: bytes) -> bytes:
        """What of it can be passed on."""
        self._data += data
        out = b""
        if not self._head_done:
            end = self._data.find(_END_OF_HEAD)
            if end < 0:
                return b""
            out, self._head_done = self._take(end + len(_END_OF_HEAD)), True
        while frame := self._frame():
            out += frame
        return out

    def _take(self, count: int) -> bytes:
        taken = bytes(self._data[:count])
        del self._data[:count]
        return taken

    def _frame(self) -> bytes:
        """The next whole frame; b"" while there is none."""
        if len(self._data) < 2:
            return b""
        size, extra = self._data[1] & 0x7F, 0
        if size >= _LONGER:
            extra = 2 if size == _LONGER else 8
            if len(self._data) < 2 + extra:
                return b""
            size = int.from_bytes(self._data[2 : 2 + extra], "big")
        masked = bool(self._data[1] & 0x80)
        start = 2 + extra + (4 if masked else 0)
        if size > _MOST_FRAME or len(self._data) < start + size:
            return b""
        frame = self._take(start + size)
        mask = frame[start - 4 : start] if masked else bytes(4)
        return frame[:start] + _xor(self._changed(_xor(frame[start:], mask)), mask)

    def _changed(self, message: bytes) -> bytes:
        """Of the same length, as D-Bus says lengths before what they are of."""
        message = message.replace(_GATING, _NO_GATING)
        return _INTERFACE.sub(_OTHER, message) if self._other_version else message


def _xor(data: bytes, mask: bytes) -> bytes:
    if not any(mask) or not data:
        return data
    repeated = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(data), "big")


def stand_before(port: int, *, other_version: bool = False) -> tuple[int, Callable[[], None]]:
    """Listen on a free port of loopback, before the server on *port*; the port, and what ends it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client = listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", port))
            except OSError:
                return
            passed = Passed(other_version=other_version)
            for source, sink, change in ((client, server, passed.feed), (server, client, bytes)):
                sink.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=_pump, args=(source, sink, change), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1]), listener.close


def _pump(source: socket.socket, sink: socket.socket, change: Callable[[bytes], bytes]) -> None:
    try:
        while data := source.recv(_CHUNK_BYTES):
            sink.sendall(change(data))
        sink.shutdown(socket.SHUT_WR)
    except OSError:  # either side went away, as it may: the other has to hear of it
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
