"""The data folder: tables of ranges, and a manifest that says what they are and where they came from.

A dataset is one table. Its file is named after its content, and the manifest is replaced in one step after
the file is in its place, so that a reader sees the old state or the new one, whatever happens in between.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from audit.errors import BadInput, UsageError
from audit.model.destinations import Dataset
from audit.model.record import record
from audit.model.text import clean_line

MANIFEST = "manifest.json"
VERSION = 1
NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
OLD_DAYS = 90
_LARGEST_MANIFEST = 1 << 20
_FILE = re.compile(r"[a-z0-9-]+\.ranges")
_FIX = "delete the folder and import the data again: adb-audit data import FILE"
_WORK = ".importing-"
_DAY_S = 86_400
KINDS = ("country", "operator")


@record
class Held:
    """A dataset in the folder.

    dataset: its `sha256` is that of the table; licence: short, as its maker names it
    imported_at: RFC 3339, UTC; came_from: the file it was made from, came_sha256: of that file, hex
    file: name of the table in the folder; size_bytes: its length; ranges: how many the data had
    """

    dataset: Dataset
    licence: str
    imported_at: str
    came_from: str
    came_sha256: str
    file: str
    size_bytes: int
    ranges: int

    def age_days(self, today: date) -> int | None:
        """Days since the data was published; None where it does not say when."""
        if not self.dataset.published:
            return None
        return max(0, (today - date.fromisoformat(self.dataset.published)).days)


def default_folder() -> Path:
    """Where the user who runs the program keeps data."""
    import platformdirs  # noqa: PLC0415 - slow to import, needed only here

    return platformdirs.user_data_path("adb-audit", appauthor=False) / "destinations"


@record
class Store:
    """The datasets in *folder*, which need not be there yet."""

    folder: Path

    def held(self) -> tuple[Held, ...]:
        """What the manifest says, in the order of import. Raises BadInput for a damaged one."""
        path = self.folder / MANIFEST
        try:
            with path.open("rb") as file:
                data = file.read(_LARGEST_MANIFEST + 1)
        except FileNotFoundError:
            return ()
        except OSError as error:
            raise BadInput(
                f"cannot be read: {error.strerror}", where=str(path), fix="check its permissions"
            ) from error
        try:
            return _parsed(data)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            said = clean_line(str(error))[:80]
            raise BadInput(f"is no manifest of data: {said}", where=str(path), fix=_FIX) from error

    def path(self, held: Held) -> Path:
        """Where the table of *held* is."""
        return self.folder / held.file

    def damage(self, held: Held, *, whole: bool = False) -> str:
        """What is wrong with the table of *held*; "" for nothing. whole: look at all of it."""
        try:
            if self.path(held).stat().st_size != held.size_bytes:
                return "its table has another size than when it was imported"
            if whole and sha256_of(self.path(held)) != held.dataset.sha256:
                return "its table was changed after it was imported"
        except OSError as error:
            return f"its table cannot be read: {error.strerror}"
        return ""

    def workplace(self) -> tempfile.TemporaryDirectory[str]:
        """A folder beside the tables, gone when closed, from which a table is moved in one step."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            return tempfile.TemporaryDirectory(prefix=_WORK, dir=self.folder)
        except OSError as error:
            raise self._unwritable(error) from error

    def put(self, made: Iterable[tuple[Held, Path]]) -> tuple[Held, ...]:
        """Take tables in, each in place of the dataset of its name, all or none; returns what is held now."""
        placed: dict[str, Held] = {}
        try:
            for held, table in made:
                whole = replace(
                    held,
                    dataset=replace(held.dataset, sha256=sha256_of(table)),
                    size_bytes=table.stat().st_size,
                )
                file = f"{held.dataset.name}-{whole.dataset.sha256[:12]}.ranges"
                table.chmod(0o644)
                table.replace(self.folder / file)
                placed[held.dataset.name] = replace(whole, file=file)
            kept = {one.dataset.name: one for one in self.held()} | placed
            self._write(kept.values())
        except OSError as error:
            raise self._unwritable(error) from error
        return tuple(kept.values())

    def remove(self, name: str) -> Held:
        """Forget the dataset called *name* and delete its table. Raises UsageError where there is none."""
        held = {one.dataset.name: one for one in self.held()}
        if name not in held:
            known = ", ".join(held) or "there is none"
            raise UsageError(f"no data is called {name!r}", fix=f"choose one of: {known}")
        gone = held.pop(name)
        try:
            self._write(held.values())
        except OSError as error:
            raise self._unwritable(error) from error
        return gone

    def _write(self, kept: Iterable[Held]) -> None:
        kept = tuple(kept)
        text = json.dumps({"version": VERSION, "datasets": [_plain(one) for one in kept]}, indent=1)
        handle, name = tempfile.mkstemp(prefix=".manifest.", dir=self.folder)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o644)
            Path(name).replace(self.folder / MANIFEST)
        finally:
            Path(name).unlink(missing_ok=True)
        self._sweep({one.file for one in kept})

    def _sweep(self, kept: set[str]) -> None:
        """Delete tables that no manifest names. Windows keeps one that is in use; the next import gets it."""
        for path in self.folder.glob(f"{_WORK}*"):  # of an import that was killed
            if path.stat().st_mtime < time.time() - _DAY_S:
                shutil.rmtree(path, ignore_errors=True)
        for path in self.folder.glob("*.ranges"):
            if path.name not in kept:
                with suppress(PermissionError, FileNotFoundError):
                    path.unlink()

    def _unwritable(self, error: OSError) -> UsageError:
        return UsageError(
            f"cannot be written: {error.strerror or error}",
            where=str(self.folder),
            fix="make room there, or check its permissions",
        )


