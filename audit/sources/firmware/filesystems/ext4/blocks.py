"""Where the blocks of a file are: extents, and the block pointers of ext2 and ext3."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import groupby, pairwise

from audit.model.record import record
from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.ext4.inode import EXTENTS, Inode

_MAGIC = 0xF30A
_DEEPEST = 5
_MOST_NODES = 4096
"""Blocks of one extent tree; each holds 340 extents, each extent up to 128 MB."""
_SPARE = 64
"""Extents and nodes a file may have beyond one for each of its blocks: some lie behind its end."""
_MOST_POINTED = 1 << 22
"""Blocks of one file that has block pointers: 16 GB of 4 KiB."""
_LONGEST = 32768
"""An extent's length beyond this marks it as reserved and never written: it reads as zeros."""

Run = tuple[int, int, int]
"""(offset in the file, bytes, offset in the image)."""


def runs(image: BytesAt, inode: Inode, block_size: int) -> list[Run]:
    """The runs of *inode*'s content, in the order of the file; what is between them is zeros.

    Raises BadInput for a map that is damaged, too large, or points outside the image.
    """
    blocks = -(-inode.size // block_size)
    if inode.flags & EXTENTS:
        found = sorted(_Extents(image, block_size, blocks).read(inode.block, inode.offset))
        _check(image, inode, found)
    elif blocks > _MOST_POINTED:
        raise image.bad(f"has a file of {inode.size} bytes with block pointers", inode.offset)
    else:
        found = list(_merged(_Pointers(image, block_size).read(inode.block, blocks)))
    return [
        (first * block_size, count * block_size, place * block_size) for first, count, place in found if place
    ]


def _check(image: BytesAt, inode: Inode, found: list[Run]) -> None:
    end = 0
    for first, count, _ in found:
        if first < end:
            raise image.bad(f"has two extents for block {first} of one file", inode.offset)
        end = first + count


class _Extents:
    """Reads an extent tree. Source: Linux Documentation/filesystems/ext4/ifork.rst ("Extent Tree")."""

    def __init__(self, image: BytesAt, block_size: int, blocks: int) -> None:
        self._image = image
        self._block_size = block_size
        self._nodes = min(_MOST_NODES, blocks + _SPARE)
        self._extents = 2 * blocks + _SPARE

    def read(self, node: bytes, at: int, depth: int | None = None) -> Iterator[Run]:
        """The extents in and below *node*, in blocks; the image's block is 0 for what was never written.

        at: of *node* in the image; depth: what it has to be, None for the root
        """
        magic, entries, _, here = struct.unpack_from("<HHHH", node)
        if magic != _MAGIC or here > _DEEPEST or (depth is not None and here != depth):
            raise self._image.bad("has a damaged extent tree", at)
        if 12 + entries * 12 > len(node):
            raise self._image.bad(f"has an extent tree node with {entries} entries, more than fit", at)
        for index in range(entries):
            first, middle, high, low = struct.unpack_from("<IHHI", node, 12 + index * 12)
            if here == 0:
                self._extents -= 1
                if self._extents < 0:
                    raise self._image.bad("has a file with more extents than blocks", at)
                # a leaf: length, then the high and the low part of the block
                written = middle <= _LONGEST
                yield first, middle if written else middle - _LONGEST, (high << 32 | low) if written else 0
                continue
            # an inner node keeps the low part of the block first
            low, high = struct.unpack_from("<IH", node, 16 + index * 12)
            self._nodes -= 1
            if self._nodes < 0:
                raise self._image.bad("has an extent tree that is larger than its file", at)
            place = (high << 32 | low) * self._block_size
            yield from self.read(self._image.read(place, self._block_size), place, here - 1)


@record
class _Level:
    """One pointer in the inode: how many blocks of pointers stand between it and the data."""

    pointer: int
    depth: int


class _Pointers:
    """Reads block pointers. Source: Linux Documentation/filesystems/ext4/blockmap.rst."""

    def __init__(self, image: BytesAt, block_size: int) -> None:
        self._image = image
        self._block_size = block_size
        self._each = block_size // 4

    def read(self, map_: bytes, blocks: int) -> Iterator[tuple[int, int]]:
        """(block of the file, block of the image) of all that are no holes."""
        pointers = struct.unpack("<15I", map_)
        levels = [_Level(pointer=p, depth=0) for p in pointers[:12]]
        levels += [_Level(pointer=p, depth=d) for d, p in enumerate(pointers[12:], 1)]
        at = 0
        for level in levels:
            if at >= blocks:
                return
            yield from self._below(level.pointer, level.depth, at, blocks)
            at += self._each**level.depth

    def _below(self, pointer: int, depth: int, at: int, end: int) -> Iterator[tuple[int, int]]:
        if pointer == 0:
            return
        if depth == 0:
            yield at, pointer
            return
        width = self._each ** (depth - 1)
        wanted = min(self._each, -(-(end - at) // width))
        raw = self._image.read(pointer * self._block_size, wanted * 4)
        for index, child in enumerate(struct.unpack(f"<{wanted}I", raw)):
            yield from self._below(child, depth - 1, at + index * width, end)


def _merged(pairs: Iterator[tuple[int, int]]) -> Iterator[Run]:
    """Neighbours that are neighbours in the image, too, as one run."""
    for _, group in groupby(pairs, key=lambda pair: pair[1] - pair[0]):
        members = list(group)
        start = members[0]
        for before, after in pairwise(members):
            if after[0] != before[0] + 1:
                yield start[0], before[0] - start[0] + 1, start[1]
                start = after
        yield start[0], members[-1][0] - start[0] + 1, start[1]
