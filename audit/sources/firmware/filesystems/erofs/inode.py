"""An inode: what kind of file it is, how large, and how its content is kept."""

from __future__ import annotations

import struct

from audit.model.record import record
from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.image_tree import Entry
from audit.sources.firmware.filesystems.nodes import NodeKind

PLAIN, FULL_INDEX, INLINE, COMPACT_INDEX, CHUNKED = range(5)
"""How content is kept, as the inode says it."""

INODE_BYTES = 64
_KINDS = {0x4000: NodeKind.FOLDER, 0x8000: NodeKind.FILE, 0xA000: NodeKind.LINK}
_SPECIAL = frozenset({0x1000, 0x2000, 0x6000, 0xC000})


@record
class Inode:
    """One inode. offset: where it lies in the image; end: where it and its attributes end.

    layout: `PLAIN` to `CHUNKED`; where: what the layout makes of it (a block, a chunk format)
    """

    number: int
    offset: int
    end: int
    mode: int
    size: int
    layout: int
    where: int

    @property
    def kind(self) -> NodeKind | None:
        """None for devices, pipes and sockets."""
        return _KINDS.get(self.mode & 0xF000)

    def entry(self) -> Entry:
        """What a tree wants to know of it."""
        return Entry(kind=self.kind, size=self.size, mode=self.mode & 0o7777, offset=self.offset)


def parse_inode(image: BytesAt, raw: bytes, number: int, offset: int) -> Inode:
    """The inode *number*, whose bytes *raw* lie at *offset* of *image*. Raises BadInput for one that is none.

    Source: ``erofs_inode_compact``, ``erofs_inode_extended`` in erofs_fs.h, and erofs.rst of Linux.
    """
    if len(raw) < 32:
        raise image.bad(f"is cut short before inode {number}", offset)
    format_, attributes, mode = struct.unpack_from("<HHH", raw)
    extended = format_ & 1
    if extended and len(raw) < INODE_BYTES:
        raise image.bad(f"is cut short in inode {number}", offset)
    size = struct.unpack_from("<Q" if extended else "<I", raw, 8)[0]
    layout = format_ >> 1 & 7
    if layout > CHUNKED or format_ >> 4:
        raise image.bad(f"has an inode {number} kept in a way this program does not read", offset)
    if mode & 0xF000 not in _KINDS and mode & 0xF000 not in _SPECIAL:
        raise image.bad(f"has an inode {number} of no known type (mode {mode:#o})", offset)
    return Inode(
        number=number,
        offset=offset,
        end=offset + (64 if extended else 32) + (12 + 4 * (attributes - 1) if attributes else 0),
        mode=mode,
        size=size,
        layout=layout,
        where=struct.unpack_from("<I", raw, 16)[0],
    )
