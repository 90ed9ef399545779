"""What is compressed in bytes: gzip, zlib, deflate (RFC 1952, 1950, 1951), within bounds."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator

_MOST_INFLATED = 16 << 20
"""Bytes of all streams together, whatever nests in what."""
_MOST_OF_A_STREAM = 8 << 20
_MOST_STREAMS = 512
_MOST_GUESSES = 48
_MOST_MAGICS = 256
_LEAST_DEFLATED = 4
_SMALL_STEP = 256
_GZIP = re.compile(rb"\x1f\x8b\x08")
_ZLIB = re.compile(rb"\x78[\x01\x5e\x9c\xda]")


class Budget:
    """How much is still looked at; *left* counts what did not fit, in bytes."""

    def __init__(self, size: int) -> None:
        self._bytes = 8 * size + (16 << 20)
        self._inflated = _MOST_INFLATED
        self._streams = _MOST_STREAMS
        self._guesses = _MOST_GUESSES
        self.left = 0

    def look(self, size: int) -> bool:
        """Whether *size* bytes more are still looked at."""
        if size > self._bytes:
            self.left += size
            return False
        self._bytes -= size
        return True

    def guess(self) -> bool:
        """Whether one more guess may be made at what may be compressed."""
        self._guesses -= 1
        return self._guesses >= 0

    def inflate(self, data: memoryview, window: int) -> bytes:
        """What *data* begins with, decompressed as far as it goes. window: as of `zlib.decompressobj`."""
        most = min(_MOST_OF_A_STREAM, self._inflated)
        self._streams -= 1
        if most <= 0 or self._streams < 0:
            self.left += len(data)
            return b""
        stream = zlib.decompressobj(window)
        given = data[:_MOST_OF_A_STREAM]  # more compresses to more than is read
        try:
            found = stream.decompress(given, most)
        except zlib.error:
            # without a header, damage is the rule: it was no compressed data at all
            return self._partly(given, window, most) if window > 0 else b""
        self._inflated -= len(found)
        self.left += len(stream.unconsumed_tail)
        return found

    def _partly(self, data: memoryview, window: int, most: int) -> bytes:
        """What comes before the damage: the library keeps it to itself unless fed in small pieces."""
        stream = zlib.decompressobj(window)
        found = bytearray()
        for at in range(0, len(data), _SMALL_STEP):
            try:
                found += stream.decompress(data[at : at + _SMALL_STEP], most - len(found))
            except zlib.error:
                break
            if len(found) >= most:
                break
        self._inflated -= len(found)
        return bytes(found)


def inflated(data: bytes, begins: Iterable[bytes], budget: Budget) -> Iterator[tuple[str, bytes]]:
    """What is compressed in *data*, and how: by its magic anywhere, and each of *begins* without one."""
    view = memoryview(data)
    for number, found in enumerate(_GZIP.finditer(data)):
        if number == _MOST_MAGICS:
            budget.left += len(data) - found.start()
            break
        yield "gzip", budget.inflate(view[found.start() :], 31)
    for found in _ZLIB.finditer(data):  # two bytes, which random data has often
        if not budget.guess():
            break
        yield "zlib", budget.inflate(view[found.start() :], 15)
    for piece in begins:
        if _may_be_deflated(piece):
            if not budget.guess():
                break
            if raw := budget.inflate(memoryview(piece), -15):
                yield "deflate", raw


def _may_be_deflated(piece: bytes) -> bool:
    """RFC 1951, 3.2.3: two bits tell how the first block is compressed.

    0 is not at all, and states its length twice; 3 is not used.
    """
    if len(piece) <= _LEAST_DEFLATED:
        return False
    kind = piece[0] >> 1 & 3
    if kind == 0:
        return piece[1] ^ piece[3] == piece[2] ^ piece[4] == 0xFF
    return kind != 3
