"""MMDB files (MaxMind's format, which DB-IP, IPinfo and others use too) into our own tables.

The file is read whole, once, when it is imported, by a process of its own with bounds on memory and time: its
records may point at one another, so that a small file can stand for more than any memory holds, and its tree
may lead back into itself. What an audit reads afterwards is our table. Understood are records with
``country_code``, ``country.iso_code`` or ``country``, and those with ``autonomous_system_number`` or ``asn``.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.destinations.asn import operator
from audit.destinations.countries import country
from audit.destinations.ranges import Builder, Disorder
from audit.errors import BadInput
from audit.model.record import record
from audit.model.text import clean_line

MARK = b"\xab\xcd\xefMaxMind.com"
"""What the metadata begins with; it stands within the last 128 KiB."""
LARGEST_BYTES = 512 * 1024 * 1024
_MEMORY_BYTES = 2 << 30
_LONGEST_S = 600.0
_FIX = "take the file again from where it came from"
_OUT = {"country": "country.ranges", "operator": "operator.ranges"}


@record
class Converted:
    """What an MMDB file was made into.

    tables: "country" and "operator", each where the file says any, to the file written; published: ISO date
    it was built; about: its own name for what it holds; ranges: how many it had
    """

    tables: Mapping[str, Path]
    published: str
    about: str
    ranges: int


def is_mmdb(path: Path) -> bool:
    """Whether the file at *path* ends as one."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - (128 << 10)))
        return MARK in file.read()


def convert(path: Path, folder: Path, *, longest_s: float = _LONGEST_S) -> Converted:
    """Write what *path* says into tables in *folder*.

    Raises BadInput for a file that is damaged, says neither countries nor operators, or needs more than the
    bounds allow.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise BadInput(f"is larger than {LARGEST_BYTES} bytes", where=str(path), fix=_FIX)
    words = [sys.executable, "-P", "-m", "audit.destinations.mmdb", str(path), str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - this program itself, and two paths
            words, capture_output=True, text=True, encoding="utf-8", timeout=longest_s, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise BadInput(
            f"was not read to its end within {longest_s:.0f} s", where=str(path), fix=_FIX
        ) from error
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError as error:
        last = clean_line(done.stderr.strip().rpartition("\n")[2])[:120]
        why = f"reading it ended with {done.returncode}{f' ({last})' if last else ''}"
        raise BadInput(why, where=str(path), fix=_FIX) from error
    if "wrong" in said:
        raise BadInput(said["wrong"], where=str(path), fix=_FIX)
    return Converted(
        tables={kind: folder / _OUT[kind] for kind in said["kinds"]},
        published=said["published"],
        about=said["about"],
        ranges=said["ranges"],
    )


def _main(path: Path, folder: Path) -> dict[str, Any]:
    """What the process of its own does: read, write, and say what came of it."""
    try:
        import maxminddb  # noqa: PLC0415 - only this process needs it
    except ImportError:
        return {"wrong": "MMDB files need a library: pip install maxminddb"}
    _bound()
    try:
        with maxminddb.open_database(path) as reader:
            meta = reader.metadata()
            built = _build(reader)
    except Disorder as error:
        return {"wrong": f"a range {error}"}
    except (maxminddb.InvalidDatabaseError, ValueError, RecursionError, OSError, EOFError) as error:
        why = clean_line(str(error).replace(str(path), "the file"))[:120]
        return {"wrong": f"is no MMDB file that can be read: {why}"}
    except MemoryError:
        return {"wrong": f"needs more than {_MEMORY_BYTES >> 20} MB of memory"}
    if not built:
        return {"wrong": "says neither countries nor operators, in no form that is known"}
    for kind, builder in built.items():
        with (folder / _OUT[kind]).open("wb") as file:
            builder.write(file)
    ranges = max(builder.ranges for builder in built.values())
    about = clean_line(str(meta.database_type))[:80]
    return {"kinds": list(built), "published": _day(meta.build_epoch), "about": about, "ranges": ranges}


def _build(networks: Iterable[tuple[Any, object]]) -> dict[str, Builder]:
    """Tables by kind, of those kinds that any record says."""
    found: dict[str, Builder] = {}
    for network, said in networks:
        if not isinstance(said, dict):
            continue
        first = int(network.network_address)
        last = first + (1 << network.max_prefixlen - network.prefixlen) - 1
        for kind, say in _SAYS:
            if text := say(said):
                if kind not in found:
                    found[kind] = Builder()
                found[kind].add(network.version, first, last, text)
    return found


def _country(said: Mapping[str, object]) -> str:
    nested = said.get("country")
    if isinstance(nested, dict):
        return country(nested.get("iso_code"))
    return country(said.get("country_code")) or country(nested)


def _operator(said: Mapping[str, object]) -> str:
    number = said.get("autonomous_system_number", said.get("asn"))
    name = said.get("autonomous_system_organization", said.get("as_name"))
    if number is None and name is None:
        return ""
    found = operator(number, name)
    return "" if found is None else str(found)


_SAYS = (("country", _country), ("operator", _operator))


def _day(epoch: object) -> str:
    try:
        return datetime.fromtimestamp(int(str(epoch)), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""


def _bound() -> None:
    """Where the system can: no more memory than an honest file needs."""
    try:
        import resource  # noqa: PLC0415 - not on Windows, where only the time is bounded
    except ImportError:
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = _MEMORY_BYTES if hard == resource.RLIM_INFINITY else min(_MEMORY_BYTES, hard)
    resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


if __name__ == "__main__":
    json.dump(_main(Path(sys.argv[1]), Path(sys.argv[2])), sys.stdout)
