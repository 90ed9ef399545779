"""What bytes hold in encoded form: base64, hexadecimal, URL encoding, UTF-16, gzip, zlib, deflate.

Finding what looks encoded is a search for runs of one class of characters: the bytes are translated to one
letter per class, and runs of that letter are found by a plain search, ten times as fast as an expression.
What was found of one encoding becomes one `Layer`, its pieces parted by bytes that no text has.

Bounds: `Budget` counts the bytes that are looked at and inflated; what does not fit is counted as left.
"""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_to_bytes

from audit.model.record import record

DEEPEST = 2
"""Encodings within each other that are undone; URL encoding comes on top, as often."""

_BETWEEN = b"\xff\xfe\xff"
_LEAST_BASE64 = 16
_LEAST_HEX = 12
_LEAST_UTF16 = 6
_LEAST_LINE = 40
"""Characters of a line of base64 that goes on in the next one; PEM has 64, MIME and Android 76."""
_MOST_INFLATED = 16 << 20
_MOST_OF_A_STREAM = 8 << 20
_MOST_ATTEMPTS = 512
_MOST_MAGICS = 64
_ALIGNED_WITHIN = 256
_SEEN_OF_A_TOKEN = 44
_AROUND = 256
_LONGEST_TOKEN = 1 << 16


def _classes(members: bytes) -> bytes:
    return bytes(0x61 if byte in members else 0x20 for byte in range(256))


_DIGITS = b"0123456789"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE64 = _classes(_DIGITS + _LETTERS + b"+/-_")
_HEX = _classes(_DIGITS + b"ABCDEFabcdef")
_DIGIT = _classes(_DIGITS)
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_WIDE = bytes(0x61 if b in _PRINTABLE else 0x30 if b == 0 else 0x20 for b in range(256))
_STANDARD = bytes.maketrans(b"-_", b"+/")
_LINE_END = re.compile(rb"\r?\n[ \t]{0,2}|(?:\\+r)?\\+n")
_DELIMITER = re.compile(rb"[-_/+]")
_ESCAPED_BYTE = re.compile(rb"%[0-9A-Fa-f]{2}")
_ESCAPED_CHARACTER = re.compile(rb"\\u00([2-7][0-9A-Fa-f])")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")
_GZIP = re.compile(rb"\x1f\x8b\x08")
_BODY = b"\r\n\r\n"
_TEXT_HEAD = re.compile(rb"[\x20-\x7e\t\r\n]{12}")
# How hexadecimal begins that hides something: text, UTF-16, gzip, zlib, protobuf's first field.
_WORTH_READING = re.compile(rb"[2-7]|0[09ad]|1f8b")


@record
class Layer:
    """Bytes to look at.

    path: the encodings undone so far, outermost first
    pieces: what *data* was put together from; each may be compressed by itself
    """

    data: bytes
    pieces: Sequence[bytes]
    path: tuple[str, ...] = ()

    @property
    def deep(self) -> bool:
        """Whether nothing more is undone in it."""
        return len(self.path) - self.path.count("url") >= DEEPEST


