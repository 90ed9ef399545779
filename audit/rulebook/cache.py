"""Parsed profile files, kept between runs; safe to lose, and never right about anything but its key."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from audit.model.record import record
from audit.rulebook.fields import Table

_FORMAT = 1


@record
class Cache:
    """One JSON file in *folder*: the tables last parsed, and the hash of the files they came from."""

    folder: Path

    def get(self, key: str) -> dict[str, Table] | None:
        """What was kept under *key*; None for any other key, format or damage."""
        try:
            kept = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(kept, dict) or (kept.get("format"), kept.get("key")) != (_FORMAT, key):
            return None
        tables = kept.get("tables")
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            return None
        return cast("dict[str, Table]", tables)

    def put(self, key: str, tables: Mapping[str, Table]) -> None:
        """Keep *tables*; where that is not possible (read-only home, a date in a table), nothing is kept."""
        with contextlib.suppress(OSError, TypeError):
            text = json.dumps({"format": _FORMAT, "key": key, "tables": tables}, ensure_ascii=False)
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_atomically(self._path, text.encode())

    @property
    def _path(self) -> Path:
        return self.folder / "rulebook.json"


def user_cache() -> Cache:
    """The cache of the user who runs the program."""
    import platformdirs  # noqa: PLC0415 - a fifth of `--help`'s time, needed only when a rulebook is loaded

    return Cache(folder=platformdirs.user_cache_path("adb-audit", appauthor=False))


def _write_atomically(path: Path, data: bytes) -> None:
    """Two runs may write at once: each writes its own file and renames it over."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(name).replace(path)
    except OSError:
        Path(name).unlink(missing_ok=True)
        raise
