"""The superblock and the group descriptors: where an ext4 image keeps its inodes."""

from __future__ import annotations

import struct

from audit.model.record import record
from audit.sources.firmware.filesystems.bytes_at import BytesAt

OFFSET = 1024
_SIZE = 1024
_MAGIC = 0xEF53
_MOST_GROUPS = 1 << 20
"""128 TB of 4 KiB blocks."""

_FILETYPE, _RECOVER, _META_BG, _64BIT = 0x2, 0x4, 0x10, 0x80
_READ = _FILETYPE | _RECOVER | _META_BG | _64BIT | 0x40 | 0x100 | 0x200 | 0x2000 | 0x4000 | 0x8000 | 0x30000
"""Incompatible features that change nothing for a reader, or that this one knows."""

_REFUSED = {
    0x1: "compression",
    0x8: "an external journal",
    0x400: "large attributes",
    0x1000: "data in entries",
}


@record
class Superblock:
    """What of the superblock a reader needs. Sizes in bytes; block and inode counts as they are there."""

    block_size: int
    blocks: int
    inodes: int
    first_data_block: int
    blocks_per_group: int
    inodes_per_group: int
    inode_size: int
    descriptor_size: int
    first_meta_group: int
    has_file_types: bool
    meta_groups: bool
    sparse_super: bool
    dirty: bool

    @property
    def groups(self) -> int:
        """How many block groups there are."""
        return -(-(self.blocks - self.first_data_block) // self.blocks_per_group)


def read_superblock(image: BytesAt) -> Superblock:
    """The superblock of *image*. Raises BadInput for a damaged one and for features no reader here knows.

    Source: Linux Documentation/filesystems/ext4/super.rst ("The Super Block").
    """
    raw = image.read(OFFSET, _SIZE)
    inodes, blocks_lo = struct.unpack_from("<II", raw)
    first, log_size = struct.unpack_from("<II", raw, 20)
    per_group, _, inodes_per_group = struct.unpack_from("<III", raw, 32)
    magic, revision = struct.unpack_from("<H", raw, 56)[0], struct.unpack_from("<I", raw, 76)[0]
    inode_size, incompat, ro_compat = (
        struct.unpack_from("<H", raw, 88)[0],
        *struct.unpack_from("<II", raw, 96),
    )
    if revision == 0:
        inode_size, incompat, ro_compat = 128, 0, 0
    if magic != _MAGIC or log_size > 6:
        raise image.bad("has no ext4 superblock", OFFSET)
    _refuse(image, incompat)
    wide = bool(incompat & _64BIT)
    size = struct.unpack_from("<H", raw, 254)[0] if wide else 32
    found = Superblock(
        block_size=1024 << log_size,
        blocks=blocks_lo | (struct.unpack_from("<I", raw, 336)[0] << 32 if wide else 0),
        inodes=inodes,
        first_data_block=first,
        blocks_per_group=per_group,
        inodes_per_group=inodes_per_group,
        inode_size=inode_size,
        descriptor_size=size,
        first_meta_group=struct.unpack_from("<I", raw, 260)[0],
        has_file_types=bool(incompat & _FILETYPE),
        meta_groups=bool(incompat & _META_BG),
        sparse_super=bool(ro_compat & 1),
        dirty=bool(incompat & _RECOVER),
    )
    _check(image, found)
    return found


def _refuse(image: BytesAt, incompat: int) -> None:
    for bit, name in _REFUSED.items():
        if incompat & bit:
            raise image.bad(f"is an ext4 file system with {name}, which this program does not read", OFFSET)
    if incompat & ~_READ:
        raise image.bad(
            f"is an ext4 file system with unknown features (incompat {incompat & ~_READ:#x})", OFFSET
        )


def _check(image: BytesAt, found: Superblock) -> None:
    sound = (
        0 < found.blocks_per_group <= found.block_size * 8 * 64
        and 0 < found.inodes_per_group <= found.block_size * 8
        and 128 <= found.inode_size <= found.block_size
        and found.inode_size & (found.inode_size - 1) == 0
        and 32 <= found.descriptor_size <= found.block_size
        and found.first_data_block <= 1
        and found.blocks > found.first_data_block
    )
    if not sound or found.groups > _MOST_GROUPS:
        raise image.bad("has an ext4 superblock whose numbers make no sense", OFFSET)


def descriptor_offset(superblock: Superblock, group: int) -> int:
    """Where the descriptor of *group* lies in the image, in bytes.

    Source: ext4/group_descr.rst and ext4/blockgroup.rst ("Meta Block Groups").
    """
    each = superblock.block_size // superblock.descriptor_size
    own = OFFSET // superblock.block_size
    table = group // each
    if not superblock.meta_groups or table < superblock.first_meta_group:
        block = own + 1 + table
    else:
        first = table * each
        block = superblock.first_data_block + first * superblock.blocks_per_group
        block += _has_copy(superblock, first)
        if first == 0 and superblock.first_data_block < own:
            block += 1
    return block * superblock.block_size + group % each * superblock.descriptor_size


def _has_copy(superblock: Superblock, group: int) -> bool:
    """Whether *group* begins with a copy of the superblock."""
    if not superblock.sparse_super or group <= 1:
        return True
    return any(_is_power(group, base) for base in (3, 5, 7))


def _is_power(number: int, base: int) -> bool:
    while number % base == 0:
        number //= base
    return number == 1


def inode_table(image: BytesAt, superblock: Superblock, group: int) -> int:
    """Where the inodes of *group* begin in the image, in bytes."""
    at = descriptor_offset(superblock, group)
    raw = image.read(at, superblock.descriptor_size)
    block = struct.unpack_from("<I", raw, 8)[0]
    if superblock.descriptor_size >= 64:
        block |= struct.unpack_from("<I", raw, 40)[0] << 32
    if not 0 < block < superblock.blocks:
        raise image.bad(f"has its inode table of group {group} at block {block}, outside the image", at)
    return int(block) * superblock.block_size
