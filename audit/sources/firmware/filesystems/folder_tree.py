"""An unpacked image: a folder of the station's disk as a tree. No link is followed, in it or out of it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from audit.errors import BadInput
from audit.sources.disk import unreadable
from audit.sources.firmware.filesystems import nodes
from audit.sources.firmware.filesystems.nodes import Node, NodeKind, TreeTrouble

_LEFT = frozenset({".git"})
"""Published unpacked images are often repositories; what lies in there, at the root, is not of the image."""

_NOT_THROUGH_LINKS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class FolderTree:
    """The folder at *root* as a `Tree`. Picklable: a worker process may be handed it as it is."""

    format = "folder"

    def __init__(self, root: Path, *, origin: str = "") -> None:
        self.root = root
        self.origin = origin or str(root)
        self._troubles: dict[str, TreeTrouble] = {}

    @property
    def troubles(self) -> tuple[TreeTrouble, ...]:
        """What could not be walked, in the order it was met."""
        return tuple(self._troubles.values())

    def walk(self) -> Iterator[Node]:
        """Every file, folder and link below the folder, in the order `Tree.walk` says."""
        count = 0
        waiting = [(self._entries("/", self.root), "", 1)]
        while waiting:
            entries, above, depth = waiting[-1]
            entry = next(entries, None)
            if entry is None:
                waiting.pop()
                continue
            node = self._node(entry, f"{above}/{nodes.shown(os.fsencode(entry.name))}")
            if node is None:
                continue
            count += 1
            if count > nodes.MOST_NODES:
                self._note("/", f"has more than {nodes.MOST_NODES} entries; the rest was not looked at")
                return
            yield node
            if node.kind is NodeKind.FOLDER:
                if depth >= nodes.DEEPEST:
                    self._note(node.path, f"lies {nodes.DEEPEST} folders deep and was not looked into")
                else:
                    waiting.append((self._entries(node.path, Path(entry.path)), node.path, depth + 1))

    def find(self, path: str) -> Node | None:
        """The node at *path*; None if there is none, or if it lies behind a link."""
        names = nodes.parts(path)
        found = self._locate(names)
        return None if found is None else _of("/" + "/".join(names), *found)

    def open(self, path: str) -> BinaryIO:
        """The content of the file at *path*; BadInput for what is none."""
        names = nodes.parts(path)
        found = self._locate(names)
        node = None if found is None else _of("/" + "/".join(names), *found)
        if found is None or node is None:
            raise nodes.no_such(self.origin, path)
        if node.kind is not NodeKind.FILE:
            raise nodes.not_a_file(self.origin, path, node.kind)
        try:
            return os.fdopen(os.open(found[0], os.O_RDONLY | _NOT_THROUGH_LINKS), "rb")
        except OSError as error:
            raise unreadable(found[0], error) from error

    def _locate(self, names: tuple[str, ...]) -> tuple[Path, os.stat_result] | None:
        """The place on the disk and what it is, if every folder on the way is one and no link."""
        here = self.root
        for name in names:
            raw = os.fsdecode(nodes.raw_name(name))
            if raw in {"", ".", ".."} or "/" in raw or "\0" in raw or os.path.basename(raw) != raw:  # noqa: PTH119 - a drive or separator of this system
                return None
            if here is not self.root and not stat.S_ISDIR(self._stat(here).st_mode):
                return None
            here = here / raw
            if not os.path.lexists(here):
                return None
        return here, self._stat(here)

    def _stat(self, path: Path) -> os.stat_result:
        try:
            return path.lstat()
        except OSError as error:
            raise unreadable(path, error) from error

    def _entries(self, path: str, folder: Path) -> Iterator[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as found:
                entries = [entry for entry, _ in zip(found, range(nodes.MOST_IN_FOLDER + 1), strict=False)]
        except OSError as error:
            self._note(path, unreadable(folder, error).what)
            return iter(())
        if len(entries) > nodes.MOST_IN_FOLDER:
            self._note(path, f"has more than {nodes.MOST_IN_FOLDER} entries; the rest was not looked at")
            entries.pop()
        left = _LEFT if path == "/" else frozenset[str]()
        return iter(sorted((e for e in entries if e.name not in left), key=lambda e: os.fsencode(e.name)))

    def _node(self, entry: os.DirEntry[str], path: str) -> Node | None:
        try:
            return _of(path, Path(entry.path), entry.stat(follow_symlinks=False))
        except OSError as error:
            self._note(path, f"cannot be read: {error.strerror or error}")
        except BadInput as error:
            self._note(path, error.what)
        return None

    def _note(self, path: str, reason: str) -> None:
        self._troubles.setdefault(path, TreeTrouble(path=path, reason=reason))


def _of(path: str, place: Path, found: os.stat_result) -> Node | None:
    """The node for what lies at *place*; None for devices, pipes and sockets."""
    mode = stat.S_IMODE(found.st_mode)
    if stat.S_ISREG(found.st_mode):
        return Node(path=path, kind=NodeKind.FILE, size=found.st_size, mode=mode)
    if stat.S_ISDIR(found.st_mode):
        return Node(path=path, kind=NodeKind.FOLDER, mode=mode)
    if not stat.S_ISLNK(found.st_mode):
        return None
    try:
        target = os.fsencode(place.readlink())
    except OSError as error:
        raise unreadable(place, error) from error
    return Node(path=path, kind=NodeKind.LINK, size=len(target), target=nodes.shown(target), mode=mode)
