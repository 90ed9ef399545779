"""Just enough DER to walk a certificate and a PKCS #7 container. Source: ITU-T X.690."""

from __future__ import annotations

from collections.abc import Iterator

from audit.endpoints.chunks import Damage
from audit.model.record import record

INTEGER, OBJECT, SEQUENCE, SET = 0x02, 0x06, 0x30, 0x31
CONTEXT_0 = 0xA0
_MOST_CHILDREN = 1000


@record
class Node:
    """One element: its tag, where it starts, where its content starts, where it ends."""

    data: bytes
    tag: int
    start: int
    body: int
    end: int

    @property
    def raw(self) -> bytes:
        """The element whole, with tag and length."""
        return self.data[self.start : self.end]

    @property
    def content(self) -> bytes:
        """What is in it."""
        return self.data[self.body : self.end]

    def children(self) -> list[Node]:
        """Give the elements in it. Raises `Damage` when they do not fill it exactly."""
        return list(_nodes(self.data, self.body, self.end))

    def child(self, number: int, tag: int | None = None) -> Node:
        """Give child *number*, of *tag* if asked for. Raises `Damage` if there is none such."""
        children = self.children()
        if number >= len(children) or (tag is not None and children[number].tag != tag):
            raise Damage("not the DER of a certificate", self.start)
        return children[number]


def parse(data: bytes) -> Node:
    """Read the first element of *data*. Raises `Damage`."""
    return _node(data, 0, len(data))


def _nodes(data: bytes, start: int, end: int) -> Iterator[Node]:
    for _ in range(_MOST_CHILDREN):
        if start >= end:
            return
        node = _node(data, start, end)
        yield node
        start = node.end
    raise Damage(f"more than {_MOST_CHILDREN} elements in one", start)


def _node(data: bytes, start: int, end: int) -> Node:
    if start + 2 > end:
        raise Damage("DER ends within a header", start)
    tag, length, body = data[start], data[start + 1], start + 2
    if tag & 0x1F == 0x1F:
        raise Damage("DER with a tag of several bytes", start)
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or body + count > end:
            raise Damage("DER of no definite length", start)
        length = int.from_bytes(data[body : body + count], "big")
        body += count
    if body + length > end:
        raise Damage(f"DER claims {length} bytes and has {end - body}", start)
    return Node(data=data, tag=tag, start=start, body=body, end=body + length)


def oid(node: Node) -> str:
    """Give an object identifier in dots."""
    parts, value = list[int](), 0
    for byte in node.content[:64]:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            parts.append(value)
            value = 0
    if node.tag != OBJECT or not parts:
        raise Damage("not an object identifier", node.start)
    first = min(parts[0] // 40, 2)
    return ".".join(str(part) for part in (first, parts[0] - 40 * first, *parts[1:]))
