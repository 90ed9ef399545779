"""Reads an image by offset; everything that lies beyond its end is an error that says where."""

from __future__ import annotations

import os
from copy import copy
from typing import BinaryIO

from audit.errors import BadInput

FIX = "get the image again: it is cut short or damaged"


class BytesAt:
    """A seekable file, read by offset.

    size: bytes of the image
    """

    def __init__(self, file: BinaryIO, origin: str) -> None:
        self._file = file
        self.origin = origin
        try:
            self.size = file.seek(0, os.SEEK_END)
        except OSError as error:
            raise BadInput(f"cannot be read: {error.strerror or error}", where=origin, fix=FIX) from error

    def named(self, path: str) -> BytesAt:
        """The same bytes, with the name of the file in the image that is being read in what goes wrong."""
        other = copy(self)
        other.origin = f"{self.origin} > {path}"
        return other

    def read(self, offset: int, size: int) -> bytes:
        """Exactly *size* bytes at *offset*. Raises BadInput where the image has fewer."""
        data = self.read_some(offset, size)
        if len(data) != size:
            raise self.bad(
                f"{size} bytes are wanted at offset {offset}, but the image ends at {self.size}", offset
            )
        return data

    def read_some(self, offset: int, size: int) -> bytes:
        """At most *size* bytes at *offset*, fewer where the image ends."""
        if not 0 <= offset < self.size or size <= 0:
            return b""
        size = min(size, self.size - offset)
        try:
            self._file.seek(offset)
            data = self._file.read(size)
            while len(data) < size:
                more = self._file.read(size - len(data))
                if not more:
                    break
                data += more
        except OSError as error:
            raise self.bad(f"cannot be read: {error.strerror or error}", offset) from error
        return data

    def short_of(self, size: int) -> tuple[str, ...]:
        """Says when the image ends before a file system of *size* bytes would: the rest may hold files."""
        if size <= self.size:
            return ()
        return (f"ends after {self.size} of the {size} bytes that its file system has",)

    def bad(self, what: str, offset: int | None = None) -> BadInput:
        """What is wrong with the image, and at which offset."""
        where = self.origin
        return BadInput(what, where=where if offset is None else f"{where}, offset {offset}", fix=FIX)
