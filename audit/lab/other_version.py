"""Stands before a Frida server and makes it answer as one of another major version does.

Every major version has interfaces of its own name (``re.frida.HostSession17``): what a client asks of them is
passed on under the name of the version before, which the server does not have, and says so in its own words.
The client's half of a WebSocket is masked (RFC 6455, 5.2), so its frames are opened and masked again.
"""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Callable

_INTERFACE = re.compile(rb"(re\.frida\.[A-Za-z]+)[0-9]{2}(?=\0)")
_OTHER = rb"\g<1>16"
_END_OF_HEAD = b"\r\n\r\n"
_CHUNK_BYTES = 64 << 10
_MOST_FRAME = 64 << 20
_LONGER, _LONGEST = 126, 127


class Renamed:
    """What a client sends, with its interfaces renamed. Gives out whole frames alone."""

    def __init__(self) -> None:
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
        return frame[:start] + _xor(_INTERFACE.sub(_OTHER, _xor(frame[start:], mask)), mask)


def _xor(data: bytes, mask: bytes) -> bytes:
    if not any(mask) or not data:
        return data
    repeated = (mask * (len(data) // 4 + 1))[: len(data)]
    return (int.from_bytes(data, "big") ^ int.from_bytes(repeated, "big")).to_bytes(len(data), "big")


def stand_before(port: int) -> tuple[int, Callable[[], None]]:
    """Listen on a free port of loopback, before the server on *port*; the port, and what ends it."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        while True:
            try:
                client = listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", port))
            except OSError:
                return
            renamed = Renamed()
            for source, sink, change in ((client, server, renamed.feed), (server, client, bytes)):
                threading.Thread(target=_pump, args=(source, sink, change), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1]), listener.close


def _pump(source: socket.socket, sink: socket.socket, change: Callable[[bytes], bytes]) -> None:
    try:
        while data := source.recv(_CHUNK_BYTES):
            sink.sendall(change(data))
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return  # either side went away, as it may
