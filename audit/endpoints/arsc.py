"""``resources.arsc``: the strings of an app, where an overlay keeps the servers it sets.

Source: AOSP ``libs/androidfw/include/androidfw/ResourceTypes.h`` (``ResTable_*``) and ``LoadedArsc.cpp``.
Every pool is looked through; entries are read only where a resource is asked for.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import chain

from audit.endpoints.axml import DYNAMIC_REFERENCE, REFERENCE, STRING
from audit.endpoints.chunks import (
    NO_INDEX,
    STRING_POOL,
    TABLE,
    Chunk,
    Damage,
    StringPool,
    chunks,
    whole_chunk,
)
from audit.endpoints.part import Limits, Part
from audit.endpoints.pools import look
from audit.endpoints.resource_names import (
    COMPACT,
    COMPLEX,
    ENTRY,
    MOST_ENTRIES,
    OFFSET16,
    SPARSE,
    Package,
    Slice,
    Tracer,
)
from audit.model.code import Found
from audit.model.record import record
from audit.model.text import clean_line

_PACKAGE, _TYPE = 0x0200, 0x0201
_MOST_SLICES = 100_000
_MOST_STEPS = 1_000_000
"""Entries looked at, for values and lists of files, of one table."""
_HOPS = 8
_HEAD_OF_PACKAGE = struct.Struct("<I256sIIII")


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


class Table:
    """A resource table, opened. Nothing of its entries is read until it is asked for."""

    def __init__(self, data: bytes, *, where: str, limits: Limits) -> None:
        self.where, self.troubles = where, list[Damage]()
        self._data, self._limits = data, limits
        self._strings: StringPool | None = None
        self._packages: list[Package] = []
        self._left = _MOST_STEPS
        try:
            self._open()
        except Damage as damage:
            self.troubles.append(damage.with_traceback(None))

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
                    slices.append(self._slice(inner, len(slices)))
        except Damage as damage:
            self.troubles.append(damage.with_traceback(None))
        by_number: dict[int, list[Slice]] = {}
        for piece in slices:
            by_number.setdefault(piece.number, []).append(piece)
        return Package(
            id=number,
            start=chunk.start,
            types=pools.get(types),
            keys=pools.get(keys),
            slices=tuple(slices),
            by_number=by_number,
        )

    def _slice(self, chunk: Chunk, before: int) -> Slice:
        if before == _MOST_SLICES:
            raise Damage(f"more than {_MOST_SLICES} types and configurations", chunk.start)
        if chunk.start + 24 > chunk.end:
            raise Damage("type without a whole header", chunk.start)
        at = chunk.start + 20
        size = int.from_bytes(self._data[at : at + 4], "little")
        config = self._data[at + 4 : min(at + size, chunk.body)]
        return Slice(chunk=chunk, number=self._data[chunk.start + 8], default=not any(config))

    def part(self) -> Part:
        """Find what is of interest in all pools, with the resource it is the value of where that is cheap."""
        found = self._look()
        count = len(self._strings or ())
        for package in self._packages:
            for pool in (package.types, package.keys):
                if pool is not None:
                    count += len(pool)
                    found.extend(look(pool, self.where, self._limits, self.troubles))
        troubles = tuple(damage.trouble(self.where) for damage in self.troubles)
        return Part(form="resources", strings=count, found=tuple(found), troubles=troubles)

    def _look(self) -> list[Found]:
        if self._strings is None:
            return []
        found = look(self._strings, self.where, self._limits, self.troubles)
        try:
            return Tracer(self._data, self._strings, self._packages).named(found)
        except Damage as damage:
            self.troubles.append(damage.with_traceback(None))
            return found

    def value(self, resource: int) -> Value | None:
        """Tell the value of a resource, by preference of its default configuration; None if it has none."""
        if self._left < 0:
            return None
        try:
            return self._value(resource)
        except Damage as damage:
            self.troubles.append(damage.with_traceback(None))
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
        groups = [p.by_number.get(number, ()) for p in self._packages if p.id in {package, 0}]
        self._step(sum(map(len, groups)))
        for piece in sorted(chain.from_iterable(groups), key=lambda s: not s.default):
            at = self._entry(piece, entry)
            value = self._simple(at, piece.chunk.end) if at is not None else None
            if value is not None:
                return value
        return None

    def files(self, kind: str) -> Iterator[str]:
        """Give the files that are resources of type *kind* ("xml"), by their names in the archive."""
        try:
            for package in self._packages:
                for number, slices in package.by_number.items():
                    if package.types is not None and package.types.text(number - 1) == kind:
                        yield from (text for piece in slices for text in self._texts(piece))
        except Damage as damage:
            self.troubles.append(damage.with_traceback(None))

    def _step(self, count: int) -> None:
        self._left -= count
        if self._left < 0:
            raise Damage(f"resolving takes more than {_MOST_STEPS} steps", 0)

    def _texts(self, piece: Slice) -> Iterator[str]:
        for at in self._places(piece):
            value = self._simple(at, piece.chunk.end)
            if value is not None and value.text:
                yield value.text

    def _places(self, piece: Slice) -> Iterator[int]:
        """Give where the entries of one configuration lie."""
        chunk = piece.chunk
        flags, count, start = struct.unpack_from("<9xB2xII", self._data, chunk.start)
        width = 2 if flags & OFFSET16 and not flags & SPARSE else 4
        count = min(count, (chunk.end - chunk.body) // width, MOST_ENTRIES)
        self._step(count)
        if width == 2:
            offsets = (4 * n for n in struct.unpack_from(f"<{count}H", self._data, chunk.body) if n != 0xFFFF)
        elif flags & SPARSE:
            offsets = (4 * (n >> 16) for n in struct.unpack_from(f"<{count}I", self._data, chunk.body))
        else:
            offsets = (n for n in struct.unpack_from(f"<{count}I", self._data, chunk.body) if n != NO_INDEX)
        return (chunk.start + start + offset for offset in offsets)

    def _entry(self, piece: Slice, entry: int) -> int | None:
        """Tell where the entry lies; None where this configuration has none."""
        chunk, data = piece.chunk, self._data
        flags = data[chunk.start + 9]
        count, start = struct.unpack_from("<II", data, chunk.start + 12)
        if flags & SPARSE:
            offset = self._sparse(chunk, count, entry)
        elif entry >= count:
            return None
        elif flags & OFFSET16:
            at = chunk.body + 2 * entry
            short = int.from_bytes(data[at : at + 2], "little")
            offset = None if short == 0xFFFF else 4 * short
        else:
            at = chunk.body + 4 * entry
            offset = int.from_bytes(data[at : at + 4], "little")
            offset = None if offset == 0xFFFFFFFF else offset
        return None if offset is None else chunk.start + start + offset

    def _sparse(self, chunk: Chunk, count: int, entry: int) -> int | None:
        count = min(count, (chunk.end - chunk.body) // 4, MOST_ENTRIES)
        self._step(count)
        pairs = struct.unpack_from(f"<{2 * count}H", self._data, chunk.body)
        return next((4 * pairs[i + 1] for i in range(0, 2 * count, 2) if pairs[i] == entry), None)

    def _simple(self, at: int, end: int) -> Value | None:
        if at + 8 > end:
            return None
        size, flags, key = ENTRY.unpack_from(self._data, at)
        if flags & COMPACT:
            return self._typed(flags >> 8, key)
        if flags & COMPLEX or at + size + 8 > end:
            return None
        kind, data = struct.unpack_from("<BI", self._data, at + size + 3)
        return self._typed(kind, data)

    def _typed(self, kind: int, data: int) -> Value:
        text = self._strings.text(data) if kind == STRING and self._strings else None
        return Value(kind=kind, data=data, text=None if text is None else clean_line(text))


def open_table(data: bytes, *, where: str, limits: Limits) -> Table:
    """Open a resource table; what is damaged shows in its part's troubles."""
    return Table(data, where=where, limits=limits)


def read_arsc(data: bytes, *, where: str, limits: Limits) -> Part:
    """Find addresses in a resource table, with the name of the resource where it is cheap to tell."""
    return open_table(data, where=where, limits=limits).part()
