"""The index of a compressed file: which part of it unfolds from which cluster of the image.

The file is divided into logical clusters of one block. The index says of each whether a new extent begins
in it (a head), at which byte, and where its physical cluster lies. Here the whole index becomes a table of
extents in one pass. Source: erofs.rst ("Data compression") and erofs_fs.h (dual-licensed, Apache-2.0) of
Linux; how packs count blocks: Linux's commit "erofs: support parsing big pcluster compact indexes".
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from itertools import islice

from audit.model.record import record
from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.erofs.inode import FULL_INDEX, Inode

_PACKED_2B, _BIG_1, _BIG_2, _INLINE, _INTERLACED, _FRAGMENT = 1, 2, 4, 8, 16, 32
_WHOLE_FILE = 0x80
_PLAIN, _HEAD1, _NOT_HEAD, _HEAD2 = range(4)
_COUNT = 1 << 11
"""Marks the first entry behind a head: it states how many blocks the cluster has."""
_MOST_CLUSTERS = 1 << 21
"""Of one file: 8 GB of 4 KiB."""

SHIFTED, INTERLACED, PACKED = -1, -2, -3
"""What an extent may be instead of compressed: as it is; rotated within its block; in the packed record."""


class Extents:
    """The extents of a file, in its order; parallel arrays, as a file may have a hundred thousand.

    starts: offset in the file; places: of the cluster in the image, or in the packed record
    sizes: of the cluster; how: number of the algorithm, or `SHIFTED`, `INTERLACED`, `PACKED`
    """

    def __init__(self) -> None:
        self.starts = array("Q")
        self.places = array("Q")
        self.sizes = array("I")
        self.how = array("b")

    def add(self, start: int, place: int, size: int, how: int) -> None:
        """One more extent."""
        self.starts.append(start)
        self.places.append(place)
        self.sizes.append(size)
        self.how.append(how)


@record
class _Header:
    """``z_erofs_map_header``. hows: of an extent by the type of its head; bigs: types with large clusters."""

    advise: int
    block_bits: int
    cluster_bits: int
    tail_size: int
    fragment: int
    hows: tuple[int, int, int, int]
    bigs: tuple[bool, bool, bool, bool]


_Entry = tuple[int, int, int]
"""(type, what the type makes of the second number, block of the cluster); the block counts for heads only."""


def read_extents(image: BytesAt, inode: Inode, block_bits: int, *, has_header: bool) -> Extents:
    """The extents of *inode*. Raises BadInput for an index that is damaged or too large.

    has_header: whether the image may state more than the defaults for a file with a full index
    """
    extents = Extents()
    at = inode.end + 7 & ~7
    raw = image.read(at, 8)
    if (has_header or inode.layout != FULL_INDEX) and raw[7] & _WHOLE_FILE:
        extents.add(0, struct.unpack("<Q", raw)[0] ^ 1 << 63, 0, PACKED)
        return extents
    header = _header(raw if has_header or inode.layout != FULL_INDEX else bytes(8), block_bits)
    count = -(-inode.size // (1 << header.cluster_bits))
    if count > _MOST_CLUSTERS:
        raise image.bad(f"has a compressed file of {inode.size} bytes", inode.offset)
    if inode.layout == FULL_INDEX:
        if header.advise & 1:
            raise image.bad("has a file kept in encoded extents, which this program does not read", at)
        end = at + 16 + count * 8
        entries = _full(image.read(at + 16, count * 8))
    else:
        entries, end = _compact(image, at + 8, count, header)
    _collect(image, inode, header, entries, extents)
    if not extents.starts or extents.starts[0] != 0:
        raise image.bad("has a compressed file without a beginning", at)
    if header.advise & _FRAGMENT:
        high = extents.places[-1] >> block_bits << 32 if inode.layout == FULL_INDEX else 0
        extents.places[-1], extents.how[-1] = header.fragment | high, PACKED
    elif header.tail_size:
        extents.places[-1], extents.sizes[-1] = end, header.tail_size
    return extents


def _collect(
    image: BytesAt, inode: Inode, header: _Header, entries: Iterator[_Entry], extents: Extents
) -> None:
    """Add the extents that *entries* tell of; one that begins at the file's end only marks it."""
    width, block = 1 << header.cluster_bits, 1 << header.block_bits
    behind_head = False
    for index, (kind, number, place) in enumerate(entries):
        if kind == _NOT_HEAD:
            if behind_head and number & _COUNT:
                extents.sizes[-1] = (number & ~_COUNT) * block
            behind_head = False
            continue
        if number >= width:
            raise image.bad(f"has a damaged index: cluster {index} begins at byte {number}", inode.offset)
        start = index * width + number
        if start >= inode.size:
            break
        extents.add(start, place * block, width, header.hows[kind])
        behind_head = header.bigs[kind]


