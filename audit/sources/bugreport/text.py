"""The text of a bug report as a stream: plain, gzip or UTF-16, never held whole, always bounded."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from audit.errors import BadInput
from audit.sources import disk

LARGEST_TEXT_BYTES = 1024 * 1024 * 1024
"""Of the text; the largest real ones are about 300 MB."""
MOST_TIMES = 200
"""How many times as large as what it is packed in the text may be; real ones are 8 to 25 times."""
UNSUSPICIOUS_BYTES = 64 * 1024 * 1024
"""Up to this size the ratio does not matter: repeated lines pack well."""
HEAD_BYTES = 8192
"""What the kind of a file is told by."""
AGAIN = "take the bug report again with `adb bugreport FILE.zip`, or copy it again"

_CHUNK_BYTES = 256 * 1024
_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class Cut(Exception):
    """The text stops before its end; the reader turns it into a gap. Its argument says how, in words."""


def opened(path: Path) -> IO[bytes]:
    """*path*, open for reading; BadInput where the system does not give it."""
    try:
        return path.open("rb")
    except OSError as error:
        raise disk.unreadable(path, error) from error


def head_of(path: Path) -> bytes:
    """The first bytes of the text in *path*."""
    with opened(path) as file:
        return readable(file.read(HEAD_BYTES))


def readable(head: bytes) -> bytes:
    """The first bytes of a text, unpacked and in UTF-8 where they are neither; b"" where they are damaged."""
    if head.startswith(_GZIP):
        try:
            return zlib.decompressobj(wbits=31).decompress(head, HEAD_BYTES)
        except zlib.error:
            return b""
    if head.startswith(_UTF16):
        return head[: len(head) & ~1].decode("utf-16", "replace").encode()
    return head


def chunks_of_file(path: Path) -> Iterator[bytes]:
    """The text in *path*, unpacked and in UTF-8. Raises `Cut`, and BadInput for a trap."""
    with opened(path) as file:
        head = file.read(2)
        file.seek(0)
        raw = chunks_of(file, str(path))
        if head == _GZIP:
            yield from _gunzipped(raw, str(path))
        elif head in _UTF16:
            yield from _from_utf16(raw)
        else:
            yield from raw


def chunks_of(file: IO[bytes], where: str, *, packed: int | None = None) -> Iterator[bytes]:
    """What *file* gives, within bounds. packed: how many bytes it was unpacked from, where it was."""
    size = 0
    while chunk := file.read(_CHUNK_BYTES):
        size += len(chunk)
        _bounded(size, size if packed is None else packed, where)
        yield chunk


def _gunzipped(raw: Iterator[bytes], where: str) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(wbits=31)
    packed = size = 0
    for chunk in raw:
        packed += len(chunk)
        rest = chunk
        while rest and not unpacker.eof:
            try:
                plain = unpacker.decompress(rest, _CHUNK_BYTES)
            except zlib.error as error:
                raise Cut(f"its compressed data is damaged ({error})") from error
            rest = unpacker.unconsumed_tail
            size += len(plain)
            _bounded(size, packed, where)
            yield plain
    if not unpacker.eof:
        raise Cut("its compressed data stops before its end")


def _from_utf16(raw: Iterator[bytes]) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder("utf-16")("replace")
    for chunk in raw:
        yield decoder.decode(chunk).encode("utf-8", "replace")


def _bounded(size: int, packed: int, where: str) -> None:
    if size > LARGEST_TEXT_BYTES:
        raise BadInput(f"has more than {LARGEST_TEXT_BYTES} bytes of text", where=where, fix=AGAIN)
    if size > UNSUSPICIOUS_BYTES and size > MOST_TIMES * max(packed, 1):
        raise BadInput(
            f"unpacks to more than {MOST_TIMES} times its size, which no bug report does (a ZIP bomb)",
            where=where,
            fix=AGAIN,
        )
