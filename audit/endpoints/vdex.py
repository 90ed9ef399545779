"""Vdex: the dex files of an APK or JAR, kept beside its compiled code since Android 8.

Four layouts, from AOSP art/runtime/vdex_file.h of the branches named:

- 006 to 018 (android-8.0.0, 8.1.0; 010 is 8.1's): number of dex files, their bytes, verifier's, quickening's;
  a checksum for each; the dex files.
- 019 and 020 (9), 021 to 026 (10, 11): the version of a dex section, which "000" says is not there; 021 added
  two sizes; checksums; the section's three sizes; the dex files, then the data compact dex files share.
- 027 (12 and later): a table of sections, of which number 1 holds the dex files.

Quickened instructions are not undone: strings are not among what is quickened. A vdex without dex files is no
trouble. It holds what the verifier found, and the code stays in the APK.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace

from audit.endpoints.compact_dex import compact_tables, is_compact
from audit.endpoints.dex import Reading, Table, dex_tables, is_dex, parse_header, part_of
from audit.endpoints.part import Limits, Part
from audit.endpoints.search import search
from audit.endpoints.window import Window
from audit.model.code import Code
from audit.model.record import record

_DEX_SECTION = 1
_MOST_SECTIONS = 64
_LAST_KNOWN = 27


@record
class Section:
    """Where the dex files of a vdex lie. count: how many it says there are, None where it says nothing."""

    at: int
    size: int
    count: int | None = None


def is_vdex(head: bytes) -> bool:
    """Whether *head* begins a vdex."""
    return len(head) >= 8 and head[:4] == b"vdex" and head[4:7].isdigit() and head[7] == 0


def read_vdex(window: Window, *, where: str, limits: Limits) -> Part:
    """What the strings of all dex files in a vdex hold; those are called "dex 0", "dex 1" …"""
    head = window.read(0, 1024)
    reading = Reading(limits)
    if not is_vdex(head):
        reading.trouble("not a vdex", where, 0)
        return part_of("vdex", (), reading)
    version = head[4:7].decode()
    if int(version) > _LAST_KNOWN:
        reading.trouble(f"vdex version {version} is not known; read as {_LAST_KNOWN:03d}", where, 4)
    section = _section(window, head, int(version))
    if isinstance(section, str):
        reading.trouble(section, where, 8)
        section = Section(at=8, size=window.size - 8)
    elif section.size and section.at + section.size > window.size:
        reason = f"its dex files should end at {section.at + section.size}, the file ends at {window.size}"
        reading.trouble(reason, where, window.size)
    if section.size == 0 and len(head) >= 28:
        form = f"vdex {version} without dex: the code is in its APK"
        code = Code.UNREADABLE if reading.troubles else Code.NONE
        return Part(form=form, code=code, troubles=tuple(reading.troubles))
    places, how = _places(window, section, reading, where=where)
    part = part_of("", _tables(window, section, places, reading, where=where), reading)
    kinds = sorted({_kind(window.read(place, 8)) for place in places}) or ["no dex found"]
    return replace(part, form=f"vdex {version} ({', '.join(kinds)}{how})")


def named(where: str, number: int) -> str:
    """What the dex *number* of a file, or of its part *where*, is called."""
    return f"{where} > dex {number}" if where else f"dex {number}"


def _kind(magic: bytes) -> str:
    return f"{'compact dex' if magic[:1] == b'c' else 'dex'} {magic[4:7].decode('ascii', 'replace')}"


def _section(window: Window, head: bytes, version: int) -> Section | str:
    """Where the dex files are, or what is wrong with what says so."""
    if len(head) < 28:
        return f"it ends within its header, after {len(head)} bytes"
    if version >= _LAST_KNOWN:
        return _by_table(head)
    if head[8:11].isdigit() and head[11] == 0:
        return _by_dex_section(window, head, version)
    count, size = struct.unpack_from("<2I", head, 8)
    return Section(at=24 + 4 * count, size=size, count=count or None)


def _by_table(head: bytes) -> Section | str:
    (count,) = struct.unpack_from("<I", head, 8)
    if count > _MOST_SECTIONS or 12 + 12 * count > len(head):
        return f"it says it has {count} sections"
    sections = {kind: (at, size) for kind, at, size in struct.iter_unpack("<3I", head[12 : 12 + 12 * count])}
    at, size = sections.get(_DEX_SECTION, (0, 0))
    checksums = sections.get(0, (0, 0))[1] // 4
    return Section(at=at, size=size, count=checksums or None)


def _by_dex_section(window: Window, head: bytes, version: int) -> Section:
    (count,) = struct.unpack_from("<I", head, 12)
    if head[8:11] == b"000":
        return Section(at=0, size=0)
    sizes_at = (28 if version >= 21 else 20) + 4 * count
    sizes = window.read(sizes_at, 12)
    dex, shared, _ = struct.unpack("<3I", sizes) if len(sizes) == 12 else (1, 0, 0)
    return Section(at=sizes_at + 12, size=dex + shared, count=count or None)


def _places(window: Window, section: Section, reading: Reading, *, where: str) -> tuple[list[int], str]:
    """Where each dex begins, and how that is known if not from the layout."""
    places, end = list[int](), section.at + section.size
    at = section.at
    wanted = reading.limits.dexes if section.count is None else section.count
    while len(places) < min(wanted, reading.limits.dexes):
        # From 011 on the offset of its quickening table stands before each dex; dex files are 4-byte aligned.
        begin = next((place for place in (at, at + 4) if _begins(window.read(place, 8))), None)
        header = parse_header(window.read(begin, 112)) if begin is not None else ""
        if begin is None or isinstance(header, str) or begin >= end:
            break
        places.append(begin)
        at = -(-(begin + header.size) // 4) * 4
    if section.count is not None and len(places) == section.count:
        return places, ""
    if wanted > reading.limits.dexes == len(places):
        reading.trouble(f"{wanted} dex files; {len(places)} are read", where, at)
        return places, ""
    said = (
        "" if section.count is None else f"dex {len(places)} of {section.count} is not where it should be; "
    )
    reading.trouble(f"{said}dex files are searched for", where, at)
    more = search(window, places[-1] + 8 if places else 8, reading)
    return [*places, *more], ", found by search"


def _begins(magic: bytes) -> bool:
    return is_dex(magic) or is_compact(magic)


def _tables(
    window: Window, section: Section, places: list[int], reading: Reading, *, where: str
) -> Iterator[Table]:
    end = section.at + section.size
    for number, place in enumerate(places):
        name = named(where, number)
        if is_compact(window.read(place, 8)):
            yield from compact_tables(window.part(place, end - place), reading, where=name)
        else:
            header = parse_header(window.read(place, 112))
            size = end - place if isinstance(header, str) else min(header.size, end - place)
            yield from dex_tables(window.part(place, size), reading, where=name)
