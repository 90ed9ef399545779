"""The files that images lie in: the package itself, and what a `Spool` keeps."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from audit.errors import BadInput
from audit.model.record import record
from audit.sources import disk
from audit.sources.firmware.containers.spool import Spool, reopened


@record
class FileBase:
    """A file of the disk. Another process needs no more than its path.

    size: bytes, when it was first looked at
    """

    path: str
    origin: str
    size: int

    def open(self) -> int:
        """A new descriptor. Raises BadInput where it cannot be read any more."""
        try:
            return os.open(self.path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        except OSError as error:
            raise disk.unreadable(Path(self.path), error) from error


@record
class SpooledBase:
    """A file without a name that a `Spool` keeps.

    owner, descriptor: the process that has it open, and as which number
    mark: random bytes behind the last; they tell that the number was given to another file since
    """

    owner: int
    descriptor: int
    mark: bytes
    origin: str
    size: int

    def open(self) -> int:
        """A new descriptor. Raises BadInput where the spool was closed, or is of a process out of reach."""
        for way in (self._inherited, self._reopened):
            try:
                opened = way()
            except OSError:
                continue  # the other way, or the error below
            if self._is_mine(opened):
                return opened
            os.close(opened)
        raise self._gone()

    def _is_mine(self, descriptor: int) -> bool:
        # not by its inode or times: both are given again within one tick of the kernel's clock
        try:
            return os.pread(descriptor, len(self.mark), self.size) == self.mark
        except OSError:  # a pipe, or a file open for writing alone
            return False

    def _inherited(self) -> int:
        """In the process that has it open, and in those forked from it."""
        return os.dup(self.descriptor)

    def _reopened(self) -> int:
        return reopened(self.owner, self.descriptor)

    def _gone(self) -> BadInput:
        return BadInput(
            "was unpacked to a temporary file that is closed, or out of reach of this process",
            where=self.origin,
            fix="read it while its spool is open, in the process that opened the package",
        )


Base = FileBase | SpooledBase


def file_base(path: Path) -> FileBase:
    """The file at *path*. Raises BadInput where it cannot be looked at."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise disk.unreadable(path, error) from error
    return FileBase(path=str(path.absolute()), origin=path.name, size=size)


def spooled_base(
    spool: Spool, chunks: Iterable[bytes], *, origin: str, expected: int | None = None
) -> SpooledBase:
    """A new file of *spool* that holds *chunks*. Raises NoSpace where they do not fit."""
    descriptor, size, mark = spool.keep(chunks, origin=origin, expected=expected)
    return SpooledBase(owner=os.getpid(), descriptor=descriptor, mark=mark, origin=origin, size=size)


class Handle:
    """An open base, read by offset: no position that two readers could fight over."""

    def __init__(self, base: Base) -> None:
        self._base = base
        self._descriptor = base.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it; once is enough."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def read(self, offset: int, size: int) -> bytes:
        """Exactly *size* bytes at *offset*. Raises BadInput where the file has fewer."""
        try:
            data = os.pread(self._descriptor, size, offset)
            while 0 < len(data) < size:  # pread gives 2 GB at once at most, and a network less
                more = os.pread(self._descriptor, size - len(data), offset + len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            raise BadInput(
                f"cannot be read at offset {offset}: {error.strerror or error}",
                where=self._base.origin,
                fix="check the disk, or copy the file to another",
            ) from error
        if len(data) != size:
            raise BadInput(
                f"ends at byte {offset + len(data)}, where {size - len(data)} more are expected",
                where=self._base.origin,
                fix="get the package again: it is cut short",
            )
        return data