def sha256_of(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _plain(held: Held) -> dict[str, Any]:
    one = held.dataset
    return {
        "name": one.name,
        "title": one.title,
        "kind": one.kind,
        "published": one.published,
        "imported_at": held.imported_at,
        "attribution": one.attribution,
        "licence": held.licence,
        "file": held.file,
        "size_bytes": held.size_bytes,
        "sha256": one.sha256,
        "ranges": held.ranges,
        "came_from": held.came_from,
        "came_sha256": held.came_sha256,
    }


def _parsed(data: bytes) -> tuple[Held, ...]:
    if len(data) > _LARGEST_MANIFEST:
        raise ValueError("it is larger than any manifest")
    whole = json.loads(data.decode())
    if (
        not isinstance(whole, dict)
        or whole.get("version") != VERSION
        or not isinstance(whole.get("datasets"), list)
    ):
        raise ValueError(f"its version is not {VERSION}")
    return tuple(_held(one) for one in whole["datasets"])


def _held(said: Mapping[str, Any]) -> Held:
    texts = {key: said[key] for key in _TEXTS}
    if not all(isinstance(text, str) for text in texts.values()):
        raise ValueError("one of its texts is none")
    texts = {key: clean_line(text) for key, text in texts.items()}
    numbers = {key: said[key] for key in ("size_bytes", "ranges")}
    if not all(type(number) is int and number >= 0 for number in numbers.values()):
        raise ValueError("one of its numbers is none")
    if not NAME.fullmatch(texts["name"]) or not _FILE.fullmatch(texts["file"]) or texts["kind"] not in KINDS:
        raise ValueError(f"{texts['name']!r} is no dataset")
    if texts["published"]:
        date.fromisoformat(texts["published"])
    dataset = Dataset(**{key: texts[key] for key in _DATASET})
    return Held(dataset=dataset, **{key: texts[key] for key in _TEXTS - _DATASET}, **numbers)


_DATASET = frozenset({"name", "title", "kind", "published", "attribution", "sha256"})
_TEXTS = _DATASET | {"imported_at", "licence", "file", "came_from", "came_sha256"}
