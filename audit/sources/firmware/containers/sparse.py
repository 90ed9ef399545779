"""Android's sparse images: an image as chunks of data, of one word said again, and of nothing.

Source: AOSP ``system/core/libsparse/sparse_format.h``.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from audit.errors import BadInput
from audit.sources.firmware.containers.image import BROKEN, MOST_PIECES, Canvas, Fill, Image
from audit.sources.firmware.containers.reader import ImageReader

MAGIC = b"\x3a\xff\x26\xed"

_HEADER = struct.Struct("<4s4H4I")
_CHUNK = struct.Struct("<2H2I")
_RAW, _FILL, _HOLE, _CHECKSUM = 0xCAC1, 0xCAC2, 0xCAC3, 0xCAC4
_LARGEST_BLOCK = 1 << 20


def is_sparse(head: bytes) -> bool:
    """Whether an image that begins with *head* is sparse."""
    return head.startswith(MAGIC)


def first_data(head: bytes) -> bytes:
    """Of a sparse image that begins with *head*, the bytes its image begins with; b"" where it has a hole."""
    if len(head) < _HEADER.size + _CHUNK.size:
        return b""
    _magic, _major, _minor, header, entry, *_ = _HEADER.unpack_from(head)
    if not _HEADER.size <= header <= len(head) - _CHUNK.size:
        return b""
    return head[header + entry :] if _CHUNK.unpack_from(head, header)[0] == _RAW else b""


def unsparsed(packed: Image) -> Image:
    """The raw image that the sparse one *packed* stands for."""
    return joined([packed], packed.origin)


def joined(parts: Sequence[Image], origin: str) -> Image:
    """The raw image whose pieces are spread over several sparse ones, each of the full size.

    Raises BadInput where one is damaged, and where two hold the same place.
    """
    canvas = Canvas(origin)
    size = max(_Sparse(part).lay_on(canvas) for part in parts)
    return canvas.image(size)


class _Sparse:
    """One sparse image while its table of chunks is read."""

    def __init__(self, packed: Image) -> None:
        self._packed = packed
        self._reader = ImageReader(packed)
        head = self._read(0, _HEADER.size)
        magic, major, _minor, self._header, self._entry, *sizes = _HEADER.unpack(head)
        self._block, self._blocks, self._count = (int(size) for size in sizes[:3])
        if magic != MAGIC or major != 1:
            raise self._bad(f"is no sparse image of version 1 (version {major})", 0)
        if self._header < _HEADER.size or self._entry < _CHUNK.size:
            raise self._bad("has headers shorter than the format's", 8)
        if not 0 < self._block <= _LARGEST_BLOCK or self._block % 4:
            raise self._bad(f"has blocks of {self._block} bytes", 12)
        if self._count > min(MOST_PIECES, packed.size // self._entry):
            raise self._bad(f"announces {self._count} chunks, which do not fit in it", 20)

    def lay_on(self, canvas: Canvas) -> int:
        """Put every chunk that holds something on *canvas*; the size of the raw image."""
        at, block = self._header, 0
        with self._reader:
            for _ in range(self._count):
                kind, _reserved, blocks, total = _CHUNK.unpack(self._read(at, _CHUNK.size))
                if block + blocks > self._blocks:
                    raise self._bad(f"has a chunk up to block {block + blocks} of {self._blocks}", at)
                self._lay(canvas, kind, (at, total), (block * self._block, blocks * self._block))
                at, block = at + total, block + blocks
        return self._blocks * self._block

    def _lay(self, canvas: Canvas, kind: int, lies: tuple[int, int], stands: tuple[int, int]) -> None:
        at, total = lies
        offset, size = stands
        data = total - self._entry
        wanted = {_RAW: size, _FILL: 4, _HOLE: 0, _CHECKSUM: 4}.get(kind)
        if wanted is None:
            raise self._bad(f"has a chunk of the unknown type {kind:#x}", at)
        if data != wanted:
            raise self._bad(f"has a chunk of {data} bytes where {wanted} belong", at)
        if kind == _RAW:
            canvas.lay(offset, self._packed.cut(at + self._entry, size))
        elif kind == _FILL:
            canvas.lay(offset, [Fill(size=size, pattern=self._read(at + self._entry, 4))])

    def _read(self, offset: int, size: int) -> bytes:
        data = self._reader.read_at(offset, size)
        if len(data) < size:
            raise self._bad("ends in the middle of its chunks", offset)
        return data

    def _bad(self, what: str, offset: int) -> BadInput:
        return BadInput(what, where=f"{self._packed.origin}, offset {offset}", fix=BROKEN)
