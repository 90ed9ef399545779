"""Which resource an address in a pool is the value of.

The bytes of a value that holds the string are searched for, and from each the entry around it is sought:
right before it, or at the head of the array it is a row of. An entry counts only if its type lists it.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace

from audit.endpoints.chunks import Chunk, StringPool
from audit.model.code import Found
from audit.model.record import record
from audit.model.text import clean_line

SPARSE, OFFSET16 = 0x01, 0x02
COMPLEX, COMPACT = 0x0001, 0x0008
MOST_ENTRIES = 0x10000
"""Of one type: an entry's number has sixteen bits."""
ENTRY = struct.Struct("<HHI")
_MAP_HEAD, _MAP_ROW = 16, 12
_LONGEST_ARRAY = 4096
_NAMED_AT_MOST = 2000
"""Finds given the name of their resource: one pattern is made of all their values."""
_MOST_MISSES = 300
"""Bytes that look like a value and lead to no entry, after which no more names are sought."""


@record
class Slice:
    """One ``ResTable_type``: a type's entries for one configuration. default: the one for everybody."""

    chunk: Chunk
    number: int
    default: bool


@record
class Package:
    """A package of the table, by the places of its parts."""

    id: int
    start: int
    types: StringPool | None
    keys: StringPool | None
    slices: tuple[Slice, ...]
    by_number: Mapping[int, list[Slice]]


class Tracer:
    """Traces strings of a table's pool to the resources of its packages."""

    def __init__(self, data: bytes, strings: StringPool, packages: Sequence[Package]) -> None:
        self._data, self._strings, self._packages = data, strings, packages

    def named(self, found: list[Found]) -> list[Found]:
        """Put the name of the resource behind each find, for as many as one pattern can hold."""
        if not found or not self._packages or len(found) > _NAMED_AT_MOST:
            return found
        places = {self._strings.offset(index): index for index in range(len(self._strings))}
        wanted = {place: places[place] for place in {f.offset for f in found} if place in places}
        names = self._names(set(wanted.values()))
        return [
            replace(f, where=f"{f.where} {names[wanted[f.offset]]}")
            if f.offset in wanted and wanted[f.offset] in names
            else f
            for f in found
        ]

    def _names(self, wanted: set[int]) -> dict[int, str]:
        """Trace string numbers to "type/name" by the bytes their values have in the entries."""
        if not wanted:
            return {}
        numbers = b"|".join(re.escape(struct.pack("<I", number)) for number in sorted(wanted))
        full = re.compile(rb"(?s:\x08\x00\x00\x03(" + numbers + rb")|[\x08-\x0e]\x03(" + numbers + rb"))")
        names: dict[int, str] = {}
        misses = 0
        for package in self._packages:
            starts = [piece.chunk.start for piece in package.slices]
            if not starts:
                continue
            end = max(piece.chunk.end for piece in package.slices)
            for hit in full.finditer(self._data, min(starts), end):
                number = int.from_bytes(hit[1] or hit[2], "little")
                if number in names:
                    continue
                name = self._name(package, package.slices[bisect_right(starts, hit.start()) - 1], hit)
                if name:
                    names[number] = name
                    continue
                misses += 1
                if misses > _MOST_MISSES or len(names) == len(wanted):
                    return names
        return names

    def _name(self, package: Package, piece: Slice, hit: re.Match[bytes]) -> str:
        if package.types is None or package.keys is None:
            return ""
        at = hit.start()
        entry = self._entry_of_full(at, piece.chunk.body) if hit[1] else at - 2
        if entry is None or not self._is_entry(piece, entry):
            return ""
        size, _, key = ENTRY.unpack_from(self._data, entry)
        key = key if hit[1] else size
        if key >= len(package.keys):
            return ""
        return f"{clean_line(package.types.text(piece.number - 1))}/{clean_line(package.keys.text(key))}"

    def _entry_of_full(self, at: int, floor: int) -> int | None:
        """Tell where the entry with a value at *at* begins: right before it, or at the head of its array."""
        size, flags, _ = ENTRY.unpack_from(self._data, at - 8)
        if size == 8 and not flags & (COMPLEX | COMPACT):
            return at - 8
        for row in range(_LONGEST_ARRAY):
            head = at - 4 - _MAP_ROW * row - _MAP_HEAD
            if head < floor:
                return None
            size, flags, _, _, count = struct.unpack_from("<HHIII", self._data, head)
            if size == _MAP_HEAD and flags & COMPLEX and row < count <= _LONGEST_ARRAY:
                return head
        return None

    def _is_entry(self, piece: Slice, at: int) -> bool:
        """Tell whether the type lists an entry at *at*: bytes may look like a value by chance."""
        flags, start = struct.unpack_from("<9xB6xI", self._data, piece.chunk.start)
        short = flags & (SPARSE | OFFSET16)
        offset = at - piece.chunk.start - start
        if offset < 0 or offset % 4:
            return False
        if short and offset // 4 > 0xFFFF:
            return False
        sought = struct.pack("<H", offset // 4) if short else struct.pack("<I", offset)
        step, first = (4, 2) if flags & SPARSE else (len(sought), 0)
        body, end = piece.chunk.body, min(piece.chunk.start + start, piece.chunk.end)
        end = min(end, body + 4 * MOST_ENTRIES)
        place = self._data.find(sought, body, end)
        while place >= 0 and (place - body) % step != first:
            place = self._data.find(sought, place + 1, end)
        return place >= 0
