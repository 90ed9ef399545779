"""Writes binary XML as aapt does: string pool, resource map, namespace, elements, attributes.

Format: AOSP ``libs/androidfw/include/androidfw/ResourceTypes.h``, ``ResXMLTree_*`` and ``ResStringPool_*``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from audit.model.record import record

ANDROID = "http://schemas.android.com/apk/res/android"
NONE = 0xFFFFFFFF
IDS = {
    "label": 0x01010001,
    "name": 0x01010003,
    "permission": 0x01010006,
    "sharedUserId": 0x0101000B,
    "hasCode": 0x0101000C,
    "enabled": 0x0101000E,
    "debuggable": 0x0101000F,
    "exported": 0x01010010,
    "process": 0x01010011,
    "authorities": 0x01010018,
    "priority": 0x0101001C,
    "targetPackage": 0x01010021,
    "value": 0x01010024,
    "resource": 0x01010025,
    "scheme": 0x01010027,
    "host": 0x01010028,
    "minSdkVersion": 0x0101020C,
    "versionCode": 0x0101021B,
    "versionName": 0x0101021C,
    "targetSdkVersion": 0x01010270,
    "category": 0x010103E8,
    "targetName": 0x0101044D,
    "usesCleartextTraffic": 0x010104EC,
    "networkSecurityConfig": 0x01010527,
    "isStatic": 0x0101055A,
    "requiredSystemPropertyName": 0x01010565,
    "requiredSystemPropertyValue": 0x01010566,
    "versionCodeMajor": 0x01010576,
}
"""Resource ids of ``android:`` attributes, as ``aapt2 dump resources`` prints them of Android's framework."""


@record
class Ref:
    """A reference to a resource, ``@0x7f…``."""

    id: int


Value: TypeAlias = "str | int | bool | Ref"


@record
class Node:
    """An element; attributes are named ``android:name`` or plainly ``package``."""

    tag: str
    attributes: Mapping[str, Value]
    children: tuple[Node | str, ...] = ()


def node(tag: str, attributes: Mapping[str, Value | None] | None = None, *children: Node | str) -> Node:
    """Build an element; attributes that are None are left out."""
    kept = {name: value for name, value in (attributes or {}).items() if value is not None}
    return Node(tag=tag, attributes=kept, children=children)


def chunk(kind: int, head: bytes, body: bytes = b"") -> bytes:
    """Build a ``ResChunk_header`` with *head* behind it and *body* behind that."""
    return struct.pack("<HHI", kind, 8 + len(head), 8 + len(head) + len(body)) + head + body


def pool(strings: Sequence[str], *, utf8: bool = True) -> bytes:
    """Build a string pool chunk."""
    offsets, data = [], bytearray()
    for text in strings:
        offsets.append(len(data))
        data += _utf8(text) if utf8 else _utf16(text)
    data += b"\0" * (-len(data) % 4)
    table = struct.pack(f"<{len(offsets)}I", *offsets)
    head = struct.pack("<IIIII", len(strings), 0, 0x100 if utf8 else 0, 28 + len(table), 0)
    return chunk(1, head, table + bytes(data))


def _utf8(text: str) -> bytes:
    data = text.encode()
    return _length8(len(text.encode("utf-16-le")) // 2) + _length8(len(data)) + data + b"\0"


def _length8(length: int) -> bytes:
    """Encode a length; like aapt, drop what does not fit into fifteen bits."""
    return bytes([length]) if length < 0x80 else bytes([0x80 | length >> 8 & 0x7F, length & 0xFF])


def _utf16(text: str) -> bytes:
    data = text.encode("utf-16-le")
    units = len(data) // 2
    length = (
        struct.pack("<H", units)
        if units < 0x8000
        else struct.pack("<HH", 0x8000 | units >> 16, units & 0xFFFF)
    )
    return length + data + b"\0\0"


def value_of(value: Value, index: Mapping[str, int]) -> tuple[int, int]:
    """Tell the ``Res_value`` type and data of *value*; *index* finds strings in the pool."""
    if isinstance(value, Ref):
        return 0x01, value.id
    if isinstance(value, bool):
        return 0x12, NONE if value else 0
    if isinstance(value, int):
        return 0x10, value & 0xFFFFFFFF
    return 0x03, index[value]


def write_axml(root: Node, *, utf8: bool = True) -> bytes:
    """Write *root* as a binary XML file."""
    named = sorted(
        {name.removeprefix("android:") for name in _attribute_names(root) if ":" in name}, key=IDS.__getitem__
    )
    strings = [*named, *dict.fromkeys(text for text in _texts(root) if text not in named)]
    index = {text: number for number, text in enumerate(strings)}
    space = struct.pack("<II", index["android"], index[ANDROID])
    body = pool(strings, utf8=utf8)
    body += chunk(0x180, b"", struct.pack(f"<{len(named)}I", *(IDS[name] for name in named)))
    body += _node(0x100, space) + b"".join(_write(root, index)) + _node(0x101, space)
    return chunk(3, b"", body)


def _attribute_names(root: Node) -> Iterator[str]:
    yield from root.attributes
    for child in root.children:
        if isinstance(child, Node):
            yield from _attribute_names(child)


def _texts(root: Node) -> Iterator[str]:
    yield from ("android", ANDROID, root.tag)
    for name, value in root.attributes.items():
        yield name.removeprefix("android:")
        if isinstance(value, str):
            yield value
    for child in root.children:
        yield from _texts(child) if isinstance(child, Node) else (child,)


def _node(kind: int, body: bytes) -> bytes:
    return chunk(kind, struct.pack("<II", 1, NONE), body)


def _write(root: Node, index: Mapping[str, int]) -> Iterator[bytes]:
    attributes = sorted(root.attributes.items(), key=lambda item: _order(item[0]))
    packed = b"".join(_attribute(name, value, index) for name, value in attributes)
    head = struct.pack("<IIHHHHHH", NONE, index[root.tag], 20, 20, len(attributes), 0, 0, 0)
    yield _node(0x102, head + packed)
    for child in root.children:
        if isinstance(child, Node):
            yield from _write(child, index)
        else:
            yield _node(0x104, struct.pack("<IHBBI", index[child], 8, 0, 0x03, index[child]))
    yield _node(0x103, struct.pack("<II", NONE, index[root.tag]))


def _order(name: str) -> tuple[int, str]:
    """Android looks attributes up by ascending resource id; those without come last."""
    return (IDS[name.removeprefix("android:")] if ":" in name else NONE, name)


def _attribute(name: str, value: Value, index: Mapping[str, int]) -> bytes:
    kind, data = value_of(value, index)
    space = index[ANDROID] if ":" in name else NONE
    raw = data if kind == 0x03 else NONE
    return struct.pack("<IIIHBBI", space, index[name.removeprefix("android:")], raw, 8, 0, kind, data)
