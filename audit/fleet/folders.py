"""Whether a folder is one unit, or holds the inputs of many: asked before anything in it is read.

A wrong answer is a wrong verdict: many units read as one mix their evidence, and one unit read as several
loses what lies in its other folders. So a folder is one where a source recognises it, or where command
outputs or ``*.prop`` files lie in it that cannot be of several units.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from audit.model.evidence import Kind
from audit.sources import androidqf, bugreport, names
from audit.sources.firmware import accepts as is_firmware
from audit.sources.firmware.containers import file_names

INPUT_ENDINGS = (".json", ".json.gz", ".zip", ".age")
"""What ends so and cannot be read is a bad input, not something else that lies there."""
_MOST_SEEN = 4_000
"""Entries of a folder that are looked at; no unit's folder has more beside each other."""
_MOST_FOLDERS = 64
_PARTITIONS = frozenset(
    {
        "apex",
        "cust",
        "default",
        "etc",
        "hw_product",
        "my_carrier",
        "my_company",
        "my_engineering",
        "my_heytap",
        "my_manifest",
        "my_preload",
        "my_product",
        "my_region",
        "my_stock",
        "odm",
        "odm_dlkm",
        "oem",
        "optics",
        "preload",
        "prism",
        "product",
        "ramdisk",
        "root",
        "rootdir",
        "system",
        "system_ext",
        "system_root",
        "vendor",
        "vendor_dlkm",
        "version",
    }
)
"""Folders that partitions are unpacked to, and those in them that hold properties."""


def is_one(folder: Path) -> bool:
    """Whether *folder* is one input. One that cannot be read is none: whoever looks into it will say so."""
    try:
        with os.scandir(folder) as entries:
            seen = [(entry.name, entry.is_dir()) for entry in islice(entries, _MOST_SEEN)]
    except OSError:
        return False
    files = [name for name, is_folder in seen if not is_folder]
    below = [name for name, is_folder in seen if is_folder]
    return (
        androidqf.accepts(folder, b"")
        or bugreport.accepts(folder, b"")
        or any(_is_evidence(name) for name in files)
        or _may_be_firmware(folder, files, below)
        or _is_spread(folder, below)
    )


def _is_evidence(name: str) -> bool:
    """Whether a file of this name is an output of a command or a ``*.prop`` file, and so of one unit."""
    path = Path(name)
    if path.suffix.lower() == ".prop" or name.lower() == "prop.default":
        return True
    return names.is_output(path) and names.recognise(path.stem) is not None


def _may_be_firmware(folder: Path, files: list[str], below: list[str]) -> bool:
    """The source walks the whole folder, so it is asked only where something speaks of firmware."""
    images = any(
        file_names.image_name(name) or file_names.is_payload(name) or file_names.update_part(name)
        for name in files
    )
    partitions = any(name.lower() in _PARTITIONS for name in below)
    return (images or partitions) and is_firmware(folder, b"")


def _is_spread(folder: Path, below: list[str]) -> bool:
    """Whether the evidence of one unit lies in several folders of it, as of its partitions."""
    if below and all(name.lower() in _PARTITIONS for name in below):
        return any(_evidence_in(folder / name, deep=2) for name in below)
    homes: list[set[str]] = []
    for name in sorted(below)[: _MOST_FOLDERS + 1]:
        stems = {one.lower() for one in _outputs_in(folder / name)}
        if any(stems & home for home in homes):
            return False  # the same command twice: two units
        if stems:
            homes.append(stems)
    kinds = [any(_is_getprop(stem) for stem in home) for home in homes]
    return 1 < len(homes) <= _MOST_FOLDERS and sum(kinds) == 1


def _is_getprop(stem: str) -> bool:
    named = names.recognise(stem)
    return named is not None and named.kind is Kind.GETPROP


def _outputs_in(folder: Path) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            for entry in islice(entries, _MOST_SEEN):
                path = Path(entry.name)
                if names.is_output(path) and names.recognise(path.stem) is not None:
                    yield path.stem
    except OSError:
        return


def _evidence_in(folder: Path, *, deep: int) -> bool:
    try:
        with os.scandir(folder) as entries:
            seen = [(entry.name, entry.is_dir()) for entry in islice(entries, _MOST_SEEN)]
    except OSError:
        return False
    return any(
        _is_evidence(name) if not is_folder else deep > 0 and _evidence_in(folder / name, deep=deep - 1)
        for name, is_folder in seen
    )
