"""Files over ADB: the requests and answers of the ``sync:`` service, versions 1 and 2, both roles, no I/O.

Source: AOSP packages/modules/adb, file_sync_protocol.h and docs/dev/sync.md. All numbers are little-endian; a
request is an id, a length and a path.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import StrEnum

from audit.adb.device import FileStat
from audit.errors import ProtocolError
from audit.model.record import record
from audit.model.text import clean_line

MAX_PATH_BYTES = 1024
MAX_CHUNK_BYTES = 64 * 1024
_MAX_NAME_BYTES = 4096
_MAX_MESSAGE_BYTES = 64 * 1024

_HEAD = struct.Struct("<4sI")
_STAT1 = struct.Struct("<4sIII")  # id, mode, size, mtime
_STAT2 = struct.Struct("<4sIQQIIIIQqqq")  # id, errno, dev, inode, mode, links, uid, gid, size, a-, m-, ctime
_DENT1 = struct.Struct("<4sIIII")  # as STAT, then the name's length
_DENT2 = struct.Struct("<4sIQQIIIIQqqqI")

_RECONNECT = "Reconnect the phone, then try again."


class SyncId(StrEnum):
    """Requests, as they stand on the wire."""

    STAT = "STAT"
    STAT2 = "STA2"
    LSTAT2 = "LST2"
    LIST = "LIST"
    LIST2 = "LIS2"
    RECV = "RECV"
    RECV2 = "RCV2"
    SEND = "SEND"
    SEND2 = "SND2"
    QUIT = "QUIT"


# host side: requests out, answers in


def pack_request(request: SyncId, path: str = "") -> bytes:
    """A request for *path*."""
    name = path.encode("utf-8", "surrogateescape")
    return _HEAD.pack(request.encode(), len(name)) + name


def recv_request(path: str, *, v2: bool) -> bytes:
    """The request for a file's content; v2 without compression."""
    if v2:
        return pack_request(SyncId.RECV2, path) + _HEAD.pack(SyncId.RECV2.encode(), 0)
    return pack_request(SyncId.RECV, path)


def send_request(path: str, mode: int) -> bytes:
    """The request to write a file with *mode*, as ``st_mode``; adbd gives everybody its user's bits."""
    return pack_request(SyncId.SEND, f"{path},{mode}")


def pack_chunk(chunk: bytes) -> bytes:
    """A piece of the content of a file that is sent, at most `MAX_CHUNK_BYTES`."""
    return _HEAD.pack(b"DATA", len(chunk)) + chunk


def pack_done(mtime: int) -> bytes:
    """The end of a file that is sent. mtime: what it is to have, in Unix seconds."""
    return _HEAD.pack(b"DONE", mtime & 0xFFFFFFFF)


class _Reader:
    def __init__(self) -> None:
        self._data = bytearray()

    def _take(self, form: struct.Struct, extra: int = 0) -> bytes | None:
        if len(self._data) < form.size + extra:
            return None
        taken = bytes(self._data[: form.size + extra])
        del self._data[: form.size + extra]
        return taken

    def _unexpected(self, found: bytes) -> ProtocolError:
        return ProtocolError(f"the file service answered {bytes(found)!r}", fix=_RECONNECT)


class StatReader(_Reader):
    """The answer to STAT, STA2 and LST2.

    done: it is complete; result: what it says, None when nothing is there
    """

    def __init__(self, path: str, *, v2: bool) -> None:
        super().__init__()
        self.done = False
        self.result: FileStat | None = None
        self._path = path
        self._v2 = v2

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._data += data
        form = _STAT2 if self._v2 else _STAT1
        taken = self._take(form)
        if taken is None:
            return
        found, first, *rest = form.unpack(taken)
        if found not in {b"STAT", b"STA2", b"LST2"}:
            raise self._unexpected(found)
        self.done = True
        mode, size, mtime = (rest[2], rest[6], rest[8]) if self._v2 else (first, *rest)
        if mode and not (self._v2 and first):
            self.result = FileStat(path=self._path, mode=mode, size=size, mtime=mtime)


class ListReader(_Reader):
    """The answer to LIST and LIS2. done: it is complete; entries: all but "." and "..", sorted by no one."""

    def __init__(self, path: str, *, v2: bool) -> None:
        super().__init__()
        self.done = False
        self.entries: list[FileStat] = []
        self._folder = path.rstrip("/")
        self._form = _DENT2 if v2 else _DENT1
        self._v2 = v2

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._data += data
        while not self.done and len(self._data) >= self._form.size:
            found, first, *rest, length = self._form.unpack_from(self._data)
            if found == b"DONE":
                self.done = True
                return
            if found not in {b"DENT", b"DNT2"} or length > _MAX_NAME_BYTES:
                raise self._unexpected(found)
            taken = self._take(self._form, length)
            if taken is None:
                return
            mode, size, mtime = (rest[2], rest[6], rest[8]) if self._v2 else (first, *rest)
            self._add(taken[self._form.size :], mode, size, mtime)

    def _add(self, raw: bytes, mode: int, size: int, mtime: int) -> None:
        name = clean_line(raw.decode("utf-8", "replace"))
        if name in {".", ".."}:
            return
        if "/" in name or not name:
            raise ProtocolError(
                f"a folder lists the impossible name {name!r}", where=self._folder, fix=_RECONNECT
            )
        self.entries.append(FileStat(path=f"{self._folder}/{name}", mode=mode, size=size, mtime=mtime))


