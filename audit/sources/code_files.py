"""Reads files of code that lie here: one, or all below a folder."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from audit.endpoints import read_code
from audit.errors import UsageError
from audit.model.code import Code, CodeFile, Trouble
from audit.model.text import clean_line
from audit.sources import disk

_FOREIGN = frozenset({"unknown", "native code"})
"""`CodeFile.form` of what is of no format that is read here, and of programs: few of those name a server."""
_CODE_NAMES = (".apk", ".jar", ".dex", ".vdex", ".odex", ".oat")

MOST_FILES = 200_000
"""Below one folder; an unpacked image has 4,000 to 20,000."""
_PIECE_BYTES = 1 << 20


def is_foreign(file: CodeFile) -> bool:
    """Whether there is nothing to say of *file*: of no format that is read here, and its name claims none."""
    if file.path.endswith(_CODE_NAMES):
        return False
    return (file.form in _FOREIGN and not file.found) or (not file.size and file.form == "empty")


def read_one(path: Path) -> CodeFile:
    """What the file at *path* holds, with its hash.

    Raises BadInput for one that cannot be read, UsageError for what is no file.
    """
    try:
        with path.open("rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError("is not a regular file", where=str(path), fix="give a file or a folder")
            return replace(_read(file, path), sha256=_hashed(file))
    except OSError as error:
        raise disk.unreadable(path, error) from error


def read_below(folder: Path, step: Callable[[int, int, Path], None]) -> Iterator[CodeFile]:
    """What every regular file below *folder* holds, sorted by path; links are not followed.

    step: told how many of how many were read, before each. A file that cannot be read is one with a trouble.
    Raises UsageError for more than `MOST_FILES`.
    """
    paths = sorted(_below(folder))
    for done, path in enumerate(paths):
        step(done, len(paths), path)
        try:
            with path.open("rb") as file:
                found = _read(file, path)
                # a film in the folder is not worth minutes of hashing
                yield found if is_foreign(found) else replace(found, sha256=_hashed(file))
        except OSError as error:
            yield _unread(path, error.strerror or str(error))


def _below(folder: Path) -> Iterator[Path]:
    count = 0
    for where, folders, names in os.walk(folder, onerror=_refused):
        folders.sort()
        for name in names:
            path = Path(where, name)
            if not _is_regular(path):
                continue
            count += 1
            if count > MOST_FILES:
                raise UsageError(
                    f"holds more than {MOST_FILES} files", where=str(folder), fix="name a folder in it"
                )
            yield path


def _is_regular(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return True  # opening it tells what is wrong with it


def _refused(error: OSError) -> None:
    """A folder that may not be looked into: what was asked for cannot be done as asked."""
    raise disk.unreadable(Path(error.filename), error) from error


def _read(file: BinaryIO, path: Path) -> CodeFile:
    return read_code(file, path=clean_line(str(path)))


def _hashed(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while piece := file.read(_PIECE_BYTES):
        digest.update(piece)
    return digest.hexdigest()


def _unread(path: Path, reason: str) -> CodeFile:
    return CodeFile(
        path=clean_line(str(path)),
        size=0,
        form="not read",
        code=Code.UNREADABLE,
        troubles=(Trouble(reason=f"cannot be read: {reason}", fix="Check its permissions."),),
    )
