"""Keeps a golden unit in a file and reads it back."""

from __future__ import annotations

import codecs
import json
from pathlib import Path

from audit import codec
from audit.errors import BadInput, UsageError
from audit.model.portrait import Baseline
from audit.model.text import clean_line
from audit.sources import disk
from audit.sources.saved import GZIP, write_atomically

ENDING = ".json"
LARGEST_BYTES = 32 * 1024 * 1024
"""A phone with 400 packages and 1 000 properties gives 0.3 MB."""
_OURS = "adb-audit/"
_LONGEST = 40


def check_place(path: Path) -> Path:
    """*path* when a golden unit can be kept there; UsageError otherwise, before a unit is read."""
    if not path.name.endswith(ENDING):
        raise UsageError("a golden unit is kept as JSON", where=str(path), fix=f"end the name in {ENDING}")
    if not path.parent.is_dir():
        raise UsageError("cannot be written: no such folder", where=str(path), fix="choose another place")
    return path


def save(baseline: Baseline, path: Path) -> None:
    """Write *baseline* to *path*, whole or not at all. It holds no identifier, so others may read it."""
    write_atomically(check_place(path), codec.to_json(baseline, indent=1).encode(), private=False)


def load(path: Path) -> Baseline:
    """Read a golden unit that `save` wrote; BadInput with file and place for anything else."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise disk.unreadable(path, error) from error
    if data.startswith(GZIP):
        raise _other("is compressed, as saved snapshots are", path)
    if len(data) > LARGEST_BYTES:
        raise BadInput(f"is larger than {LARGEST_BYTES} bytes", where=str(path), fix=_FIX)
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"is not UTF-8 at byte {error.start}", where=str(path), fix=_FIX) from error
    try:
        return codec.from_json(Baseline, text, where=str(path))
    except BadInput:
        kind = _kind(text)
        if kind.startswith(_OURS) and kind.split("/")[1] != codec.BASELINE.split("/")[1]:
            raise _other(
                f"is a {clean_line(kind.split('/')[1])[:_LONGEST]}, not a golden unit", path
            ) from None
        raise


_FIX = "give a file that `adb-audit baseline save` wrote, unedited"


def _other(what: str, path: Path) -> BadInput:
    return BadInput(
        what, where=str(path), fix=f"make one of it: adb-audit baseline save {path} -o golden.json"
    )


def _kind(text: str) -> str:
    """What the file says it is; "" where it says nothing."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    kind = found.get("schema") if isinstance(found, dict) else None
    return kind if isinstance(kind, str) else ""
