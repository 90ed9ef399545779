"""APEX modules: file systems in an archive in a file system, mounted at ``/apex/<name>``.

Source: AOSP system/apex (``docs/README.md``): ``apex_payload.img``, stored, is an ext4 or EROFS image; a
compressed module (``.capex``) holds the whole module as ``original_apex``.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, BinaryIO, cast

from audit.endpoints.archive import STORED, Archive, answer, ask_data_start
from audit.endpoints.chunks import Damage
from audit.endpoints.part import Limits
from audit.errors import BadInput
from audit.sources.firmware.filesystems.nodes import Tree
from audit.sources.firmware.filesystems.roots import Root
from audit.sources.firmware.filesystems.tree import open_tree

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PREFIX = "apex/"
"""What the name of a module's root begins with."""
_ENDINGS = (".apex", ".capex")
MOST = 200
"""Of one firmware; current phones have up to 60."""
_PAYLOAD, _ORIGINAL = "apex_payload.img", "original_apex"
_FIX = "get the package again: it is cut short or damaged"


def is_module(path: str) -> bool:
    """Whether a file of this name is an APEX module."""
    return path.lower().endswith(_ENDINGS)


def roots_of(modules: Iterable[tuple[str, Root, str]]) -> Iterator[Root]:
    """The file systems of *modules*: (path on the unit, root it lies in, path there) of each."""
    for (path, root, place), _ in zip(modules, range(MOST), strict=False):
        name = path.rpartition("/")[2].rpartition(".")[0]
        yield Root(name=f"{PREFIX}{name}", origin=path, open=partial(_opened, root, place, path))


def _opened(root: Root, place: str, origin: str, stack: ExitStack) -> Tree:
    file = stack.enter_context(root.open(stack).open(place))
    return open_tree(_payload(file, origin, stack), origin=origin)


def _payload(file: BinaryIO, origin: str, stack: ExitStack, *, inner: bool = False) -> BinaryIO:
    """The image in the module *file*. Raises BadInput."""
    try:
        archive = Archive(file, Limits())
        entries = {entry.name: entry for entry in archive.directory.entries}
        if _PAYLOAD in entries:
            entry = entries[_PAYLOAD]
            if entry.method != STORED:
                raise BadInput(f"holds {_PAYLOAD} packed, which Android refuses", where=origin, fix=_FIX)
            start = answer(ask_data_start(entry), archive.read_at)
            return cast("BinaryIO", io.BufferedReader(_Slice(file, start, entry.compressed)))
        if _ORIGINAL in entries and not inner:
            # in a temporary file: modules stay open as long as files are read
            kept = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
            kept.write(archive.read(entries[_ORIGINAL]))
            return _payload(cast("BinaryIO", kept), origin, stack, inner=True)
    except Damage as damage:
        raise BadInput(f"is no APEX module: {damage}", where=origin, fix=_FIX) from damage
    raise BadInput("is an APEX module without a file system", where=origin, fix=_FIX)


class _Slice(io.RawIOBase):
    """*size* bytes of *file* from *start*, as a file of their own."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._size = file, start, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: WriteableBuffer) -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self._size - self._at))
        self._file.seek(self._start + self._at)
        data = self._file.read(wanted)
        view[: len(data)] = data
        self._at += len(data)
        return len(data)
