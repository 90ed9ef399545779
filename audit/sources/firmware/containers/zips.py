"""ZIP archives: members that are stored are read where they lie, others from their beginning."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from functools import partial
from typing import IO, TYPE_CHECKING, BinaryIO, cast

from audit.errors import BadInput
from audit.model.text import clean_line
from audit.sources.firmware.containers.image import BROKEN, Image
from audit.sources.firmware.containers.member import Member, lying_in
from audit.sources.firmware.containers.reader import ImageReader, look
from audit.sources.zipped import check_count

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAGIC = b"PK\x03\x04"

_MOST_MEMBERS = 100_000
_LARGEST_READ = 64 * 1024 * 1024
_LOCAL = struct.Struct("<4s22x2H")
_ERRORS = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    NotImplementedError, RuntimeError, ValueError, EOFError, OverflowError, OSError,
)  # fmt: skip
"""What zipfile raises for damage, by the field that is damaged."""


def members(archive: Image) -> list[Member]:
    """The files in *archive*. Raises BadInput where it is damaged or has too many."""
    found = _opened(archive)
    if len(found.infolist()) > _MOST_MEMBERS:
        raise _bad(archive, f"has {len(found.infolist())} files; {_MOST_MEMBERS} are the most")
    return [_member(archive, info) for info in found.infolist() if not info.filename.endswith("/")]


def _member(archive: Image, info: zipfile.ZipInfo) -> Member:
    name = clean_line(info.filename)
    origin = f"{archive.origin} > {name}"
    if info.flag_bits & 1:
        return Member(name=name, origin=origin, size=info.file_size, trouble="is encrypted with a password")
    if info.compress_type == zipfile.ZIP_STORED and info.compress_size == info.file_size:
        head = look(archive, info.header_offset, _LOCAL.size)
        if len(head) == _LOCAL.size and head.startswith(MAGIC):
            _magic, name_bytes, extra_bytes = _LOCAL.unpack(head)
            data = info.header_offset + _LOCAL.size + int(name_bytes) + int(extra_bytes)
            return lying_in(archive, name, data, info.file_size)
    return Member(
        name=name, origin=origin, size=info.file_size, stream=partial(_stream, archive, info, origin)
    )


def _stream(archive: Image, info: zipfile.ZipInfo, origin: str) -> BinaryIO:
    try:
        return cast("BinaryIO", _Translated(_opened(archive).open(info), origin))
    except _ERRORS as error:
        raise BadInput(f"cannot be unpacked: {error}", where=origin, fix=BROKEN) from error


def _opened(archive: Image) -> zipfile.ZipFile:
    try:
        file = io.BufferedReader(_Bounded(archive), 64 * 1024)
        opened = zipfile.ZipFile(file)
        check_count(opened, file)
    except _ERRORS as error:
        raise _bad(archive, f"is no whole ZIP archive: {error}") from error
    return opened


class _Bounded(ImageReader):
    """Refuses to read a directory of any length that an archive claims to have."""

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Like any file's, in bounds."""
        if memoryview(buffer).nbytes > _LARGEST_READ:
            raise zipfile.BadZipFile(f"a directory of more than {_LARGEST_READ} bytes")
        return super().readinto(buffer)


class _Translated(io.RawIOBase):
    """A member while it is unpacked, whose damage is told in our words."""

    def __init__(self, file: IO[bytes], origin: str) -> None:
        super().__init__()
        self._file, self._origin = file, origin

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """The next *size* bytes; fewer only at the end."""
        try:
            return self._file.read(-1 if size is None else size)
        except _ERRORS as error:
            raise BadInput(f"cannot be unpacked: {error}", where=self._origin, fix=BROKEN) from error

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Fill *buffer* as far as bytes are left; how many."""
        view = memoryview(buffer).cast("B")
        data = self.read(len(view))
        view[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close what it reads."""
        self._file.close()
        super().close()


def _bad(archive: Image, what: str) -> BadInput:
    return BadInput(what, where=archive.origin, fix=BROKEN)
