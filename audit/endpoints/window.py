"""A stretch of a file, read piece by piece: a 100 MB file of code is never held whole."""

from __future__ import annotations

import io
from typing import BinaryIO

from audit.model.record import record


@record
class Window:
    """*size* bytes of *file* from *start*; offsets given and told count from there."""

    file: BinaryIO
    start: int
    size: int

    def read(self, at: int, length: int) -> bytes:
        """Bytes from *at*; fewer than *length* where the window or the file ends."""
        length = min(length, self.size - at)
        if at < 0 or length <= 0:
            return b""
        self.file.seek(self.start + at)
        return self.file.read(length)

    def part(self, at: int, size: int | None = None) -> Window:
        """The window from *at*, *size* bytes long at most; to the end if None."""
        at = min(max(at, 0), self.size)
        left = self.size - at
        return Window(file=self.file, start=self.start + at, size=left if size is None else min(size, left))


def over(data: bytes) -> Window:
    """A window over bytes that are there already."""
    return Window(file=io.BytesIO(data), start=0, size=len(data))


def whole(file: BinaryIO) -> Window:
    """A window over all of *file*."""
    return Window(file=file, start=0, size=file.seek(0, io.SEEK_END))
