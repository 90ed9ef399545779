"""Writes Android sparse images."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from itertools import groupby

RAW, FILL, HOLE, CHECKSUM = 0xCAC1, 0xCAC2, 0xCAC3, 0xCAC4


def header(*, block: int = 4096, blocks: int, chunks: int, size: int = 28, entry: int = 12) -> bytes:
    """A file header; *size* and *entry* are what it says of itself and of the chunks' headers."""
    packed = struct.pack("<4s4H4I", b"\x3a\xff\x26\xed", 1, 0, size, entry, block, blocks, chunks, 0)
    return packed.ljust(size, b"\0")


def chunk(kind: int, blocks: int, data: bytes = b"", *, total: int | None = None, entry: int = 12) -> bytes:
    """One chunk; *total* where it lies about its length."""
    total = entry + len(data) if total is None else total
    return struct.pack("<2H2I", kind, 0, blocks, total).ljust(entry, b"\0") + data


def image(parts: Iterable[bytes | tuple[bytes, int] | int], *, block: int = 4096) -> bytes:
    """A sparse image of raw data (bytes), a word said again for n blocks, or n blocks of nothing."""
    chunks, blocks = [], 0
    for part in parts:
        if isinstance(part, bytes):
            count = len(part) // block
            chunks.append(chunk(RAW, count, part))
        elif isinstance(part, tuple):
            word, count = part
            chunks.append(chunk(FILL, count, word))
        else:
            count = part
            chunks.append(chunk(HOLE, count))
        blocks += count
    return header(block=block, blocks=blocks, chunks=len(chunks)) + b"".join(chunks)


def of_raw(raw: bytes, *, block: int = 4096) -> bytes:
    """The sparse image of *raw*, the last block filled up with zeros."""
    raw = raw.ljust(-(-len(raw) // block) * block, b"\0")
    parts: list[bytes | int] = []
    for full, run in groupby(range(0, len(raw), block), key=lambda at: any(raw[at : at + block])):
        places = list(run)
        parts.append(raw[places[0] : places[-1] + block] if full else len(places))
    return image(parts, block=block)
