"""The entries of a folder: linear, hashed, or standing in the inode."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from audit.model.record import record
from audit.sources.firmware.filesystems.nodes import MOST_IN_FOLDER

MOST_BYTES = 64 << 20
"""Of one folder. A folder of 100,000 names of full length has 27 MB."""


@record
class Block:
    """A part of a folder that is read by itself. at: where it begins in the folder, in bytes."""

    data: bytes
    at: int


class Entries:
    """Reads entries block by block, and keeps what was wrong with a block.

    wrong: (what, where in the folder in bytes)
    Source: Linux Documentation/filesystems/ext4/directory.rst. The inner nodes of a hashed folder look like
    entries without an inode, so that reading it as a linear one finds all names.
    """

    def __init__(self, *, has_file_types: bool) -> None:
        self._has_file_types = has_file_types
        self._count = 0
        self.wrong: list[tuple[str, int]] = []

    def read(self, block: Block) -> Iterator[tuple[bytes, int]]:
        """(name, inode number) of the entries in *block* that are in use."""
        at, data = 0, block.data
        while at + 8 <= len(data):
            inode, length, name_length, kind = struct.unpack_from("<IHBB", data, at)
            if not self._has_file_types:
                name_length |= kind << 8
            if length in {0, 0xFFFF} and len(data) == 1 << 16:
                length = len(data)
            if length < 8 or length % 4 or at + length > len(data) or (inode and name_length > length - 8):
                self.wrong.append((f"has a damaged entry at byte {block.at + at} of it", block.at + at))
                return
            if inode and name_length:
                self._count += 1
                if self._count > MOST_IN_FOLDER:
                    self.wrong.append((f"has more than {MOST_IN_FOLDER} entries", block.at + at))
                    return
                yield data[at + 8 : at + 8 + name_length], inode
            at += length
