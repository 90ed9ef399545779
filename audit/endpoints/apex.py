"""``apex_manifest.pb``: name and version of an APEX module.

Source: AOSP ``system/apex/proto/apex_manifest.proto``: field 1 name, field 2 version; protobuf wire format.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.endpoints.chunks import Damage
from audit.model.text import clean_line

MANIFEST = "apex_manifest.pb"
_MOST_FIELDS = 1000


def read_apex_manifest(data: bytes) -> tuple[str, int | None]:
    """Give name ("" if not stated) and version. Raises `Damage`."""
    name, version = "", None
    for field, value in _fields(data):
        if field == 1 and isinstance(value, bytes):
            name = clean_line(value.decode("utf-8", "replace"))
        elif field == 2 and isinstance(value, int):
            version = value
    return name, version


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    for _ in range(_MOST_FIELDS):
        if at >= len(data):
            return
        key, at = _varint(data, at)
        kind, value = key & 7, 0
        if kind == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
        elif kind == 2:
            length, at = _varint(data, at)
            if at + length > len(data):
                raise Damage(f"field {key >> 3} claims {length} bytes", at)
            yield key >> 3, data[at : at + length]
            at += length
        elif kind in {1, 5}:
            at += 8 if kind == 1 else 4
        else:
            raise Damage(f"wire type {kind} is not known", at)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise Damage("number cut short", at)
        value |= (data[at] & 0x7F) << shift
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
    raise Damage("number of more than 64 bits", at)
