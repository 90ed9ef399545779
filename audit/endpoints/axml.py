"""Binary XML: the manifest of every APK, and what is under ``res/xml``.

Source: AOSP ``libs/androidfw/ResourceTypes.cpp``, ``ResXMLTree``: what it skips (unknown chunks, a wrong
magic, headers longer than known) is skipped here, and attributes are found by the place and size their
element states, since tools that hide an APK's contents rely on readers being stricter than Android.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import replace

from audit.endpoints.chunks import NO_INDEX, STRING_POOL, Chunk, Damage, StringPool, chunks, whole_chunk
from audit.endpoints.part import Limits, Part
from audit.endpoints.pools import look
from audit.model.code import Found
from audit.model.record import record
from audit.model.text import clean_line

ATTRIBUTE_BYTES = 20
_RESOURCE_MAP, _START, _END, _CDATA = 0x0180, 0x0102, 0x0103, 0x0104
_MOST_IDS = 0x10000
_ELEMENT = struct.Struct("<IIHHH")
_ATTRIBUTE = struct.Struct("<IIIHBBI")

REFERENCE, STRING, DYNAMIC_REFERENCE, DECIMAL, HEXADECIMAL, BOOLEAN = 0x01, 0x03, 0x07, 0x10, 0x11, 0x12


@record
class Attribute:
    """An attribute. resource: its id in the framework, 0 for one known by name alone.

    kind, data: the typed value (``Res_value``); text: the string, where it has one
    """

    name: str
    resource: int
    kind: int
    data: int
    text: str | None


@record
class Element:
    """An element.

    parent: number of the one around it in document order, -1 for the root; offset: of its chunk;
    text: what stands directly in it
    """

    name: str
    parent: int
    depth: int
    offset: int
    attributes: tuple[Attribute, ...] = ()
    text: str = ""

    def by_id(self, resource: int) -> Attribute | None:
        """Find an ``android:`` attribute the way Android does: by resource id, whatever its name says."""
        return next((a for a in self.attributes if a.resource == resource), None)

    def by_name(self, name: str) -> Attribute | None:
        """Find an attribute without namespace by its name."""
        return next((a for a in self.attributes if a.name == name and not a.resource), None)


@record
class Document:
    """A binary XML file, read."""

    elements: tuple[Element, ...]
    part: Part


def is_binary_xml(data: bytes) -> bool:
    """Tell binary XML from text by its first bytes."""
    return data[:4] == b"\x03\x00\x08\x00"


def read_axml(data: bytes, *, where: str, limits: Limits) -> Part:
    """Find addresses in a binary XML file, wherever they stand in it: all its strings lie in one pool."""
    reader = _Reader(data, limits)
    return _part(reader, reader.find_pool, where)


def read_document(data: bytes, *, where: str, limits: Limits) -> Document:
    """Read a binary XML file into its elements and what its strings hold."""
    reader = _Reader(data, limits)
    part = _part(reader, reader.run, where)
    return Document(elements=tuple(reader.finished()), part=part)


def _part(reader: _Reader, run: Callable[[], None], where: str) -> Part:
    try:
        run()
    except Damage as damage:
        reader.troubles.append(damage.with_traceback(None))
    found, strings = list[Found](), 0
    if reader.pool is not None:
        strings = len(reader.pool)
        found = look(reader.pool, where, reader.limits, reader.troubles)
    troubles = tuple(damage.trouble(where) for damage in reader.troubles)
    return Part(form="binary XML", strings=strings, found=tuple(found), troubles=troubles)


class _Reader:
    """One pass over the chunks; elements are kept with their parents' numbers, so nothing here recurses."""

    def __init__(self, data: bytes, limits: Limits) -> None:
        self.data, self.limits = data, limits
        self.pool: StringPool | None = None
        self.troubles: list[Damage] = []
        self._ids: tuple[int, ...] = ()
        self._elements: list[Element] = []
        self._texts: dict[int, list[str]] = {}
        self._open: list[int] = []
        self._room = limits.entries

    def find_pool(self) -> None:
        whole = whole_chunk(self.data, self.troubles)
        for chunk in chunks(self.data, whole.body, whole.end):
            if chunk.kind == STRING_POOL:
                self.pool = StringPool(self.data, chunk, self.limits)
                return
        raise Damage("no string pool", whole.end)

    def run(self) -> None:
        whole = whole_chunk(self.data, self.troubles)
        for chunk in chunks(self.data, whole.body, whole.end):
            self._take(chunk)
        if self._open:
            raise Damage(f"ends within {len(self._open)} open elements", whole.end)

    def finished(self) -> Iterator[Element]:
        for number, element in enumerate(self._elements):
            yield replace(element, text="".join(self._texts[number])) if number in self._texts else element

    def _take(self, chunk: Chunk) -> None:
        if chunk.kind == STRING_POOL and self.pool is None:
            self.pool = StringPool(self.data, chunk, self.limits)
        elif chunk.kind == _RESOURCE_MAP:
            count = min((chunk.end - chunk.body) // 4, _MOST_IDS)
            self._ids = struct.unpack_from(f"<{count}I", self.data, chunk.body)
        elif chunk.kind == _START:
            self._begin(chunk)
        elif chunk.kind == _END:
            if self._open:
                self._open.pop()
        elif chunk.kind == _CDATA and self._open and chunk.body + 4 <= chunk.end:
            index = int.from_bytes(self.data[chunk.body : chunk.body + 4], "little")
            self._texts.setdefault(self._open[-1], []).append(self._text(index))

    def _begin(self, chunk: Chunk) -> None:
        if len(self._elements) >= self.limits.entries:
            raise Damage(f"more than {self.limits.entries} elements", chunk.start)
        if len(self._open) >= self.limits.depth:
            raise Damage(f"elements nested more than {self.limits.depth} deep", chunk.start)
        if chunk.body + _ELEMENT.size > chunk.end:
            raise Damage("element cut short", chunk.start)
        _, name, first, size, count = _ELEMENT.unpack_from(self.data, chunk.body)
        parent = self._open[-1] if self._open else -1
        element = Element(
            name=self._text(name),
            parent=parent,
            depth=len(self._open),
            offset=chunk.start,
            attributes=tuple(self._attributes(chunk, first, size, count)),
        )
        self._open.append(len(self._elements))
        self._elements.append(element)

    def _attributes(self, chunk: Chunk, first: int, size: int, count: int) -> Iterator[Attribute]:
        """Give the attributes; like Android, none of an element whose attributes do not fit into it."""
        if count and (size < ATTRIBUTE_BYTES or chunk.body + first + size * count > chunk.end):
            self.troubles.append(
                Damage(f"{count} attributes of {size} bytes do not fit their element", chunk.start)
            )
            return
        self._room -= count
        if self._room < 0:
            raise Damage(f"more than {self.limits.entries} attributes", chunk.start)
        for number in range(count):
            at = chunk.body + first + size * number
            _, name, raw, _, _, kind, data = _ATTRIBUTE.unpack_from(self.data, at)
            text = self._text(data) if kind == STRING else self._text(raw) if raw != NO_INDEX else None
            resource = self._ids[name] if name < len(self._ids) else 0
            yield Attribute(name=self._text(name), resource=resource, kind=kind, data=data, text=text)

    def _text(self, index: int) -> str:
        return clean_line(self.pool.text(index)) if self.pool is not None else ""
