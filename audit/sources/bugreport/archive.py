"""The ZIP archive that a bug report comes in."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from audit.errors import BadInput
from audit.sources import disk, zipped
from audit.sources.bugreport.text import AGAIN, Cut, chunks_of
from audit.sources.zipped import DAMAGED

LARGEST_FILE_BYTES = 8 * 1024 * 1024
"""Of a copied file under ``FS/``."""
LARGEST_INNER_BYTES = 256 * 1024 * 1024
"""Of an archive in the archive; the largest real ones have some 60 MB."""
LARGEST_LIST_BYTES = 4 * 1024 * 1024
MOST_ENTRIES = 20_000

_END = b"PK\x05\x06"
_UNPACK = "unpack it and give the folder"


def begins(head: bytes) -> bool:
    """Whether *head* begins a ZIP archive, an empty one too."""
    return head.startswith((b"PK\x03\x04", _END))


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive, its list of files bounded before it is read. Raises BadInput."""
    try:
        file = path.open("rb")
    except OSError as error:
        raise disk.unreadable(path, error) from error
    return _archive(file, str(path))


def open_inner(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> zipfile.ZipFile:
    """An archive in the archive, which is held in memory. Raises BadInput."""
    data = read_entry(archive, info, LARGEST_INNER_BYTES)
    return _archive(io.BytesIO(data), f"{archive.filename}: {info.filename}")


def _archive(file: IO[bytes], where: str) -> zipfile.ZipFile:
    try:
        archive = zipped.Archive(file, where, most_list_bytes=LARGEST_LIST_BYTES)
    except zipfile.LargeZipFile as error:
        raise _too_many(where) from error
    except DAMAGED as error:
        raise BadInput(
            "is a ZIP archive that is damaged or was cut short: the list of files at its end cannot be read",
            where=where,
            fix=AGAIN,
        ) from error
    if len(archive.filelist) > MOST_ENTRIES:
        archive.close()
        raise _too_many(where)
    return archive


def _too_many(where: str) -> BadInput:
    return BadInput(f"lists more than {MOST_ENTRIES} files", where=where, fix=AGAIN)


def read_entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int = LARGEST_FILE_BYTES) -> bytes:
    """A small file of the archive; BadInput when it is larger than *most*, damaged or protected."""
    where = f"{archive.filename}: {info.filename}"
    if info.file_size > most:
        raise BadInput(f"has {info.file_size} bytes; {most} are the most", where=where, fix=AGAIN)
    readable(info, where)
    try:
        with archive.open(info) as file:
            return file.read(most)
    except DAMAGED as error:
        raise BadInput(f"is damaged in its archive: {error}", where=where, fix=AGAIN) from error


def readable(info: zipfile.ZipInfo, where: str) -> None:
    """Raise BadInput for a file that only a password opens, or that is packed in a way that is not read."""
    if reason := zipped.refusal(info):
        raise BadInput(reason, where=where, fix=_UNPACK)


def text_chunks(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """The text of the report. Raises `Cut` where its data is damaged, BadInput for a trap."""
    where = str(archive.filename)
    readable(info, where)
    try:
        with archive.open(info) as file:
            yield from chunks_of(file, where, packed=info.compress_size)
    except DAMAGED as error:
        raise Cut(f"its data in the archive is damaged ({error})") from error
