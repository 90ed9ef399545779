"""The files of an acquisition, wherever they lie: read by name, bounded, never unpacked to disk."""

from __future__ import annotations

import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Protocol, Self

from audit.errors import BadInput
from audit.model.text import clean_line
from audit.sources import disk, zipped
from audit.sources.zipped import DAMAGED

HEADER = "acquisition.json"
REST = "adb_audit.json"
"""What AndroidQF has no file for, where it was this program that wrote the acquisition."""
MOST_ENTRIES = 50_000
LARGEST_LIST_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 256 * 1024
MOST_TIMES = 1032
"""Deflate cannot pack better than 1:1032; what claims more is a trap."""

_AGAIN = "copy the acquisition again, or unpack it and give the folder"
_END = b"PK\x05\x06"
_DRIVE = re.compile(r"[A-Za-z]:")


class Store(Protocol):
    """The files of one acquisition.

    names: relative to the folder that holds ``acquisition.json``, with slashes, in order
    odd: how many entries were left because their names lead elsewhere
    where: for people
    """

    where: str
    names: tuple[str, ...]
    odd: int

    def size(self, name: str) -> int:
        """Bytes of the file, as its folder or archive says."""

    def chunks(self, name: str) -> Iterator[bytes]:
        """What the file holds. Raises BadInput where it cannot be read or is not what its archive says."""


def read(store: Store, name: str, most: int) -> tuple[bytes, bool]:
    """(the first *most* bytes of the file, whether that is all of it)."""
    data = bytearray()
    for chunk in store.chunks(name):
        data += chunk
        if len(data) > most:
            return bytes(data[:most]), False
    return bytes(data), True


def is_zip(head: bytes) -> bool:
    """Whether *head* begins a ZIP archive, an empty one too."""
    return head.startswith((b"PK\x03\x04", _END))


class FolderStore:
    """An acquisition that lies in a folder; links are not followed."""

    def __init__(self, folder: Path) -> None:
        self.where = str(folder)
        self.odd = 0
        self._paths: dict[str, Path] = {}
        for path in disk.walk(folder):
            if stat.S_ISREG(path.lstat().st_mode):
                self._paths[path.relative_to(folder).as_posix()] = path
            else:
                self.odd += 1
        self.names = tuple(sorted(self._paths))

    def size(self, name: str) -> int:
        """Bytes of the file."""
        return self._paths[name].lstat().st_size

    def chunks(self, name: str) -> Iterator[bytes]:
        """What the file holds."""
        path = self._paths[name]
        try:
            with path.open("rb") as file:
                while chunk := file.read(CHUNK_BYTES):
                    yield chunk
        except OSError as error:
            raise disk.unreadable(path, error) from error


class ZipStore:
    """An acquisition in a ZIP archive: a file, or one that was decrypted into memory."""

    def __init__(self, archive: Path | BinaryIO, where: str) -> None:
        self.where = where
        self.odd = 0
        self.twice: str | None = None
        """A name that several entries have, so that which is meant would be a guess."""
        try:
            file = archive.open("rb") if isinstance(archive, Path) else archive
        except OSError as error:
            raise disk.unreadable(Path(where), error) from error
        try:
            self._zip = zipped.Archive(file, where, most_list_bytes=LARGEST_LIST_BYTES)
        except zipfile.LargeZipFile as error:
            raise _too_many(where) from error
        except DAMAGED as error:
            raise BadInput(
                "is no whole ZIP archive: the list of files at its end cannot be read (was it cut short?)",
                where=where,
                fix=_AGAIN,
            ) from error
        if len(self._zip.filelist) > MOST_ENTRIES:
            self._zip.close()
            raise _too_many(where)
        self._infos = self._named()
        self.names = tuple(sorted(self._infos))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()

    def size(self, name: str) -> int:
        """Bytes of the file, unpacked, as the archive says."""
        return self._infos[name].file_size

    def chunks(self, name: str) -> Iterator[bytes]:
        """What the file holds."""
        info = self._infos[name]
        where = f"{self.where}: {clean_line(name)}"
        if reason := zipped.refusal(info):
            raise BadInput(reason, where=where, fix="unpack it and give the folder")
        if info.file_size > CHUNK_BYTES + MOST_TIMES * info.compress_size:
            raise BadInput("claims to unpack to more than it can (a ZIP bomb)", where=where, fix=_AGAIN)
        left = info.file_size
        try:
            with self._zip.open(info) as file:
                while chunk := file.read(CHUNK_BYTES):
                    left -= len(chunk)
                    yield chunk
        except DAMAGED as error:
            raise BadInput(f"is damaged in its archive: {error}", where=where, fix=_AGAIN) from error
        if left:
            raise BadInput("is shorter than its archive says", where=where, fix=_AGAIN)

    def _named(self) -> dict[str, zipfile.ZipInfo]:
        """Entries by name below the folder of ``acquisition.json``; of the names that lead out, how many."""
        infos: dict[str, zipfile.ZipInfo] = {}
        for info in zipped.files_in(self._zip):
            if not _inside(info.filename):
                self.odd += 1
            elif info.filename in infos:
                self.twice = info.filename
            else:
                infos[info.filename] = info
        headers = [name for name in infos if name.rpartition("/")[2] == HEADER]
        top = min(headers, key=lambda name: name.count("/")).rpartition(HEADER)[0] if headers else ""
        return {name.removeprefix(top): info for name, info in infos.items() if name.startswith(top)}


def _inside(name: str) -> bool:
    """Whether *name* stays below the folder it would be unpacked to."""
    return not (
        name.startswith("/") or "\\" in name or "\0" in name or _DRIVE.match(name) or ".." in name.split("/")
    )


def _too_many(where: str) -> BadInput:
    return BadInput(f"lists more than {MOST_ENTRIES} files", where=where, fix=_AGAIN)