class RecvReader:
    """The answer to RECV and RCV2.

    done: the content is complete; failure: why the unit does not give it, sanitised, "" while it does
    """

    def __init__(self) -> None:
        self.done = False
        self.failure = ""
        self._head = b""
        self._missing = 0
        self._message: bytearray | None = None

    def feed(self, data: bytes) -> Iterator[memoryview]:
        """The pieces of the file's content in *data*; nothing is held back."""
        view = memoryview(data)
        at, end = 0, len(data)
        while at < end and not self.done:
            if not self._missing:
                take = _HEAD.size - len(self._head)
                self._head += view[at : at + take]
                at += take
                if len(self._head) == _HEAD.size:
                    self._start()
                continue
            piece = view[at : at + self._missing]
            at += len(piece)
            self._missing -= len(piece)
            if self._message is None:
                yield piece
            else:
                self._message += piece
                self._fail_if_whole()

    def _start(self) -> None:
        kind, length = _HEAD.unpack(self._head)
        self._head = b""
        if kind == b"DATA":
            self._missing = length
        elif kind == b"DONE":
            self.done = True
        elif kind == b"FAIL" and length <= _MAX_MESSAGE_BYTES:
            self._message, self._missing = bytearray(), length
            self._fail_if_whole()
        else:
            raise ProtocolError(f"the file service answered {kind!r}", fix=_RECONNECT)

    def _fail_if_whole(self) -> None:
        if self._message is not None and not self._missing:
            self.done = True
            self.failure = clean_line(self._message.decode("utf-8", "replace")) or "refused without a reason"


class SendReader(_Reader):
    """The answer to SEND, which may come before all was sent.

    done: it came; failure: why the file was not written, sanitised, "" when it was
    """

    def __init__(self) -> None:
        super().__init__()
        self.done = False
        self.failure = ""

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self._data += data
        if self.done or len(self._data) < _HEAD.size:
            return
        found, length = _HEAD.unpack_from(self._data)
        if found == b"OKAY":
            self.done = True
            return
        if found != b"FAIL" or length > _MAX_MESSAGE_BYTES:
            raise self._unexpected(found)
        taken = self._take(_HEAD, length)
        if taken is not None:
            self.done = True
            words = taken[_HEAD.size :].decode("utf-8", "replace")
            self.failure = clean_line(words) or "refused without a reason"


# device side: requests in, answers out


@record
class SyncRequest:
    """What a host asks of the file service. flags: of RCV2 alone, 0 without compression."""

    id: SyncId
    path: str = ""
    flags: int = 0


class RequestReader(_Reader):
    """Cuts what a host sends into requests."""

    def __init__(self) -> None:
        super().__init__()
        self._recv2: str | None = None

    def feed(self, data: bytes) -> Iterator[SyncRequest]:
        """The requests that *data* completes; raises ProtocolError at an unknown one or a path too long."""
        self._data += data
        while len(self._data) >= _HEAD.size:
            found, length = _HEAD.unpack_from(self._data)
            try:
                request = SyncId(found.decode("ascii", "replace"))
            except ValueError:
                raise self._unexpected(found) from None
            if request is SyncId.RECV2 and self._recv2 is not None:  # its second half: id and flags
                del self._data[: _HEAD.size]
                path, self._recv2 = self._recv2, None
                yield SyncRequest(id=request, path=path, flags=length)
                continue
            if length > MAX_PATH_BYTES:
                raise self._unexpected(found)
            taken = self._take(_HEAD, length)
            if taken is None:
                return
            path = taken[_HEAD.size :].decode("utf-8", "surrogateescape")
            if request is SyncId.RECV2:
                self._recv2 = path
            else:
                yield SyncRequest(id=request, path=path)


def pack_stat(request: SyncId, stat: FileStat | None, *, errno: int = 2) -> bytes:
    """The answer to STAT, STA2 or LST2; *errno* (ENOENT unless told) goes with None in version 2."""
    mode, size, mtime = (stat.mode, stat.size, stat.mtime) if stat else (0, 0, 0)
    if request is SyncId.STAT:
        return _STAT1.pack(b"STAT", mode, size & 0xFFFFFFFF, mtime & 0xFFFFFFFF)
    error = 0 if stat else errno
    return _STAT2.pack(request.encode(), error, 0, 0, mode, 1, 0, 0, size, mtime, mtime, mtime)


def pack_entries(request: SyncId, entries: tuple[FileStat, ...]) -> bytes:
    """The answer to LIST or LIS2, with its end; an entry's name is the last part of its path."""
    parts = []
    for entry in entries:
        name = entry.path.rpartition("/")[2].encode("utf-8", "surrogateescape")
        if request is SyncId.LIST:
            size, mtime = entry.size & 0xFFFFFFFF, entry.mtime & 0xFFFFFFFF
            parts.append(_DENT1.pack(b"DENT", entry.mode, size, mtime, len(name)) + name)
        else:
            times = (entry.mtime,) * 3
            parts.append(
                _DENT2.pack(b"DNT2", 0, 0, 0, entry.mode, 1, 0, 0, entry.size, *times, len(name)) + name
            )
    end = _DENT1.pack(b"DONE", 0, 0, 0, 0) if request is SyncId.LIST else _DENT2.pack(b"DONE", *(0,) * 12)
    return b"".join((*parts, end))


def pack_content(content: bytes) -> Iterator[bytes]:
    """The answer to RECV or RCV2: the content in chunks, then its end."""
    for at in range(0, len(content), MAX_CHUNK_BYTES):
        chunk = content[at : at + MAX_CHUNK_BYTES]
        yield _HEAD.pack(b"DATA", len(chunk)) + chunk
    yield _HEAD.pack(b"DONE", 0)


def pack_failure(message: str) -> bytes:
    """The answer to a request that cannot be met."""
    data = message.encode()
    return _HEAD.pack(b"FAIL", len(data)) + data
