"""Writes small EROFS images in ways Debian's mkfs.erofs cannot, or where there is none.

Source: erofs_fs.h (dual-licensed, Apache-2.0) and erofs.rst of Linux.
"""

from __future__ import annotations

import lzma
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

BLOCK = 4096
_SUPER = 1024
_FIRST_INODE = 1152
_HOLE = 0xFFFFFFFF

Encode = Callable[[bytes], bytes]


class Algorithm(IntEnum):
    """As an inode states it."""

    LZ4 = 0
    LZMA = 1
    DEFLATE = 2
    ZSTD = 3


def _lz4(data: bytes) -> bytes:
    import lz4.block  # noqa: PLC0415 - the caller skips where it is not

    out: bytes = lz4.block.compress(data, mode="high_compression", store_size=False)
    return out


def _micro_lzma(data: bytes) -> bytes:
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16, "lc": 3, "lp": 0, "pb": 2}]
    raw = lzma.compress(data, format=lzma.FORMAT_RAW, filters=filters)
    assert raw[0] == 0, "a range coder begins with a zero"
    return bytes([~0x5D & 0xFF]) + raw[1:]


def _deflate(data: bytes) -> bytes:
    coder = zlib.compressobj(9, zlib.DEFLATED, -15)
    return coder.compress(data) + coder.flush()


def _zstd(data: bytes) -> bytes:
    import zstandard  # noqa: PLC0415 - the caller skips where it is not

    return zstandard.ZstdCompressor(level=9).compress(data)


ENCODERS: Mapping[Algorithm, Encode] = {
    Algorithm.LZ4: _lz4,
    Algorithm.LZMA: _micro_lzma,
    Algorithm.DEFLATE: _deflate,
    Algorithm.ZSTD: _zstd,
}


@dataclass(frozen=True)
class Options:
    """How files are kept.

    algorithm: None leaves them as they are
    extent: bytes of a file that become one cluster; at least a block
    fragments: the last, partial extent of a file goes to the packed record, a small file goes there whole
    shared: a file that begins like an earlier one's extent refers to the beginning of its cluster
    interlaced: clusters that do not shrink are kept rotated
    chunks: files that are not compressed are kept in chunks of a block, zeros as holes
    """

    algorithm: Algorithm | None = None
    extent: int = 10_000
    fragments: bool = False
    shared: bool = False
    interlaced: bool = False
    chunks: bool = False


@dataclass
class _Node:
    """An inode to be. tail: what follows it; data: what lies in blocks; number: once it is known."""

    mode: int
    size: int
    layout: int = 0
    where: int = 0
    tail: bytes = b""
    data: bytes = b""
    children: dict[str, _Node] | None = None
    number: int = 0
    relocate: Callable[[int], bytes] | None = None


