"""Requests of HTTP/1 out of the bytes of one direction of a connection, however they were cut into writes.

Source: RFC 9112 sections 6 (body length), 7.1 (chunks) and 9.3 (several on one connection).
"""

from __future__ import annotations

import re
from enum import Enum, auto

from audit.parse.wire.http_message import (
    MOST_HEAD,
    Request,
    decode_body,
    is_request,
    may_be_request,
    parse_head,
)

MOST_BODY = 256 << 10
"""Bytes kept of one body; what comes after is counted."""

_MOST_LINE = 1024
"""Of a chunk's size with its extensions."""
_BLANK = re.compile(rb"\n\r?\n")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,15}\Z")


class _At(Enum):
    HEAD = auto()
    BODY = auto()
    CHUNK_SIZE = auto()
    CHUNK = auto()
    CHUNK_END = auto()
    TRAILERS = auto()
    LOST = auto()
    """Bytes are missing: waiting for a write that starts a request."""
    TUNNEL = auto()
    """What follows is no HTTP (CONNECT, Upgrade)."""


class Requests:
    """The requests of one connection, fed as its bytes come; work and memory grow with the bytes alone."""

    def __init__(self) -> None:
        self._at = _At.HEAD
        self._line = bytearray()  # a head, or the line of a chunk, as far as it came
        self._searched = 0
        self._left = 0  # of the body, or the chunk
        self._request: Request | None = None
        self._body = bytearray()
        self._size = 0
        self._truncated = False
        self._done: list[Request] = []

    @property
    def tunnel(self) -> bool:
        """Whether the connection now carries something else."""
        return self._at is _At.TUNNEL

    @property
    def astray(self) -> bool:
        """Whether bytes are left alone until a request starts: some are missing, or it is a tunnel."""
        return self._at in (_At.LOST, _At.TUNNEL)

    @property
    def begun(self) -> bool:
        """Whether a request has begun and not ended."""
        return self._request is not None or bool(self._line)

    @property
    def head(self) -> Request | None:
        """The request whose body is still coming."""
        return self._request

    def feed(self, data: bytes) -> tuple[Request, ...]:
        """Take the next bytes; the requests that end in them. Bytes of a tunnel are left alone."""
        if self._at is _At.LOST and is_request(data):
            self._restart(_At.HEAD)
        at = 0
        while at < len(data) and self._at not in (_At.LOST, _At.TUNNEL):
            used = _STEPS[self._at](self, data, at)
            self._size += used
            at += used
            self._end_if_whole()
        done, self._done = tuple(self._done), []
        return done

    def skip(self, count: int) -> tuple[Request, ...]:
        """Say that *count* bytes went over the wire here and were not kept."""
        if count <= 0 or self._at in (_At.LOST, _At.TUNNEL):
            return ()
        if self._at is _At.BODY and count <= self._left:
            self._truncated = True
            self._left -= count
            self._size += count
            self._end_if_whole()
        else:
            self._give_up()
        done, self._done = tuple(self._done), []
        return done

    def rest(self) -> Request | None:
        """The request that has not ended, as far as it came; marked truncated."""
        if self._request is not None:
            return self._made(truncated=True)
        if self._at is _At.HEAD and self._line and is_request(bytes(self._line[:MOST_HEAD])):
            return parse_head(bytes(self._line), whole=False, size=self._size)
        return None

    def _give_up(self) -> None:
        if (unfinished := self.rest()) is not None:
            self._done.append(unfinished)
        self._restart(_At.LOST)

    def _restart(self, at: _At) -> None:
        self._at = at
        self._line.clear()
        self._body.clear()
        self._searched = self._left = self._size = 0
        self._request, self._truncated = None, False

    def _made(self, *, truncated: bool) -> Request:
        assert self._request is not None  # noqa: S101  # callers looked
        decoded = decode_body(bytes(self._body), self._request.header("content-encoding"))
        return Request(
            method=self._request.method,
            target=self._request.target,
            version=self._request.version,
            headers=self._request.headers,
            body=decoded.body,
            undone=decoded.undone,
            coding=decoded.coding,
            size=self._size,
            truncated=truncated or self._truncated or not decoded.whole,
        )

    def _end_if_whole(self) -> None:
        if self._request is not None and self._at is _At.BODY and self._left == 0:
            self._finish()

    def _finish(self) -> None:
        request = self._made(truncated=False)
        self._done.append(request)
        upgraded = "upgrade" in request.header("connection").lower() and request.header("upgrade")
        tunnel = request.method == "CONNECT" or (upgraded and "h2c" not in upgraded.lower())
        self._restart(_At.TUNNEL if tunnel else _At.HEAD)

    def _take_head(self, data: bytes, at: int) -> int:
        if not self._line:  # blank lines before a request
            start = at
            while start < len(data) and data[start] in b"\r\n":
                start += 1
            if start > at:
                return start - at
        had = len(self._line)
        self._line += data[at : at + MOST_HEAD + 4 - had]
        end = _BLANK.search(self._line, max(0, self._searched - 3))
        self._searched = len(self._line)
        if end is None:
            if len(self._line) > MOST_HEAD or not may_be_request(bytes(self._line[:64])):
                self._give_up()
                return len(data) - at
            return len(self._line) - had
        head = parse_head(bytes(self._line[: end.end()]), whole=True, size=0)
        self._line.clear()
        self._searched = 0
        if head is None:
            self._restart(_At.LOST)
            return len(data) - at
        self._request = head
        self._start_body(head)
        return end.end() - had

    def _start_body(self, head: Request) -> None:
        if head.header("transfer-encoding").lower().rpartition(",")[2].strip() == "chunked":
            self._at = _At.CHUNK_SIZE
            return
        self._at = _At.BODY
        length = head.header("content-length").partition(",")[0].strip()
        self._left = int(length) if length.isascii() and length.isdecimal() and len(length) < 16 else 0

    def _take_body(self, data: bytes, at: int) -> int:
        taken = min(self._left, len(data) - at)
        self._keep(data, at, taken)
        self._left -= taken
        return taken

    def _keep(self, data: bytes, at: int, count: int) -> None:
        room = max(0, min(count, MOST_BODY - len(self._body)))
        self._body += data[at : at + room]
        self._truncated = self._truncated or room < count

    def _take_line(self, data: bytes, at: int) -> tuple[bytes | None, int]:
        """The line that ends here, None while it goes on; how many bytes were used."""
        end = data.find(b"\n", at, at + _MOST_LINE)
        stop = len(data) if end < 0 else end + 1
        self._line += data[at : min(stop, at + _MOST_LINE)]
        if end < 0:
            if len(self._line) > _MOST_LINE or stop - at > _MOST_LINE:
                self._give_up()
            return None, stop - at
        line = bytes(self._line).strip()
        self._line.clear()
        return line, stop - at

    def _take_size(self, data: bytes, at: int) -> int:
        line, used = self._take_line(data, at)
        if line is None:
            return used
        digits = line.partition(b";")[0].strip()
        if not _HEX.match(digits):
            self._give_up()
            return len(data) - at
        self._left = int(digits, 16)
        self._at = _At.CHUNK if self._left else _At.TRAILERS
        return used

    def _take_chunk(self, data: bytes, at: int) -> int:
        used = self._take_body(data, at)
        if self._left == 0:
            self._at = _At.CHUNK_END
        return used

    def _take_chunk_end(self, data: bytes, at: int) -> int:
        line, used = self._take_line(data, at)
        if line is not None:
            self._at = _At.CHUNK_SIZE
        return used

    def _take_trailers(self, data: bytes, at: int) -> int:
        line, used = self._take_line(data, at)
        if line == b"":
            self._at, self._left = _At.BODY, 0  # ended: nothing is left of it
        return used


_STEPS = {
    _At.HEAD: Requests._take_head,  # noqa: SLF001  # the table of this class
    _At.BODY: Requests._take_body,  # noqa: SLF001
    _At.CHUNK_SIZE: Requests._take_size,  # noqa: SLF001
    _At.CHUNK: Requests._take_chunk,  # noqa: SLF001
    _At.CHUNK_END: Requests._take_chunk_end,  # noqa: SLF001
    _At.TRAILERS: Requests._take_trailers,  # noqa: SLF001
}


def read_requests(data: bytes) -> tuple[Request, ...]:
    """The requests in *data*, the last one marked truncated where its end is missing; () for no HTTP."""
    stream = Requests()
    done = stream.feed(data)
    rest = stream.rest()
    return done if rest is None else (*done, rest)
