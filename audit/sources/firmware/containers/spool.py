"""Temporary files without a name, bounded in all: for what cannot be read at random where it lies."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Self

from audit.errors import AuditError

DEFAULT_BYTES = 32 * 1024**3
"""What is unpacked from a current package is 3 to 12 GB."""

_HOLE_BYTES = 64 * 1024
"""Runs of zeros of this length become a hole, which takes no space where the file system knows holes."""
_MOST_HOLES = 4
"""An image may be four times as long as what it may take, the rest being holes; more is a bomb of zeros."""
_MARK_BYTES = 16
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_GB = 1024**3


class NoSpace(AuditError):
    """What has to be unpacked does not fit where temporary files may go."""


class Spool:
    """Makes temporary files that have no name and are gone when the spool is closed or the process ends.

    folder: where they go; None for the system's own (``TMPDIR``)
    limit_bytes: the most they may take together
    """

    def __init__(self, folder: Path | None = None, *, limit_bytes: int = DEFAULT_BYTES) -> None:
        self._folder = Path(tempfile.gettempdir()) if folder is None else folder
        self._limit = limit_bytes
        self._files: list[IO[bytes]] = []
        self.used_bytes = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the space back. Images that were kept here can no longer be opened."""
        while self._files:
            self._files.pop().close()
        self.used_bytes = 0

    def keep(
        self, chunks: Iterable[bytes], *, origin: str, expected: int | None = None
    ) -> tuple[int, int, bytes]:
        """Write *chunks* to a new file; its descriptor, open until `close`, its size, its mark.

        The mark is random bytes behind the end; whoever finds them there has found this file.
        origin: what is unpacked, for the error
        expected: its size where that is known, so that too little space is told before work begins
        Raises NoSpace where the limit or the disk is reached.
        """
        self._check(expected or 0, origin, expected)
        file = self._new(origin)
        size = written = 0
        mark = secrets.token_bytes(_MARK_BYTES)
        try:
            for chunk in chunks:
                written += self._write(file, chunk, size)
                size += len(chunk)
                self._check(max(written, size // _MOST_HOLES), origin, expected)
            self._write(file, mark, size)
        except OSError as error:
            file.close()
            if error.errno not in _FULL:
                raise
            raise self._no_space(origin, expected or size, "the disk is full") from error
        except (
            BaseException
        ):  # whatever interrupts it, Ctrl-C too: the space is given back, and it goes on up
            file.close()
            raise
        self.used_bytes += written
        self._files.append(file)
        return file.fileno(), size, mark

    def _new(self, origin: str) -> IO[bytes]:
        try:
            return tempfile.TemporaryFile(dir=self._folder, buffering=0)
        except OSError as error:
            raise NoSpace(
                f"no temporary file can be made in {self._folder}: {error.strerror or error}",
                where=origin,
                fix="name a folder that may be written, with TMPDIR",
            ) from error

    def _write(self, file: IO[bytes], chunk: bytes, at: int) -> int:
        """Write what is not zeros; the bytes that take space."""
        if len(chunk) >= _HOLE_BYTES and not any(chunk[:16]) and chunk.count(0) == len(chunk):
            return 0
        file.seek(at)
        view = memoryview(chunk)
        while view:
            view = view[file.write(view) :]
        return len(chunk)

    def _check(self, more: int, origin: str, expected: int | None) -> None:
        if self.used_bytes + more > self._limit:
            raise self._no_space(origin, expected or more, f"{self._limit / _GB:.1f} GB are allowed")

    def _no_space(self, origin: str, needed: int, why: str) -> NoSpace:
        free = shutil.disk_usage(self._folder).free
        return NoSpace(
            f"has to be unpacked to be read: {needed / _GB:.1f} GB or more are needed in {self._folder}, "
            f"{self.used_bytes / _GB:.1f} GB are taken and {free / _GB:.1f} GB are free; {why}",
            where=origin,
            fix="free space there, or name another folder with TMPDIR",
        )


def reopened(owner: int, descriptor: int) -> int:
    """A new descriptor of the spooled file *descriptor* of process *owner*, for this process.

    Raises OSError where the owner has closed it, or where there is no ``/proc``.
    """
    return os.open(f"/proc/{owner}/fd/{descriptor}", os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
