"""``payload.bin`` of A/B updates: partitions as operations, each of which writes some blocks.

Source: AOSP ``system/update_engine/update_metadata.proto`` and ``common/constants``: ``CrAU``, version 2,
the manifest's size, its signature's size, the manifest, its signature, the data. Numbers are big-endian.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from types import MappingProxyType

from audit.errors import BadInput
from audit.model.record import record
from audit.model.text import clean_line
from audit.sources.firmware.containers import wire
from audit.sources.firmware.containers.image import (
    BROKEN,
    LARGEST_BYTES,
    MOST_PIECES,
    Canvas,
    Fill,
    Image,
    Piece,
    image,
)
from audit.sources.firmware.containers.reader import look
from audit.sources.firmware.containers.unpack import Codec

MAGIC = b"CrAU"

INCREMENTAL = "is an incremental update: it holds only the changes"
FULL = "give the full OTA package or the factory image of the same build"

_HEADER = struct.Struct(">4s2QI")
_LARGEST_MANIFEST = 16 * 1024 * 1024
"""A full update of a current phone has 1 MB."""
_MOST_PARTITIONS = 200
_MOST_BLOCK = 1 << 16

_REPLACE = 0
_NOTHING = frozenset({6, 7})
"""ZERO, DISCARD: blocks of zeros."""
_CODECS = MappingProxyType({1: Codec.BZIP2, 8: Codec.XZ, 14: Codec.ZSTD})
_INCREMENTAL = frozenset({2, 3, 4, 5, 9, 10, 11, 12, 13})
"""MOVE, BSDIFF, SOURCE_COPY, SOURCE_BSDIFF, PUFFDIFF, BROTLI_BSDIFF, ZUCCHINI and two LZ4DIFFs."""


@record
class Update:
    """What a payload does to one partition; `Payload.image` is what it becomes.

    size: bytes of the partition, where that is told
    message: the ``PartitionUpdate``, undecoded: only operations of a wanted partition are looked at
    """

    name: str
    size: int | None
    message: memoryview


@record
class _Operation:
    kind: int
    offset: int
    length: int
    extents: tuple[tuple[int, int], ...]


class Payload:
    """An opened payload. Raises BadInput for a damaged one."""

    def __init__(self, packed: Image) -> None:
        self._packed = packed
        head = look(packed, 0, _HEADER.size)
        if len(head) < _HEADER.size or not head.startswith(MAGIC):
            raise self._bad("does not begin as a payload")
        _magic, version, manifest, signature = _HEADER.unpack(head)
        if version != 2:
            raise self._bad(f"is a payload of version {version}; 2 is known")
        if manifest > _LARGEST_MANIFEST or _HEADER.size + manifest + signature > packed.size:
            raise self._bad(f"announces a manifest of {manifest} bytes, which does not fit")
        self._data = _HEADER.size + manifest + signature
        self._block = 4096
        self.updates = tuple(self._manifest(memoryview(look(packed, _HEADER.size, manifest))))

    def _manifest(self, data: memoryview) -> Iterator[Update]:
        try:
            for number, value in wire.fields(data):
                if number == 3:
                    self._block = wire.number(value)
            if not 0 < self._block <= _MOST_BLOCK:
                raise self._bad(f"has blocks of {self._block} bytes")
            found = [wire.message(value) for number, value in wire.fields(data) if number == 13]
            if len(found) > _MOST_PARTITIONS:
                raise self._bad(f"has {len(found)} partitions; {_MOST_PARTITIONS} are the most")
            yield from map(_update, found)
        except ValueError as error:
            raise self._bad(f"has a damaged manifest: {error}") from error

    def image(self, update: Update) -> Image:
        """The raw image that *update* makes. Raises BadInput for a damaged or an incremental one."""
        origin = f"{self._packed.origin} > {update.name}"
        canvas = Canvas(origin)
        try:
            for number, value in wire.fields(update.message):
                if number == 8:
                    self._lay(canvas, _operation(wire.message(value)), origin)
        except ValueError as error:
            raise self._bad(f"has a damaged operation for {update.name}: {error}") from error
        size = canvas.end if update.size is None else update.size
        if size < canvas.end <= -(-size // self._block) * self._block:
            return canvas.image().part(0, size, origin)
        return canvas.image(size)

    def _lay(self, canvas: Canvas, operation: _Operation, origin: str) -> None:
        total = sum(count for _, count in operation.extents) * self._block
        if total > LARGEST_BYTES:
            raise self._bad(f"has an operation of {total} bytes")
        made = image(origin, self._pieces(operation, total))
        begin = 0
        for start, count in operation.extents:
            canvas.lay(start * self._block, made.cut(begin, count * self._block))
            begin += count * self._block

    def _pieces(self, operation: _Operation, total: int) -> Iterator[Piece]:
        """What *operation* writes, *total* bytes."""
        if operation.kind in _INCREMENTAL:
            raise BadInput(INCREMENTAL, where=self._packed.origin, fix=FULL)
        if operation.kind in _NOTHING:
            yield Fill(size=total)
        elif operation.kind == _REPLACE:
            if not 0 <= total - operation.length < self._block:
                raise self._bad(f"has {operation.length} bytes of data for blocks of {total} bytes")
            yield from self._packed.cut(self._data + operation.offset, operation.length)
            yield Fill(size=total - operation.length)
        elif operation.kind in _CODECS:
            codec = _CODECS[operation.kind]
            yield self._packed.packed(self._data + operation.offset, operation.length, codec, total)
        else:
            raise self._bad(f"has an operation of the unknown type {operation.kind}")

    def _bad(self, what: str) -> BadInput:
        return BadInput(what, where=self._packed.origin, fix=BROKEN)


def _update(message: memoryview) -> Update:
    name, size = "", None
    for number, value in wire.fields(message):
        if number == 1:
            name = clean_line(bytes(wire.message(value)).decode("utf-8", "replace"))
        elif number == 7:
            sizes = [wire.number(v) for n, v in wire.fields(wire.message(value)) if n == 1]
            size = sizes[-1] if sizes else None
    if not name:
        raise ValueError("a partition without a name")
    return Update(name=name, size=size, message=message)


def _operation(message: memoryview) -> _Operation:
    numbers = {1: _REPLACE, 2: 0, 3: 0}
    extents: list[tuple[int, int]] = []
    for number, value in wire.fields(message):
        if number in numbers:
            numbers[number] = wire.number(value)
        elif number == 6:
            extents.append(_extent(wire.message(value)))
            if len(extents) > MOST_PIECES:
                raise ValueError(f"more than {MOST_PIECES} extents")
    return _Operation(kind=numbers[1], offset=numbers[2], length=numbers[3], extents=tuple(extents))


def _extent(message: memoryview) -> tuple[int, int]:
    start = count = 0
    for number, value in wire.fields(message):
        if number == 1:
            start = wire.number(value)
        elif number == 2:
            count = wire.number(value)
    return start, count
