"""Dalvik executables: the strings of a dex file, versions 035 to 041.

Source: https://source.android.com/docs/core/runtime/dex-format and AOSP art/libdexfile/dex/dex_file.h
(``DexFile::Header``, ``HeaderV41``). Checksum and signature are not compared: a dex that was quickened or
changed by hand has wrong ones and runs all the same.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from itertools import islice

from audit.endpoints.addresses import find
from audit.endpoints.dex_strings import Strings, beyond, candidates
from audit.endpoints.part import Limits, Part
from audit.endpoints.window import Window, over
from audit.model.code import Code, Found, Trouble
from audit.model.record import record

HEADER_BYTES = 0x70
HEADER_41_BYTES = 0x78
KNOWN = range(35, 42)
_MOST_TROUBLES = 100
_LITTLE, _BIG = 0x12345678, 0x78563412


@record
class Header:
    """What is asked of a dex header.

    size: of this file, without others in the same container; strings: how many; table: offset of their ids
    """

    version: str
    size: int
    strings: int
    table: int
    classes: int


@record
class Table:
    """The strings of one dex. where: what it is called; block: None if there is nothing to read."""

    where: str
    strings: int = 0
    block: Strings | None = None


class Reading:
    """What may still be read of one file, and what was wrong so far.

    A table that is named by many headers is read many times: the limits hold for all of them together.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.strings = limits.strings
        self.bytes = limits.file_bytes
        self.troubles: list[Trouble] = []
        self.beyond: set[str] = set()

    def trouble(self, reason: str, where: str, offset: int | None = None) -> None:
        """Note that something could not be read; a file tells a hundred of them at most."""
        if len(self.troubles) < _MOST_TROUBLES:
            self.troubles.append(Trouble(reason=reason, where=where, offset=offset))


def is_dex(head: bytes) -> bool:
    """Whether *head* begins a standard dex file."""
    return len(head) >= 8 and head[:4] == b"dex\n" and head[4:7].isdigit() and head[7] == 0


def read_dex(data: bytes, *, where: str, limits: Limits) -> Part:
    """What the strings of a dex file hold; *where* names it in what is found and in troubles."""
    return read_dex_at(over(data), where=where, limits=limits)


def read_dex_at(window: Window, *, where: str, limits: Limits) -> Part:
    """`read_dex` for a file that is not in memory; only its header and its strings are read."""
    head = window.read(0, 8)
    reading = Reading(limits)
    form = f"dex {head[4:7].decode()}" if is_dex(head) else "dex"
    return part_of(form, dex_tables(window, reading, where=where), reading)


def dex_tables(window: Window, reading: Reading, *, where: str) -> Iterator[Table]:
    """The string tables of the dex at the start of *window*: one, or one a header from version 41 on."""
    for header in _headers(window, reading, where=where):
        yield string_table(window, header, reading, where=where)


def part_of(form: str, tables: Iterable[Table], reading: Reading) -> Part:
    """What the strings of *tables* hold, with everything that was wrong; one table is held at a time."""
    strings, found, most = 0, list[Found](), reading.limits.found
    for table in tables:
        strings += table.strings
        if table.block is not None:
            reading.beyond |= beyond(table.block.block)
        found += islice(find(_texts(table, reading), where=table.where), most + 1 - len(found))
        if len(found) > most:
            reading.trouble(f"more than {most} addresses; the rest is not told", table.where)
            break
    return Part(
        form=form,
        code=Code.UNREADABLE if reading.troubles else Code.READ,
        strings=strings,
        beyond=tuple(sorted(reading.beyond)),
        found=tuple(found[:most]),
        troubles=tuple(reading.troubles),
    )


def parse_header(head: bytes) -> Header | str:
    """The header in *head*, or what is wrong with it; those of compact dex begin alike."""
    if len(head) < HEADER_BYTES:
        return f"ends within its header, after {len(head)} of {HEADER_BYTES} bytes"
    size, _, endian, _, _, _, strings, table = struct.unpack_from("<8I", head, 32)
    if endian == _BIG:
        return "is written big-endian, which no phone runs"
    if endian != _LITTLE:
        return f"has 0x{endian:08x} where its byte order is stated"
    (classes,) = struct.unpack_from("<I", head, 96)
    return Header(
        version=head[4:7].decode("ascii", "replace"), size=size, strings=strings, table=table, classes=classes
    )


