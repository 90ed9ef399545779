"""EROFS as a `FileSystem`."""

from __future__ import annotations

from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.content import Content
from audit.sources.firmware.filesystems.erofs.compressed import Compressed
from audit.sources.firmware.filesystems.erofs.decompress import Decoders
from audit.sources.firmware.filesystems.erofs.directory import MOST_BYTES, Entries
from audit.sources.firmware.filesystems.erofs.flat import chunked, flat
from audit.sources.firmware.filesystems.erofs.indexes import PACKED, read_extents
from audit.sources.firmware.filesystems.erofs.inode import (
    CHUNKED,
    COMPACT_INDEX,
    FULL_INDEX,
    INODE_BYTES,
    Inode,
    parse_inode,
)
from audit.sources.firmware.filesystems.erofs.superblock import OFFSET, read_superblock
from audit.sources.firmware.filesystems.image_tree import Entry, Listing

_SLOT = 32
_PACKED_KEPT = 16 << 20
"""Ends of files lie close to those of their neighbours: the last clusters of the packed record are kept."""


class Erofs:
    """The file system in *image*. Raises BadInput for a damaged superblock and one with unknown features."""

    format = "erofs"

    def __init__(self, image: BytesAt) -> None:
        self.image = image
        self._super = read_superblock(image)
        self.root = self._super.root
        self._decoders = Decoders(padded=self._super.padded, made={})
        self._packed: Content | None = None

    def warnings(self) -> tuple[str, ...]:
        """Says when content lies in other images, and when the end of this one is missing."""
        short = self.image.short_of(self._super.size)
        if not self._super.devices:
            return short
        more = f"keeps content in {self._super.devices} further images, which cannot be read with this one"
        return (more, *short)

    def entry(self, number: int) -> Entry:
        """The inode *number*."""
        return self._inode(number).entry()

    def content(self, number: int, image: BytesAt) -> Content:
        """The bytes of the file, folder or link *number*."""
        return self._content(self._inode(number), image, packed=False)

    def listing(self, number: int) -> Listing:
        """What the folder *number* holds."""
        inode = self._inode(number)
        if inode.size > MOST_BYTES:
            raise self.image.bad(
                f"has a folder of {inode.size} bytes; {MOST_BYTES} are the most", inode.offset
            )
        content = self.content(number, self.image)
        entries = Entries()
        names: list[tuple[bytes, int]] = []
        for at in range(0, inode.size, self._super.folder_block_size):
            wanted = min(self._super.folder_block_size, inode.size - at)
            block = b""
            while len(block) < wanted:
                block += content.read(at + len(block), wanted - len(block))
            names += entries.read(block, at)
        return Listing(names=tuple(names), troubles=tuple((what, inode.offset) for what in entries.wrong))

    def _inode(self, number: int) -> Inode:
        offset = self._super.meta + number * _SLOT
        return parse_inode(self.image, self.image.read_some(offset, INODE_BYTES), number, offset)

    def _content(self, inode: Inode, image: BytesAt, *, packed: bool) -> Content:
        if inode.layout == CHUNKED:
            return chunked(image, self._super, inode)
        if inode.layout not in {FULL_INDEX, COMPACT_INDEX}:
            return flat(image, self._super, inode)
        extents = read_extents(
            image, inode, self._super.block_size.bit_length() - 1, has_header=self._super.has_headers
        )
        if packed and PACKED in extents.how:
            raise image.bad("has a packed record that lies in itself", inode.offset)
        return Compressed(
            image,
            inode.size,
            extents,
            self._decoders,
            self._packed_content() if PACKED in extents.how else None,
            block_size=self._super.block_size,
            kept_bytes=_PACKED_KEPT if packed else 1 << 20,
        )

    def _packed_content(self) -> Content:
        if self._packed is None:
            if self._super.packed is None:
                raise self.image.bad("keeps ends of files in a record it does not have", OFFSET)
            image = self.image.named("packed ends of files")
            self._packed = self._content(self._inode(self._super.packed), image, packed=True)
        return self._packed