class Budget:
    """How much is still looked at; *left* counts what did not fit, in bytes."""

    def __init__(self, size: int) -> None:
        self._bytes = 8 * size + (16 << 20)
        self._inflated = _MOST_INFLATED
        self._attempts = _MOST_ATTEMPTS
        self.left = 0

    def take(self, layer: Layer) -> bool:
        """Whether *layer* is still looked at."""
        if len(layer.data) > self._bytes:
            self.left += len(layer.data)
            return False
        self._bytes -= len(layer.data)
        return True

    def attempt(self) -> bool:
        """Whether one more guess may be made at what may be compressed."""
        self._attempts -= 1
        return self._attempts >= 0

    def inflate(self, data: bytes | memoryview, window: int) -> bytes:
        """What *data* begins with, decompressed as far as it goes. window: as of `zlib.decompressobj`."""
        most = min(_MOST_OF_A_STREAM, self._inflated)
        stream = zlib.decompressobj(window)
        try:
            found = stream.decompress(data, most) if most > 0 else b""
        except zlib.error:
            return self._partly(data, window, most)
        self._inflated -= len(found)
        self.left += len(stream.unconsumed_tail) if most > 0 else len(data)
        return found

    def _partly(self, data: bytes | memoryview, window: int, most: int) -> bytes:
        """What comes before the damage: the library keeps it to itself unless fed in small pieces."""
        stream = zlib.decompressobj(window)
        found = bytearray()
        for at in range(0, min(len(data), most), 256):
            try:
                found += stream.decompress(data[at : at + 256], max(1, most - len(found)))
            except zlib.error:
                break
            if len(found) >= most:
                break
        self._inflated -= len(found)
        return bytes(found)


def runs(classed: bytes, least: int) -> Iterator[tuple[int, int]]:
    """Where at least *least* times the letter ``a`` stands in a row."""
    wanted = b"a" * least
    start = classed.find(wanted)
    while start >= 0:
        end = classed.find(b" ", start)
        end = len(classed) if end < 0 else end
        yield start, end
        start = classed.find(wanted, end)


def digit_runs(data: bytes, least: int) -> Iterator[tuple[int, int]]:
    """Where at least *least* digits stand in a row."""
    return runs(data.translate(_DIGIT), least)


def hex_runs(data: bytes) -> Iterator[tuple[int, int]]:
    """Where at least twelve hexadecimal digits stand in a row."""
    return runs(data.translate(_HEX), _LEAST_HEX)


def unescaped(data: bytes) -> bytes:
    """*data* without what JSON and XML put before or in place of characters; it is no encoding of its own."""
    if b"\\" in data:
        data = data.replace(b"\\/", b"/").replace(b'\\"', b'"')
        if b"\\u00" in data:
            data = _ESCAPED_CHARACTER.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), data)
    if b"&quot;" in data:
        data = data.replace(b"&quot;", b'"')
    return data


def inner(layer: Layer, text: bytes, budget: Budget) -> Iterator[Layer]:
    """What *layer* hides, by encoding. text: its bytes, `unescaped`."""
    if layer.path.count("url") < DEEPEST and b"%" in text:
        yield from _layer(layer, "url", list(_url_decoded(text)))
    if layer.deep:
        return
    yield from _layer(layer, "base64", list(_base64_decoded(text)))
    yield from _layer(layer, "hex", list(_hex_decoded(text)))
    if text.count(0) >= _LEAST_UTF16:
        yield from _layer(layer, "utf-16", list(_narrowed(text)))
    inflated: dict[str, list[bytes]] = {}
    for name, found in _inflated(layer, budget):
        inflated.setdefault(name, []).append(found)
    for name, pieces in inflated.items():
        yield from _layer(layer, name, pieces)


def _layer(outer: Layer, name: str, pieces: Sequence[bytes]) -> Iterator[Layer]:
    if pieces:
        yield Layer(data=_BETWEEN.join(pieces), pieces=pieces, path=(*outer.path, name))


def _url_decoded(data: bytes) -> Iterator[bytes]:
    """The tokens that hold an escaped byte, with what is near them, decoded."""
    begin = end = 0
    for found in _ESCAPED_BYTE.finditer(data):
        if found.start() <= end:
            end = max(end, found.end() + _AROUND)
            continue
        if end:
            yield unquote_to_bytes(data[begin:end])
        lowest = max(end, found.start() - _LONGEST_TOKEN)
        token = max(data.rfind(byte, lowest, found.start()) for byte in (b"\n", b" ", b'"', b"\0"))
        begin, end = max(lowest, token + 1), found.end() + _AROUND
    if end:
        yield unquote_to_bytes(data[begin:end])


