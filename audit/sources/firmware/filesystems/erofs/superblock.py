"""The superblock of an EROFS image."""

from __future__ import annotations

import struct

from audit.model.record import record
from audit.sources.firmware.filesystems.bytes_at import BytesAt

OFFSET = 1024
_SIZE = 128
_MAGIC = 0xE0F5E1E2

PADDED, BIG_CLUSTERS, CHUNKS, DEVICES, TAILS, FRAGMENTS, PREFIXES = 1, 2, 4, 8, 16, 32, 64
"""Incompatible features. 8 also says that files may use two algorithms, 32 that clusters are shared."""
_READ = PADDED | BIG_CLUSTERS | CHUNKS | DEVICES | TAILS | FRAGMENTS | PREFIXES
_REFUSED = {0x80: "48-bit addresses", 0x100: "compressed metadata"}


@record
class Superblock:
    """What of the superblock a reader needs.

    block_size, folder_block_size: bytes; meta: where record 0 would lie, in bytes
    packed: the number of the record that holds the ends of many files, None without one
    padded: compressed data ends where its cluster ends, not begins where it begins
    has_headers: files with a full index, too, say how they are compressed; none does in the oldest images
    devices: how many further images hold content
    size: bytes the image should have
    """

    block_size: int
    folder_block_size: int
    root: int
    meta: int
    packed: int | None
    padded: bool
    has_headers: bool
    devices: int
    size: int


def read_superblock(image: BytesAt) -> Superblock:
    """The superblock of *image*. Raises BadInput for a damaged one and for features no reader here knows.

    Source: ``struct erofs_super_block`` in Linux's fs/erofs/erofs_fs.h (dual-licensed, Apache-2.0).
    """
    raw = image.read(OFFSET, _SIZE)
    magic, bits, root = struct.unpack_from("<I8xBxH", raw)
    if magic != _MAGIC or not 9 <= bits <= 16:
        raise image.bad("has no EROFS superblock", OFFSET)
    blocks, meta = struct.unpack_from("<2I", raw, 36)
    incompat, _, devices, _, folder_bits = struct.unpack_from("<IHHHB", raw, 80)
    for bit, name in _REFUSED.items():
        if incompat & bit:
            raise image.bad(f"is an EROFS with {name}, which this program does not read", OFFSET)
    if incompat & ~_READ:
        raise image.bad(f"is an EROFS with unknown features (incompat {incompat & ~_READ:#x})", OFFSET)
    if bits + folder_bits > 20:
        raise image.bad(f"has folders in blocks of 2^{bits + folder_bits} bytes", OFFSET)
    return Superblock(
        block_size=1 << bits,
        folder_block_size=1 << bits + folder_bits,
        root=root,
        meta=meta << bits,
        packed=struct.unpack_from("<Q", raw, 96)[0] if incompat & FRAGMENTS else None,
        padded=bool(incompat & PADDED),
        has_headers=bool(incompat & (BIG_CLUSTERS | TAILS | FRAGMENTS)),
        devices=devices if incompat & DEVICES else 0,
        size=blocks << bits,
    )
