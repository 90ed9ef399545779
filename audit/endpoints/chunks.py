"""What binary XML and resource tables are made of: chunks within chunks, and pools of strings.

Source: AOSP ``libs/androidfw/include/androidfw/ResourceTypes.h``, ``ResChunk_header`` and ``ResStringPool``,
and what ``ResourceTypes.cpp`` tolerates, since that is what runs on a unit.
"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from operator import gt

from audit.endpoints.part import Limits
from audit.model.code import Trouble
from audit.model.record import record

STRING_POOL, TABLE = 0x0001, 0x0002
NO_INDEX = 0xFFFFFFFF
_UTF8 = 0x100
_HEADER = struct.Struct("<HHI")
_POOL = struct.Struct("<IIIII")
_MOST_CHUNKS = 1_000_000
_NOT_ASCII = bytes([0]) + bytes([0x80]) * 255


class Damage(Exception):
    """A structure that cannot be read on from *offset*, counted from the start of the part.

    It never leaves this folder: each reader turns it into a `Trouble`. One that is kept is kept without its
    traceback, which would keep alive all that was at hand where it was raised.
    """

    def __init__(self, reason: str, offset: int | None = None) -> None:
        self.reason, self.offset = reason, offset
        super().__init__(reason)

    def trouble(self, where: str) -> Trouble:
        """Say the same as data."""
        return Trouble(reason=self.reason, where=where, offset=self.offset)


@record
class Chunk:
    """A chunk: its type, where it starts, where its body starts, and where it ends."""

    kind: int
    start: int
    body: int
    end: int


def chunk_at(data: bytes, start: int, end: int) -> Chunk:
    """Read the header at *start*. A size that reaches beyond *end* is cut there, as Android's loops do.

    Raises `Damage` where there is no header or its sizes make no sense.
    """
    if start + _HEADER.size > end:
        raise Damage(f"ends within the header of a chunk, {end - start} bytes of 8", start)
    kind, head, size = _HEADER.unpack_from(data, start)
    if size < _HEADER.size or head < _HEADER.size or head > size:
        raise Damage(f"chunk 0x{kind:04x} claims {size} bytes with a header of {head}", start)
    return Chunk(kind=kind, start=start, body=min(start + head, end), end=min(start + size, end))


def whole_chunk(data: bytes, troubles: list[Damage]) -> Chunk:
    """Read the chunk that is the whole of *data*; one that claims more than there is adds to *troubles*."""
    whole = chunk_at(data, 0, len(data))
    claimed = int.from_bytes(data[4:8], "little")
    if claimed > len(data):
        troubles.append(Damage(f"claims {claimed} bytes and has {len(data)}", len(data)))
    return whole


def chunks(data: bytes, start: int, end: int) -> Iterator[Chunk]:
    """Give the chunks between *start* and *end*, one after the other; `Damage` ends it."""
    for _ in range(_MOST_CHUNKS):
        if start >= end:
            return
        found = chunk_at(data, start, end)
        yield found
        start = found.end
    raise Damage(f"more than {_MOST_CHUNKS} chunks", start)


class StringPool:
    """The strings of one pool, decoded when asked for.

    A count or a place that cannot be is kept as a trouble in `troubles`, and the rest is read. Strings may
    overlap, so what is decoded in all is bounded by the size of the pool.
    """

    def __init__(self, data: bytes, chunk: Chunk, limits: Limits) -> None:
        if chunk.start + 28 > chunk.end:
            raise Damage("string pool without a whole header", chunk.start)
        count, _, flags, strings, styles = _POOL.unpack_from(data, chunk.start + 8)
        self.start, self.troubles = chunk.start, list[Damage]()
        self._data, self._end = data, chunk.end
        self._utf8 = bool(flags & _UTF8)
        self._base = chunk.start + int(strings)
        if chunk.start < chunk.start + styles <= chunk.end and styles > strings:
            self._end = chunk.start + styles
        self._offsets = self._read_offsets(count, chunk, limits)
        self._left = 2 * (chunk.end - chunk.start) + 4096
        self._known: dict[int, str] = {}

    def _read_offsets(self, count: int, chunk: Chunk, limits: Limits) -> array[int]:
        room = max(0, (chunk.end - chunk.body) // 4)
        if count > min(room, limits.strings):
            self.troubles.append(
                Damage(
                    f"string pool claims {count} strings; {min(room, limits.strings)} looked at", chunk.start
                )
            )
            count = min(room, limits.strings)
        offsets = array("I")
        offsets.frombytes(self._data[chunk.body : chunk.body + 4 * count])
        if sys.byteorder == "big":
            offsets.byteswap()
        return offsets

    def __len__(self) -> int:
        return len(self._offsets)

    def offset(self, index: int) -> int:
        """Tell where string *index* lies, in bytes from the start of the part."""
        return self._base + self._offsets[index]

    def text(self, index: int) -> str:
        """Give string *index*; "" where there is none."""
        if index >= len(self._offsets):
            return ""
        if index not in self._known:
            self._known[index] = self._decode(self.offset(index))
        return self._known[index]

    def all(self) -> Iterator[tuple[int, str]]:
        """Give every string with its place."""
        decode, base = self._decode, self._base
        for offset in self._offsets:
            yield base + offset, decode(base + offset)

    def near(self, places: Iterable[int]) -> Iterator[tuple[int, str]]:
        """Give the strings that hold any of *places* in `block`, in the order they lie in."""
        starts: Sequence[int] = self._offsets
        if any(map(gt, starts, starts[1:])):
            starts = sorted(starts)
        step = 1 if self._utf8 else 2
        for index in sorted({bisect_right(starts, place * step) - 1 for place in places} - {-1}):
            yield self._base + starts[index], self._decode(self._base + starts[index])

    def block(self) -> bytes | None:
        """Give all strings in one, a byte for each ASCII character whatever the encoding.

        Other characters are bytes from 0x80 on. None if the strings do not lie one behind the other, each
        with a zero at its end, as only files made to deceive have them.
        """
        block = self._data[self._base : self._end]
        step = 1 if self._utf8 else 2
        if len(block) % step or any(block[max(0, at - step) : at].strip(b"\0") for at in self._offsets):
            return None
        if step == 1 or not block:
            return block
        # A byte of 0x80 wherever the upper half of a character is not zero, laid over the lower halves.
        above = int.from_bytes(block[1::2].translate(_NOT_ASCII), "little")
        return (int.from_bytes(block[::2], "little") | above).to_bytes(len(block) // 2, "little")

    def _decode(self, at: int) -> str:
        begin, end = self._utf8_range(at) if self._utf8 else self._utf16_range(at)
        self._left -= end - begin
        if self._left < 0:
            raise Damage("string pool decodes to more than twice its size: its strings overlap", self.start)
        return self._data[begin:end].decode("utf-8" if self._utf8 else "utf-16-le", "replace")

    def _utf8_range(self, at: int) -> tuple[int, int]:
        data, last = self._data, self._end
        if at + 2 > last:
            return self._outside(at)
        at += 2 if data[at] & 0x80 else 1
        if at + 1 > last:
            return self._outside(at)
        length = data[at]
        at += 1
        if length & 0x80 and at < last:
            length = (length & 0x7F) << 8 | data[at]
            at += 1
        end = at + length
        if end >= last or data[end]:
            # aapt writes fifteen bits of the length; the string goes on until its zero.
            end = data.find(b"\0", min(end, last), last)
            end = last if end < 0 else end
        return at, end

    def _utf16_range(self, at: int) -> tuple[int, int]:
        data, last = self._data, self._end
        if at + 2 > last:
            return self._outside(at)
        units = data[at] | data[at + 1] << 8
        at += 2
        if units & 0x8000 and at + 2 <= last:
            units = (units & 0x7FFF) << 16 | data[at] | data[at + 1] << 8
            at += 2
        return at, min(at + 2 * units, last)

    def _outside(self, at: int) -> tuple[int, int]:
        if len(self.troubles) < 8:  # one broken pool does not need a thousand sentences
            self.troubles.append(Damage("string lies outside its pool", at))
        return 0, 0