def _base64_decoded(data: bytes) -> Iterator[bytes]:
    for token in _base64_tokens(data):
        yield _decoded(token)
        for match in _DELIMITER.finditer(token, 0, _ALIGNED_WITHIN):
            at = match.end()
            head = token[at : at + _SEEN_OF_A_TOKEN]
            if at % 4 and len(token) - at >= _LEAST_BASE64 and _plausible(_decoded(head)):
                yield _decoded(token[at:])


def _base64_tokens(data: bytes) -> Iterator[bytes]:
    """Runs of base64, of which lines of one width are joined."""
    classed = data.translate(_BASE64)
    wanted = b"a" * _LEAST_BASE64
    start = classed.find(wanted)
    while start >= 0:
        end = _end(classed, start)
        token, width = data[start:end], 0
        if end - start >= _LEAST_LINE and data[end : end + 1] in (b"\r", b"\n", b"\\"):
            lines = [token]
            while (line_end := _LINE_END.match(data, end)) is not None:
                begin, end = line_end.end(), _end(classed, line_end.end())
                lines.append(data[begin:end])
                width = width or end - begin
                if end - begin != width or not width:
                    break
            token = b"".join(lines)
        yield token
        start = classed.find(wanted, end)


def _end(classed: bytes, start: int) -> int:
    end = classed.find(b" ", start)
    return len(classed) if end < 0 else end


def _decoded(token: bytes) -> bytes:
    size = len(token) - (len(token) % 4 == 1)  # no number of bytes has so many characters
    return binascii.a2b_base64(token[:size].translate(_STANDARD) + b"==")


def _plausible(head: bytes) -> bool:
    """Whether a token read from its middle makes sense: text, or something compressed."""
    return (
        _TEXT_HEAD.match(head) is not None or _GZIP.match(head) is not None or _ZLIB.match(head) is not None
    )


def _hex_decoded(data: bytes) -> Iterator[bytes]:
    for start, end in hex_runs(data):
        for begin in (start, start + 1) if (end - start) % 2 else (start,):
            if _WORTH_READING.match(data, begin):
                yield binascii.unhexlify(data[begin : end - (end - begin) % 2])


def _narrowed(data: bytes) -> Iterator[bytes]:
    """Text in UTF-16, either order, as far as it is ASCII."""
    classed = data.translate(_WIDE)
    wanted = b"a0" * _LEAST_UTF16
    start = classed.find(wanted)
    while start >= 0:
        end = start
        while classed[end : end + _SEEN_OF_A_TOKEN] == (b"a0" * _SEEN_OF_A_TOKEN)[:_SEEN_OF_A_TOKEN]:
            end += _SEEN_OF_A_TOKEN
        while classed[end : end + 2] == b"a0":
            end += 2
        last = end + (classed[end : end + 1] == b"a")
        yield data[start:last].replace(b"\0", b"")
        start = classed.find(wanted, end)


def _inflated(layer: Layer, budget: Budget) -> Iterator[tuple[str, bytes]]:
    """What is compressed in it: by its magic anywhere, without one where a piece or a body begins."""
    data = layer.data
    view = memoryview(data)
    for number, found in enumerate(_GZIP.finditer(data)):
        if number == _MOST_MAGICS:
            budget.left += len(data) - found.start()
            break
        yield "gzip", budget.inflate(view[found.start() :], 31)
    for number, found in enumerate(_ZLIB.finditer(data)):
        if number == _MOST_MAGICS or not budget.attempt():
            break
        yield "zlib", budget.inflate(view[found.start() :], 15)
    body = data.find(_BODY)
    bodies = () if body < 0 else (data[body + len(_BODY) :],)
    for piece in (*layer.pieces, *bodies):
        if len(piece) > 8 and not _TEXT_HEAD.match(piece) and piece[:1] not in b"\x1f\x78":
            if not budget.attempt():
                break
            found_raw = budget.inflate(piece, -15)
            if len(found_raw) >= 8:
                yield "deflate", found_raw
