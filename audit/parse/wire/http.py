"""HTTP/1 out of the bytes of one direction of a connection, however they were cut into writes.

Source: RFC 9112 (messages, chunked bodies), RFC 9110 section 8.4 (content codings). Lenient where clients
are: lines may end in a bare LF, blank lines may stand before a request.
"""

from __future__ import annotations

import re
import zlib
from enum import Enum, auto

from audit.model.record import record

MOST_HEAD = 64 << 10
MOST_BODY = 256 << 10
"""Bytes kept of one body; what comes after is counted."""
MOST_DECODED = 1 << 20
"""Bytes a compressed body is let grow to."""
MOST_HEADERS = 128
_MOST_LINE = 1024
"""Of a chunk's size with its extensions."""

_KNOWN = rb"GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PROPFIND|REPORT"
_FULL_LINE = re.compile(rb"([A-Z][A-Z_-]{1,19}) ([!-~\x80-\xff]{1,65000}) HTTP/(1\.[0-9])[ \t]*\r?\n?\Z")
_BEGUN = re.compile(rb"(?:%s) (?:/|\*|https?:|[\w.\[:-]+:\d)" % _KNOWN)
_STATUS = re.compile(rb"HTTP/(1\.[0-9]) ([1-5][0-9]{2})(?: ([^\r\n]{0,100}))?")
_METHODS = tuple(method + b" " for method in _KNOWN.split(b"|"))
_BLANK = re.compile(rb"\n\r?\n")
_HEX = re.compile(rb"[0-9A-Fa-f]{1,15}\Z")
_CODINGS = {"gzip": 47, "x-gzip": 47, "deflate": 47}  # 32 + 15: gzip or zlib, whichever its head says


@record
class Request:
    """One request.

    target: as written in the request line; headers: (name in lower case, value) in their order
    body: without its transfer and content codings, as far as it was seen
    undone: the content codings it was taken out of, outermost first; coding: one that could not be undone
    size: bytes it had on the wire, as far as seen; truncated: part of it was not seen, or not kept
    """

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    undone: tuple[str, ...] = ()
    coding: str = ""
    size: int = 0
    truncated: bool = False

    def header(self, name: str) -> str:
        """The first header called *name* (in lower case), "" where there is none."""
        return next((value for key, value in self.headers if key == name), "")

    @property
    def host(self) -> str:
        """The Host header with its port, or the authority of an absolute target (RFC 9112 section 3.2)."""
        scheme, found, rest = self.target.partition("://")
        if found and scheme.lower() in ("http", "https"):
            return re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2]
        if self.method == "CONNECT":
            return self.target
        return self.header("host").strip()

    @property
    def path(self) -> str:
        """The target from its path on: "/a?b=c"."""
        scheme, found, rest = self.target.partition("://")
        if found and scheme.lower() in ("http", "https"):
            at = re.search(r"[/?#]", rest)
            return rest[at.start() :] if at else "/"
        return self.target


@record
class Status:
    """The status line of a response."""

    version: str
    code: int
    reason: str = ""


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
            return _parse_head(bytes(self._line), whole=False, size=self._size)
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
        head = _parse_head(bytes(self._line[: end.end()]), whole=True, size=0)
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


def is_request(data: bytes) -> bool:
    """Whether *data* starts a request: a known method and a target, or a whole request line of any method."""
    data = data[: MOST_HEAD + 4].lstrip(b"\r\n")
    if _BEGUN.match(data):
        return True
    line, end, _ = data.partition(b"\n")
    return bool(end) and _FULL_LINE.match(line) is not None


def may_be_request(start: bytes) -> bool:
    """Whether *start* may become a request: it is one, or too short to tell."""
    start = start.lstrip(b"\r\n")
    if is_request(start):
        return True
    word, blank, _ = start.partition(b" ")
    if blank:
        return re.fullmatch(rb"[A-Z][A-Z_-]{1,19}", word) is not None and b"\n" not in start
    return len(start) < 20 and (any(method.startswith(start) for method in _METHODS) or start.isupper())


def read_status(data: bytes) -> Status | None:
    """The status line *data* starts with (RFC 9112 section 4); None where it does not."""
    found = _STATUS.match(data)
    if found is None:
        return None
    return Status(version=_text(found[1]), code=int(found[2]), reason=_text(found[3] or b""))


@record
class Decoded:
    """A body out of its content codings. coding: one that could not be undone; whole: its end was reached."""

    body: bytes
    undone: tuple[str, ...] = ()
    coding: str = ""
    whole: bool = True


def decode_body(body: bytes, codings: str) -> Decoded:
    """*body* with the last two at most of *codings*, the Content-Encoding header, undone."""
    names = [name.strip().lower() for name in codings.split(",") if name.strip()][-2:]
    undone: tuple[str, ...] = ()
    whole = True
    for name in reversed(names):
        if name == "identity" or not body:
            continue
        inflated, ended = _inflate(body, name) if name in _CODINGS else (b"", False)
        if not inflated:
            return Decoded(body=body, undone=undone, coding=name[:40], whole=whole)
        body, undone, whole = inflated, (*undone, name), whole and ended
    return Decoded(body=body, undone=undone, whole=whole)


def _inflate(body: bytes, name: str) -> tuple[bytes, bool]:
    """Inflated, and whether its end was reached within `MOST_DECODED`; b"" where it is none of the kind."""
    # Some send "deflate" without zlib's head (RFC 9110 section 8.4.1.2).
    for bits in (_CODINGS[name], *([-15] if name == "deflate" else [])):
        decoder = zlib.decompressobj(bits)
        try:
            decoded = decoder.decompress(body, MOST_DECODED)
        except zlib.error:
            continue
        if decoded:
            return decoded, decoder.eof
    return b"", False


def _parse_head(data: bytes, *, whole: bool, size: int) -> Request | None:
    lines = data.lstrip(b"\r\n").split(b"\n", MOST_HEADERS + 2)
    found = _FULL_LINE.match(lines[0])
    if found is None:
        if whole or len(lines) > 1:
            return None
        method, _, target = lines[0].partition(b" ")
        return Request(
            method=_text(method), target=_text(target).rstrip(), version="", size=size, truncated=True
        )
    headers: list[tuple[str, str]] = []
    for line in lines[1 : MOST_HEADERS + 1]:
        if line[:1] in (b" ", b"\t") and headers:  # folded, as old clients do
            name, value = headers[-1]
            headers[-1] = (name, f"{value} {_text(line).strip()}")
            continue
        name, colon, value = _text(line).partition(":")
        if colon:
            headers.append((name.strip().lower(), value.strip()))
    return Request(
        method=_text(found[1]),
        target=_text(found[2]),
        version=_text(found[3]),
        headers=tuple(headers),
        size=size,
        truncated=not whole or (len(lines) > MOST_HEADERS + 1 and bool(lines[MOST_HEADERS + 1].strip())),
    )


def _text(data: bytes) -> str:
    """Header text: UTF-8 where it is, else byte by byte (RFC 9110 section 5.5 calls it opaque)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
