"""Partitions that a unit with this firmware has and were not given: one image taken out of a package."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from audit.sources.firmware.layout.entry import Entry
from audit.sources.firmware.layout.places import AOSP, never_has_packages
from audit.sources.firmware.layout.survey import Survey

_FSTAB = re.compile(r"(?:/(?:system|vendor|odm)/etc)?/fstab\.[^/]+")
_NEEDED, _OPTIONAL = "first_stage_mount", "nofail"
_FIELDS = 5
_VENDOR = ("/vendor/", "/system/vendor/")


def absent(found: Survey, read: Callable[[Entry], bytes | None]) -> tuple[str, ...]:
    """The names of partitions that are not there, sorted.

    read: what a small file holds; None where it cannot be read

    Where ``/system/vendor`` is a link to ``/vendor``, the unit has a vendor partition; and init starts no
    unit that lacks what its file system table has it mount first. The maker's own drivers are in every
    Android: an image in which nothing is the vendor's is one of several. Sources: AOSP ``system/core``:
    ``rootdir/Android.mk``, ``fs_mgr``.
    """
    tables = (read(entry) for entry in found.files if _FSTAB.fullmatch(entry.path))
    named = {*_linked(found.links), *(name for table in tables if table for name in _mounted_first(table))}
    if not any(entry.path.startswith(_VENDOR) for entry in found.files):
        named.add("vendor")
    there = {entry.path.split("/", 2)[1] for entry in found.files}
    return tuple(sorted(name for name in named - there if _is_read(name)))


def _linked(links: Mapping[str, str]) -> Iterator[str]:
    for within in ("/system", "/vendor"):
        for name in AOSP:
            target = links.get(f"{within}/{name}", "")
            if posixpath.normpath(posixpath.join(within, target)) == f"/{name}" and target:
                yield name


def _mounted_first(table: bytes) -> Iterator[str]:
    """Names of the mount points that a file system table cannot do without."""
    for line in table.decode("ascii", "replace").splitlines():
        fields = line.split()
        if len(fields) < _FIELDS or line.startswith("#"):
            continue
        options = fields[4].split(",")
        if _NEEDED in options and _OPTIONAL not in options:
            yield fields[1].removeprefix("/")


def _is_read(name: str) -> bool:
    """Whether packages may lie in the partition *name*; kernel modules' have none."""
    plain = bool(name) and "/" not in name and name != "system_root"
    return plain and not name.endswith("_dlkm") and not never_has_packages(name)


def told(names: Iterable[str]) -> str:
    """That *names* are missing, for people."""
    listed = ", ".join(names)
    return f"A unit with this firmware has further partitions, which were not given: {listed}."
