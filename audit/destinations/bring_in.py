"""Data from files into the data folder: recognised, read to its end, and only then put in place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from audit.destinations import asn, mmdb, torgeoip
from audit.destinations.recognise import TAKES, Found, recognise
from audit.destinations.store import NAME, Held, Store, sha256_of
from audit.errors import BadInput, UsageError
from audit.model.destinations import Dataset
from audit.model.record import record

_READERS = {"tor": ("country", torgeoip.read), "asn": ("operator", asn.read)}
PLACES = (Path("/usr/share/tor"),)
"""Where systems put such data by themselves."""
_LOOKS_LIKE = ("ip-location-db-*.tgz", "tor-geoipdb*.deb", "dbip-country*.mmdb")
_NPM = Path("node_modules/@ip-location-db")
_MOST_PLACES = 100


@record
class Taken:
    """One dataset that was imported, or left as it was because the very same data is held already.

    notes: what a person should know of it, a sentence each
    """

    held: Held
    notes: tuple[str, ...] = ()
    unchanged: bool = False


def bring_in(
    store: Store, path: Path, *, imported_at: str, name: str | None = None, again: bool = True
) -> tuple[Taken, ...]:
    """Import what is at *path*: each dataset whole, or nothing of it all.

    imported_at: RFC 3339; name: what to call an MMDB file; again: also what is the same
    as what is held, or no newer
    Raises BadInput for what is not known, damaged, or held under another name; UsageError for a bad name or a
    folder that cannot be written.
    """
    if name is not None and not NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be the name of data",
            fix="use lower-case letters, digits and hyphens, at most 40",
        )
    with store.workplace() as work:
        scratch = Path(work) / "unpacked"
        scratch.mkdir()
        held, taken = store.held(), list[Taken]()
        made: list[tuple[Held, Path]] = []
        for number, found in enumerate(recognise(path, scratch, name)):
            came = _sha256_of(found)
            same = _same(held, found, came)
            left = () if again else _left(store, found, held, same)
            if left:
                taken += left
                continue
            for one, table, notes in _made(found, Path(work) / str(number), imported_at, came):
                made.append((one, table))
                taken.append(Taken(held=one, notes=notes))
        now = {one.dataset.name: one for one in store.put(made)} if made else {}
        return tuple(replace(t, held=now.get(t.held.dataset.name, t.held)) for t in taken)


def _same(held: Iterable[Held], found: Found, came: str) -> list[Held]:
    """What is held of the same file. Raises BadInput where that is under a name of its own."""
    same = [one for one in held if one.came_sha256 == came]
    for one in same:
        if one.dataset.name not in (found.name, f"{found.name}-operators"):
            raise BadInput(
                f"is held already, as {one.dataset.name}",
                where=str(found.origin),
                fix="one source under two names is not two opinions; import data of another maker,"
                f" or first: adb-audit data remove {one.dataset.name}",
            )
    return same


def _left(store: Store, found: Found, held: Iterable[Held], same: Sequence[Held]) -> tuple[Taken, ...]:
    """What is held in no need of *found*, which is the same or no newer."""
    as_new = [
        one
        for one in held
        if one.dataset.name == found.name and found.published and found.published <= one.dataset.published
    ]
    kept = same or as_new
    if any(store.damage(one, whole=True) for one in kept):
        return ()
    notes = () if same else (f"what was found is of {found.published}, and no newer",)
    return tuple(Taken(held=one, notes=notes, unchanged=True) for one in kept)


def _made(
    found: Found, folder: Path, imported_at: str, came: str
) -> Iterator[tuple[Held, Path, tuple[str, ...]]]:
    """The tables of *found*, written into *folder*."""
    folder.mkdir()
    if found.form == "mmdb":
        yield from _from_mmdb(found, folder, imported_at, came)
        return
    kind, read = _READERS[found.form]
    builder = read(found.files)
    if not builder.ranges:
        raise BadInput("holds no range of addresses", where=str(found.origin), fix=TAKES)
    table = folder / f"{kind}.ranges"
    with table.open("wb") as file:
        builder.write(file)
    notes = [f"it has no {found.missing} addresses, which stay unknown"] if found.missing else []
    if builder.overlapping:
        notes.append(f"{builder.overlapping} of its ranges overlap the one before, which kept its part")
    yield _held(found, kind, builder.ranges, imported_at, came), table, tuple(notes)


def _from_mmdb(
    found: Found, folder: Path, imported_at: str, came: str
) -> Iterator[tuple[Held, Path, tuple[str, ...]]]:
    got = mmdb.convert(found.files[0], folder)
    dated = replace(found, published=found.published or got.published)
    for kind, table in got.tables.items():
        both = kind == "operator" and len(got.tables) > 1
        named = replace(dated, name=f"{found.name[:30]}-operators") if both else dated
        yield _held(named, kind, got.ranges, imported_at, came), table, ()


def _held(found: Found, kind: str, ranges: int, imported_at: str, came: str) -> Held:
    """As the manifest will have it, but for what the store itself knows."""
    return Held(
        dataset=Dataset(
            name=found.name,
            title=found.title,
            kind=kind,
            published=found.published,
            attribution=f"{found.attribution}{f', {found.licence}' if found.licence else ''}",
            sha256="",
        ),
        licence=found.licence,
        imported_at=imported_at,
        came_from=str(found.origin),
        came_sha256=came,
        file="",
        size_bytes=0,
        ranges=ranges,
    )


def _sha256_of(found: Found) -> str:
    """Of the file the data was read from; of several, over their hashes in order."""
    each = [sha256_of(path) for path in found.files]
    return each[0] if len(each) == 1 else hashlib.sha256("".join(each).encode()).hexdigest()


def places(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Where data to import lies: the system's own places, then *folders* and the archives in them."""
    found = [place for place in PLACES if (place / "geoip").is_file()]
    for folder in folders:
        if not folder.is_dir():
            raise UsageError("is no folder", where=str(folder), fix="name a folder of downloaded data")
        inside = [path for pattern in _LOOKS_LIKE for path in sorted(folder.glob(pattern))]
        npm = sorted(path for path in (folder / _NPM).glob("*") if path.is_dir())
        itself = [folder] if any((folder / name).is_file() for name in _OPEN) else []
        found += [*itself, *inside, *npm][:_MOST_PLACES]
    return tuple(dict.fromkeys(found))


_OPEN = ("geoip", "dbip-country.mmdb", "asn-ipv4.csv")
