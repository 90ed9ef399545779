"""The ext4 file system as a tree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from audit.sources.firmware.bytes_at import BytesAt
from audit.sources.firmware.nodes import Node, TreeTrouble


class Ext4Tree:
    """An ext4 image as a `Tree`."""

    format = "ext4"

    def __init__(self, image: BytesAt) -> None:
        self._image = image
        self.origin = image.origin
        raise image.bad("is a ext4 file system, which cannot be read yet")

    @property
    def troubles(self) -> tuple[TreeTrouble, ...]:
        """What could not be walked."""
        return ()

    def walk(self) -> Iterator[Node]:
        """Every node."""
        return iter(())

    def find(self, path: str) -> Node | None:
        """The node at *path*."""
        raise self._image.bad("cannot be read yet", path=path)

    def open(self, path: str) -> BinaryIO:
        """The content of the file at *path*."""
        raise self._image.bad("cannot be read yet", path=path)
