"""FIH's ``.nb0`` archives, in which HMD's service packages lie.

Source: the public descriptions by its unpackers (kaitai ``nb0``, ``nb0-unpack``): a count, for each file 64
bytes (offset, size, the upper halves of both, a name of 48 bytes), then the data that offsets count from.
"""

from __future__ import annotations

import struct

from audit.errors import BadInput
from audit.model.text import clean_line
from audit.sources.firmware.containers.image import BROKEN, Image
from audit.sources.firmware.containers.member import Member, lying_in
from audit.sources.firmware.containers.reader import look

_ENTRY = struct.Struct("<4I48s")
_MOST_FILES = 1024


def is_nb0(archive: Image) -> bool:
    """Whether *archive* is one: it has no magic, but its last file ends where the archive does."""
    count = int.from_bytes(look(archive, 0, 4), "little")
    if not 0 < count <= _MOST_FILES:
        return False
    entries = _entries(archive, count)
    end = max((offset + size for offset, size, _ in entries), default=0)
    return len(entries) == count and 4 + count * _ENTRY.size + end == archive.size


def members(archive: Image) -> list[Member]:
    """The files in *archive*. Raises BadInput for what `is_nb0` does not take for one."""
    if not is_nb0(archive):
        raise BadInput("is no whole nb0 archive", where=archive.origin, fix=BROKEN)
    count = int.from_bytes(look(archive, 0, 4), "little")
    found = []
    for offset, size, raw in _entries(archive, count):
        name = clean_line(raw.partition(b"\0")[0].decode("ascii", "replace"))
        found.append(lying_in(archive, name, 4 + count * _ENTRY.size + offset, size))
    return found


def _entries(archive: Image, count: int) -> list[tuple[int, int, bytes]]:
    table = look(archive, 4, count * _ENTRY.size)
    return [
        (low_offset | high_offset << 32, low_size | high_size << 32, name)
        for low_offset, low_size, high_offset, high_size, name in _ENTRY.iter_unpack(
            table[: len(table) // _ENTRY.size * _ENTRY.size]
        )
    ]
