"""The files of a rulebook: read, parsed, and hashed together."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from audit.errors import BadProfile
from audit.model.record import record
from audit.rulebook.cache import Cache
from audit.rulebook.fields import Table
from audit.rulebook.problems import Place, Problem


@record
class Files:
    """All profile files. tables: path relative to the folder, with slashes, to its content; sha256: hex."""

    tables: Mapping[str, Table]
    sha256: str


def read_files(folder: Path, cache: Cache | None, found: list[Problem]) -> Files:
    """Read every ``*.toml`` under *folder*; what cannot be read or parsed is noted in *found*.

    Parsing is the slow part (docs/decisions/0004), so what it gave is kept in *cache* under the hash of all
    the bytes it was made from; the tables are validated afterwards wherever they came from.
    """
    if not folder.is_dir():
        raise BadProfile("there is no rulebook here", where=str(folder), fix="name the folder of profiles")
    raw = _read_bytes(folder, found)
    sha256 = _hash(raw)
    kept = cache.get(sha256) if cache else None
    if kept is not None and kept.keys() == raw.keys():
        return Files(tables=kept, sha256=sha256)
    before = len(found)
    tables = {path: table for path, data in raw.items() if (table := _parse(path, data, found)) is not None}
    if cache and len(found) == before:
        cache.put(sha256, tables)
    return Files(tables=tables, sha256=sha256)


def _read_bytes(folder: Path, found: list[Problem]) -> dict[str, bytes]:
    raw = {}
    for path in sorted(folder.rglob("*.toml"), key=lambda p: p.relative_to(folder).as_posix()):
        name = path.relative_to(folder).as_posix()
        try:
            raw[name] = path.read_bytes()
        except OSError as error:
            Place(name, found).wrong(f"cannot be read: {error.strerror}", "correct its permissions")
    return raw


def _hash(raw: Mapping[str, bytes]) -> str:
    """Over names and contents, each with its length before it, so that no two rulebooks share a hash."""
    digest = hashlib.sha256()
    for name, data in raw.items():
        for part in (name.encode(), data):
            digest.update(b"%d:" % len(part))
            digest.update(part)
    return digest.hexdigest()


def _parse(name: str, data: bytes, found: list[Problem]) -> Table | None:
    place = Place(name, found)
    try:
        return tomllib.loads(data.decode())
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        place.at(f"line {line}").wrong("is not UTF-8", "save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        what, at = _split_position(str(error))
        place.at(at).wrong(f"not TOML: {what}", "correct the line; TOML's rules are at https://toml.io")
    return None


def _split_position(message: str) -> tuple[str, str]:
    """The message and the place of "Expected '=' (at line 3, column 7)" apart."""
    match = re.fullmatch(r"(.*) \(at (.*)\)", message, re.DOTALL)
    return (match[1], match[2]) if match else (message, "")
