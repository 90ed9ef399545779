"""The content of one file of an image as a file object: random access, read in slices, never held whole."""

from __future__ import annotations

import io
from bisect import bisect_right
from typing import TYPE_CHECKING, Protocol

from audit.sources.firmware.filesystems.bytes_at import BytesAt

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

SLICE_BYTES = 1 << 20
BUFFER_BYTES = 1 << 16


class Content(Protocol):
    """The bytes of one file. size: how many."""

    size: int

    def read(self, offset: int, size: int) -> bytes:
        """The bytes from *offset* on: *size* of them or fewer, but never none within the file.

        Raises BadInput for what the image does not hold.
        """


class Held:
    """Content so small that an image keeps it beside the file's record; zeros from its end to *size*."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data = data[:size]
        self.size = size

    def read(self, offset: int, size: int) -> bytes:
        """The bytes asked for, either of the data or of the zeros."""
        if offset < len(self._data):
            return self._data[offset : offset + size]
        return bytes(min(size, self.size - offset))


class Runs:
    """Content that lies in runs of an image as it is; between the runs are zeros.

    runs: (offset in the file, bytes, offset in the image), in bytes, in the order of the file
    """

    def __init__(self, image: BytesAt, size: int, runs: list[tuple[int, int, int]]) -> None:
        self._image = image
        self.size = size
        self._runs = runs
        self._starts = [run[0] for run in runs]

    def read(self, offset: int, size: int) -> bytes:
        """What lies there, as far as one run or hole goes."""
        size = min(size, self.size - offset)
        at = bisect_right(self._starts, offset)
        if at:
            start, length, place = self._runs[at - 1]
            if offset < start + length:
                return self._image.read(place + offset - start, min(size, start + length - offset))
        if at < len(self._starts):
            size = min(size, self._starts[at] - offset)
        return bytes(size)


class _Raw(io.RawIOBase):
    """A `Content` behind Python's file protocol."""

    def __init__(self, content: Content, name: str) -> None:
        self._content = content
        self.name = name
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._content.size}[whence]
        if base + offset < 0:
            raise ValueError(f"negative seek position {base + offset}")
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and self._at < self._content.size:
            data = self._content.read(self._at, len(view) - filled)
            view[filled : filled + len(data)] = data
            filled += len(data)
            self._at += len(data)
        return filled

    def readall(self) -> bytes:
        pieces = []
        while self._at < self._content.size:
            pieces.append(self._content.read(self._at, SLICE_BYTES))
            self._at += len(pieces[-1])
        return b"".join(pieces)


def as_file(content: Content, name: str) -> io.BufferedReader:
    """*content* as a seekable file object that says its *name*."""
    return io.BufferedReader(_Raw(content, name), BUFFER_BYTES)
