"""The device's half of ``sync:``, over a unit's files. Pure.

The lab's units are read-only: SEND is answered by FAIL.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.adb.device import FileStat
from audit.adb.sync import (
    RequestReader,
    SyncId,
    SyncRequest,
    pack_content,
    pack_entries,
    pack_failure,
    pack_stat,
)
from audit.errors import ProtocolError
from audit.lab.files import Tree

_STATS = frozenset({SyncId.STAT, SyncId.STAT2, SyncId.LSTAT2})
_LISTS = frozenset({SyncId.LIST, SyncId.LIST2})


class FileService:
    """One ``sync:`` stream; *done* once the host said QUIT or broke the rules."""

    def __init__(self, tree: Tree) -> None:
        self.done = False
        self.giving = ""
        """Path of the file whose content was given last."""
        self._tree = tree
        self._requests = RequestReader()

    def feed(self, data: bytes) -> bytes:
        """What to send back for *data*."""
        return b"".join(self._answers(data))

    def _answers(self, data: bytes) -> Iterator[bytes]:
        try:
            for request in self._requests.feed(data):
                yield from self._answer(request)
        except ProtocolError as trouble:
            self.done = True
            yield pack_failure(trouble.what)

    def _answer(self, request: SyncRequest) -> Iterator[bytes]:
        if request.id in _STATS:
            yield pack_stat(request.id, self._stat(request.path))
        elif request.id in _LISTS:
            yield pack_entries(request.id, tuple(self._entries(request.path)))
        elif request.id in (SyncId.RECV, SyncId.RECV2):
            yield from self._content(request)
        else:
            self.done = True
            if request.id is not SyncId.QUIT:
                yield pack_failure("Read-only file system")

    def _stat(self, path: str) -> FileStat | None:
        found = self._tree.stat(path)
        return None if found is None else FileStat(path=path, mode=found[0], size=found[1], mtime=found[2])

    def _entries(self, path: str) -> Iterator[FileStat]:
        for name in self._tree.names(path) or ():
            found = self._stat(f"{path.rstrip('/')}/{name}")
            if found is not None:
                yield found

    def _content(self, request: SyncRequest) -> Iterator[bytes]:
        self.giving = request.path
        content = self._tree.read(request.path)
        if request.flags:
            yield pack_failure("compression is not supported")
        elif content is None:
            yield pack_failure(f"open failed: {self._tree.refusal(request.path)}")
        else:
            yield from pack_content(content)
