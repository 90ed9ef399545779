"""Reads UAD-ng's ``uad_lists.json``, which the operator points at, for what it says of packages.

Two forms are known: a mapping of package names, and before 2024 a list of entries with an ``id``. Nothing of
the list is shipped, and nothing is judged by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from audit.errors import BadInput
from audit.model.profiles import Rulebook
from audit.model.text import clean_line
from audit.rulebook.json_files import Json, read_json

_FIX = "give the file uad_lists.json of a release of Universal Android Debloater Next Generation"
_LONGEST = 600


def with_descriptions(rulebook: Rulebook, path: Path | None) -> Rulebook:
    """*rulebook* and the descriptions in the file at *path*; BadInput with file and position for another."""
    return rulebook if path is None else replace(rulebook, descriptions=load(path))


def load(path: Path) -> dict[str, str]:
    """Package name to what the list says of it, on one line."""
    _, whole = read_json(path, fix=_FIX)
    found: dict[str, str] = {}
    for place, name, entry in _entries(whole, path):
        if not isinstance(entry, dict):
            raise BadInput(f"{place} is no table", where=str(path), fix=_FIX)
        said = entry.get("description")
        if said is not None and not isinstance(said, str):
            raise BadInput(f"the description of {place} is no text", where=str(path), fix=_FIX)
        if words := " ".join(clean_line(said or "").split()):
            found[name] = words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"
    if not found:
        raise BadInput("describes no package", where=str(path), fix=_FIX)
    return found


def _entries(whole: Json, path: Path) -> Iterator[tuple[str, str, Json]]:
    """(place in the file, package, entry) in both forms."""
    if isinstance(whole, dict):
        for name, entry in whole.items():
            yield repr(clean_line(name)), name, entry
    elif isinstance(whole, list):
        for number, entry in enumerate(whole, 1):
            told = entry.get("id") if isinstance(entry, dict) else None
            if not isinstance(told, str):
                raise BadInput(f"entry {number} has no id", where=str(path), fix=_FIX)
            yield f"entry {number}", told, entry
    else:
        raise BadInput("is neither a list nor a mapping of packages", where=str(path), fix=_FIX)
