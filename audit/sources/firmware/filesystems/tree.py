"""Opens the file system of an image as a `Tree`, whichever of the known ones it is."""

from __future__ import annotations

from typing import BinaryIO

from audit.errors import BadInput
from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.erofs.system import Erofs
from audit.sources.firmware.filesystems.ext4.system import Ext4
from audit.sources.firmware.filesystems.image_tree import ImageTree
from audit.sources.firmware.filesystems.nodes import Node, NodeKind, Tree, TreeTrouble

HEAD_BYTES = 2048
"""How much of an image `file_system` wants to see."""

_GIVE = "give an ext4 or EROFS image, or unpack this one and give the folder"


def file_system(head: bytes) -> str:
    """The name of the file system an image begins with: "ext4", "erofs", "squashfs", "f2fs"; "" if unknown.

    head: the first `HEAD_BYTES` of the image
    Source: the magic numbers in Linux's ``include/uapi/linux/magic.h`` and the superblocks they lie in.
    """
    if head[1024:1028] == b"\xe2\xe1\xf5\xe0":
        return "erofs"
    if head[1024:1028] == b"\x10\x20\xf5\xf2":
        return "f2fs"
    if head[:4] in {b"hsqs", b"sqsh"}:
        return "squashfs"
    # only two bytes: asked last, with the revision level and the block size within their bounds
    if head[1080:1082] == b"\x53\xef" and head[1101:1104] == b"\0\0\0" and head[1049:1052] == b"\0\0\0":
        return "ext4"
    return ""


def open_tree(file: BinaryIO, *, origin: str) -> Tree:
    """The file system in *file*, a seekable image opened for reading that stays the caller's to close.

    origin: the image's name for people, which every trouble and error repeats
    Raises BadInput for squashfs, F2FS, what is no file system, and one whose superblock is damaged.
    """
    image = BytesAt(file, origin)
    name = file_system(image.read_some(0, HEAD_BYTES))
    if name == "erofs":
        return ImageTree(Erofs(image))
    if name == "ext4":
        return ImageTree(Ext4(image))
    if name:
        raise BadInput(f"is a {name} file system, which this program does not read", where=origin, fix=_GIVE)
    raise BadInput("holds no file system this program knows", where=origin, fix=_GIVE)


__all__ = ["HEAD_BYTES", "Node", "NodeKind", "Tree", "TreeTrouble", "file_system", "open_tree"]
