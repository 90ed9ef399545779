"""Writes a small ext4 image: one block group, extents, no journal. Debian's mke2fs makes all others.

Source: Linux Documentation/filesystems/ext4.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

BLOCK = 4096
_INODE = 256
_PER_GROUP = 32768
_FIRST_FREE_INODE = 11
_ROOT = 2
_EXTENTS = 0x80000
_FOLDER, _FILE, _LINK = 0o40755, 0o100644, 0o120777
_KINDS = {_FILE: 1, _FOLDER: 2, _LINK: 7}


@dataclass
class _Node:
    mode: int
    data: bytes = b""
    children: dict[str, _Node] = field(default_factory=dict)
    number: int = 0
    parent: int = _ROOT
    block: int = 0

    @property
    def in_inode(self) -> bool:
        """Whether it is a link short enough to stand in the inode."""
        return self.mode == _LINK and len(self.data) < 60

    @property
    def blocks(self) -> int:
        """How many blocks its content takes."""
        return 0 if self.in_inode else -(-len(self.data) // BLOCK)


def ext4(files: Mapping[str, bytes | str]) -> bytes:
    """An ext4 image with *files*: path to content, or to the target of a link as text."""
    root = _tree(files)
    nodes = _numbered(root)
    inodes = -(-(_FIRST_FREE_INODE + len(nodes)) // 16) * 16
    table = inodes * _INODE // BLOCK
    for node in nodes:
        if node.mode == _FOLDER:
            node.data = _entries(node)
    place = 4 + table
    for node in nodes:
        node.block = place
        place += node.blocks
    assert place <= _PER_GROUP, "too much for one block group"
    image = bytearray(place * BLOCK)
    for node in nodes:
        at = 4 * BLOCK + (node.number - 1) * _INODE
        image[at : at + _INODE] = _inode(node)
        if not node.in_inode:
            image[node.block * BLOCK : node.block * BLOCK + len(node.data)] = node.data
    used = _FIRST_FREE_INODE - 1 + len(nodes) - 1
    _bitmap(image, 2, place, place)
    _bitmap(image, 3, used, inodes)
    folders = sum(node.mode == _FOLDER for node in nodes)
    image[BLOCK : BLOCK + 32] = struct.pack("<IIIHHHHIHHHH", 2, 3, 4, 0, inodes - used, folders, *[0] * 6)
    image[1024:2048] = _superblock(place, inodes, inodes - used)
    return bytes(image)


def _tree(files: Mapping[str, bytes | str]) -> _Node:
    root = _Node(_FOLDER, children={"lost+found": _Node(_FOLDER)})
    for path, content in sorted(files.items()):
        here = root
        *folders, name = path.strip("/").split("/")
        for folder in folders:
            here = here.children.setdefault(folder, _Node(_FOLDER))
        kind = _LINK if isinstance(content, str) else _FILE
        here.children[name] = _Node(kind, content.encode() if isinstance(content, str) else content)
    return root


def _numbered(root: _Node) -> list[_Node]:
    """All nodes; the root is number 2 and lost+found the first that is not reserved."""
    found = [root]
    root.number = _ROOT
    waiting = [root]
    while waiting:
        folder = waiting.pop(0)
        for child in sorted(folder.children, key=lambda name: name != "lost+found"):
            node = folder.children[child]
            node.number, node.parent = _FIRST_FREE_INODE + len(found) - 1, folder.number
            found.append(node)
            if node.mode == _FOLDER:
                waiting.append(node)
    return found


def _entries(folder: _Node) -> bytes:
    entries = [(b".", folder.number, 2), (b"..", folder.parent, 2)]
    entries += [
        (name.encode("utf-8", "surrogateescape"), child.number, _KINDS[child.mode])
        for name, child in folder.children.items()
    ]
    blocks: list[bytes] = []
    here = b""
    for index, (name, number, kind) in enumerate(entries):
        length = 8 + len(name) + 3 & ~3
        following = 8 + len(entries[index + 1][0]) + 3 & ~3 if index + 1 < len(entries) else BLOCK
        # the last entry of a block reaches to its end
        last = len(here) + length + following > BLOCK
        whole = BLOCK - len(here) if last else length
        here += (struct.pack("<IHBB", number, whole, len(name), kind) + name).ljust(whole, b"\0")
        if last:
            blocks.append(here)
            here = b""
    return b"".join(blocks)


def _inode(node: _Node) -> bytes:
    folders = sum(child.mode == _FOLDER for child in node.children.values())
    links = 2 + folders if node.mode == _FOLDER else 1
    head = struct.pack(
        "<HHIIIIIHHIII", node.mode, 0, len(node.data), 0, 0, 0, 0, 0, links, node.blocks * 8, 0, 0
    )
    if node.in_inode:
        return (head + node.data.ljust(60, b"\0")).ljust(128, b"\0") + struct.pack("<H126x", 32)
    head = head[:32] + struct.pack("<I", _EXTENTS) + head[36:]
    extents = struct.pack("<HHHHI", 0xF30A, 1 if node.blocks else 0, 4, 0, 0)
    if node.blocks:
        extents += struct.pack("<IHHI", 0, node.blocks, 0, node.block)
    return (head + extents.ljust(60, b"\0")).ljust(128, b"\0") + struct.pack("<H126x", 32)


def _bitmap(image: bytearray, block: int, used: int, total: int) -> None:
    """*used* of *total* are taken; what is beyond the total counts as taken, too."""
    bits = (1 << BLOCK * 8) - 1
    bits ^= ((1 << total) - 1) ^ ((1 << used) - 1)
    image[block * BLOCK : (block + 1) * BLOCK] = bits.to_bytes(BLOCK, "little")


def _superblock(blocks: int, inodes: int, free_inodes: int) -> bytes:
    head = struct.pack("<IIIIIII", inodes, blocks, 0, 0, free_inodes, 0, 2)
    head += struct.pack("<IIII", 2, _PER_GROUP, _PER_GROUP, inodes) + bytes(8)
    head += struct.pack("<HHHHHHIIII", 0, 0xFFFF, 0xEF53, 1, 1, 0, 0, 0, 0, 1) + bytes(4)
    head += struct.pack("<IHHIII", _FIRST_FREE_INODE, _INODE, 0, 0, 0x42, 0)
    return head.ljust(254, b"\0").ljust(348, b"\0") + struct.pack("<HH", 32, 32).ljust(676, b"\0")
