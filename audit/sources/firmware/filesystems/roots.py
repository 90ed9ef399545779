"""The file systems of a firmware, each openable again by any process."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from audit.model.record import record
from audit.sources.firmware.containers.volume import Volume
from audit.sources.firmware.filesystems.folder_tree import FolderTree
from audit.sources.firmware.filesystems.nodes import Tree
from audit.sources.firmware.filesystems.tree import open_tree


@record
class Root:
    """One file system.

    name: of the partition; "" for a folder that holds several
    origin: where it was found, for people
    open: gives a tree of its own to the process that asks, open until the stack is left; can be pickled
    """

    name: str
    origin: str
    open: Callable[[ExitStack], Tree]


def of_folder(path: Path) -> Root:
    """An unpacked package."""
    return Root(name="", origin=str(path), open=partial(_folder_tree, path))


def of_volume(volume: Volume) -> Root:
    """A partition image of a package."""
    return Root(name=volume.name, origin=volume.origin, open=partial(_volume_tree, volume))


def _folder_tree(path: Path, _: ExitStack) -> Tree:
    return FolderTree(path)


def _volume_tree(volume: Volume, stack: ExitStack) -> Tree:
    return open_tree(stack.enter_context(volume.open()), origin=volume.origin)
