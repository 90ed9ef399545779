"""A ZIP archive as Android reads it, entry by entry, from a file that is never loaded whole.

The standard library's ``zipfile`` was measured on the same archives and is not used: it refuses entries whose
encryption bit is set, whose method it does not know or whose two names differ. Android opens all of these,
and tools that hide an APK's contents make them on purpose.

What Android does (AOSP ``system/libziparchive/zip_archive.cc``, ``libs/androidfw/AssetsProvider.cpp``): the
central directory alone says names, sizes and methods; the encryption bit is ignored; every method but deflate
is taken as stored. Names twice in an archive, which Android refuses, are all given. CRCs are not compared.

Reading is written without I/O (`Asking`): a generator asks for (offset, length) and is sent the bytes, so
that the same code reads a file here and a file on a unit through a shell.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Generator, Iterator
from io import BytesIO
from typing import BinaryIO, TypeAlias, TypeVar

from audit.endpoints.chunks import Damage
from audit.endpoints.part import Limits
from audit.model.record import record
from audit.model.text import clean_line

T = TypeVar("T")
Asking: TypeAlias = Generator[tuple[int, int], bytes, T]
"""Yields the (offset, length) it wants to know, is sent those bytes (fewer where the file ends)."""

STORED, DEFLATED = 0, 8
END_BYTES, LOCAL_BYTES = 22, 30
_COMMENT_BYTES = 0xFFFF
_PIECE_BYTES = 1 << 20
_MOST_TOLD = 20
_DIRECTORY_BYTES = 64 << 20
_END, _END64, _LOCATOR, _CENTRAL, _LOCAL = (b"PK\5\6", b"PK\6\6", b"PK\6\7", b"PK\1\2", b"PK\3\4")
_END_RECORD = struct.Struct("<4x4HIIH")
_CENTRAL_RECORD = struct.Struct("<10xH8xIIHHH8xI")
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF


@record
class Entry:
    """One entry, as the central directory states it.

    offset: of its local header, from the start of the file; compressed, size: bytes; name: safe to show
    """

    name: str
    offset: int
    method: int
    compressed: int
    size: int


@record
class Directory:
    """The list of an archive. start: where the central directory begins, which is where signatures end."""

    start: int
    entries: tuple[Entry, ...]
    troubles: tuple[Damage, ...] = ()


@record
class End:
    """The end of central directory record. shift: bytes put before the archive."""

    at: int
    start: int
    size: int
    count: int
    shift: int = 0


def answer(asking: Asking[T], read_at: Callable[[int, int], bytes]) -> T:
    """Run *asking* to its end with *read_at*(offset, length)."""
    try:
        wanted = next(asking)
        while True:
            wanted = asking.send(read_at(*wanted))
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # StopIteration does not know what its generator returns


def remembering(asking: Asking[T]) -> Asking[T]:
    """Run *asking*, answering from what it was sent before: asking a unit costs more than the bytes."""
    known: list[tuple[int, bytes]] = []
    try:
        offset, length = next(asking)
        while True:
            held = next(
                (d[offset - s :][:length] for s, d in known if s <= offset and offset + length <= s + len(d)),
                None,
            )
            if held is None:
                held = yield offset, length
                known.append((offset, held))
            offset, length = asking.send(held)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # see answer()


def ask_end(size: int) -> Asking[End]:
    """Find the end record in the last 64 KiB of a file of *size* bytes. Raises `Damage` if there is none."""
    length = min(size, END_BYTES + _COMMENT_BYTES)
    tail = yield size - length, length
    at = tail.rfind(_END)
    while at >= 0:
        if at + END_BYTES <= len(tail):
            end = yield from _end_at(size - length + at, tail[at : at + END_BYTES])
            if end is not None:
                return end
        at = tail.rfind(_END, 0, at)
    raise Damage(
        "no ZIP archive, or its end is missing: no end of central directory in the last 64 KiB", size
    )


def _end_at(at: int, head: bytes) -> Asking[End | None]:
    """Check a candidate: its directory has to lie before it and to begin like one."""
    _, _, _, count, size, start, _ = _END_RECORD.unpack(head)
    if _FULL32 in {start, size} or count == _FULL16:
        count, size, start = yield from _end64(at, (count, size, start))
    if size == 0 and count == 0:
        return End(at=at, start=min(start, at), size=0, count=0)
    for real in dict.fromkeys((start, at - size)):
        if 0 <= real < at:
            magic = yield real, 4
            if magic == _CENTRAL:
                return End(at=at, start=real, size=min(size, at - real), count=count, shift=real - start)
    return None


def _end64(at: int, short: tuple[int, int, int]) -> Asking[tuple[int, int, int]]:
    locator = (yield at - 20, 20) if at >= 20 else b""
    if locator[:4] != _LOCATOR or len(locator) < 20:
        return short
    where = int.from_bytes(locator[8:16], "little")
    found = (yield where, 56) if where < at else b""
    if found[:4] != _END64 or len(found) < 56:
        return short
    count, size, start = struct.unpack_from("<QQQ", found, 32)
    return count, size, start


def ask_directory(end: End, limits: Limits) -> Asking[Directory]:
    """List the archive whose *end* was found."""
    wanted = min(end.size, _DIRECTORY_BYTES)
    data = (yield end.start, wanted) if wanted else b""
    troubles: list[Damage] = []
    entries = list(_entries(data, end, limits, troubles))
    if end.count & _FULL16 != len(entries) & _FULL16 and not troubles:
        troubles.append(Damage(f"archive claims {end.count} entries and lists {len(entries)}", end.at))
    return Directory(start=end.start, entries=tuple(entries), troubles=tuple(troubles))


def _entries(data: bytes, end: End, limits: Limits, troubles: list[Damage]) -> Iterator[Entry]:
    at, number, seen = 0, 0, set[str]()
    while at < len(data):
        if data[at : at + 4] != _CENTRAL or at + 46 > len(data):
            troubles.append(Damage(f"central directory breaks off after {number} entries", end.start + at))
            return
        if number >= limits.entries:
            troubles.append(Damage(f"more than {limits.entries} entries; the rest was left", end.start + at))
            return
        method, packed, size, names, extras, comments, offset = _CENTRAL_RECORD.unpack_from(data, at)
        name = clean_line(data[at + 46 : at + 46 + names].decode("utf-8", "replace"))
        if _FULL32 in {packed, size, offset}:
            extra = data[at + 46 + names : at + 46 + names + extras]
            size, packed, offset = _wide(extra, (size, packed, offset))
        if name in seen and len(troubles) < _MOST_TOLD:
            troubles.append(
                Damage(f"two entries named {name}: Android refuses such an archive", end.start + at)
            )
        seen.add(name)
        yield Entry(name=name, offset=offset + end.shift, method=method, compressed=packed, size=size)
        at += 46 + names + extras + comments
        number += 1


def _wide(extra: bytes, fields: tuple[int, int, int]) -> tuple[int, int, int]:
    """Take from a ZIP64 extra field what did not fit: size, compressed size, offset, in this order."""
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        if kind == 1:
            body = extra[at + 4 : at + 4 + length]
            wide = iter([int.from_bytes(body[i : i + 8], "little") for i in range(0, len(body) - 7, 8)])
            size, packed, offset = (next(wide, f) if f == _FULL32 else f for f in fields)
            return size, packed, offset
        at += 4 + length
    return fields


def ask_data_start(entry: Entry) -> Asking[int]:
    """Tell where the bytes of *entry* begin: behind its local header, whose lengths are its own."""
    head = yield entry.offset, LOCAL_BYTES
    if head[:4] != _LOCAL or len(head) < LOCAL_BYTES:
        raise Damage(f"no entry where {entry.name} should begin", entry.offset)
    names, extras = struct.unpack_from("<HH", head, 26)
    return entry.offset + LOCAL_BYTES + int(names) + int(extras)


class Archive:
    """An open archive. Raises `Damage` when made of something that is none.

    What is taken out of it in all is bounded by `Limits.file_bytes`, one entry by `Limits.part_bytes`;
    left: bytes that may still be taken.
    """

    def __init__(self, file: BinaryIO, limits: Limits) -> None:
        self._file, self._limits = file, limits
        self.left = limits.file_bytes
        self.size = file.seek(0, 2)
        end = answer(ask_end(self.size), self.read_at)
        self.directory = answer(ask_directory(end, limits), self.read_at)

    def read_at(self, offset: int, length: int) -> bytes:
        """Give the bytes of the file at *offset*; fewer where it ends."""
        if offset < 0 or offset >= self.size:
            return b""
        self._file.seek(offset)
        return self._file.read(length)

    def read(self, entry: Entry) -> bytes:
        """Give the content of *entry*. Raises `Damage` when it is broken or larger than it may be."""
        start = answer(ask_data_start(entry), self.read_at)
        room = min(self._limits.part_bytes, self.left)
        if room <= 0:
            raise Damage(f"{entry.name} is left: all that may be unpacked of this file was", start)
        read = self._inflate if entry.method == DEFLATED else self._stored
        return read(entry, start, room)

    def _stored(self, entry: Entry, start: int, room: int) -> bytes:
        length = entry.size if entry.method != STORED else entry.compressed
        if length > room:
            raise Damage(f"{entry.name} has {length} bytes, more than the {room} that are read", start)
        data = self.read_at(start, length)
        self.left -= len(data)
        if len(data) < length:
            raise Damage(f"{entry.name} ends after {len(data)} of {length} bytes", start)
        return data

    def _inflate(self, entry: Entry, start: int, room: int) -> bytes:
        stream, pieces, total = zlib.decompressobj(-15), BytesIO(), 0
        left, at = entry.compressed, start
        while left > 0 and not stream.eof:
            piece = self.read_at(at, min(left, _PIECE_BYTES))
            if not piece:
                break
            at, left = at + len(piece), left - len(piece)
            try:
                plain = stream.decompress(piece, room - total + 1)
                self.left -= max(len(piece), len(plain))
            except zlib.error as error:
                self.left -= len(piece)
                raise Damage(f"{entry.name} cannot be unpacked: {error}", at - len(piece)) from None
            total += pieces.write(plain)
            if total > room:
                raise Damage(f"{entry.name} unpacks to more than the {room} bytes that are read", start)
        if not stream.eof:
            raise Damage(f"{entry.name} ends before its last block, after {total} bytes", at)
        return pieces.getvalue()


def ask_entry(entry: Entry, most: int) -> Asking[bytes]:
    """Give the content of a small entry, of at most *most* bytes, asking for its bytes."""
    start = yield from ask_data_start(entry)
    if max(entry.compressed, entry.size) > most:
        raise Damage(f"{entry.name} has more than the {most} bytes that are read", start)
    data = yield start, entry.compressed if entry.method in {STORED, DEFLATED} else entry.size
    if entry.method != DEFLATED:
        return data
    stream = zlib.decompressobj(-15)
    try:
        return stream.decompress(data, most)
    except zlib.error as error:
        raise Damage(f"{entry.name} cannot be unpacked: {error}", start) from None
