"""What lies in a file system: files, folders and links, be it an image or an unpacked folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO, Protocol

from audit.errors import BadInput
from audit.model.record import record

MOST_NODES = 400_000
"""Of one tree. A system image of 2 GB holds 4,000 to 12,000."""
MOST_IN_FOLDER = 100_000
DEEPEST = 48
"""Folders within folders; ``/system/apex/com.android.runtime/lib64/bionic/libc.so`` has six."""
LONGEST_TARGET = 4096
"""Bytes a link may point with: Linux's PATH_MAX."""

_ESCAPED = re.compile(r"\\x([0-9a-f]{2})")


class NodeKind(StrEnum):
    """What a node is. Devices, pipes and sockets hold no evidence and are passed over."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


@record
class Node:
    """One entry of a tree.

    path: from the tree's root, which is "/" ("/app/Phone/Phone.apk"); its names are those of `shown`
    size: bytes of a file or a link's target; 0 for a folder
    target: where a link points, as it is written there (`shown`, slashes kept); links are never followed
    mode: Unix permission bits, 0 to 0o7777
    """

    path: str
    kind: NodeKind
    size: int = 0
    target: str = ""
    mode: int = 0


@record
class TreeTrouble:
    """What could not be walked: the folder or entry, why, and where in the image (bytes), if known."""

    path: str
    reason: str
    offset: int | None = None


class Tree(Protocol):
    """A file system that is only read.

    A tree reads through the one file object it was given and belongs to the process and thread that opened
    it. A worker process opens its own: by ``FolderTree(path)``, or by `open_tree` on the image opened again.
    """

    @property
    def origin(self) -> str:
        """What the tree was read from, for people: an image's or a folder's path."""

    @property
    def format(self) -> str:
        """The kind of file system: "ext4", "erofs", "folder"."""

    @property
    def troubles(self) -> tuple[TreeTrouble, ...]:
        """What could not be walked so far; complete after `walk` came to its end."""

    def walk(self) -> Iterator[Node]:
        """Every file, folder and link once, but not the root; a folder comes before what is in it.

        The order is that of the names, folder by folder (``a``, ``a/b``, ``a-b``), the same for every kind of
        tree. Bounded by `MOST_NODES`, `MOST_IN_FOLDER` and `DEEPEST`; what is left out becomes a trouble.
        """

    def find(self, path: str) -> Node | None:
        """The node at *path*; None if there is none. Raises BadInput when it cannot be told."""

    def open(self, path: str) -> BinaryIO:
        """The content of the file at *path*: seekable, read in slices, never held whole.

        The caller closes it. Its size is what the node says, which for a hostile image may be far more than
        the image holds: whoever wants all of it at once looks at `Node.size` first.
        Raises BadInput, here or while reading, that names image, path and offset.
        """


def shown(name: bytes) -> str:
    r"""*name* as text that is safe to show, and from which `raw_name` gets the name back.

    Whatever is not printable (control, format, undecodable, odd blanks), and the backslash, become
    ``\xNN``, byte by byte.
    """
    text = name.decode("utf-8", "surrogateescape")
    if text.isprintable() and "\\" not in text:
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char != "\\" and char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))


def raw_name(text: str) -> bytes:
    r"""The name that `shown` made *text* of."""
    pieces = _ESCAPED.split(text)
    return b"".join(
        bytes.fromhex(piece) if index % 2 else piece.encode("utf-8", "surrogateescape")
        for index, piece in enumerate(pieces)
    )


def parts(path: str) -> tuple[str, ...]:
    """The names in *path*; empty for the root. A path from outside may begin with or without a slash."""
    return tuple(part for part in path.split("/") if part)


def no_such(origin: str, path: str) -> BadInput:
    """A file was asked for that the tree does not have."""
    return BadInput("there is no such file in it", where=f"{origin} > {path}", fix="check the path")


def not_a_file(origin: str, path: str, kind: NodeKind) -> BadInput:
    """A folder or link was to be opened like a file."""
    return BadInput(
        f"is a {kind}, no file", where=f"{origin} > {path}", fix="open the files of the tree only"
    )
