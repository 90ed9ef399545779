"""ZIP archives that strangers send, through the standard library's reader: bounded, and never a traceback."""

from __future__ import annotations

import struct
import sys
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, cast

DAMAGED = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error,
    ValueError,  # a place before the beginning of the file; a name that is no text
    OverflowError,  # one beyond 2^63
    OSError,  # one that the system refuses to go to
)  # fmt: skip
"""What zipfile raises for damage, by what is damaged."""

_ENCRYPTED = 0x1
_END = struct.Struct("<4s6xH10x")
_END_MAGIC = b"PK\5\6"
_MANY = 0xFFFF
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})


class _Guarded:
    """A file that refuses to be read in one piece of more than *most* bytes, as the list of files is."""

    def __init__(self, file: IO[bytes], name: str, most: int) -> None:
        self.name, self.most = name, most
        self._read = file.read
        self.seek, self.tell, self.close = file.seek, file.tell, file.close

    def read(self, size: int = -1) -> bytes:
        if size > self.most:
            raise zipfile.LargeZipFile
        return self._read(size)

    @staticmethod
    def seekable() -> bool:
        return True


class Archive(zipfile.ZipFile):
    """An archive; closing it closes its file as well."""

    def __init__(self, file: IO[bytes], name: str, *, most_list_bytes: int) -> None:
        """Open *file*, which is closed if it is no archive.

        Raises `zipfile.LargeZipFile` for one whose list of files has more than *most_list_bytes*, and any of
        `DAMAGED` for one that cannot be opened.
        """
        self._given = file
        guarded = _Guarded(file, name, most_list_bytes)
        try:
            super().__init__(cast("IO[bytes]", guarded))
            guarded.most = sys.maxsize  # from here on a reader says how much it wants
            check_count(self, file)
        except (zipfile.LargeZipFile, *DAMAGED):
            file.close()
            raise

    def close(self) -> None:
        """Close the archive and its file."""
        super().close()
        self._given.close()


def check_count(archive: zipfile.ZipFile, file: IO[bytes]) -> None:
    """Raise `zipfile.BadZipFile` where the list has fewer or more entries than its end says.

    zipfile compares their bytes only: a damaged length makes one entry's comment swallow those behind it.
    Source: APPNOTE.TXT 4.3.16 (end of central directory record); more than 65,534 are counted elsewhere.
    """
    file.seek(-(_END.size + len(archive.comment)), 2)
    magic, total = _END.unpack(file.read(_END.size))
    found = len(archive.infolist())
    if magic == _END_MAGIC and total not in (_MANY, found & _MANY):
        raise zipfile.BadZipFile(f"its list should have {total} files and has {found}")


def files_in(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Its entries that are files; one whose name was lost is none."""
    return (info for info in archive.infolist() if info.filename and not info.filename.endswith("/"))


def refusal(info: zipfile.ZipInfo) -> str:
    """Why an entry is not read at all; "" where nothing speaks against it."""
    if info.flag_bits & _ENCRYPTED:
        return "is protected by a password"
    if info.compress_type not in _METHODS:
        return f"is packed in a way that is not read (method {info.compress_type})"
    return ""
