"""The ZIP archive that a bug report comes in."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from audit.errors import BadInput
from audit.sources import disk
from audit.sources.bugreport.text import AGAIN, Cut, chunks_of

LARGEST_FILE_BYTES = 8 * 1024 * 1024
"""Of a copied file under ``FS/``."""
LARGEST_LIST_BYTES = 4 * 1024 * 1024
MOST_ENTRIES = 20_000

_ENCRYPTED = 0x1
_END = b"PK\x05\x06"
_END_BYTES = 22
_LONGEST_COMMENT = 65_535
_LIST_SIZE_AT = 12
"""In the record at the end: the size of the list of files (APPNOTE.TXT 4.3.16)."""


def begins(head: bytes) -> bool:
    """Whether *head* begins a ZIP archive, an empty one too."""
    return head.startswith((b"PK\x03\x04", _END))


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive, its list of files bounded before it is read. Raises BadInput."""
    try:
        _bounded_list(path)
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, struct.error, NotImplementedError, ValueError) as error:
        raise BadInput(
            "is a ZIP archive that is damaged or was cut short: the list of files at its end cannot be read",
            where=str(path),
            fix=AGAIN,
        ) from error
    except OSError as error:
        raise disk.unreadable(path, error) from error
    if len(archive.filelist) > MOST_ENTRIES:
        archive.close()
        raise _too_many(path)
    return archive


def _bounded_list(path: Path) -> None:
    """Refuse an archive whose list of files is huge: the library reads it whole."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
        tail = file.read()
    at = tail.rfind(_END)
    if at >= 0 and len(tail) - at >= _END_BYTES:
        (list_bytes,) = struct.unpack_from("<I", tail, at + _LIST_SIZE_AT)
        if list_bytes > LARGEST_LIST_BYTES:  # 0xFFFFFFFF, "see ZIP64", is such a number too
            raise _too_many(path)


def _too_many(path: Path) -> BadInput:
    return BadInput(f"lists more than {MOST_ENTRIES} files", where=str(path), fix=AGAIN)


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int = LARGEST_FILE_BYTES) -> bytes:
    """A small file of the archive; BadInput when it is larger than *most*, damaged or protected."""
    where = f"{archive.filename}: {info.filename}"
    if info.file_size > most:
        raise BadInput(f"has {info.file_size} bytes; {most} are the most", where=where, fix=AGAIN)
    unprotected(info, where)
    try:
        with archive.open(info) as file:
            return file.read(most)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, struct.error, ValueError) as error:
        raise BadInput(f"is damaged in its archive: {error}", where=where, fix=AGAIN) from error


def unprotected(info: zipfile.ZipInfo, where: str) -> None:
    """Raise BadInput for a file that only a password opens."""
    if info.flag_bits & _ENCRYPTED:
        raise BadInput(
            "is protected by a password", where=where, fix="unpack it with its password and give the folder"
        )


def text_chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The text of the report. Raises `Cut` where its data is damaged, BadInput for a trap."""
    where = str(archive.filename)
    unprotected(info, where)
    try:
        with archive.open(info) as file:
            yield from chunks_of(file, where, packed=info.compress_size)
    except NotImplementedError as error:
        raise BadInput(
            f"is packed in a way that cannot be read ({error})",
            where=where,
            fix="unpack it and give the folder",
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, ValueError) as error:
        raise Cut(f"its data in the archive is damaged ({error})") from error
