"""The device's half of ``sync:``, over a unit's files. Pure."""

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
from audit.lab.incoming import Incoming

_STATS = frozenset({SyncId.STAT, SyncId.STAT2, SyncId.LSTAT2})
_LISTS = frozenset({SyncId.LIST, SyncId.LIST2})
_WRITES = frozenset({SyncId.SEND, SyncId.SEND2})


class _Requests(RequestReader):
    """Requests, and behind one to write a file what is not a request but its content."""

    def rest(self) -> bytes:
        """What came and is in no request yet."""
        rest = bytes(self._data)
        self._data.clear()
        return rest


class FileService:
    """One ``sync:`` stream; *done* once the host said QUIT or broke the rules."""

    def __init__(self, tree: Tree) -> None:
        self.done = False
        self.giving = ""
        """Path of the file whose content was given last."""
        self._tree = tree
        self._requests = _Requests()
        self._incoming: Incoming | None = None

    def feed(self, data: bytes) -> bytes:
        """What to send back for *data*."""
        said: list[bytes] = []
        rest: bytes | None = data
        try:
            while rest is not None and not self.done:
                rest = self._content_of(said, rest) if self._incoming else self._requests_in(said, rest)
        except ProtocolError as trouble:
            self.done = True
            said.append(pack_failure(trouble.what))
        return b"".join(said)

    def _requests_in(self, said: list[bytes], data: bytes) -> bytes | None:
        """Answer the requests in *data*; what is behind one to write a file, None when there is none."""
        for request in self._requests.feed(data):
            said.extend(self._answer(request))
            if request.id in _WRITES:
                return self._requests.rest()
        return None

    def _content_of(self, said: list[bytes], data: bytes) -> bytes | None:
        """Take more of a file that is written; what follows it, None when it goes on."""
        assert self._incoming is not None  # noqa: S101  # feed() asked
        said.extend(self._incoming.feed(data))
        if not self._incoming.done:
            return None
        rest, self.done, self._incoming = self._incoming.rest, self._incoming.broken, None
        return rest

    def _answer(self, request: SyncRequest) -> Iterator[bytes]:
        if request.id in _STATS:
            yield pack_stat(request.id, self._stat(request.path))
        elif request.id in _LISTS:
            yield pack_entries(request.id, tuple(self._entries(request.path)))
        elif request.id in (SyncId.RECV, SyncId.RECV2):
            yield from self._content(request)
        elif request.id in _WRITES:
            v2 = request.id is SyncId.SEND2
            self._incoming = Incoming(self._tree.disk, request.path, v2=v2, uid=self._tree.uid)
        else:
            self.done = True

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