def _headers(window: Window, reading: Reading, *, where: str) -> Iterator[Header]:
    """The header, and from version 41 on those of the other dex files in the same container.

    All offsets in them count from the start of the container (``header_offset`` says where that is).
    """
    at = 0
    for count in range(reading.limits.dexes):
        head = window.read(at, HEADER_41_BYTES)
        header = parse_header(head) if is_dex(head) else "does not begin like one"
        if isinstance(header, str):
            reading.trouble(f"dex {count} {header}" if count else f"the dex {header}", where, at)
            return
        if int(header.version) not in KNOWN:
            reading.trouble(f"dex version {header.version} is not known; read as a known one", where, at + 4)
        if at + header.size > window.size:
            reading.trouble(
                f"it should end at {at + header.size} and ends at {window.size}", where, window.size
            )
        yield header
        at += header.size
        if int(header.version) < 41 or not header.size or at >= min(window.size, _container(head)):
            return
    reading.trouble(f"more than {reading.limits.dexes} dex files in one; the rest is not read", where, at)


def _container(head: bytes) -> int:
    size: int = struct.unpack_from("<I", head, HEADER_BYTES)[0] if len(head) >= HEADER_41_BYTES else 0
    return size


def string_table(window: Window, header: Header, reading: Reading, *, where: str, data_at: int = 0) -> Table:
    """The strings *header* speaks of. data_at: what the offsets in its table count from (compact dex)."""
    count = min(header.strings, reading.strings)
    if count < header.strings:
        reading.trouble(f"it has {header.strings} strings, {count} are read", where, header.table)
    ids = _ids(window.read(header.table, 4 * count))
    reading.strings -= len(ids)
    if len(ids) < count:
        reading.trouble(f"its table of {header.strings} strings ends after {len(ids)}", where, header.table)
    if not header.strings and header.classes:
        reading.trouble("it has classes and no strings", where, 56)
    offsets = sorted(ids)
    del offsets[bisect_left(offsets, window.size - data_at) :]
    if len(offsets) < len(ids):
        reason = f"{len(ids) - len(offsets)} of {len(ids)} strings lie outside the file"
        reading.trouble(reason, where, header.table)
    if not offsets:
        return Table(where=where)
    if data_at:
        offsets = [data_at + offset for offset in offsets]
    most = min(reading.limits.part_bytes, reading.bytes)
    block = _block(window, offsets[0], offsets[-1], most)
    reading.bytes -= len(block)
    end = offsets[0] + len(block)
    if offsets[-1] >= end:
        reading.trouble(f"its strings span more than {most} bytes; the rest is not read", where, end)
        del offsets[bisect_left(offsets, end) :]
    strings = Strings(block=block, at=offsets[0], offsets=offsets) if offsets else None
    return Table(where=where, strings=len(offsets), block=strings)


def _ids(raw: bytes) -> array[int]:
    ids = array("I")
    ids.frombytes(raw[: len(raw) - len(raw) % 4])
    if sys.byteorder == "big":
        ids.byteswap()
    return ids


def _block(window: Window, first: int, last: int, most: int) -> bytes:
    """The bytes from the first string to the end of the last one, which only its NUL tells."""
    block = window.read(first, min(last - first + 4096, most))
    while len(block) < most and block.find(0, last - first + 1) == -1:
        more = window.read(first + len(block), min(max(len(block), 1 << 16), most - len(block)))
        if not more:
            break
        block += more
    return block


def _texts(table: Table, reading: Reading) -> Iterator[tuple[int | None, str]]:
    overlapping = cut = None
    for one in candidates(table.block) if table.block is not None else ():
        overlapping = one.offset if one.overlaps and overlapping is None else overlapping
        cut = one.offset if one.cut else cut
        yield one.offset, one.text
    if overlapping is not None:
        reading.trouble("strings begin within others, which no compiler writes", table.where, overlapping)
    if cut is not None:
        reading.trouble("its last string has no end", table.where, cut)
