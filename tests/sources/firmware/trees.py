"""Trees for tests: in memory, and such as no process survives."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from functools import partial
from typing import BinaryIO

from audit.errors import BadInput
from audit.sources.firmware.filesystems.nodes import Node, NodeKind, TreeTrouble
from audit.sources.firmware.filesystems.roots import Root


class MemoryTree:
    """Files in a mapping of paths to contents."""

    format = "memory"
    origin = "memory"
    troubles: tuple[TreeTrouble, ...] = ()

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def walk(self) -> Iterator[Node]:
        """Every file, with the folders above it."""
        folders = {path[:at] for path in self.files for at in range(1, len(path)) if path[at] == "/"}
        nodes = [Node(path=folder, kind=NodeKind.FOLDER) for folder in folders]
        nodes += [Node(path=path, kind=NodeKind.FILE, size=len(data)) for path, data in self.files.items()]
        return iter(sorted(nodes, key=lambda node: node.path.split("/")))

    def find(self, path: str) -> Node | None:
        """The node at *path*."""
        return next((node for node in self.walk() if node.path == path), None)

    def open(self, path: str) -> BinaryIO:
        """The content of a file."""
        return io.BytesIO(self.files[path])


class Deadly(MemoryTree):
    """Kills a process that opens a file called ``deadly``, unless it is the one that made the tree."""

    def __init__(self, files: Mapping[str, bytes], maker: int) -> None:
        super().__init__(files)
        self.maker = maker

    def open(self, path: str) -> BinaryIO:
        """The content of a file, if one lives to see it."""
        if "deadly" in path and os.getpid() != self.maker:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().open(path)


def memory(files: Mapping[str, bytes], name: str = "system") -> Root:
    """A root that any process can open."""
    return Root(name=name, origin=name, open=partial(_memory, dict(files)))


def deadly(files: Mapping[str, bytes]) -> Root:
    """A root with files that kill."""
    return Root(name="system", origin="system", open=partial(_deadly, dict(files), os.getpid()))


def at_home_only(files: Mapping[str, bytes]) -> Root:
    """A root that no other process can open, as images in temporary files on some systems."""
    return Root(name="system", origin="system", open=partial(_at_home, dict(files), os.getpid()))


def _memory(files: Mapping[str, bytes], _: ExitStack) -> MemoryTree:
    return MemoryTree(files)


def _deadly(files: Mapping[str, bytes], maker: int, _: ExitStack) -> MemoryTree:
    return Deadly(files, maker)


def _at_home(files: Mapping[str, bytes], home: int, _: ExitStack) -> MemoryTree:
    if os.getpid() != home:
        raise BadInput("is out of reach", where="system", fix="read it at home")
    return MemoryTree(files)
