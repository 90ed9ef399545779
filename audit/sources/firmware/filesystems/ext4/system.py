"""ext2, ext3 and ext4 as a `FileSystem`."""

from __future__ import annotations

from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.content import Content, Held, Runs
from audit.sources.firmware.filesystems.ext4.blocks import runs
from audit.sources.firmware.filesystems.ext4.directory import MOST_BYTES, Block, Entries
from audit.sources.firmware.filesystems.ext4.inode import INLINE, Inode, inline_data, parse_inode
from audit.sources.firmware.filesystems.ext4.superblock import inode_table, read_superblock
from audit.sources.firmware.filesystems.image_tree import Entry, Listing

_ROOT = 2
_TABLE_SLICE = 1 << 16
"""Inodes of one folder lie together: they are read in slices, and the last slices are kept."""
_SLICES_KEPT = 64


class Ext4:
    """The file system in *image*. Raises BadInput for a damaged superblock and one with unknown features."""

    format = "ext4"
    root = _ROOT

    def __init__(self, image: BytesAt) -> None:
        self.image = image
        self._super = read_superblock(image)
        self._tables: dict[int, int] = {}
        self._slices: dict[int, bytes] = {}

    def warnings(self) -> tuple[str, ...]:
        """Says when the journal holds what the image itself lacks, and when its end is missing."""
        dirty = ("was not unmounted cleanly; its last changes are missing",) if self._super.dirty else ()
        return (*dirty, *self.image.short_of(self._super.blocks * self._super.block_size))

    def entry(self, number: int) -> Entry:
        """The inode *number*."""
        return self._inode(number).entry()

    def content(self, number: int, image: BytesAt) -> Content:
        """The bytes of the file, folder or link *number*."""
        inode = self._inode(number)
        if inode.flags & INLINE:
            return Held(inline_data(image, inode), inode.size)
        if inode.is_fast_link:
            return Held(inode.block, inode.size)
        return Runs(image, inode.size, runs(image, inode, self._super.block_size))

    def listing(self, number: int) -> Listing:
        """What the folder *number* holds."""
        inode = self._inode(number)
        if inode.size > MOST_BYTES:
            raise self.image.bad(
                f"has a folder of {inode.size} bytes; {MOST_BYTES} are the most", inode.offset
            )
        entries = Entries(has_file_types=self._super.has_file_types)
        names = [found for block in self._blocks(inode) for found in entries.read(block)]
        return Listing(names=tuple(names), troubles=tuple((what, inode.offset) for what, _ in entries.wrong))

    def _blocks(self, inode: Inode) -> list[Block]:
        if inode.flags & INLINE:
            data = inline_data(self.image, inode)
            # the parent's number comes first; the rest is one part in the inode and one behind it
            return [Block(data=data[4:60], at=4), Block(data=data[60:], at=60)]
        size, content = self._super.block_size, self.content(inode.number, self.image)
        blocks = []
        for at in range(0, inode.size, size):
            data = b""
            while len(data) < size and at + len(data) < inode.size:
                data += content.read(at + len(data), size - len(data))
            blocks.append(Block(data=data, at=at))
        return blocks

    def _inode(self, number: int) -> Inode:
        if not 0 < number <= self._super.inodes:
            raise self.image.bad(f"has no inode {number}: there are {self._super.inodes}")
        group, index = divmod(number - 1, self._super.inodes_per_group)
        if group not in self._tables:
            self._tables[group] = inode_table(self.image, self._super, group)
        table = self._tables[group]
        at = index * self._super.inode_size
        raw = self._slice(table + at // _TABLE_SLICE * _TABLE_SLICE)
        place = at % _TABLE_SLICE
        raw = raw[place : place + self._super.inode_size]
        if len(raw) != self._super.inode_size:
            raise self.image.bad(f"is cut short before inode {number}", table + at)
        return parse_inode(self.image, raw, number, table + at)

    def _slice(self, offset: int) -> bytes:
        if offset not in self._slices:
            if len(self._slices) >= _SLICES_KEPT:
                del self._slices[next(iter(self._slices))]
            self._slices[offset] = self.image.read_some(offset, _TABLE_SLICE)
        return self._slices[offset]
