"""Files of a crate: whole or not there, on the disk when they are said to be, for their owner only."""

from __future__ import annotations

import os
from errno import EDQUOT, EEXIST, EMFILE, ENOENT, ENOSPC, ENOTDIR
from pathlib import Path

from audit.errors import BadInput, UsageError
from audit.sources import saved

_PRIVATE = 0o700
_GO_ON = "then go on (`crate` with --resume, `station` by itself when it is started again)"


def write(path: Path, data: bytes, *, named: bool = True) -> None:
    """Put *data* at *path*, whole, and on the disk when this returns; its name there, too, where *named*."""
    try:
        saved.write_atomically(path, data)
        if named:
            sync(path.parent)
    except UsageError as error:
        raise cannot(path, error.__cause__ or error) from error
    except OSError as error:
        raise cannot(path, error) from error


def read_text(path: Path, largest_bytes: int) -> str:
    """The content of a file of the crate; BadInput where it is unreadable, too large or no text."""
    try:
        with path.open("rb") as file:
            data = file.read(largest_bytes + 1)
        text = data.decode()
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror}", where=str(path), fix="check the disk, and who may read it"
        ) from error
    except UnicodeDecodeError as error:
        raise BadInput(
            f"is not UTF-8 at byte {error.start}", where=str(path), fix="check the disk"
        ) from error
    if len(data) > largest_bytes:
        raise BadInput(f"is larger than {largest_bytes} bytes", where=str(path), fix="check what wrote it")
    return text


def make(place: Path) -> None:
    """Make a folder that only its owner may enter, and its name on the disk; its parent must be there."""
    try:
        if not place.is_dir():
            place.mkdir(mode=_PRIVATE)
            sync(place.parent)
    except OSError as error:
        raise cannot(place, error) from error


def sync(place: Path) -> None:
    """Bring the names in a folder on the disk; Windows does that by itself and opens no folder."""
    if os.name == "nt":
        return
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def cannot(path: Path, error: BaseException) -> UsageError:
    """What to say where a crate cannot be written."""
    number = error.errno if isinstance(error, OSError) else None
    fix = {
        ENOSPC: f"make room on the disk, {_GO_ON}",
        EDQUOT: f"make room on the disk, {_GO_ON}",
        EMFILE: f"let this program open more files (`ulimit -n 4096`), {_GO_ON}",
        ENOENT: f"the folder was moved or deleted; put it back, {_GO_ON}; or begin a new crate",
        EEXIST: "take the file away, or name another place",
        ENOTDIR: "take the file away, or name another place",
    }.get(number or 0, f"let the folder be written to, {_GO_ON}; what was kept stays")
    if number in (EEXIST, ENOTDIR):
        return UsageError("cannot be written: a file is where a folder has to be", where=str(path), fix=fix)
    said = error.strerror if isinstance(error, OSError) else None
    return UsageError(f"cannot be written: {said or error}", where=str(path), fix=fix)


class told:  # noqa: N801 - read as a word: with told(unit)
    """Says what an OSError within means for the crate."""

    def __init__(self, unit: Path) -> None:
        self._unit = unit

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise cannot(self._unit, error) from error


def sweep(place: Path) -> None:
    """Remove what a writer that was killed left half written."""
    for left in place.glob(".*.*"):  # as `audit.sources.saved.write_atomically` names them
        left.unlink(missing_ok=True)
