"""Reads an `Image` as a file: seekable, read-only, with what was unpacked last kept at hand."""

from __future__ import annotations

import io
import os
from collections import OrderedDict
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, cast

from audit.sources.firmware.containers.bases import Base, Handle
from audit.sources.firmware.containers.image import Fill, Image, Packed, Piece, Stored
from audit.sources.firmware.containers.unpack import unpack

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_COMPARED_BYTES = 1024 * 1024
KEPT_BYTES = 16 * 1024 * 1024
"""Of unpacked pieces each reader keeps so much: files of one folder lie close to each other, in EROFS what
describes them lies apart. Of one in xz, 1,390 files need 803 MB; 1,305 MB are unpacked so, 2,889 with half as
much. Three readers a process are open at once."""


def open_image(image: Image) -> BinaryIO:
    """A new reader of *image*, independent of any other."""
    return cast("BinaryIO", ImageReader(image))  # typeshed has no common name for raw and buffered files


def look(image: Image, offset: int, size: int) -> bytes:
    """At most *size* bytes at *offset*; fewer where the image ends."""
    with ImageReader(image) as reader:
        return reader.read_at(offset, size)


def equal(one: Image, other: Image) -> bool:
    """Whether both hold the same bytes. Raises BadInput where they cannot be read."""
    if one.size != other.size or one.pieces == other.pieces:
        return one.size == other.size
    with ImageReader(one) as left, ImageReader(other) as right:
        return all(
            left.read_at(at, _COMPARED_BYTES) == right.read_at(at, _COMPARED_BYTES)
            for at in range(0, one.size, _COMPARED_BYTES)
        )


class ImageReader(io.RawIOBase):
    """The bytes of an image in their order; ``read(n)`` gives n bytes wherever n are left.

    It raises BadInput where the file it lies in is cut short, or what is packed does not unpack.
    """

    def __init__(self, image: Image) -> None:
        super().__init__()
        self._image = image
        self._at = 0
        self._handles: dict[int, Handle] = {}
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._kept_bytes = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Always."""
        return True

    def tell(self) -> int:
        """The offset that is read next."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to *offset*, which may lie beyond the end."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._image.size}[whence]
        if start + offset < 0:
            raise ValueError(f"negative seek position {start + offset}")
        self._at = start + offset
        return self._at

    def read(self, size: int | None = -1, /) -> bytes:
        """The next *size* bytes, all that are left for -1; fewer only at the end."""
        data = self.read_at(self._at, self._image.size if size is None or size < 0 else size)
        self._at += len(data)
        return data

    def readall(self) -> bytes:
        """All that is left."""
        return self.read()

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill *buffer* as far as bytes are left; how many."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def read_at(self, offset: int, size: int) -> bytes:
        """At most *size* bytes at *offset*, wherever the file stands; fewer where the image ends."""
        size = min(size, self._image.size - offset)
        if size <= 0:
            return b""
        parts = [self._piece(piece, begin, take) for piece, begin, take in self._across(offset, size)]
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def close(self) -> None:
        """Close the files behind it."""
        for handle in self._handles.values():
            handle.close()
        self._handles.clear()
        self._kept.clear()
        super().close()

    def _across(self, offset: int, size: int) -> Iterator[tuple[Piece, int, int]]:
        image = self._image
        index = image.at(offset)
        while size:
            piece = image.pieces[index]
            begin = offset - (image.ends[index] - piece.size)
            take = min(size, piece.size - begin)
            yield piece, begin, take
            offset, size, index = offset + take, size - take, index + 1

    def _piece(self, piece: Piece, begin: int, size: int) -> bytes:
        if isinstance(piece, Stored):
            return self._handle(piece.base).read(piece.offset + begin, size)
        if isinstance(piece, Fill):
            turn = begin % 4
            return (
                (piece.pattern * (size // 4 + 2))[turn : turn + size] if any(piece.pattern) else bytes(size)
            )
        begin += piece.skip
        return self._unpacked(piece)[begin : begin + size]

    def _handle(self, base: Base) -> Handle:
        if self.closed:
            raise ValueError("I/O operation on closed file")
        handle = self._handles.get(id(base))
        if handle is None:
            handle = self._handles[id(base)] = Handle(base)
        return handle

    def _unpacked(self, piece: Packed) -> bytes:
        key = id(piece.base), piece.offset
        data = self._kept.get(key)
        if data is not None:
            self._kept.move_to_end(key)
            return data
        raw = self._handle(piece.base).read(piece.offset, piece.packed)
        where = f"{self._image.origin}, packed at byte {piece.offset}"
        data = unpack(piece.codec, raw, piece.unpacked, where=where)
        self._kept[key] = data
        self._kept_bytes += len(data)
        while self._kept_bytes > KEPT_BYTES and len(self._kept) > 1:
            self._kept_bytes -= len(self._kept.popitem(last=False)[1])
        return data
