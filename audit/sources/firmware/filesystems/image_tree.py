"""Walks the file system of an image, whichever it is: bounded, without following links, without cycles."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import BinaryIO, Protocol

from audit.errors import BadInput
from audit.model.record import record
from audit.sources.firmware.filesystems import nodes
from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.content import Content, as_file
from audit.sources.firmware.filesystems.nodes import Node, NodeKind, TreeTrouble

_NAMES_KEPT = 200_000
"""Of the folders listed last, for opening files by their path."""
_MOST_FOLDER_BYTES = 1 << 30
"""Of all folders of one image together: many may name one place, which is then read again and again."""
_ABOVE = frozenset({b".", b".."})
_MOST_TROUBLES = 1000


@record
class Entry:
    """What the record of a file (its inode) says.

    kind: None for devices, pipes and sockets
    size: bytes; offset: of the record in the image
    sealed: why the content cannot be read although the image holds it, such as encryption; "" = it can
    """

    kind: NodeKind | None
    size: int
    mode: int
    offset: int
    sealed: str = ""


@record
class Listing:
    """What a folder holds: names with the number of each one's record, and what could not be read of it.

    troubles: (reason, offset in the image or None)
    """

    names: tuple[tuple[bytes, int], ...]
    troubles: tuple[tuple[str, int | None], ...] = ()


class FileSystem(Protocol):
    """What a kind of file system has to answer. Every method raises BadInput for damaged records.

    root: the number of the root folder's record
    """

    format: str
    root: int
    image: BytesAt

    def warnings(self) -> tuple[str, ...]:
        """What the image says of itself that makes its content doubtful."""

    def entry(self, number: int) -> Entry:
        """The record *number*."""

    def listing(self, number: int) -> Listing:
        """What the folder *number* holds."""

    def content(self, number: int, image: BytesAt) -> Content:
        """The bytes of the file or link *number*. image: what to read, and name in errors."""


class ImageTree:
    """A file system as a `Tree`."""

    def __init__(self, system: FileSystem) -> None:
        self._system = system
        self._troubles: dict[tuple[str, str], TreeTrouble] = {}
        self._folders: OrderedDict[int, dict[bytes, int]] = OrderedDict()
        self._kept = 0
        self._room = _MOST_FOLDER_BYTES
        self.format = system.format
        self.origin = system.image.origin
        for warning in system.warnings():
            self._note("/", warning)
        if system.entry(system.root).kind is not NodeKind.FOLDER:
            raise system.image.bad("has a root that is no folder", system.entry(system.root).offset)

    @property
    def troubles(self) -> tuple[TreeTrouble, ...]:
        """What could not be walked, in the order it was met."""
        return tuple(self._troubles.values())

    def walk(self) -> Iterator[Node]:
        """Every file, folder and link, in the order `Tree.walk` says."""
        seen = {self._system.root}
        count = 0
        self._room = _MOST_FOLDER_BYTES
        waiting = [("", self._sorted("/", self._system.root))]
        while waiting:
            above, names = waiting[-1]
            found = next(names, None)
            if found is None:
                waiting.pop()
                continue
            path, number = f"{above}/{nodes.shown(found[0])}", found[1]
            node = self._noted_node(path, number)
            if node is None:
                continue
            count += 1
            if count > nodes.MOST_NODES:
                self._note("/", f"has more than {nodes.MOST_NODES} entries; the rest was not looked at")
                return
            yield node
            if node.kind is NodeKind.FOLDER:
                if number in seen:
                    self._note(
                        path, f"is a folder met before (record {number}) and was not looked into again"
                    )
                elif len(waiting) >= nodes.DEEPEST:
                    self._note(path, f"lies {nodes.DEEPEST} folders deep and was not looked into")
                else:
                    seen.add(number)
                    waiting.append((path, self._sorted(path, number)))

    def find(self, path: str) -> Node | None:
        """The node at *path*; None if there is none, or if it lies behind a link."""
        names = nodes.parts(path)
        number = self._locate(names)
        return None if number is None else self._node("/" + "/".join(names), number)

    def open(self, path: str) -> BinaryIO:
        """The content of the file at *path*. Raises BadInput for what is none and what cannot be read."""
        number = self._locate(nodes.parts(path))
        entry = None if number is None else self._system.entry(number)
        if number is None or entry is None or entry.kind is None:
            raise nodes.no_such(self.origin, path)
        if entry.kind is not NodeKind.FILE:
            raise nodes.not_a_file(self.origin, path, entry.kind)
        image = self._system.image.named(path)
        if entry.sealed:
            raise image.bad(entry.sealed, entry.offset)
        return as_file(self._system.content(number, image), image.origin)

    def _locate(self, names: tuple[str, ...]) -> int | None:
        number = self._system.root
        for name in names:
            if self._system.entry(number).kind is not NodeKind.FOLDER:
                return None
            found = self._folder(number).get(nodes.raw_name(name))
            if found is None:
                return None
            number = found
        return number

    def _folder(self, number: int) -> dict[bytes, int]:
        """The names in a folder that can be reached, whatever else is wrong with it."""
        if number in self._folders:
            self._folders.move_to_end(number)
            return self._folders[number]
        return self._keep(number, self._system.listing(number))

    def _keep(self, number: int, listing: Listing) -> dict[bytes, int]:
        names: dict[bytes, int] = {}
        for name, child in listing.names:
            if name not in _ABOVE and not _wrong(name):
                names.setdefault(name, child)
        self._kept += len(names) - len(self._folders.pop(number, ()))
        self._folders[number] = names
        while self._kept > _NAMES_KEPT and len(self._folders) > 1:
            self._kept -= len(self._folders.popitem(last=False)[1])
        return names

    def _sorted(self, path: str, number: int) -> Iterator[tuple[bytes, int]]:
        try:
            entry = self._system.entry(number)
            self._room -= entry.size
            if self._room < 0:
                self._note(
                    "/", f"has folders of more than {_MOST_FOLDER_BYTES} bytes; not all were looked into"
                )
            if entry.sealed or self._room < 0:
                return iter(())
            listing = self._system.listing(number)
        except BadInput as error:
            self._note(path, _said(error))
            return iter(())
        for reason, offset in listing.troubles:
            self._note(path, reason, offset)
        names = self._keep(number, listing)
        rest = [name for name, _ in listing.names if name not in names and name not in _ABOVE]
        for name in sorted(set(rest)):
            self._note(path, f"holds an entry whose name cannot be one: {nodes.shown(name[:64])}")
        if sum(name not in _ABOVE for name, _ in listing.names) - len(rest) > len(names):
            self._note(path, "holds two entries of one name; the first one counts")
        return iter(sorted(names.items()))

    def _noted_node(self, path: str, number: int) -> Node | None:
        try:
            return self._node(path, number)
        except BadInput as error:
            self._note(path, _said(error))
            return None

    def _node(self, path: str, number: int) -> Node | None:
        entry = self._system.entry(number)
        if entry.kind is None:
            return None
        if entry.sealed:
            self._note(path, entry.sealed, entry.offset)
        if entry.kind is NodeKind.FILE:
            return Node(path=path, kind=entry.kind, size=entry.size, mode=entry.mode)
        if entry.kind is NodeKind.FOLDER:
            return Node(path=path, kind=entry.kind, mode=entry.mode)
        target = "" if entry.sealed else nodes.shown(self._target(number, entry))
        return Node(path=path, kind=entry.kind, size=entry.size, target=target, mode=entry.mode)

    def _target(self, number: int, entry: Entry) -> bytes:
        if entry.size > nodes.LONGEST_TARGET:
            raise self._system.image.bad(
                f"is a link of {entry.size} bytes; {nodes.LONGEST_TARGET} are the most", entry.offset
            )
        content = self._system.content(number, self._system.image)
        target = b""
        while len(target) < content.size:
            target += content.read(len(target), content.size - len(target))
        return target

    def _note(self, path: str, reason: str, offset: int | None = None) -> None:
        self._troubles.setdefault((path, reason), TreeTrouble(path=path, reason=reason, offset=offset))


def _wrong(name: bytes) -> bool:
    return not name or b"/" in name or b"\0" in name


def _said(error: BadInput) -> str:
    """What an error says, without the image's name, which the tree has."""
    place = error.where.rpartition(", offset ")
    return f"{error.what} (offset {place[2]})" if place[1] else error.what
