"""An inode: what kind of file it is, how large, and where its bytes are."""

from __future__ import annotations

import struct

from audit.model.record import record
from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.image_tree import Entry
from audit.sources.firmware.filesystems.nodes import NodeKind

ENCRYPTED, EXTENTS, INLINE = 0x800, 0x80000, 0x10000000
_COMPRESSED, _VALUE_INODE = 0x4, 0x200000
_KINDS = {0x4000: NodeKind.FOLDER, 0x8000: NodeKind.FILE, 0xA000: NodeKind.LINK}
_SPECIAL = frozenset({0x1000, 0x2000, 0x6000, 0xC000})

_XATTR_MAGIC = b"\x00\x00\x02\xea"
_SYSTEM, _DATA = 7, b"data"


@record
class Inode:
    """One inode. offset: where it lies in the image; block: its 60 bytes of block map; tail: what follows."""

    number: int
    offset: int
    mode: int
    size: int
    flags: int
    block: bytes
    tail: bytes

    @property
    def kind(self) -> NodeKind | None:
        """None for devices, pipes and sockets."""
        return _KINDS.get(self.mode & 0xF000)

    @property
    def is_fast_link(self) -> bool:
        """Whether the target of a link stands in the inode."""
        return self.kind is NodeKind.LINK and self.size < 60 and not self.flags & (EXTENTS | INLINE)

    def entry(self) -> Entry:
        """What a tree wants to know of it."""
        return Entry(
            kind=self.kind,
            size=self.size,
            mode=self.mode & 0o7777,
            offset=self.offset,
            sealed="is encrypted (fscrypt), its content is on no image" if self.flags & ENCRYPTED else "",
        )


def parse_inode(image: BytesAt, raw: bytes, number: int, offset: int) -> Inode:
    """The inode *number*, whose bytes *raw* lie at *offset* of *image*. Raises BadInput for one that is none.

    Source: Linux Documentation/filesystems/ext4/inodes.rst ("Index Nodes").
    """
    mode, _, size = struct.unpack_from("<HHI", raw)
    flags = struct.unpack_from("<I", raw, 32)[0]
    kind = mode & 0xF000
    if kind not in _KINDS and kind not in _SPECIAL:
        raise image.bad(f"has an inode {number} of no known type (mode {mode:#o})", offset)
    if kind in {0x8000, 0x4000}:
        size |= struct.unpack_from("<I", raw, 108)[0] << 32
    if flags & (_COMPRESSED | _VALUE_INODE):
        raise image.bad(f"has an inode {number} kept in a way this program does not read", offset)
    return Inode(
        number=number, offset=offset, mode=mode, size=size, flags=flags, block=raw[40:100], tail=raw[128:]
    )


def inline_data(image: BytesAt, inode: Inode) -> bytes:
    """The content that stands in the inode itself: 60 bytes, and an attribute for what is more.

    What is missing of the file's size reads as zeros: ``mke2fs -d`` leaves holes like that.
    Source: ext4/inlinedata.rst and ext4/attributes.rst.
    """
    if inode.size <= 60:
        return inode.block[: inode.size]
    return (inode.block + _data_attribute(image, inode))[: inode.size]


def _data_attribute(image: BytesAt, inode: Inode) -> bytes:
    """The value of ``system.data`` among the attributes behind the inode; empty without one."""
    if len(inode.tail) < 4:
        return b""
    start = struct.unpack_from("<H", inode.tail)[0] + len(_XATTR_MAGIC)
    if inode.tail[start - 4 : start] != _XATTR_MAGIC:
        return b""
    at = start
    while at + 16 <= len(inode.tail) and inode.tail[at : at + 4] != b"\0\0\0\0":
        length, index, value_at, _, value_size = struct.unpack_from("<BBHII", inode.tail, at)
        if index == _SYSTEM and inode.tail[at + 16 : at + 16 + length] == _DATA:
            value = inode.tail[start + value_at : start + value_at + value_size]
            if len(value) != value_size:
                raise image.bad("has an attribute whose value lies outside its inode", inode.offset)
            return value
        at += 16 + (length + 3 & ~3)
    return b""
