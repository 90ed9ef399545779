"""Several ``*.prop`` files into one set of properties, in the order in which init loads them.

Sources: AOSP system/core/init/property_service.cpp

* Android 10 and later, ``PropertyLoadBootDefaults``: all files go into one map first, so the file loaded
  *last* wins, for ``ro.`` names too. Order: prop.default, system, system_ext, vendor, odm, product, factory.
* Android 7 to 9, ``property_load_boot_defaults`` and ``load_system_props``: every line is set at once, and a
  ``ro.`` name once set stays, so there the *first* one wins; other names may be set again. Order:
  prop.default, product, odm and vendor defaults, then system, odm, vendor, factory.
* ``property_initialize_ro_product_props``: an empty ``ro.product.X`` is taken from ``ro.product.<part>.X``,
  in the order ``ro.product.property_source_order`` states.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import field

from audit.model.facts import Property
from audit.model.record import record
from audit.parse.build_prop import Assignment, Statement

FIRST_SDK_LAST_WINS = 29
"""Android 10."""

_DEFAULTS = ("/system/etc/prop.default", "/prop.default", "/default.prop")
_ORDER = (
    *_DEFAULTS,
    "/system/build.prop",
    "/system_ext/default.prop",
    "/system_ext/build.prop",
    "/system_ext/etc/build.prop",
    "/system_dlkm/etc/build.prop",
    "/vendor/default.prop",
    "/vendor/build.prop",
    "/vendor_dlkm/etc/build.prop",
    "/odm_dlkm/etc/build.prop",
    "/odm/default.prop",
    "/odm/build.prop",
    "/odm/etc/build.prop",
    "/product/default.prop",
    "/product/build.prop",
    "/product/etc/build.prop",
    "/product_services/build.prop",
    "/factory/factory.prop",
)
_ORDER_BEFORE_10 = (
    *_DEFAULTS,
    "/product/build.prop",
    "/odm/default.prop",
    "/vendor/default.prop",
    "/system/build.prop",
    "/odm/build.prop",
    "/vendor/build.prop",
    "/factory/factory.prop",
)

_PARTITIONS = frozenset(path.split("/")[1] for path in _ORDER if path.count("/") > 1) | frozenset(
    ("oem", "persist", "data", "cust")
)
_LONGEST_PATH = 4096
"""Linux PATH_MAX."""
_ROOTS = frozenset(("ramdisk", "root"))
# A partition may be a folder of another: /system/vendor on units without a vendor partition.
_NESTED = re.compile(r"\A/system/(system_ext|product|vendor|odm|system)/|\A/vendor/(odm)/")
_OPLUS = re.compile(r"my_[a-z]+")
_WORDS = re.compile(r"system_ext|[a-z]+")

# More than any unit has; an import of an import of an import could grow without end.
_MOST_IMPORTS = 200

_DERIVED = ("brand", "device", "manufacturer", "model", "name")
_SOURCES = frozenset(("odm", "product", "product_services", "system_ext", "system", "vendor"))
_SOURCE_ORDER = "product,odm,vendor,system_ext,system"


@record
class PropFile:
    """One property file that was read. path: where it lies on the unit, as `unit_path` tells."""

    origin: str
    path: str
    statements: tuple[Statement, ...]


@record
class Merged:
    """What the files say together.

    not_loaded: files init does not load, nor any that it loads imports (a carrier's folder of alternatives);
    nothing of them is in *properties*
    not_here: origins of files to how many of their imports name a file that was not given
    """

    properties: Mapping[str, Property]
    not_loaded: tuple[PropFile, ...] = ()
    not_here: Mapping[str, int] = field(default_factory=dict)


def unit_path(origin: str) -> str:
    """Where the file of *origin* lies on the unit, guessed from the folders it was found in.

    ``dump/system/system/build.prop`` is ``/system/build.prop`` (an image with the root inside),
    ``boot/ramdisk/default.prop`` is ``/default.prop``, a bare ``vendor.prop`` or ``cat_build_prop.txt`` is
    what its name says. A file that no rule knows keeps its own path; so does one whose path is whole already.
    """
    if len(origin) > _LONGEST_PATH:
        return origin
    parts = origin.removeprefix("cat ").replace("\\", "/").strip("/").split("/")
    folders, name = parts[:-1], parts[-1]
    known = 0 if _is_whole(origin, folders) else next((i for i, f in enumerate(folders) if _part(f)), None)
    if known is not None:
        path = "/" + "/".join((*folders[known:], name))
        while nested := _NESTED.match(path):
            path = f"/{nested[1] or nested[2]}/{path[nested.end() :]}"
        return "/default.prop" if path == "/system/default.prop" else path
    if (folders and folders[-1] in _ROOTS) or name in ("default.prop", "prop.default"):
        return "/" + name
    return _by_name(name) or "/" + "/".join(parts)


def _part(folder: str) -> bool:
    """Whether a folder of this name is a partition."""
    return folder in _PARTITIONS or _OPLUS.fullmatch(folder) is not None


def _is_whole(origin: str, folders: list[str]) -> bool:
    """Whether the path begins at the unit's root: there ``/my_product/build.prop`` is no system's file."""
    return origin.startswith("/") and bool(folders) and folders[-1] not in _ROOTS


def _by_name(name: str) -> str | None:
    """The place of a file that lies in no folder which tells, from the words of its name."""
    words = _WORDS.findall(name.lower())
    if "prop" not in words and "props" not in words:
        return None
    part = next((word for word in words if word in _PARTITIONS), "system" if "build" in words else None)
    if part is None:
        return None
    return f"/{part}/{'default' if 'default' in words else 'build'}.prop"


def merge(files: tuple[PropFile, ...], sdk: int | None) -> Merged:
    """All properties of *files*, each with the values that lost, and the files that do not count.

    sdk: Android's API level; None takes the rules of Android 10 and later
    """
    before_10 = sdk is not None and sdk < FIRST_SDK_LAST_WINS
    order = _ORDER_BEFORE_10 if before_10 else _ORDER
    loaded = sorted((f for f in files if f.path in order), key=lambda f: order.index(f.path))
    # Somebody who hands over one file under a name of their own wants it read.
    loaded = loaded or [f for f in files if f.path.count("/") == 1] or list(files)
    board, reader = _Board(first_ro_wins=before_10), _Reader(files)
    for file in loaded:
        for origin, assignment in reader.read(file):
            board.set(assignment, origin)
    return Merged(
        properties=board.settle(),
        not_loaded=tuple(f for f in files if f.origin not in reader.origins_read),
        not_here=dict(reader.not_here),
    )


class _Reader:
    """Reads files with their imports in place, and remembers which it read."""

    def __init__(self, files: tuple[PropFile, ...]) -> None:
        self._by_path = {f.path: f for f in files}
        self._imports_left = _MOST_IMPORTS
        self.origins_read: set[str] = set()
        self.not_here: Counter[str] = Counter()

    def read(self, file: PropFile, above: tuple[str, ...] = ()) -> Iterator[tuple[str, Assignment]]:
        """The assignments with their origins. above: paths being read, since a loop would never end."""
        self.origins_read.add(file.origin)
        for statement in file.statements:
            if isinstance(statement, Assignment):
                yield file.origin, statement
                continue
            imported = self._by_path.get(unit_path(statement.path))
            if imported is None:
                self.not_here[file.origin] += 1
                continue
            if imported.path in (*above, file.path) or not self._imports_left:
                continue
            self._imports_left -= 1
            for origin, found in self.read(imported, (*above, file.path)):
                if statement.admits(found.name):
                    yield origin, found


class _Board:
    """The properties while they are set one after the other."""

    def __init__(self, *, first_ro_wins: bool) -> None:
        self._first_ro_wins = first_ro_wins
        self._stated: dict[str, list[tuple[str, str]]] = {}  # the one that counts comes last
        self._optional: dict[str, tuple[str, str]] = {}

    def set(self, assignment: Assignment, origin: str) -> None:
        name, entry = assignment.name, (origin, assignment.value)
        if assignment.optional:
            self._optional.setdefault(name, entry)
        elif name in self._stated and self._first_ro_wins and name.startswith("ro."):
            self._stated[name].insert(0, entry)
        else:
            self._stated.setdefault(name, []).append(entry)

    def settle(self) -> dict[str, Property]:
        for name, entry in self._optional.items():
            self._stated.setdefault(name, []).insert(0, entry)
        found = {
            name: Property(
                name=name, value=stated[-1][1], origin=stated[-1][0], shadowed=tuple(stated[-2::-1])
            )
            for name, stated in self._stated.items()
        }
        return {**found, **derived(found)}


def derived(properties: Mapping[str, Property]) -> dict[str, Property]:
    """The ``ro.product.*`` names that nothing sets, from those of the partitions, as init derives them."""
    order = properties.get("ro.product.property_source_order")
    sources = (order.value if order is not None and order.value else _SOURCE_ORDER).split(",")
    if not _SOURCES.issuperset(sources):
        sources = _SOURCE_ORDER.split(",")
    found: dict[str, Property] = {}
    for what in _DERIVED:
        name = f"ro.product.{what}"
        if name in properties and properties[name].value:
            continue
        stated = [p for source in sources if (p := properties.get(f"ro.product.{source}.{what}")) and p.value]
        if stated:
            first, *others = stated
            found[name] = Property(
                name=name,
                value=first.value,
                origin=f"{first.origin} ({first.name})",
                shadowed=tuple((f"{p.origin} ({p.name})", p.value) for p in others),
            )
    return found
