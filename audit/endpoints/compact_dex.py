"""Compact dex (``cdex001``): what Android 9 to 11 keep in a vdex instead of dex.

The header begins like that of dex; the string ids lie after it as there, but their offsets count from a data
section that all compact dex files of one vdex share (``data_off``), behind the last of them.
Source: AOSP android-9.0.0 art/libdexfile/dex/compact_dex_file.h and dex_file.h (``DataBegin``).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from audit.endpoints.dex import Reading, Table, parse_header, part_of, string_table
from audit.endpoints.part import Limits, Part
from audit.endpoints.window import Window

HEADER_BYTES = 0x88
_KNOWN = "001"


def is_compact(head: bytes) -> bool:
    """Whether *head* begins a compact dex file."""
    return len(head) >= 8 and head[:4] == b"cdex" and head[4:7].isdigit() and head[7] == 0


def read_compact_at(window: Window, *, where: str, limits: Limits) -> Part:
    """What the strings of a compact dex hold; *window* goes on to the end of the shared data."""
    head = window.read(0, 8)
    reading = Reading(limits)
    form = f"compact dex {head[4:7].decode()}" if is_compact(head) else "compact dex"
    return part_of(form, compact_tables(window, reading, where=where), reading)


def compact_tables(window: Window, reading: Reading, *, where: str) -> Iterator[Table]:
    """The string table of the compact dex at the start of *window*, which must hold the shared data as well.

    Offsets of strings are told from the start of the compact dex.
    """
    head = window.read(0, HEADER_BYTES)
    header = parse_header(head) if is_compact(head) else "does not begin like one"
    if isinstance(header, str):
        reading.trouble(f"the compact dex {header}", where, 0)
        return
    if header.version != _KNOWN:
        reading.trouble(f"compact dex version {header.version} is not known; read as {_KNOWN}", where, 4)
    size, at = struct.unpack_from("<2I", head, 104)
    if at + size > window.size:
        reading.trouble(f"its data should end at {at + size}, the file ends at {window.size}", where, at)
    yield string_table(window, header, reading, where=where, data_at=at)
