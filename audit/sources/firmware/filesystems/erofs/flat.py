"""Content that is kept as it is: in one run, with its end behind the inode, or in chunks."""

from __future__ import annotations

import struct

from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.content import Runs
from audit.sources.firmware.filesystems.erofs.inode import INLINE, Inode
from audit.sources.firmware.filesystems.erofs.superblock import Superblock

_NO_BLOCK = 0xFFFFFFFF
_WITH_DEVICE = 0x20
_MOST_CHUNKS = 1 << 22
"""Of one file: 16 GB in chunks of 4 KiB."""


def flat(image: BytesAt, superblock: Superblock, inode: Inode) -> Runs:
    """The content of an inode that is neither compressed nor in chunks."""
    size, start = inode.size, inode.where * superblock.block_size
    if inode.layout != INLINE:
        return Runs(image, size, [(0, size, start)])
    # whole blocks lie elsewhere; what is left follows the inode, all of it when less than a block
    tail = size % superblock.block_size
    found = [(0, size - tail, start), (size - tail, tail, inode.end)]
    return Runs(image, size, [run for run in found if run[1]])


def chunked(image: BytesAt, superblock: Superblock, inode: Inode) -> Runs:
    """The content of an inode in chunks, holes included. Source: erofs.rst ("Chunk-based files")."""
    shift = inode.where & 0x1F
    chunk = superblock.block_size << shift
    count = -(-inode.size // chunk)
    if count > _MOST_CHUNKS:
        raise image.bad(f"has a file of {inode.size} bytes in {count} chunks", inode.offset)
    wide = bool(inode.where & _WITH_DEVICE)
    at = inode.end + 7 & ~7 if wide else inode.end + 3 & ~3
    raw = image.read(at, count * (8 if wide else 4))
    if wide:
        entries = [(device, block) for _, device, block in struct.iter_unpack("<HHI", raw)]
    else:
        entries = [(0, block) for (block,) in struct.iter_unpack("<I", raw)]
    runs: list[tuple[int, int, int]] = []
    for index, (device, block) in enumerate(entries):
        if block == _NO_BLOCK:
            continue
        if device and superblock.devices:
            raise image.bad(f"keeps content in another image (device {device})", at)
        start, place = index * chunk, block * superblock.block_size
        length = min(chunk, inode.size - start)
        if runs and runs[-1][0] + runs[-1][1] == start and runs[-1][2] + runs[-1][1] == place:
            runs[-1] = (runs[-1][0], runs[-1][1] + length, runs[-1][2])
        else:
            runs.append((start, length, place))
    return Runs(image, inode.size, runs)
