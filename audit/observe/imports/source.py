"""The bytes of a file: read forward, counted, hashed, unpacked where it is gzip; never held whole."""

from __future__ import annotations

import hashlib
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from audit.errors import BadInput

GZIP = b"\x1f\x8b"
MOST_UNPACKED = 8 << 30
"""Bytes unpacked of a gzip file: a small one may claim to be any size."""
_PIECE = 1 << 20
_PACKED = 1 << 16

OnBytes = Callable[[int], None]


class Source:
    """A file read forward. most_unpacked: bytes, where it is gzip."""

    def __init__(
        self, file: BinaryIO, on_bytes: OnBytes | None = None, *, most_unpacked: int = MOST_UNPACKED
    ) -> None:
        self._raw = _Raw(file, on_bytes)
        self._unpacked: _Unpacked | None = None
        plain = io.BufferedReader(self._raw, _PIECE)
        self.read: Callable[[int], bytes] = plain.read
        """At most so many bytes; fewer only at the end."""
        if plain.peek(2)[:2] == GZIP:
            self._unpacked = _Unpacked(plain, most_unpacked)
            self.read = io.BufferedReader(self._unpacked, _PIECE).read

    @property
    def packed(self) -> bool:
        """Whether it is gzip."""
        return self._unpacked is not None

    @property
    def trouble(self) -> str:
        """Why it could not be read to its end, else ""."""
        return self._raw.trouble or (self._unpacked.trouble if self._unpacked else "")

    @property
    def sha256(self) -> str:
        """Of the file as it lies on the disk, as far as it was read."""
        return self._raw.hash.hexdigest()

    def skip(self, size: int) -> int:
        """Leave out *size* bytes; how many there were."""
        left = size
        while left and (piece := self.read(min(left, _PIECE))):
            left -= len(piece)
        return size - left

    def drain(self) -> None:
        """Read what is left of the file itself, so that its hash is that of the whole."""
        piece = bytearray(_PIECE)
        while self._raw.readinto(piece):
            pass

    def lines(self, most: int) -> Iterator[tuple[int, bytes | None]]:
        """Its lines by their numbers, without their ends; None for one longer than *most* bytes."""
        number, begun = 1, _Line(most)
        while piece := self.read(_PIECE):
            *ended, rest = piece.split(b"\n")
            for part in ended:
                begun.add(part)
                yield number, begun.text()
                number, begun = number + 1, _Line(most)
            begun.add(rest)
        if begun.size:
            yield number, begun.text()


class _Line:
    """A line as its parts come; of one that is too long nothing is kept."""

    def __init__(self, most: int) -> None:
        self._parts: list[bytes] = []
        self._most = most
        self.size = 0

    def add(self, part: bytes) -> None:
        self.size += len(part)
        if self.size <= self._most:
            self._parts.append(part)

    def text(self) -> bytes | None:
        return None if self.size > self._most else b"".join(self._parts).rstrip(b"\r")


@contextmanager
def opened(path: Path, on_bytes: OnBytes | None = None) -> Iterator[Source]:
    """*path* as a source. Raises BadInput where it cannot be opened."""
    if path.exists() and not path.is_file():
        raise BadInput("is no file", where=str(path), fix="give the file that was recorded")
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror}", where=str(path), fix="give a file that can be read"
        ) from error
    with file:
        yield Source(file, on_bytes)


class _Raw(io.RawIOBase):
    """A file whose bytes are counted and hashed as they pass."""

    def __init__(self, file: BinaryIO, on_bytes: OnBytes | None) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self._done = 0
        self.hash = hashlib.sha256()
        self.trouble = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # typeshed calls it Buffer, which 3.11 has not
        try:
            data = self._file.read(len(view))
        except OSError as error:
            self.trouble = f"the file cannot be read further: {error.strerror}"
            return 0
        view[: len(data)] = data
        self.hash.update(data)
        self._done += len(data)
        if self._on_bytes is not None and data:
            self._on_bytes(self._done)
        return len(data)


class _Unpacked(io.RawIOBase):
    """What a gzip stream holds, all its members; a damaged one ends there with a trouble, no exception."""

    def __init__(self, packed: io.BufferedReader[_Raw], most: int) -> None:
        self._packed, self._most = packed, most
        self._member = zlib.decompressobj(wbits=31)
        self._rest = b""
        self._given = 0
        self._ended = False
        self.trouble = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]  # as above
        data = b""
        while not data and not self._ended:
            data = self._more(len(view))
        view[: len(data)] = data
        self._given += len(data)
        if self._given > self._most and not self._ended:
            self._ended = True
            self.trouble = f"unpacks to more than {self._most:,} bytes; what comes after is not read"
        return len(data)

    def _more(self, most: int) -> bytes:
        packed = self._rest or self._packed.read(_PACKED)
        if self._member.eof:
            if packed[:2] != GZIP:  # the end, or padding as tapes have it
                self._ended = True
                return b""
            self._member = zlib.decompressobj(wbits=31)
        elif not packed:
            self._ended = True
            self.trouble = "the gzip stream breaks off"
            return b""
        before = self._member.copy()
        try:
            data = self._member.decompress(packed, most)
        except zlib.error as error:
            self._ended = True
            self.trouble = f"the gzip stream is damaged: {error}"
            return _until_damage(before, packed, most)
        self._rest = self._member.unused_data if self._member.eof else self._member.unconsumed_tail
        return data


def _until_damage(member: zlib._Decompress, packed: bytes, most: int) -> bytes:
    """What unpacks of *packed* before the damage in it: zlib gives nothing of a call that fails."""
    data = bytearray()
    for at in range(len(packed)):
        try:
            data += member.decompress(packed[at : at + 1])
        except zlib.error:
            break
        if len(data) >= most:
            break
    return bytes(data[:most])
