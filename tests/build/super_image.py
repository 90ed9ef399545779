"""Writes super images: a table of partitions and their data."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Mapping, Sequence

TABLE_BYTES = 65536
_FIRST_DATA = 1 << 20
_SECTOR = 512


def geometry(*, table_bytes: int = TABLE_BYTES, slots: int = 2) -> bytes:
    """The 4096 bytes that lie at 4096 and again at 8192."""
    head = struct.pack("<4sI32s3I", b"gDla", 52, bytes(32), table_bytes, slots, 4096)
    return (head[:8] + hashlib.sha256(head).digest() + head[40:]).ljust(4096, b"\0")


def table(
    partitions: Sequence[tuple[str, int, int]],
    extents: Sequence[tuple[int, int, int, int]],
    *,
    minor: int = 2,
    attributes: int = 1,
) -> bytes:
    """Partitions as (name, first extent, extents); extents as (sectors, type, start, device)."""
    entries = b"".join(
        struct.pack("<36s4I", name.encode(), attributes, first, count, 0) for name, first, count in partitions
    )
    spread = b"".join(struct.pack("<QIQI", *extent) for extent in extents)
    group = struct.pack("<36sIQ", b"default", 0, 0)
    device = struct.pack("<QIIQ36sI", _FIRST_DATA // _SECTOR, 4096, 0, 1 << 32, b"super", 0)
    tables = entries + spread + group + device
    sizes: list[int] = []
    at = 0
    for count, size in ((len(partitions), 52), (len(extents), 24), (1, 48), (1, 64)):
        sizes += (at, count, size)
        at += count * size
    header_bytes = 128 if minor < 2 else 256
    head = struct.pack(
        "<4s2HI32sI32s12I",
        b"0PLA", 10, minor, header_bytes, bytes(32), len(tables), hashlib.sha256(tables).digest(), *sizes,
    ).ljust(header_bytes, b"\0")  # fmt: skip
    return head[:12] + hashlib.sha256(head).digest() + head[44:] + tables


def image(partitions: Mapping[str, bytes], *, slots: int = 2, minor: int = 2, pieces: int = 1) -> bytes:
    """A super image; each partition lies in *pieces* extents, backwards, so that order is seen to matter."""
    data = bytearray()
    rows: list[tuple[str, int, int]] = []
    extents: list[tuple[int, int, int, int]] = []
    for name, raw in partitions.items():
        padded = raw.ljust(-(-len(raw) // (_SECTOR * pieces)) * _SECTOR * pieces, b"\0")
        size = len(padded) // pieces
        first = len(extents)
        if size:
            for index in range(pieces):
                at = len(data) + (pieces - 1 - index) * size
                extents.append((size // _SECTOR, 0, (_FIRST_DATA + at) // _SECTOR, 0))
            data += b"".join(padded[at : at + size] for at in range(len(padded) - size, -1, -size))
        rows.append((name, first, len(extents) - first))
    written = table(rows, extents, minor=minor).ljust(TABLE_BYTES, b"\0")
    head = bytes(4096) + geometry(slots=slots) * 2 + written * (2 * slots)
    return head.ljust(_FIRST_DATA, b"\0") + bytes(data)
