"""Protocol Buffers' wire format: the fields of one message, without a schema.

Source: protobuf.dev "Encoding". Groups (wire types 3 and 4) are not used by what is read here.
"""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_LONGEST_VARINT = 10


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field of the message *data*; fixed-width numbers are given as their bytes.

    Raises ValueError with the offset in *data* where it is not in the wire format.
    """
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            size, at = _varint(data, at)
        elif kind in {_FIXED32, _FIXED64}:
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"a field of the unknown type {kind} before offset {at}")
        if at + size > end:
            raise ValueError(f"a field of {size} bytes at offset {at} does not fit")
        yield number, data[at : at + size]
        at += size


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    for position in range(at, min(at + _LONGEST_VARINT, len(data))):
        byte = data[position]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position + 1
        shift += 7
    raise ValueError(f"a number at offset {at} does not end")


def number(value: int | memoryview) -> int:
    """*value* where the schema says a number. Raises ValueError for anything else."""
    if isinstance(value, int):
        return value
    raise ValueError("bytes where a number belongs")


def message(value: int | memoryview) -> memoryview:
    """*value* where the schema says bytes, text or a message. Raises ValueError for anything else."""
    if isinstance(value, int):
        raise ValueError("a number where a message belongs")  # noqa: TRY004  # of the data, not of the caller
    return value
