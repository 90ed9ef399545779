"""Writes compact dex files, which share one section of data. Strings, their ids and the header; nothing else.

Source: AOSP android-9.0.0 art/libdexfile/dex/compact_dex_file.h.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence

from audit.lab.build.dex import in_order, sign, string_item

HEADER = 0x88
_ENDIAN = 0x12345678


def write_compact(files: Sequence[Iterable[str]], *, before_each: int = 0) -> tuple[list[bytes], bytes]:
    """One compact dex for each list of strings, and the data section they share.

    before_each: bytes that the caller will put before each of them, and that ``data_off`` must count
    """
    shared, places = bytearray(), dict[str, int]()
    for strings in files:
        for text in in_order(strings):
            if text not in places:
                places[text] = len(shared)
                shared += string_item(text)
    shared += bytes(-len(shared) % 4)
    tables = [[places[text] for text in in_order(strings)] for strings in files]
    sizes = [HEADER + 4 * len(table) for table in tables]
    out = []
    for number, table in enumerate(tables):
        after = sum(sizes[number:]) + before_each * (len(tables) - 1 - number)
        header = struct.pack(
            "<20I",
            *(sizes[number], HEADER, _ENDIAN, 0, 0, 0, len(table), HEADER, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
            *(len(shared), after),
        )
        header += struct.pack("<6I", 0, 0, 0, 0, 0, len(shared))
        out.append(sign(b"cdex001\0", header + struct.pack(f"<{len(table)}I", *table)))
    return out, bytes(shared)
