"""What bytes hold in encoded form: base64, hexadecimal, URL encoding, UTF-16, gzip, zlib, deflate.

Finding what looks encoded is a search for runs of one class of characters: the bytes are translated to one
letter per class, and runs of that letter are found by a plain search, ten times as fast as an expression.
What was found of one encoding becomes one `Layer`, its pieces parted by bytes that no text has.

Everything is bounded by a `Budget`; what does not fit is counted as left.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote_to_bytes

from audit.model.record import record
from audit.parse.identifiers.inflate import Budget, inflated

DEEPEST = 2
"""Encodings within each other that are undone; URL encoding comes on top, as often."""

BETWEEN = b"\xff\xfe\xff"
"""Parts what was put together: no text has it, and no number goes across."""
LEAST_BASE64 = 16
LEAST_NUMBER = 15
LEAST_HEX = 24
_LEAST_UTF16 = 6
_LEAST_LINE = 40
"""Characters of a line of base64 that goes on in the next one; PEM has 64, MIME and Android 76."""
_ALIGNED_WITHIN = 256
_STEP = 64
_AROUND = 256
_LONGEST_TOKEN = 1 << 16


def classes(members: bytes) -> bytes:
    """A table for `bytes.translate` that makes *members* the letter ``a`` and all else a blank."""
    return bytes(0x61 if byte in members else 0x20 for byte in range(256))


_DIGITS = b"0123456789"
_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE64 = classes(_DIGITS + _LETTERS + b"+/-_")
_HEX = classes(_DIGITS + b"ABCDEFabcdef")
_PRINTABLE = bytes(range(0x20, 0x7F)) + b"\t\r\n"
_WIDE = bytes(0x61 if b in _PRINTABLE else 0x30 if b == 0 else 0x20 for b in range(256))
_STANDARD = bytes.maketrans(b"-_", b"+/")
_LINE_END = re.compile(rb"\r?\n[ \t]{0,2}|(?:\\+r)?\\+n")
_ALPHABET = rb"A-Za-z0-9+/_\-"
# After a path or a name that looks like base64 too: text in base64 (each byte below 128), gzip, zlib.
_BEGINS_WITHIN = re.compile(
    rb"[-_/](?=(?:[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][%b]){4}|H4sI|e[AFJN])"
    % _ALPHABET
)
_ESCAPED_BYTE = re.compile(rb"%[0-9A-Fa-f]{2}")
_ESCAPED_CHARACTER = re.compile(rb"\\u00([2-7][0-9A-Fa-f])")
_BODY = b"\r\n\r\n"
_TEXT_HEAD = re.compile(rb"[\x20-\x7e\t\r\n]{12}")
# How hexadecimal begins that hides something: text, UTF-16, gzip, zlib, protobuf's first field.
_WORTH_READING = re.compile(rb"[2-7]|0[09ad]|1f8b", re.IGNORECASE)
_MAY_BE_DEFLATED = re.compile(rb"[0-9a-f][35bd][0-9a-f]{22}", re.IGNORECASE)


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


def runs(classed: bytes, least: int) -> Iterator[tuple[int, int]]:
    """Where at least *least* times the letter ``a`` stands in a row."""
    wanted = b"a" * least
    start = classed.find(wanted)
    while start >= 0:
        end = classed.find(b" ", start)
        end = len(classed) if end < 0 else end
        yield start, end
        start = classed.find(wanted, end)


def number_runs(data: bytes) -> tuple[tuple[int, int], ...]:
    """Where at least 15 decimal or hexadecimal digits stand in a row."""
    return tuple(runs(data.translate(_HEX), LEAST_NUMBER))


def unescaped(data: bytes) -> bytes:
    """*data* without what JSON and XML put before or in place of characters; it is no encoding of its own."""
    if b"\\" in data and not _is_binary(data):
        data = data.replace(b"\\/", b"/").replace(b'\\"', b'"')
        if b"\\u00" in data:
            data = _ESCAPED_CHARACTER.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), data)
    if b"&quot;" in data:
        data = data.replace(b"&quot;", b'"')
    return data


def _is_binary(data: bytes) -> bool:
    """Whether *data* is no text: it has NULs, and not in every second place as UTF-16 has."""
    return len(data) < data.count(0) * 1000 < len(data) * 125


def inner(layer: Layer, text: bytes, numbers: Sequence[tuple[int, int]], budget: Budget) -> Iterator[Layer]:
    """What *layer* hides, by encoding. text: its bytes, `unescaped`; numbers: `number_runs` of them."""
    if layer.path.count("url") < DEEPEST and b"%" in text:
        yield from _layer(layer, "url", list(_url_decoded(text)))
    if layer.deep:
        return
    yield from _layer(layer, "base64", list(_base64_decoded(text)))
    yield from _layer(layer, "hex", list(_hex_decoded(text, numbers)))
    if text.count(0) >= _LEAST_UTF16:
        yield from _layer(layer, "utf-16", list(_narrowed(text)))
    opened: dict[str, list[bytes]] = {}
    for name, found in inflated(layer.data, _begins(layer), budget):
        opened.setdefault(name, []).append(found)
    for name, pieces in opened.items():
        yield from _layer(layer, name, pieces)


def _begins(layer: Layer) -> Iterator[bytes]:
    """Each piece, and what stands after the head of a message or the name of a field."""
    yield from layer.pieces
    body = layer.data.find(_BODY)
    if body >= 0:
        yield layer.data[body + len(_BODY) :]
    if layer.path[-1:] == ("url",):
        yield from (piece.partition(b"=")[2] for piece in layer.pieces)


def _layer(outer: Layer, name: str, pieces: Sequence[bytes]) -> Iterator[Layer]:
    if pieces:
        yield Layer(data=BETWEEN.join(pieces), pieces=pieces, path=(*outer.path, name))


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
        if token.islower():  # a word: base64 of twelve bytes has capitals, in all but one of a million
            continue
        decoded = _decoded(token)
        yield decoded
        if not _TEXT_HEAD.match(decoded):
            for match in _BEGINS_WITHIN.finditer(token, 0, _ALIGNED_WITHIN):
                if match.end() % 4:
                    yield _decoded(token[match.end() :])


def _base64_tokens(data: bytes) -> Iterator[bytes]:
    """Runs of base64, of which lines of one width are joined."""
    classed = data.translate(_BASE64)
    wanted = b"a" * LEAST_BASE64
    start = classed.find(wanted)
    while start >= 0:
        end = _end(classed, start)
        token = data[start:end]
        if end - start >= _LEAST_LINE and (found := _LINE_END.match(data, end)) is not None:
            width, lines_end = _end(classed, found.end()) - found.end(), found[0]
            if width:
                more = b"(?:[%b]{%d}%b)*+[%b]*+" % (_ALPHABET, width, re.escape(lines_end), _ALPHABET)
                if (lines := re.compile(more).match(data, found.end())) is not None:
                    token, end = token + lines[0].replace(lines_end, b""), lines.end()
        yield token
        start = classed.find(wanted, end)


def _end(classed: bytes, start: int) -> int:
    end = classed.find(b" ", start)
    return len(classed) if end < 0 else end


def _decoded(token: bytes) -> bytes:
    size = len(token) - (len(token) % 4 == 1)  # no number of bytes has so many characters
    return binascii.a2b_base64(token[:size].translate(_STANDARD) + b"==")


def _hex_decoded(data: bytes, numbers: Sequence[tuple[int, int]]) -> Iterator[bytes]:
    for start, end in numbers:
        if end - start < LEAST_HEX:
            continue
        for begin in (start, start + 1) if (end - start) % 2 else (start,):
            if _WORTH_READING.match(data, begin) or _MAY_BE_DEFLATED.match(data, begin):
                yield binascii.unhexlify(data[begin : end - (end - begin) % 2])


def _narrowed(data: bytes) -> Iterator[bytes]:
    """Text in UTF-16, either order, as far as it is ASCII."""
    classed = data.translate(_WIDE)
    wanted = b"a0" * _LEAST_UTF16
    start = classed.find(wanted)
    while start >= 0:
        end = start
        while classed[end : end + _STEP] == (b"a0" * _STEP)[:_STEP]:
            end += _STEP
        while classed[end : end + 2] == b"a0":
            end += 2
        last = end + (classed[end : end + 1] == b"a")
        yield data[start:last].replace(b"\0", b"")
        start = classed.find(wanted, end)
