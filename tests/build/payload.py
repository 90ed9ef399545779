"""Writes ``payload.bin`` of A/B updates."""

from __future__ import annotations

import bz2
import lzma
import struct
from collections.abc import Iterable, Mapping, Sequence

import zstandard

REPLACE, REPLACE_BZ, SOURCE_COPY, ZERO, DISCARD, REPLACE_XZ, ZSTD = 0, 1, 4, 6, 7, 8, 14
BLOCK = 4096


def varint(value: int) -> bytes:
    """A number in the wire format."""
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def field(number: int, value: int | bytes) -> bytes:
    """A field: a number, or bytes, text or a message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def packed(kind: int, data: bytes) -> bytes:
    """*data* as an operation of *kind* keeps it."""
    if kind == REPLACE_BZ:
        return bz2.compress(data)
    if kind == REPLACE_XZ:
        return lzma.compress(data, check=lzma.CHECK_CRC32)
    return zstandard.compress(data) if kind == ZSTD else data


def operation(
    kind: int, extents: Iterable[tuple[int, int]], offset: int = 0, length: int | None = None
) -> bytes:
    """An ``InstallOperation`` message: extents are (first block, blocks)."""
    message = field(1, kind)
    if length is not None:
        message += field(2, offset) + field(3, length)
    message += b"".join(field(6, field(1, start) + field(2, count)) for start, count in extents)
    return message + field(8, bytes(32))


def update(name: str, operations: Iterable[bytes], size: int | None = None) -> bytes:
    """A ``PartitionUpdate`` message."""
    told = b"" if size is None else field(7, field(1, size) + field(2, bytes(32)))
    return field(1, name.encode()) + told + b"".join(field(8, one) for one in operations)


def payload(
    updates: Iterable[bytes], data: bytes = b"", *, version: int = 2, signature: bytes = b"sig"
) -> bytes:
    """The file: header, manifest, signature, data."""
    manifest = field(3, BLOCK) + field(12, 0) + b"".join(field(13, one) for one in updates)
    head = struct.pack(">4s2QI", b"CrAU", version, len(manifest), len(signature))
    return head + manifest + signature + data


def full(
    partitions: Mapping[str, bytes],
    *,
    kinds: Sequence[int] = (REPLACE_XZ,),
    blocks: int = 4,
    told: bool = True,
) -> bytes:
    """A full update whose operations, *blocks* long, take turns in how they are packed; the last first."""
    data = bytearray()
    updates = []
    for name, raw in partitions.items():
        operations = []
        for turn, at in enumerate(range(0, len(raw), blocks * BLOCK)):
            here = raw[at : at + blocks * BLOCK]
            extent = [(at // BLOCK, -(-len(here) // BLOCK))]
            kind = kinds[turn % len(kinds)]
            if not any(here):
                operations.append(operation(ZERO, extent))
                continue
            kept = packed(kind, here)
            operations.append(operation(kind, extent, len(data), len(kept)))
            data += kept
        updates.append(update(name, reversed(operations), len(raw) if told else None))
    return payload(updates, bytes(data))
