"""ELF, as far as an oat file needs it: where the dynamic symbol ``oatdata`` lies in the file.

Source: System V ABI, gABI 4.1, "Sections" and "Symbol Table"; both classes, little-endian (all phones).
"""

from __future__ import annotations

import struct

from audit.endpoints.window import Window

_DYNSYM = 11
_MOST_SECTIONS = 256
_MOST_SYMBOLS = 4096
_LOAD = 1


def is_elf(head: bytes) -> bool:
    """Whether *head* begins an ELF file."""
    return head[:4] == b"\x7fELF"


def offset_of(window: Window, symbol: bytes) -> int | None:
    """Offset in the file of what the dynamic *symbol* names; None if it cannot be told."""
    head = window.read(0, 64)
    if len(head) < 52 or head[4] not in {1, 2} or head[5] != 1:
        return None
    wide = head[4] == 2
    if wide and len(head) < 64:
        return None
    segments_at, sections_at = struct.unpack_from("<2Q" if wide else "<2I", head, 32 if wide else 28)
    _, segments, section_size, sections = struct.unpack_from("<4H", head, 54 if wide else 42)
    address = _address(window, symbol, sections_at, section_size, min(sections, _MOST_SECTIONS), wide=wide)
    return None if address is None else _in_file(window, address, segments_at, segments, wide=wide)


def end_of(window: Window) -> int | None:
    """Where the file should end at the earliest, as its segments and tables say; None for no whole header."""
    head = window.read(0, 64)
    if len(head) < 52 or head[4] not in {1, 2} or head[5] != 1:
        return None
    wide = head[4] == 2
    if wide and len(head) < 64:
        return None
    segments_at, sections_at = struct.unpack_from("<2Q" if wide else "<2I", head, 32 if wide else 28)
    size, segments, section_size, sections = struct.unpack_from("<4H", head, 54 if wide else 42)
    ends: list[int] = [segments_at + size * segments, sections_at + section_size * sections]
    for number in range(min(segments, _MOST_SECTIONS)):
        row = window.read(segments_at + number * size, 56 if wide else 32)
        if len(row) == (56 if wide else 32):
            offset, _, _, length = (
                struct.unpack_from("<4Q", row, 8) if wide else struct.unpack_from("<4I", row, 4)
            )
            ends.append(offset + length)
    return max(ends)


def _address(window: Window, symbol: bytes, at: int, size: int, count: int, *, wide: bool) -> int | None:
    """The value of *symbol* in the dynamic symbol table."""
    rows = [window.read(at + number * size, 64 if wide else 40) for number in range(count)]
    for row in rows:
        if len(row) < (64 if wide else 40) or struct.unpack_from("<I", row, 4)[0] != _DYNSYM:
            continue
        table_at, table_size, link = struct.unpack_from("<2QI" if wide else "<3I", row, 24 if wide else 16)
        if link >= len(rows) or len(rows[link]) < len(row):
            continue
        names_at, names_size = struct.unpack_from("<2Q" if wide else "<2I", rows[link], 24 if wide else 16)
        entry = 24 if wide else 16
        table = window.read(table_at, min(table_size, entry * _MOST_SYMBOLS))
        names = window.read(names_at, min(names_size, 1 << 20))
        for start in range(0, len(table) - entry + 1, entry):
            name, value = struct.unpack_from("<I4xQ" if wide else "<2I", table, start)
            if names.startswith(symbol + b"\0", name):
                return int(value)
    return None


def _in_file(window: Window, address: int, at: int, count: int, *, wide: bool) -> int | None:
    """Where the segment loaded at *address* lies in the file."""
    size = 56 if wide else 32
    for number in range(min(count, _MOST_SECTIONS)):
        row = window.read(at + number * size, size)
        if len(row) < size or struct.unpack_from("<I", row)[0] != _LOAD:
            continue
        if wide:
            offset, start, _, length = struct.unpack_from("<4Q", row, 8)
        else:
            offset, start, _, length = struct.unpack_from("<4I", row, 4)
        if start <= address < start + length:
            return int(offset + address - start)
    return None
