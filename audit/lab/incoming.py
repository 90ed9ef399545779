"""A file that a host writes through ``sync:``: SEND and SND2, on the unit's side. Pure.

Source: AOSP packages/modules/adb, daemon/file_sync_service.cpp (``do_send_v1``, ``do_send_v2``,
``handle_send_file``): what is refused is refused at once, what still comes is thrown away, and then the
stream ends.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from audit.adb.sync import MAX_CHUNK_BYTES, pack_failure
from audit.lab.disk import NO_SPACE, Disk, Pushed

_HEAD = struct.Struct("<4sI")
_SETUP = struct.Struct("<4sII")  # SND2 again, mode, flags
_OKAY = _HEAD.pack(b"OKAY", 0)
_PLAIN_MODE = 0o644
_PERMISSIONS = 0o777


class Incoming:
    """One file on its way.

    done: it is written, or was given up; broken: the stream has to end
    rest: bytes that belong to what follows it
    """

    def __init__(self, disk: Disk, path: str, *, v2: bool, uid: int) -> None:
        self.done = False
        self.broken = False
        self.rest = b""
        self._disk = disk
        self._mode: int | None = None
        self._path = path
        if not v2:
            self._path, self._mode = _split(path)
        self._uid = uid
        self._unread = bytearray()
        self._content = bytearray()
        self._refused = False
        self._opened = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What to answer to the next bytes of the stream."""
        self._unread += data
        if self._mode is None and not self._set_up():
            return
        if not self._opened:
            self._opened = True
            why = self._disk.refusal(self._path, self._uid)
            if why:
                yield self._refuse(f"couldn't create file: {why}")
        while not self.done and len(self._unread) >= _HEAD.size:
            kind, length = _HEAD.unpack_from(self._unread)
            if kind == b"DONE":
                del self._unread[: _HEAD.size]
                yield from self._end(length)
            elif kind != b"DATA" or length > MAX_CHUNK_BYTES:
                yield from self._nonsense(kind)
            elif len(self._unread) < _HEAD.size + length:
                return
            else:
                chunk = bytes(self._unread[_HEAD.size : _HEAD.size + length])
                del self._unread[: _HEAD.size + length]
                yield from self._take(chunk)
        self.rest = bytes(self._unread)

    def _set_up(self) -> bool:
        if len(self._unread) < _SETUP.size:
            return False
        _again, self._mode, _flags = _SETUP.unpack_from(self._unread)
        del self._unread[: _SETUP.size]
        return True

    def _take(self, chunk: bytes) -> Iterator[bytes]:
        if self._refused:
            return
        if not self._disk.room(len(self._content) + len(chunk)):
            self._content.clear()
            yield self._refuse(f"write failed: {NO_SPACE}")
            return
        self._content += chunk

    def _end(self, mtime: int) -> Iterator[bytes]:
        self.done, self.broken = True, self._refused
        if not self._refused:
            self._disk.write(
                self._path,
                Pushed(
                    content=bytes(self._content), mode=_widened(self._mode or 0), mtime=mtime, owner=self._uid
                ),
            )
            yield _OKAY

    def _nonsense(self, kind: bytes) -> Iterator[bytes]:
        self.done = self.broken = True
        if not self._refused:
            yield pack_failure("oversize data message" if kind == b"DATA" else "invalid data message")

    def _refuse(self, why: str) -> bytes:
        self._refused = True
        return pack_failure(why)


def _split(path: str) -> tuple[str, int]:
    """``/path,33261``: the mode stands behind the last comma, in decimal."""
    name, comma, mode = path.rpartition(",")
    if not comma or not mode.isdecimal():
        return path, _PLAIN_MODE
    return name, int(mode)


def _widened(mode: int) -> int:
    """The permissions adbd gives a file: its group gets what the owner has, and the others what that has."""
    mode &= _PERMISSIONS
    mode |= mode >> 3 & 0o070
    return mode | mode >> 3 & 0o007