def _header(raw: bytes, block_bits: int) -> _Header:
    fragment, advise, algorithms, bits = struct.unpack("<IHBB", raw)
    plain = INTERLACED if advise & _INTERLACED else SHIFTED
    big1, big2 = bool(advise & _BIG_1), bool(advise & _BIG_2)
    return _Header(
        advise=advise,
        block_bits=block_bits,
        cluster_bits=block_bits + (bits & 7),
        tail_size=fragment >> 16 if advise & _INLINE else 0,
        fragment=fragment,
        hows=(plain, algorithms & 15, 0, algorithms >> 4),
        bigs=(big1, big1, False, big2),
    )


def _full(raw: bytes) -> Iterator[_Entry]:
    """Eight bytes a cluster: its type, where in it the extent begins, the block or two distances."""
    for advise, offset, value in struct.iter_unpack("<HHI", raw):
        kind = advise & 3
        yield (kind, value & 0xFFFF, 0) if kind == _NOT_HEAD else (kind, offset, value)


def _compact(image: BytesAt, start: int, count: int, header: _Header) -> tuple[Iterator[_Entry], int]:
    """Two or four bytes a cluster: packs of two in 8 bytes, or of sixteen in 32, each ending with a block."""
    if header.cluster_bits > 14 or (header.advise & _PACKED_2B and header.cluster_bits > 12):
        raise image.bad("has a compact index for clusters that are too large for one", start)
    first = -start % 32 // 4
    dense = (count - first) // 16 * 16 if header.advise & _PACKED_2B and count > first else 0
    # packs of sixteen begin where 32 bytes do; with none of them all packs are alike
    sparse = first if dense else 0
    last = -(-(count - sparse - dense) // 2) * 8
    raw = image.read(start, sparse * 4 + dense * 2 + last)
    low, big = max(header.cluster_bits, 12), header.bigs[_HEAD1]

    def entries() -> Iterator[_Entry]:
        end = sparse * 4
        yield from _packs(raw[:end], 2, 16, low, big=big)
        yield from _packs(raw[end : end + dense * 2], 16, 14, low, big=big)
        yield from _packs(raw[end + dense * 2 :], 2, 16, low, big=big)

    return islice(entries(), count), start + len(raw)


def _packs(raw: bytes, each: int, bits: int, low: int, *, big: bool) -> Iterator[_Entry]:
    """The entries of packs of *each* entries of *bits* bits; the last four bytes of a pack are its block."""
    width = each * bits // 8 + 4
    mask, rest = (1 << bits) - 1, (1 << low) - 1
    shifts = range(0, each * bits, bits)
    for at in range(0, len(raw), width):
        packed = int.from_bytes(raw[at : at + width - 4], "little")
        block = int.from_bytes(raw[at + width - 4 : at + width], "little")
        # without large clusters the block is the one before the first that begins in the pack
        ahead = 0 if big else 1
        for shift in shifts:
            value = packed >> shift & mask
            kind, number = value >> low & 3, value & rest
            if kind != _NOT_HEAD:
                block += ahead
                yield kind, number, block & 0xFFFFFFFF
                ahead = 1
            else:
                if big and number & _COUNT:
                    block += number & ~_COUNT
                    ahead = 0
                yield kind, number, 0
