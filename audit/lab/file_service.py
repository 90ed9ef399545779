"""The device's half of ``sync:``: STAT, LIST and RECV in their first and second versions. Pure.

Source: AOSP adb/daemon/file_sync_service.cpp and file_sync_protocol.h. The lab's units are read-only: SEND is
answered by FAIL.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

from audit.lab.files import Tree

_REQUEST = struct.Struct("<4sI")
_STAT = struct.Struct("<4sIII")
_STAT_2 = struct.Struct("<4sIQQIIIIQqqq")
_DENT = struct.Struct("<4sIIII")
_DENT_2 = struct.Struct("<4sIQQIIIIQqqqI")
_CHUNK_BYTES = 64 * 1024
_LONGEST_PATH = 1024
_ENOENT = 2


class FileService:
    """One ``sync:`` stream; *done* once the host said QUIT or broke the rules."""

    def __init__(self, tree: Tree) -> None:
        self.done = False
        self._tree = tree
        self._pending = b""
        self._recv_2: str | None = None
        self._verbs: dict[bytes, Callable[[str], Iterator[bytes]]] = {
            b"STAT": self._stat,
            b"STA2": lambda path: self._stat_2(b"STA2", path),
            b"LST2": lambda path: self._stat_2(b"LST2", path),
            b"LIST": self._list,
            b"LIS2": self._list_2,
            b"RECV": self._recv,
        }

    def feed(self, data: bytes) -> bytes:
        """What to send back for *data*."""
        self._pending += data
        return b"".join(self._answers())

    def _answers(self) -> Iterator[bytes]:
        while not self.done and len(self._pending) >= _REQUEST.size:
            verb, number = _REQUEST.unpack_from(self._pending)
            if self._recv_2 is not None and verb == b"RCV2":
                self._pending = self._pending[_REQUEST.size :]
                yield from self._second_half(flags=number)
                continue
            if number > _LONGEST_PATH:
                yield from self._fail("path too long")
                return
            if len(self._pending) < _REQUEST.size + number:
                return
            path = self._pending[_REQUEST.size : _REQUEST.size + number].decode(errors="surrogateescape")
            self._pending = self._pending[_REQUEST.size + number :]
            yield from self._answer(verb, path)

    def _answer(self, verb: bytes, path: str) -> Iterator[bytes]:
        if verb == b"QUIT":
            self.done = True
        elif verb == b"RCV2":
            self._recv_2 = path
        elif verb in self._verbs:
            yield from self._verbs[verb](path)
        elif verb in (b"SEND", b"SND2"):
            yield from self._fail("Read-only file system")
        else:
            yield from self._fail(f"unknown command {verb.hex()}")

    def _second_half(self, *, flags: int) -> Iterator[bytes]:
        path, self._recv_2 = self._recv_2 or "", None
        if flags:
            yield from self._fail("compression is not supported")
        else:
            yield from self._recv(path)

    def _fail(self, why: str) -> Iterator[bytes]:
        self.done = True
        yield from _failure(why)

    def _stat(self, path: str) -> Iterator[bytes]:
        mode, size, mtime = self._tree.stat(path) or (0, 0, 0)
        yield _STAT.pack(b"STAT", mode, size, mtime)

    def _stat_2(self, verb: bytes, path: str) -> Iterator[bytes]:
        found = self._tree.stat(path)
        mode, size, mtime = found or (0, 0, 0)
        error = 0 if found else _ENOENT
        yield _STAT_2.pack(verb, error, 0, 0, mode, 1 if found else 0, 0, 0, size, mtime, mtime, mtime)

    def _entries(self, path: str) -> Iterator[tuple[bytes, int, int, int]]:
        for name in self._tree.names(path) or ():
            mode, size, mtime = self._tree.stat(f"{path.rstrip('/')}/{name}") or (0, 0, 0)
            yield name.encode(errors="surrogateescape"), mode, size, mtime

    def _list(self, path: str) -> Iterator[bytes]:
        for name, mode, size, mtime in self._entries(path):
            yield _DENT.pack(b"DENT", mode, size, mtime, len(name)) + name
        yield _DENT.pack(b"DONE", 0, 0, 0, 0)

    def _list_2(self, path: str) -> Iterator[bytes]:
        for name, mode, size, mtime in self._entries(path):
            head = _DENT_2.pack(b"DNT2", 0, 0, 0, mode, 1, 0, 0, size, mtime, mtime, mtime, len(name))
            yield head + name
        yield _DENT_2.pack(b"DONE", *[0] * 12)

    def _recv(self, path: str) -> Iterator[bytes]:
        content = self._tree.read(path)
        if content is None:
            yield from _failure(f"open failed: {self._tree.refusal(path)}")
            return
        for at in range(0, len(content), _CHUNK_BYTES):
            chunk = content[at : at + _CHUNK_BYTES]
            yield _REQUEST.pack(b"DATA", len(chunk)) + chunk
        yield _REQUEST.pack(b"DONE", 0)


def _failure(why: str) -> Iterator[bytes]:
    text = why.encode()
    yield _REQUEST.pack(b"FAIL", len(text)) + text
