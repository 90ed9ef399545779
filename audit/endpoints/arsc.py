"""``resources.arsc``: the strings of an app, where an overlay keeps the servers it sets.

Source: AOSP ``libs/androidfw/include/androidfw/ResourceTypes.h`` (``ResTable_*``) and ``LoadedArsc.cpp``.
Every pool is looked through. The name of the resource behind a find is told where the bytes of its value lead
back to an entry, so that the entries of the whole table need not be read.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace

from audit.endpoints.axml import DYNAMIC_REFERENCE, REFERENCE, STRING
from audit.endpoints.chunks import STRING_POOL, TABLE, Chunk, Damage, StringPool, chunks, whole_chunk
from audit.endpoints.part import Limits, Part
from audit.endpoints.pools import look
from audit.model.code import Found
from audit.model.record import record
from audit.model.text import clean_line

_PACKAGE, _TYPE = 0x0200, 0x0201
_SPARSE, _OFFSET16 = 0x01, 0x02
_COMPLEX, _COMPACT = 0x0001, 0x0008
_MAP_HEAD, _MAP_ROW = 16, 12
_LONGEST_ARRAY = 4096
_NAMED_AT_MOST = 2000
"""Finds given the name of their resource: one pattern is made of all their values."""
_HOPS = 8
_HEAD_OF_PACKAGE = struct.Struct("<I256sIIII")
_ENTRY = struct.Struct("<HHI")


@record
class Value:
    """What a resource is: ``Res_value`` type and data, and the string of one that is a string."""

    kind: int
    data: int
    text: str | None = None

    @property
    def truth(self) -> bool:
        """Tell whether it counts as true where Android wants a boolean."""
        return self.data != 0


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


class Table:
    """A resource table, opened. Nothing of its entries is read until it is asked for."""

    def __init__(self, data: bytes, *, where: str, limits: Limits) -> None:
        self.where, self.troubles = where, list[Damage]()
        self._data, self._limits = data, limits
        self._strings: StringPool | None = None
        self._packages: list[Package] = []
        try:
            self._open()
        except Damage as damage:
            self.troubles.append(damage)

    def _open(self) -> None:
        if self._data[:2] != TABLE.to_bytes(2, "little"):
            raise Damage(f"not a resource table: begins with {self._data[:4].hex() or 'nothing'}", 0)
        whole = whole_chunk(self._data, self.troubles)
        for chunk in chunks(self._data, whole.body, whole.end):
            if chunk.kind == STRING_POOL and self._strings is None:
                self._strings = StringPool(self._data, chunk, self._limits)
            elif chunk.kind == _PACKAGE:
                self._packages.append(self._package(chunk))

    def _package(self, chunk: Chunk) -> Package:
        if chunk.start + 8 + _HEAD_OF_PACKAGE.size > chunk.end:
            raise Damage("package without a whole header", chunk.start)
        number, _, types, _, keys, _ = _HEAD_OF_PACKAGE.unpack_from(self._data, chunk.start + 8)
        pools: dict[int, StringPool] = {}
        slices: list[Slice] = []
        try:
            for inner in chunks(self._data, chunk.body, chunk.end):
                if inner.kind == STRING_POOL and len(pools) < 2:
                    pools[inner.start - chunk.start] = StringPool(self._data, inner, self._limits)
                elif inner.kind == _TYPE:
                    slices.append(self._slice(inner))
        except Damage as damage:
            self.troubles.append(damage)
        return Package(
            id=number, start=chunk.start, types=pools.get(types), keys=pools.get(keys), slices=tuple(slices)
        )

    def _slice(self, chunk: Chunk) -> Slice:
        if chunk.start + 24 > chunk.end:
            raise Damage("type without a whole header", chunk.start)
        at = chunk.start + 20
        size = int.from_bytes(self._data[at : at + 4], "little")
        config = self._data[at + 4 : min(at + size, chunk.body)]
        return Slice(chunk=chunk, number=self._data[chunk.start + 8], default=not any(config))

    def part(self) -> Part:
        """Find what is of interest in all pools, with the resource it is the value of where that is cheap."""
        found = (
            self._named(look(self._strings, self.where, self._limits, self.troubles)) if self._strings else []
        )
        count = len(self._strings or ())
        for package in self._packages:
            for pool in (package.types, package.keys):
                if pool is not None:
                    count += len(pool)
                    found.extend(look(pool, self.where, self._limits, self.troubles))
        troubles = tuple(damage.trouble(self.where) for damage in self.troubles)
        return Part(form="resources", strings=count, found=tuple(found), troubles=troubles)

    def value(self, resource: int) -> Value | None:
        """Tell the value of a resource, by preference of its default configuration; None if it has none."""
        try:
            return self._value(resource)
        except Damage as damage:
            self.troubles.append(damage)
            return None

    def _value(self, resource: int) -> Value | None:
        for _ in range(_HOPS):
            found = self._lookup(resource)
            if found is None or found.kind not in {REFERENCE, DYNAMIC_REFERENCE}:
                return found
            resource = found.data
        return None

    def _lookup(self, resource: int) -> Value | None:
        package, number, entry = resource >> 24, resource >> 16 & 0xFF, resource & 0xFFFF
        slices = [s for p in self._packages if p.id in {package, 0} for s in p.slices if s.number == number]
        for piece in sorted(slices, key=lambda s: not s.default):
            at = self._entry(piece, entry)
            value = self._simple(at, piece.chunk.end) if at is not None else None
            if value is not None:
                return value
        return None

    def files(self, kind: str) -> Iterator[str]:
        """Give the files that are resources of type *kind* ("xml"), by their names in the archive."""
        for package in self._packages:
            for piece in package.slices:
                if package.types is not None and package.types.text(piece.number - 1) == kind:
                    yield from self._texts(piece)

    def _texts(self, piece: Slice) -> Iterator[str]:
        count = int.from_bytes(self._data[piece.chunk.start + 12 : piece.chunk.start + 16], "little")
        for entry in range(min(count, 0x10000)):
            at = self._entry(piece, entry)
            value = self._simple(at, piece.chunk.end) if at is not None else None
            if value is not None and value.text:
                yield value.text

    def _entry(self, piece: Slice, entry: int) -> int | None:
        """Tell where the entry lies; None where this configuration has none."""
        chunk, data = piece.chunk, self._data
        flags = data[chunk.start + 9]
        count, start = struct.unpack_from("<II", data, chunk.start + 12)
        if flags & _SPARSE:
            offset = self._sparse(chunk, count, entry)
        elif entry >= count:
            return None
        elif flags & _OFFSET16:
            at = chunk.body + 2 * entry
            short = int.from_bytes(data[at : at + 2], "little")
            offset = None if short == 0xFFFF else 4 * short
        else:
            at = chunk.body + 4 * entry
            offset = int.from_bytes(data[at : at + 4], "little")
            offset = None if offset == 0xFFFFFFFF else offset
        return None if offset is None else chunk.start + start + offset

    def _sparse(self, chunk: Chunk, count: int, entry: int) -> int | None:
        count = min(count, (chunk.end - chunk.body) // 4)
        pairs = struct.unpack_from(f"<{2 * count}H", self._data, chunk.body)
        return next((4 * pairs[i + 1] for i in range(0, 2 * count, 2) if pairs[i] == entry), None)

    def _simple(self, at: int, end: int) -> Value | None:
        if at + 8 > end:
            return None
        size, flags, key = _ENTRY.unpack_from(self._data, at)
        if flags & _COMPACT:
            return self._typed(flags >> 8, key)
        if flags & _COMPLEX or at + size + 8 > end:
            return None
        kind, data = struct.unpack_from("<BI", self._data, at + size + 3)
        return self._typed(kind, data)

    def _typed(self, kind: int, data: int) -> Value:
        text = self._strings.text(data) if kind == STRING and self._strings else None
        return Value(kind=kind, data=data, text=None if text is None else clean_line(text))

    # Names of what was found.

    def _named(self, found: list[Found]) -> list[Found]:
        """Put the name of the resource behind each find, for as many as one pattern can hold."""
        if not found or not self._packages or self._strings is None or len(found) > _NAMED_AT_MOST:
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
        for package in self._packages:
            starts = [piece.chunk.start for piece in package.slices]
            if not starts:
                continue
            end = max(piece.chunk.end for piece in package.slices)
            for hit in full.finditer(self._data, min(starts), end):
                piece = package.slices[max(0, bisect_right(starts, hit.start()) - 1)]
                number = int.from_bytes(hit[1] or hit[2], "little")
                name = self._name(package, piece, hit)
                if name and number not in names:
                    names[number] = name
        return names

    def _name(self, package: Package, piece: Slice, hit: re.Match[bytes]) -> str:
        if package.types is None or package.keys is None:
            return ""
        at = hit.start()
        entry = self._entry_of_full(at, piece.chunk.body) if hit[1] else at - 2
        if entry is None or not self._is_entry(piece, entry):
            return ""
        size, _, key = _ENTRY.unpack_from(self._data, entry)
        key = key if hit[1] else size
        if key >= len(package.keys):
            return ""
        return f"{clean_line(package.types.text(piece.number - 1))}/{clean_line(package.keys.text(key))}"

    def _entry_of_full(self, at: int, floor: int) -> int | None:
        """Tell where the entry with a value at *at* begins: right before it, or at the head of its array."""
        size, flags, _ = _ENTRY.unpack_from(self._data, at - 8)
        if size == 8 and not flags & (_COMPLEX | _COMPACT):
            return at - 8
        for row in range(_LONGEST_ARRAY):
            head = at - 4 - _MAP_ROW * row - _MAP_HEAD
            if head < floor:
                return None
            size, flags, _, _, count = struct.unpack_from("<HHIII", self._data, head)
            if size == _MAP_HEAD and flags & _COMPLEX and row < count <= _LONGEST_ARRAY:
                return head
        return None

    def _is_entry(self, piece: Slice, at: int) -> bool:
        """Tell whether the type lists an entry at *at*: bytes may look like a value by chance."""
        flags, start = struct.unpack_from("<9xB6xI", self._data, piece.chunk.start)
        short = flags & (_SPARSE | _OFFSET16)
        offset = at - piece.chunk.start - start
        if offset < 0 or offset % 4:
            return False
        if short and offset // 4 > 0xFFFF:
            return False
        sought = struct.pack("<H", offset // 4) if short else struct.pack("<I", offset)
        step, first = (4, 2) if flags & _SPARSE else (len(sought), 0)
        body, end = piece.chunk.body, min(piece.chunk.start + start, piece.chunk.end)
        place = self._data.find(sought, body, end)
        while place >= 0 and (place - body) % step != first:
            place = self._data.find(sought, place + 1, end)
        return place >= 0


def open_table(data: bytes, *, where: str, limits: Limits) -> Table:
    """Open a resource table; what is damaged shows in its part's troubles."""
    return Table(data, where=where, limits=limits)


def read_arsc(data: bytes, *, where: str, limits: Limits) -> Part:
    """Find addresses in a resource table, with the name of the resource where it is cheap to tell."""
    return open_table(data, where=where, limits=limits).part()
