"""The entries of a folder: block by block, each with its table before its names."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from audit.sources.firmware.filesystems.nodes import MOST_IN_FOLDER

MOST_BYTES = 64 << 20
"""Of one folder. A folder of 100,000 names of full length has 27 MB."""

_ENTRY = 12


class Entries:
    """Reads the entries of one folder and keeps what was wrong with its blocks.

    wrong: what, for people
    Source: Linux Documentation/filesystems/erofs.rst ("Directories") and ``erofs_dirent`` in erofs_fs.h.
    """

    def __init__(self) -> None:
        self._count = 0
        self.wrong: list[str] = []

    def read(self, block: bytes, at: int) -> Iterator[tuple[bytes, int]]:
        """(name, number) of the entries in *block*, which begins *at* bytes into the folder."""
        first = struct.unpack_from("<H", block, 8)[0] if len(block) >= _ENTRY else 0
        if first % _ENTRY or not _ENTRY <= first <= len(block):
            self.wrong.append(f"has a damaged block of entries at byte {at} of it")
            return
        table = [struct.unpack_from("<QH", block, place) for place in range(0, first, _ENTRY)]
        ends = [offset for _, offset in table[1:]] + [len(block)]
        for (number, offset), end in zip(table, ends, strict=True):
            if not first <= offset <= end <= len(block):
                self.wrong.append(f"has a damaged entry in the block at byte {at} of it")
                return
            self._count += 1
            if self._count > MOST_IN_FOLDER:
                self.wrong.append(f"has more than {MOST_IN_FOLDER} entries")
                return
            # the last name of a block ends with the block or at a NUL
            name = block[offset:end]
            yield (name.split(b"\0", 1)[0] if end == len(block) else name), number