@dataclass
class Writer:
    """Collects the clusters and the packed record of one image."""

    options: Options
    clusters: bytearray = field(default_factory=bytearray)
    packed: bytearray = field(default_factory=bytearray)
    known: dict[bytes, tuple[int, int, int]] = field(default_factory=dict)

    def file(self, data: bytes) -> _Node:
        """A regular file."""
        node = _Node(mode=0o100644, size=len(data), data=data)
        if self.options.algorithm is not None and data:
            self._compress(node, data)
        elif self.options.chunks and data:
            self._chunk(node, data)
        return node

    def _chunk(self, node: _Node, data: bytes) -> None:
        blocks = [data[at : at + BLOCK] for at in range(0, len(data), BLOCK)]
        starts = [self._store(block) if any(block) else None for block in blocks]
        node.layout, node.data = 4, b""
        node.relocate = lambda base: b"".join(
            struct.pack("<I", _HOLE if at is None else base + at) for at in starts
        )
        node.tail = bytes(4 * len(starts))

    def _store(self, data: bytes) -> int:
        """Put *data* into whole blocks; the number of the first one, counted from the clusters' start."""
        block = len(self.clusters) // BLOCK
        self.clusters += data + bytes(-len(data) % BLOCK)
        return block

    def _compress(self, node: _Node, data: bytes) -> None:
        options = self.options
        node.layout, node.data = 1, b""
        if options.fragments and len(data) < BLOCK:
            node.tail = struct.pack("<Q", len(self.packed) | 1 << 63)
            self.packed += data
            return
        extents: list[tuple[int, int, int, int]] = []
        fragment = None
        for start, piece in self._pieces(data):
            if options.fragments and start and len(piece) < options.extent:
                fragment = len(self.packed)
                self.packed += piece
                extents.append((start, 1, 0, 0))
            else:
                extents.append((start, *self._cluster(piece, start)))
        advise = 2 | (0x10 if options.interlaced else 0) | (0x20 if fragment is not None else 0)
        header = struct.pack("<IHBB", fragment or 0, advise, options.algorithm or 0, 0)
        node.relocate = lambda base: header + bytes(8) + _index(extents, len(data), base)
        node.tail = node.relocate(0)

    def _pieces(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """*data* cut into what becomes one cluster each, with where it begins."""
        first = step = self.options.extent
        if self.options.interlaced:
            # only behind an extent that is no whole number of blocks is there anything to rotate
            step = BLOCK
            first = (
                first
                if len(ENCODERS[self.options.algorithm or Algorithm.LZ4](data[:first])) <= BLOCK
                else step
            )
        yield 0, data[:first]
        for start in range(first, len(data), step):
            yield start, data[start : start + step]

    def _cluster(self, piece: bytes, start: int) -> tuple[int, int, int]:
        """(type, first block, blocks) of the cluster for *piece* of a file."""
        if self.options.shared:
            for other, (kind, block, count) in self.known.items():
                # how many blocks a cluster has is said in the second block of an extent
                told = count == 1 or start % BLOCK + len(piece) > BLOCK
                if kind == 1 and told and other.startswith(piece):
                    return kind | (0x8000 if other != piece else 0), block, count
        encoded = ENCODERS[self.options.algorithm or Algorithm.LZ4](piece)
        if len(encoded) <= len(piece) - BLOCK or (len(encoded) <= BLOCK < len(piece)):
            encoded = bytes(-len(encoded) % BLOCK) + encoded
            found = 1, self._store(encoded), len(encoded) // BLOCK
        elif self.options.interlaced and len(piece) <= BLOCK:
            rotated = bytearray(BLOCK)
            for index, byte in enumerate(piece):
                rotated[(start + index) % BLOCK] = byte
            found = 0, self._store(bytes(rotated)), 1
        else:
            found = 0, self._store(piece), -(-len(piece) // BLOCK)
        self.known.setdefault(piece, found)
        return found


def _index(extents: list[tuple[int, int, int, int]], size: int, base: int) -> bytes:
    """The full index: of each block of the file the extent that begins in it, or how far away one does."""
    # a fragment has no cluster; its block is the high half of where it lies in the packed record
    heads = {start // BLOCK: (start, kind, block, count) for start, kind, block, count in extents}
    assert len(heads) == len(extents), "two extents begin in one block"
    total = -(-size // BLOCK)
    out = bytearray()
    last = 0
    for index in range(total):
        if index in heads:
            start, kind, block, count = heads[index]
            out += struct.pack("<HHI", kind, start % BLOCK, base + block if count else 0)
            last = index
            continue
        following = next((other for other in range(index, total) if other in heads), total)
        away = 0x800 | heads[last][3] if index == last + 1 else index - last
        out += struct.pack("<HHHH", 2, 0, away, following - index)
    return bytes(out)


def _folder_blocks(entries: list[tuple[bytes, int, int]]) -> bytes:
    """The blocks of a folder: each a table of (number, where the name is, type) and the names."""
    blocks: list[list[tuple[bytes, int, int]]] = [[]]
    room = BLOCK
    for entry in sorted(entries):
        if room < 12 + len(entry[0]):
            blocks.append([])
            room = BLOCK
        blocks[-1].append(entry)
        room -= 12 + len(entry[0])
    out = b""
    for block in blocks:
        at, table = 12 * len(block), b""
        for name, number, kind in block:
            table += struct.pack("<QHBx", number, at, kind)
            at += len(name)
        whole = table + b"".join(name for name, _, _ in block)
        out += whole if block is blocks[-1] else whole + bytes(BLOCK - len(whole))
    return out


def _tree(files: Mapping[str, bytes | str], writer: Writer) -> _Node:
    root = _Node(mode=0o40755, size=0, children={})
    for path, content in sorted(files.items()):
        here = root
        *folders, name = path.strip("/").split("/")
        for folder in folders:
            assert here.children is not None
            here = here.children.setdefault(folder, _Node(mode=0o40755, size=0, children={}))
        assert here.children is not None
        if isinstance(content, str):
            target = content.encode()
            here.children[name] = _Node(mode=0o120777, size=len(target), layout=2, tail=target)
        else:
            here.children[name] = writer.file(content)
    return root


def _all(node: _Node) -> list[_Node]:
    return [node, *(below for child in (node.children or {}).values() for below in _all(child))]


def _entries(node: _Node, parent: _Node) -> list[tuple[bytes, int, int]]:
    kinds = {0o100000: 1, 0o40000: 2, 0o120000: 7}
    found = [(b".", node.number, 2), (b"..", parent.number, 2)]
    for name, child in (node.children or {}).items():
        found.append((name.encode("utf-8", "surrogateescape"), child.number, kinds[child.mode & 0o170000]))
    return found


def erofs(files: Mapping[str, bytes | str], options: Options | None = None) -> bytes:
    """An EROFS image with *files*: path to content, or to the target of a link as text."""
    writer = Writer(options or Options())
    root = _tree(files, writer)
    everything = _all(root)
    packed = None
    if writer.packed:
        packed = _Node(mode=0o100600, size=len(writer.packed), data=bytes(writer.packed))
        everything.append(packed)
    place = _FIRST_INODE
    for node in everything:
        if node.layout == 2 and place % BLOCK + 64 + len(node.tail) > BLOCK:
            place += -place % BLOCK
        node.number = place // 32
        place += 64 + len(node.tail) + 31 & ~31
    meta = bytearray(place + -place % BLOCK)
    _fill_folders(root, root)
    base = len(meta) // BLOCK
    blocks = bytearray(writer.clusters)
    for node in everything:
        where = node.where
        if node.data:
            where = base + len(blocks) // BLOCK
            blocks += node.data + bytes(-len(node.data) % BLOCK)
        tail = node.relocate(base) if node.relocate else node.tail
        at = node.number * 32
        inode = struct.pack(
            "<HHHHQIIIIQII", 1 | node.layout << 1, 0, node.mode, 0, node.size, where, 1, 0, 0, 0, 0, 1
        )
        meta[at : at + 64 + len(tail)] = inode.ljust(64, b"\0") + tail
    features = 1 | 2 | (4 if writer.options.chunks else 0) | (0x20 if packed or writer.options.shared else 0)
    total = base + len(blocks) // BLOCK
    head = struct.pack(
        "<IIIBBHQQIIII", 0xE0F5E1E2, 0, 0, 12, 0, root.number, len(everything), 0, 0, total, 0, 0
    )
    head = head.ljust(80, b"\0") + struct.pack(
        "<IHHHBBIQ", features, 0xF, 0, 0, 0, 0, 0, packed.number if packed else 0
    )
    meta[_SUPER : _SUPER + len(head)] = head
    return bytes(meta + blocks)


def _fill_folders(node: _Node, parent: _Node) -> None:
    node.data = _folder_blocks(_entries(node, parent))
    node.size = len(node.data)
    for child in (node.children or {}).values():
        if child.children is not None:
            _fill_folders(child, node)
