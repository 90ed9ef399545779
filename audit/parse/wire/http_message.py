"""A message of HTTP/1: its request line, headers and status line, and its body out of its codings.

Source: RFC 9112 sections 2 to 5 (messages), RFC 9110 section 8.4 (content codings). Lenient as servers are:
lines may end in a bare LF, targets may hold blanks, lines may be folded.
"""

from __future__ import annotations

import re
import zlib

from audit.model.record import record

MOST_HEAD = 64 << 10
MOST_DECODED = 1 << 20
"""Bytes a compressed body is let grow to."""
MOST_HEADERS = 128

_KNOWN = rb"GET|POST|PUT|HEAD|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PROPFIND|REPORT"
_FULL_LINE = re.compile(
    rb"([A-Z][A-Z_-]{1,19}) ([!-~\x80-\xff][ -~\x80-\xff]{0,65000}) HTTP/(1\.[0-9])[ \t]*\r?\n?\Z"
)
_BEGUN = re.compile(rb"(?:%s) (?:/|\*|https?:|[\w.\[:-]+:\d)" % _KNOWN)
_STATUS = re.compile(rb"HTTP/(1\.[0-9]) ([1-5][0-9]{2})(?: ([^\r\n]{0,100}))?")
_METHODS = tuple(method + b" " for method in _KNOWN.split(b"|"))
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


def parse_head(data: bytes, *, whole: bool, size: int) -> Request | None:
    """The request line and headers in *data*; None where it is no request. whole: up to the blank line"""
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
