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
import re
import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from audit import codec
from audit.crate.files import make, read_text, sweep, sync, told, write
from audit.errors import BadInput
from audit.model.crate import Entry
from audit.model.evidence import Snapshot

UNITS = "units"
SNAPSHOT, ENTRY = "snapshot.json.gz", "entry.json"
DAMAGED = f"{ENTRY}.damaged"
_NEXT = "next"
_EARLIER = "earlier-"
_GZIP_LEVEL = 6
"""Half the time of 9, for 3 % more of a snapshot."""
_VERSION = re.compile(rb'\{"schema": "(?P<name>adb-audit/crate-entry/\d{1,9})"')
_LONGEST_VERSION = 100
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
    # its name reaches the disk with that of the entry, in the order in which both were given
    write(place / SNAPSHOT, data, named=False)


def commit(folder: Path, name: str, entry: Entry) -> None:
    """Keep what was found: once this returns, the unit is done, whatever happens to the program or the power.

    Raises UsageError where that cannot be; what was kept before stays.
    """
    unit = unit_folder(folder, name)
    place = _place(unit)
    write(place / ENTRY, codec.to_json(entry).encode())
    if place != unit:
        with told(unit):
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


def audits(folder: Path, name: str) -> tuple[Path, ...]:
    """The folders with what was kept of each audit of a unit, entry and evidence, the last one's last."""
    unit = unit_folder(folder, name)
    places = (*_shelves(unit), unit)
    return tuple(place for place in places if (place / ENTRY).is_file() and (place / SNAPSHOT).is_file())


def read_audit(place: Path) -> Entry:
    """The entry in one of `audits`; BadInput as `read_entry`."""
    path = place / ENTRY
    return codec.from_json(Entry, read_text(path, _LARGEST_BYTES), where=str(path))


def is_of_another_version(folder: Path, name: str) -> bool:
    """Whether the entry was written by a program that knows another form of it."""
    with told(unit_folder(folder, name)), (unit_folder(folder, name) / ENTRY).open("rb") as file:
        found = _VERSION.match(file.read(_LONGEST_VERSION))
    return found is not None and found["name"].decode() != codec.CRATE_ENTRY


def is_done(folder: Path, name: str) -> bool:
    """Whether there is an entry of the unit."""
    return (unit_folder(folder, name) / ENTRY).is_file()


def finish(folder: Path, name: str) -> None:
    """Go on where a writer was killed: what was whole takes its place, what was half written goes."""
    unit = unit_folder(folder, name)
    with told(unit):
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
    with told(unit):
        if (unit / _NEXT).is_dir():
            _shelve(unit / _NEXT, SNAPSHOT, into=unit)
            shutil.rmtree(unit / _NEXT)
        if not (unit / ENTRY).exists():
            _shelve(unit, SNAPSHOT, DAMAGED, into=unit)


def set_damaged(folder: Path, name: str) -> None:
    """Name a unit's entry for what it is, and free its place."""
    unit = unit_folder(folder, name)
    with told(unit):
        (unit / ENTRY).replace(unit / DAMAGED)
        _shelve(unit, SNAPSHOT, DAMAGED, into=unit)


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
