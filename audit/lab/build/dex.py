"""Writes dex files from a list of strings: valid ones, that any reader of the format accepts.

Source: https://source.android.com/docs/core/runtime/dex-format (header, map, strings, types, one class).
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Sequence

from audit.model.record import record

HEADER = 0x70
HEADER_41 = 0x78
_ENDIAN = 0x12345678
_CLASS = "Lorg/example/Held;"
_OBJECT = "Ljava/lang/Object;"


@record
class Written:
    """A dex file, and where each of its strings lies: offset of the first character's byte."""

    data: bytes
    offsets: dict[str, int]


def uleb128(value: int) -> bytes:
    """*value* in the variable length form dex uses."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def mutf8(text: str) -> bytes:
    """*text* in modified UTF-8: NUL as two bytes, characters beyond the BMP as two surrogates."""
    units = text.encode("utf-16-le", "surrogatepass")
    out = bytearray()
    for (unit,) in struct.iter_unpack("<H", units):
        out += b"\xc0\x80" if unit == 0 else chr(unit).encode("utf-8", "surrogatepass")
    return bytes(out)


def in_order(strings: Iterable[str]) -> list[str]:
    """Each string once, in the order dex wants: by UTF-16 code units."""
    return sorted(set(strings), key=lambda text: text.encode("utf-16-be", "surrogatepass"))


def string_item(text: str) -> bytes:
    """A ``string_data_item``: length in UTF-16 units, the characters, NUL."""
    return uleb128(len(text.encode("utf-16-le", "surrogatepass")) // 2) + mutf8(text) + b"\0"


def write_dex(strings: Iterable[str], *, version: int = 35) -> bytes:
    """A dex file that holds *strings* (and the names of its one empty class)."""
    return write(strings, version=version).data


def write(strings: Iterable[str], *, version: int = 35, base: int = 0, container: int = 0) -> Written:
    """`write_dex`, with the offset of each string.

    base: where the file will lie in its container; container: the container's size, from version 41 on
        (0: the file is alone in it)
    """
    texts = in_order([*strings, _CLASS, _OBJECT])
    types = sorted((texts.index(_CLASS), texts.index(_OBJECT)))
    head = HEADER_41 if version >= 41 else HEADER
    string_ids = head
    type_ids = string_ids + 4 * len(texts)
    class_defs = type_ids + 4 * len(types)
    data = class_defs + 32
    body, starts = _string_data(texts, base + data)
    body += bytes(-len(body) % 4)
    map_at = data + len(body)
    items = [
        (0x0000, 1, 0),
        (0x0001, len(texts), string_ids),
        (0x0002, len(types), type_ids),
        (0x0006, 1, class_defs),
        (0x2002, len(texts), data),
        (0x1000, 1, map_at),
    ]
    body += struct.pack("<I", len(items))
    body += b"".join(struct.pack("<HHII", kind, 0, count, base + at) for kind, count, at in items)
    size = data + len(body)
    tables = struct.pack(f"<{len(texts)}I", *starts) + struct.pack("<2I", *types)
    tables += struct.pack(
        "<8I",
        types.index(texts.index(_CLASS)),
        0x1,
        types.index(texts.index(_OBJECT)),
        0,
        0xFFFFFFFF,
        0,
        0,
        0,
    )
    header = struct.pack(
        "<20I",
        size,
        head,
        _ENDIAN,
        0,
        0,
        base + map_at,
        len(texts),
        base + string_ids,
        len(types),
        base + type_ids,
        0,
        0,
        0,
        0,
        0,
        0,
        1,
        base + class_defs,
        0 if version >= 41 else size - data,
        0 if version >= 41 else data,
    )
    if version >= 41:
        header += struct.pack("<2I", container or size, base)
    return Written(
        data=sign(b"dex\n%03d\0" % version, header + tables + bytes(body)),
        offsets={text: start + len(uleb128(_units(text))) for text, start in zip(texts, starts, strict=True)},
    )


def write_container(files: Sequence[Iterable[str]]) -> bytes:
    """Several dex files in one, as version 41 allows; offsets count from the start of them all."""
    parts = [list(strings) for strings in files]
    sizes = [len(write(strings, version=41).data) for strings in parts]
    out = b""
    for strings in parts:
        # Two passes: the length of a file does not depend on where it lies.
        out += write(strings, version=41, base=len(out), container=sum(sizes)).data
    return out


def sign(magic: bytes, rest: bytes) -> bytes:
    """*magic*, Adler-32 and SHA-1 before *rest*."""
    signed = hashlib.sha1(rest, usedforsecurity=False).digest() + rest
    return magic + struct.pack("<I", zlib.adler32(signed)) + signed


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _string_data(texts: Sequence[str], start: int) -> tuple[bytearray, list[int]]:
    body, starts = bytearray(), []
    for text in texts:
        starts.append(start + len(body))
        body += string_item(text)
    return body, starts
