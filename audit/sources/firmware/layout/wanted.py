"""What of a firmware is read, and as what, by where it lies and how it is called."""

from __future__ import annotations

from enum import Enum, auto

from audit.sources.firmware.layout.entry import Entry
from audit.sources.firmware.layout.places import parts_of, settled
from audit.sources.firmware.layout.variants import is_code, variant_of

LARGEST_TEXT = 4 * 1024 * 1024
"""Bytes of a property or configuration file; the largest real ones have 1 MB."""

_TEXTS = (".xml", ".config", ".conf", ".cfg", ".json", ".txt", ".ini", ".list")
_LIBRARIES = frozenset(("framework", "javalib"))
"""Folders of jars that Android loads: of a partition, of an APEX module."""
_PROP_NAMES = frozenset(("prop.default",))


class Want(Enum):
    """What becomes of a file."""

    CODE = auto()
    PROPERTIES = auto()
    FILE = auto()
    """A configuration file that somebody asked for by name."""
    TEXT = auto()
    """A configuration file that is looked through for addresses."""
    LEFT_PROPERTIES = auto()
    """Properties of a variant: they do not count on this unit as it is."""
    NOTHING = auto()


class Wanted:
    """Knows the files that were asked for by name.

    files: paths on the unit, as rules write them
    """

    def __init__(self, files: tuple[str, ...]) -> None:
        self._asked = {settled(path): path for path in reversed(files)}

    def asked(self, entry: Entry) -> str:
        """The name by which the file of *entry* was asked for."""
        return self._asked.get(entry.path, entry.path)

    def of(self, entry: Entry) -> Want:
        """What becomes of *entry*."""
        *folders, name = parts_of(entry.path)
        lower = name.lower()
        if entry.path in self._asked:
            return Want.FILE
        if lower.endswith(".prop") or lower in _PROP_NAMES:
            return Want.LEFT_PROPERTIES if variant_of(entry.path) else Want.PROPERTIES
        if is_code(name):
            return Want.CODE if not lower.endswith(".jar") or _LIBRARIES & set(folders) else Want.NOTHING
        if "etc" in folders and lower.endswith(_TEXTS) and entry.size <= LARGEST_TEXT:
            return Want.TEXT
        return Want.NOTHING
