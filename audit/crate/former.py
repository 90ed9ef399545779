"""Units of former crates, to compare with: their folders are read, and neither locked nor changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audit.crate.keeping import UNITS, is_done, read_entry
from audit.errors import BadInput
from audit.model.portrait import Portrait


def portraits(folder: Path) -> Iterator[Portrait]:
    """Of every unit done in the crate at *folder*, one after the other.

    Raises BadInput where there is no crate, or an entry is damaged.
    """
    units = folder / UNITS
    if not units.is_dir():
        raise BadInput(
            "is no crate: there are no units in it", where=str(folder), fix="name a crate's folder"
        )
    for name in sorted(place.name for place in units.iterdir() if is_done(folder, place.name)):
        portrait = read_entry(folder, name).portrait
        if portrait is not None:
            yield portrait
