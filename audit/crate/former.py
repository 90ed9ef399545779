"""Units of former crates, to compare with: their folders are read, and neither locked nor changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from audit.crate.keeping import UNITS, is_done, read_entry
from audit.crate.manifest.match import told
from audit.errors import BadInput
from audit.model.crate import Entry, UnitResult
from audit.model.portrait import Portrait


def peers(folders: Iterable[Path], here: Iterable[UnitResult]) -> Iterator[Portrait]:
    """Of every unit done in the crates at *folders*, each once, and without those that are *here* as well.

    A unit that was counted twice would be half of its own peers. Raises BadInput as `entries` does.
    """
    seen = {name for result in here for name in _names(result)}
    for folder in folders:
        for entry in entries(folder):
            names = _names(entry.result)
            if entry.portrait is not None and seen.isdisjoint(names):
                yield entry.portrait
            seen |= names


def _names(result: UnitResult) -> frozenset[str]:
    """What names the unit and no other, as far as it told: no placeholder, and no address."""
    own = told(result.serial, result.identifiers)
    return own.imeis | {f"serial {serial.casefold()}" for serial in own.serials}


def entries(folder: Path) -> Iterator[Entry]:
    """Of every unit done in the crate at *folder*, one after the other.

    Raises BadInput where there is no crate, or an entry is damaged.
    """
    units = folder / UNITS
    if not units.is_dir():
        raise BadInput(
            "is no crate: there are no units in it", where=str(folder), fix="name a crate's folder"
        )
    for name in sorted(place.name for place in units.iterdir() if is_done(folder, place.name)):
        yield read_entry(folder, name)
