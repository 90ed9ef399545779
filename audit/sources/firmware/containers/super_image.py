"""Super images: a partition that holds partitions, by a table at its beginning.

Source: AOSP ``system/core/fs_mgr/liblp/include/liblp/metadata_format.h`` and ``reader.cpp``: geometry at 4096
and again at 8192, then a table for each slot, then all of them again.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from typing import Any

from audit.errors import BadInput
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources.firmware.containers.image import BROKEN, Fill, Image, Piece, image
from audit.sources.firmware.containers.reader import look

_GEOMETRY = struct.Struct("<4sI32s3I")
_HEADER = struct.Struct("<4s2HI32sI32s12I")
_PARTITION = struct.Struct("<36s4I")
_EXTENT = struct.Struct("<QIQI")

_GEOMETRY_MAGIC, _HEADER_MAGIC = b"gDla", b"0PLA"
_RESERVED = 4096
_SECTOR = 512
_LINEAR, _ZERO = 0, 1
_DISABLED = 8
_LARGEST_TABLE = 1 << 20
"""AOSP makes it 64 KB."""
_MOST_SLOTS = 8
_MOST_ENTRIES = 4096
"""Factory images have up to 40 partitions, and units that took many updates some hundred extents."""

HEAD_BYTES = 2 * _RESERVED + _GEOMETRY.size
"""How much of an image `is_super` wants to see."""


@record
class Extent:
    """Where a stretch of a partition lies: *sectors* of 512 bytes from *start* on, on one of the devices."""

    sectors: int
    kind: int
    start: int
    device: int


@record
class Logical:
    """One partition of a super image; `image` gives what it holds.

    name: with its slot, as it is written there
    extents: none where the slot is not in use
    """

    name: str
    extents: tuple[Extent, ...]


def is_super(head: bytes) -> bool:
    """Whether an image that begins with *head* is a super image; either copy of the geometry will do."""
    return any(
        head[at : at + 4] == _GEOMETRY_MAGIC and int.from_bytes(head[at + 4 : at + 8], "little") < _RESERVED
        for at in (_RESERVED, 2 * _RESERVED)
    )


def partitions(packed: Image) -> tuple[Logical, ...]:
    """The partitions of *packed*. Raises BadInput where no copy of its table holds up to its checksums."""
    table_bytes, slots = _geometry(packed)
    first = 3 * _RESERVED
    # the copy of a slot's table stands in for it before another slot does
    order = [first + (copy * slots + slot) * table_bytes for slot in range(slots) for copy in (0, 1)]
    problems = []
    for at in order:
        try:
            return _read_table(packed, at, table_bytes)
        except BadInput as error:
            problems.append(error)
    raise problems[0]


def logical_image(packed: Image, partition: Logical) -> Image:
    """What *partition* of *packed* holds. Raises BadInput where it lies outside, or on another device."""
    return image(f"{packed.origin} > {partition.name}", _pieces(packed, partition))


def _pieces(packed: Image, partition: Logical) -> Iterator[Piece]:
    for extent in partition.extents:
        size = extent.sectors * _SECTOR
        if extent.kind == _ZERO:
            yield Fill(size=size)
        elif extent.kind != _LINEAR:
            raise _bad(packed, f"gives {partition.name} an extent of the unknown type {extent.kind}")
        elif extent.device:
            raise _bad(packed, f"keeps {partition.name} on the second of several devices")
        else:
            yield from packed.cut(extent.start * _SECTOR, size)


def _geometry(packed: Image) -> tuple[int, int]:
    """Bytes kept for each table, and how many slots there are."""
    problem = "has no geometry at 4096 or 8192"
    for at in (_RESERVED, 2 * _RESERVED):
        data = look(packed, at, _RESERVED)
        if len(data) < _GEOMETRY.size or not data.startswith(_GEOMETRY_MAGIC):
            continue
        _magic, size, checksum, table_bytes, slots, _block = _GEOMETRY.unpack_from(data)
        if not _GEOMETRY.size <= size <= len(data) or _digest(data[:size], 8) != checksum:
            problem = f"has a geometry at {at} that does not match its checksum"
        elif not (
            0 < table_bytes <= _LARGEST_TABLE and table_bytes % _SECTOR == 0 and 0 < slots <= _MOST_SLOTS
        ):
            problem = f"has a geometry at {at} of {slots} tables of {table_bytes} bytes"
        else:
            return table_bytes, slots
    raise _bad(packed, problem)


def _read_table(packed: Image, at: int, most: int) -> tuple[Logical, ...]:
    data = look(packed, at, most)
    if len(data) < _HEADER.size or not data.startswith(_HEADER_MAGIC):
        raise _bad(packed, f"has no table of partitions at {at}")
    _magic, major, minor, header, checksum, tables, tables_checksum, *rest = _HEADER.unpack_from(data)
    if major != 10:
        raise _bad(packed, f"has a table of version {major}.{minor} at {at}; 10 is known")
    if not _HEADER.size <= header <= len(data) - tables or _digest(data[:header], 12) != checksum:
        raise _bad(packed, f"has a table of partitions at {at} that does not match its checksum")
    body = data[header : header + tables]
    if hashlib.sha256(body).digest() != tables_checksum:
        raise _bad(packed, f"has tables at {at + header} that do not match their checksum")
    extents = tuple(
        Extent(sectors=sectors, kind=kind, start=start, device=device)
        for sectors, kind, start, device in _entries(packed, body, rest[3:6], _EXTENT)
    )
    found = []
    for name, attributes, start, count, _group in _entries(packed, body, rest[:3], _PARTITION):
        if start + count > len(extents):
            raise _bad(packed, f"gives a partition extents {start} to {start + count} of {len(extents)}")
        if not attributes & _DISABLED:
            found.append(Logical(name=_name(name), extents=extents[start : start + count]))
    return tuple(found)


def _entries(
    packed: Image, body: bytes, descriptor: list[int], entry: struct.Struct
) -> Iterator[tuple[Any, ...]]:
    offset, count, size = descriptor
    if size < entry.size or offset + count * size > len(body) or count > _MOST_ENTRIES:
        raise _bad(packed, f"has a table of {count} entries of {size} bytes, which does not fit")
    return (entry.unpack_from(body, offset + index * size) for index in range(count))


def _digest(data: bytes, at: int) -> bytes:
    """SHA-256 of *data* with the 32 bytes at *at*, which keep it, as zeros."""
    return hashlib.sha256(data[:at] + bytes(32) + data[at + 32 :]).digest()


def _name(raw: bytes) -> str:
    return clean_line(raw.partition(b"\0")[0].decode("ascii", "replace"))


def _bad(packed: Image, what: str) -> BadInput:
    return BadInput(what, where=packed.origin, fix=BROKEN)
