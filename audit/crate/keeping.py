"""What is kept of one unit, and in which order, so that no moment of it can be the wrong one to be killed.

::

    units/NAME/snapshot.json.gz    what was read of it, raw and private
    units/NAME/entry.json          what was found; its being there says that the unit is done
    units/NAME/next/               the same of an audit that follows, until both are there
    units/NAME/earlier-N/          what was there before: former audits, and those that were cut off

A file appears whole or not at all. Where a unit is done already, the new pair is completed in ``next``, then
the old one moves away, its entry last, then the new one takes its place, its entry last: whoever is killed in
between leaves it to `recover` to go on from there.
"""

from __future__ import annotations

import gzip
import os
import shutil
from collections.abc import Iterator
from errno import EDQUOT, ENOENT, ENOSPC
from itertools import count
from pathlib import Path

from audit import codec
from audit.errors import BadInput, UsageError
from audit.model.crate import Entry
from audit.model.evidence import Snapshot
from audit.sources import saved

UNITS = "units"
SNAPSHOT, ENTRY = "snapshot.json.gz", "entry.json"
DAMAGED = f"{ENTRY}.damaged"
_NEXT = "next"
_EARLIER = "earlier-"
_PRIVATE = 0o700
_GZIP_LEVEL = 6
"""Half the time of 9, for 2 % more of a snapshot."""
_LARGEST_BYTES = 256 * 1024 * 1024
"""Of an entry; those of real units are below 1 MB."""


def unit_folder(folder: Path, name: str) -> Path:
    """Where what is kept of the unit called *name* lies in the crate at *folder*."""
    return folder / UNITS / name


def keep_snapshot(folder: Path, name: str, snapshot: Snapshot) -> None:
    """Keep what was read, before anything is done with it. Raises UsageError where that cannot be.

    It takes the place of no snapshot that an entry speaks of.
    """
    place = _place(unit_folder(folder, name))
    data = gzip.compress(codec.to_json(snapshot).encode(), _GZIP_LEVEL, mtime=0)
    write(place / SNAPSHOT, data)


def commit(folder: Path, name: str, entry: Entry) -> None:
    """Keep what was found: once this returns, the unit is done, whatever happens to the program or the power.

    Raises UsageError where that cannot be; what was kept before stays.
    """
    unit = unit_folder(folder, name)
    place = _place(unit)
    write(place / ENTRY, codec.to_json(entry).encode())
    if place != unit:
        with _told(unit):
            _replace(unit)


def read_entry(folder: Path, name: str) -> Entry:
    """What was kept of a unit; BadInput with file and place where it is damaged, or of another unit."""
    path = unit_folder(folder, name) / ENTRY
    entry = codec.from_json(Entry, read_text(path, _LARGEST_BYTES), where=str(path))
    if entry.result.name != name:
        raise BadInput(
            f"speaks of a unit called {entry.result.name[:80]!r}",
            where=str(path),
            fix="put the folder back where it was",
        )
    return entry


def is_done(folder: Path, name: str) -> bool:
    """Whether there is an entry of the unit."""
    return (unit_folder(folder, name) / ENTRY).is_file()


def finish(folder: Path, name: str) -> None:
    """Go on where a writer was killed: what was whole takes its place, what was half written goes."""
    unit = unit_folder(folder, name)
    with _told(unit):
        sweep(unit)
        sweep(unit / _NEXT)
        if (unit / _NEXT / ENTRY).exists():
            _replace(unit)


def recover(folder: Path, name: str) -> None:
    """Bring the folder of a unit in order when nobody works on it; what is cut off is not done.

    Evidence without an entry, and an entry that is damaged, move aside, so that the name is free again.
    """
    finish(folder, name)
    unit = unit_folder(folder, name)
    with _told(unit):
        if (unit / _NEXT).is_dir():
            _shelve(unit / _NEXT, SNAPSHOT, into=unit)
            shutil.rmtree(unit / _NEXT)
        if not (unit / ENTRY).exists():
            _shelve(unit, SNAPSHOT, DAMAGED, into=unit)


def set_damaged(folder: Path, name: str) -> None:
    """Name a unit's entry for what it is, and free its place."""
    unit = unit_folder(folder, name)
    with _told(unit):
        (unit / ENTRY).replace(unit / DAMAGED)
        _shelve(unit, SNAPSHOT, DAMAGED, into=unit)


def sweep(place: Path) -> None:
    """Remove what a writer that was killed left half written."""
    for left in place.glob(".*.*"):  # as `audit.sources.saved.write_atomically` names them
        left.unlink(missing_ok=True)


# Writing and reading


def write(path: Path, data: bytes) -> None:
    """Put *data* at *path*, whole, and on the disk when this returns."""
    try:
        saved.write_atomically(path, data)
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
        ENOSPC: "make room on the disk, then go on with --resume",
        EDQUOT: "make room on the disk, then go on with --resume",
        ENOENT: "the folder was moved or deleted; put it back and go on with --resume, or begin a new crate",
    }.get(number or 0, "let the folder be written to, then go on with --resume; what was kept stays")
    said = error.strerror if isinstance(error, OSError) else None
    return UsageError(f"cannot be written: {said or error}", where=str(path), fix=fix)


class _told:  # noqa: N801 - read as a word: with _told(unit)
    """Says what an OSError within means for the crate."""

    def __init__(self, unit: Path) -> None:
        self._unit = unit

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if isinstance(error, OSError):
            raise cannot(self._unit, error) from error


# One unit's folder


def _place(unit: Path) -> Path:
    """Where the next file of a unit belongs: its folder, or, where it is done already, the one beside."""
    make(unit)
    if not (unit / ENTRY).exists():
        return unit
    make(unit / _NEXT)
    return unit / _NEXT


def _replace(unit: Path) -> None:
    """The pair in ``next``, which is whole, takes the place of the other; may be begun again at any point."""
    following = unit / _NEXT
    if (unit / ENTRY).exists():
        earlier = _shelf_of(unit)
        if (unit / SNAPSHOT).exists():
            _move(unit / SNAPSHOT, earlier)
        _move(unit / ENTRY, earlier)
    if (following / SNAPSHOT).exists():
        _move(following / SNAPSHOT, unit)
    _move(following / ENTRY, unit)
    following.rmdir()


def _shelve(place: Path, *names: str, into: Path) -> None:
    there = [place / name for name in names if (place / name).exists()]
    if there:
        shelf = _shelf(into)
        for path in there:
            _move(path, shelf)


def _shelf(unit: Path) -> Path:
    """The first ``earlier-N`` with nothing in it."""
    place = next(p for n in count(1) if not (p := unit / f"{_EARLIER}{n}").exists() or not any(p.iterdir()))
    make(place)
    return place


def _shelf_of(unit: Path) -> Path:
    """Where the former entry goes: to its snapshot, if that was moved before its mover was killed."""
    last = None if (unit / SNAPSHOT).exists() else next(iter(reversed(list(_shelves(unit)))), None)
    return _shelf(unit) if last is None or (last / ENTRY).exists() else last


def _shelves(unit: Path) -> Iterator[Path]:
    """Those that are there, in their order."""
    for n in count(1):
        place = unit / f"{_EARLIER}{n}"
        if not place.is_dir():
            return
        yield place


def _move(path: Path, to: Path) -> None:
    path.replace(to / path.name)
    sync(to)
    sync(path.parent)
