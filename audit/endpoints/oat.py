"""Compiled code of Android 5 to 7 (oat, an ELF file) and before (odex, ``dey``): the dex files are inside.

An oat's ``oatdata`` begins with a header and a table of the dex files. Its layouts, from AOSP
art/runtime/oat.h and oat_file.cc (``OatFile::Setup``) of android-5.0.0, 6.0.0 and 7.0.0: 039 and 045 have
three words more in the header than 064 to 088; behind each table entry stands, until 064, a word for every
class, from 079 on two words. Samsung's Android 5 has one word before those for the classes. Which it is, is
told from whether the next entry then makes sense. From Android 8 (oat 124) on, the dex files are in the
vdex beside it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from audit.endpoints.dex import Reading, Table, dex_tables, is_dex, parse_header, part_of
from audit.endpoints.elf import offset_of
from audit.endpoints.native import read_native
from audit.endpoints.part import Limits, Part
from audit.endpoints.search import search
from audit.endpoints.vdex import named
from audit.endpoints.window import Window
from audit.model.code import Code

_MAGIC = b"oat\n"
_PAGE = 4096
_LAST_WITH_DEX = 88
_LONGEST_PATH = 4096
_COUNT_AT = 20
# Where the size of the key-value store stands, the last word of the header.
_STORE_SIZE_AT = {"039": 80, "045": 80}
_STORE_SIZE_AT_LATER = 68


def is_odex(head: bytes) -> bool:
    """Whether *head* begins an optimised dex of Android 4.4 and before."""
    return len(head) >= 8 and head[:4] == b"dey\n" and head[7] == 0


def read_odex(window: Window, *, where: str, limits: Limits) -> Part:
    """What the dex in an odex of Dalvik's holds.

    Source: AOSP android-4.4 dalvik/libdex/DexFile.h (``DexOptHeader``).
    """
    head = window.read(0, 16)
    reading = Reading(limits)
    if not is_odex(head) or len(head) < 16:
        reading.trouble("not an odex, or it ends within its header", where, 0)
        return part_of("odex", (), reading)
    at, size = struct.unpack_from("<2I", head, 8)
    if at + size > window.size:
        reading.trouble(f"its dex should end at {at + size}, the file ends at {window.size}", where, at)
    form = f"odex {head[4:7].decode('ascii', 'replace')}"
    return part_of(form, dex_tables(window.part(at, size), reading, where=named(where, 0)), reading)


def read_oat(window: Window, *, where: str, limits: Limits) -> Part:
    """What the dex files in an oat hold; for another ELF file, what its plain strings tell."""
    at = _oatdata(window)
    reading = Reading(limits)
    if at is None:
        if not (lost := search(window, 0, reading)):
            return read_native(window, where=where, limits=limits)
        reading.trouble("nothing says where its dex files are; they are searched for", where)
        return part_of("ELF (dex found by search)", _tables(window, lost, reading, where=where), reading)
    data = window.part(at)
    head = data.read(0, 128)
    version = head[4:7].decode("ascii", "replace")
    if len(head) < 84 or not version.isdigit():
        reading.trouble("it ends within its oat header", where, at)
        return part_of("oat", (), reading)
    if int(version) > _LAST_WITH_DEX:
        return Part(form=f"oat {version} without dex: the code is in the vdex beside it", code=Code.NONE)
    places = list(_entries(data, head, version, limits.dexes))
    (count,) = struct.unpack_from("<I", head, _COUNT_AT)
    how = "dex inside"
    if len(places) != count or not places:
        reason = f"its table tells {len(places)} of {count} dex files; they are searched for"
        reading.trouble(reason, where, at)
        places, how = sorted({*places, *search(data, 0, reading)}), "dex found by search"
    return part_of(f"oat {version} ({how})", _tables(data, places, reading, where=where), reading)


def _oatdata(window: Window) -> int | None:
    """Where ``oatdata`` begins: by its symbol, or where a page begins with its magic."""
    at = offset_of(window, b"oatdata")
    if at is not None and window.read(at, 4) == _MAGIC:
        return at
    # Every known oat has it in the second page; sections and symbols can be stripped off.
    return next((page for page in range(_PAGE, 16 * _PAGE, _PAGE) if window.read(page, 4) == _MAGIC), None)


def _entries(data: Window, head: bytes, version: str, most: int) -> Iterator[int]:
    """Offsets of the dex files, as far as the table can be followed."""
    (count,) = struct.unpack_from("<I", head, _COUNT_AT)
    size_at = _STORE_SIZE_AT.get(version, _STORE_SIZE_AT_LATER)
    (store,) = struct.unpack_from("<I", head, size_at)
    nexts = [size_at + 4 + store]
    for _ in range(min(count, most)):
        entry = next((entry for at in nexts if (entry := _entry(data, at)) is not None), None)
        if entry is None:
            return
        end, place, classes = entry
        yield place
        nexts = [end + 8, end + 4 * classes, end + 4 + 4 * classes]


def _entry(data: Window, at: int) -> tuple[int, int, int] | None:
    """The table entry at *at*: where it ends, where its dex begins, how many classes that has."""
    raw = data.read(at, 4)
    length = int.from_bytes(raw, "little")
    if len(raw) < 4 or not 0 < length <= _LONGEST_PATH:
        return None
    rest = data.read(at + 4 + length, 8)
    if len(rest) < 8:
        return None
    place = int.from_bytes(rest[4:], "little")
    magic = data.read(place, 112)
    header = parse_header(magic) if is_dex(magic) else ""
    return None if isinstance(header, str) else (at + 12 + length, place, header.classes)


def _tables(data: Window, places: list[int], reading: Reading, *, where: str) -> Iterator[Table]:
    for number, place in enumerate(places):
        header = parse_header(data.read(place, 112))
        size = None if isinstance(header, str) else header.size
        yield from dex_tables(data.part(place, size), reading, where=named(where, number))
