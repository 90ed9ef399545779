"""Writes ``resources.arsc`` for tests, in each of the layouts Android knows.

Format: AOSP ``libs/androidfw/include/androidfw/ResourceTypes.h`` (``ResTable_*``).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from enum import StrEnum

from audit.model.record import record
from tests.build.axml import Value, chunk, pool, value_of


class Layout(StrEnum):
    """How the entries of a type are found and laid out."""

    PLAIN = "plain"
    SPARSE = "sparse"
    OFFSET16 = "offset16"
    COMPACT = "compact"


@record
class Resources:
    """The resources of one package: type → name → value; a list of strings is an array."""

    package: str
    values: Mapping[str, Mapping[str, Value | list[str]]]
    package_id: int = 0x7F

    def id(self, kind: str, name: str) -> int:
        """Tell the id of ``@kind/name``."""
        types = list(self.values)
        return self.package_id << 24 | types.index(kind) + 1 << 16 | list(self.values[kind]).index(name)

    def write(self, *, utf8: bool = True, layout: Layout = Layout.PLAIN) -> bytes:
        """Write the table."""
        strings = list(
            dict.fromkeys(
                text for names in self.values.values() for v in names.values() for text in _strings(v)
            )
        )
        index = {text: number for number, text in enumerate(strings)}
        return chunk(2, struct.pack("<I", 1), pool(strings, utf8=utf8) + self._package(index, utf8, layout))

    def _package(self, index: Mapping[str, int], utf8: bool, layout: Layout) -> bytes:
        keys = list(dict.fromkeys(name for names in self.values.values() for name in names))
        types = pool(list(self.values), utf8=utf8)
        names = pool(keys, utf8=utf8)
        head_size = 8 + 4 + 256 + 20
        head = struct.pack("<I", self.package_id) + self.package.encode("utf-16-le").ljust(256, b"\0")
        head += struct.pack("<IIIII", head_size, len(self.values), head_size + len(types), len(keys), 0)
        body = types + names
        for number, (_, entries) in enumerate(self.values.items(), 1):
            body += chunk(0x202, struct.pack("<BBHI", number, 0, 0, len(entries)), bytes(4 * len(entries)))
            packed = [_entry(keys.index(name), value, index, layout) for name, value in entries.items()]
            body += _type(number, packed, layout)
        return chunk(0x200, head, body)


def _strings(value: Value | list[str]) -> list[str]:
    if isinstance(value, list):
        return value
    return [value] if isinstance(value, str) else []


def _entry(key: int, value: Value | list[str], index: Mapping[str, int], layout: Layout) -> bytes:
    if isinstance(value, list):
        head = struct.pack("<HHIII", 16, 1, key, 0, len(value))
        return head + b"".join(
            struct.pack("<IHBBI", 0x02000000 + n, 8, 0, 0x03, index[text]) for n, text in enumerate(value)
        )
    kind, data = value_of(value, index)
    if layout is Layout.COMPACT:
        return struct.pack("<HHI", key, kind << 8 | 0x08, data)
    return struct.pack("<HHIHBBI", 8, 0, key, 8, 0, kind, data)


def _type(number: int, entries: list[bytes], layout: Layout) -> bytes:
    config = struct.pack("<I", 64) + bytes(60)
    offsets, data = [], b""
    for entry in entries:
        offsets.append(len(data))
        data += entry
    table, flags = _offsets(offsets, layout)
    start = 8 + 12 + len(config) + len(table)
    head = struct.pack("<BBHII", number, flags, 0, len(entries), start) + config
    return chunk(0x201, head, table + data)


def _offsets(offsets: list[int], layout: Layout) -> tuple[bytes, int]:
    if layout is Layout.SPARSE:
        return b"".join(struct.pack("<HH", n, offset // 4) for n, offset in enumerate(offsets)), 1
    if layout is Layout.OFFSET16:
        table = b"".join(struct.pack("<H", offset // 4) for offset in offsets)
        return table + b"\xff" * (-len(table) % 4), 2
    return struct.pack(f"<{len(offsets)}I", *offsets), 0
