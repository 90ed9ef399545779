"""All packages of a unit, kept once for every unit that has the same."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import islice

from sqlalchemy import Connection, insert, select

from audit.history.answers import Carried
from audit.history.schema import Member, Package, PackageSet, StoredReport
from audit.history.words import folded, word
from audit.model.portrait import Portrait, TraitKind
from audit.model.record import record

_MOST = 20_000
_AT_ONCE = 500


@record
class Packages:
    """Of one unit. whole: nothing is known to be missing; members: by name, sorted; None = nobody said"""

    members: tuple[Carried, ...] | None = None
    whole: bool = False


def of_unit(packages: Mapping[str, str] | None, portrait: Portrait | None) -> Packages:
    """What is told: *packages*, name to version code, or else the traits of *portrait*."""
    if packages is not None:
        return _bounded(
            {word(name): Carried(name=word(name), version=word(v)) for name, v in packages.items()}
        )
    if portrait is None:
        return Packages()
    found = _of_portrait(portrait)
    whole = TraitKind.PACKAGE not in portrait.unread
    # nothing read at all is no list of packages
    return _bounded(found, whole=whole) if found or whole else Packages()


def _of_portrait(portrait: Portrait) -> dict[str, Carried]:
    found: dict[str, Carried] = {}
    for trait in portrait.traits:
        if trait.kind is TraitKind.PACKAGE:
            name = word(trait.name)
            found.setdefault(name, Carried(name=name, installed=trait.value == "installed"))
    for trait in portrait.traits:
        one = found.get(word(trait.name)) if trait.kind in _OF_PACKAGES else None
        if one is not None:
            value = word(trait.value)
            is_version = trait.kind is TraitKind.VERSION
            found[one.name] = replace(one, version=value) if is_version else replace(one, path=value)
    return found


_OF_PACKAGES = (TraitKind.VERSION, TraitKind.PATH)


def _bounded(found: Mapping[str, Carried], *, whole: bool = True) -> Packages:
    kept = sorted((one for one in found.values() if one.name), key=lambda one: one.name)
    return Packages(members=tuple(kept[:_MOST]), whole=whole and len(kept) <= _MOST)


def stored_set(connection: Connection, members: tuple[Carried, ...]) -> int:
    """The number of the set of *members*, added where it is not there."""
    plain = json.dumps([[one.name, one.version, one.path, one.installed] for one in members])
    sha256 = hashlib.sha256(plain.encode()).hexdigest()
    found = connection.scalar(select(PackageSet.c.seq).where(PackageSet.c.sha256 == sha256))
    if found is not None:
        return found
    made = connection.execute(insert(PackageSet).values(sha256=sha256)).inserted_primary_key
    assert made is not None  # noqa: S101 - one row was inserted
    seq = int(made[0])
    names = _numbers(connection, [one.name for one in members])
    rows = [
        {
            "set_seq": seq,
            "package_seq": names[one.name],
            "version": one.version,
            "path": one.path,
            "installed": one.installed,
        }
        for one in members
    ]
    if rows:
        connection.execute(insert(Member), rows)
    return seq


def _numbers(connection: Connection, names: list[str]) -> dict[str, int]:
    """Of each package by its name, added where it is new."""
    found = _known(connection, names)
    new = [{"name": name, "folded": folded(name)} for name in names if name not in found]
    if new:
        connection.execute(insert(Package), new)
        found |= _known(connection, [row["name"] for row in new])
    return found


def _known(connection: Connection, names: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    left = iter(names)
    while some := list(islice(left, _AT_ONCE)):
        rows = connection.execute(select(Package.c.name, Package.c.seq).where(Package.c.name.in_(some)))
        found |= {row.name: row.seq for row in rows}
    return found


def of_report(connection: Connection, seq: int) -> tuple[Carried, ...] | None:
    """What the unit of a report carried, by name; None = nobody said when it was recorded."""
    set_seq = connection.scalar(select(StoredReport.c.package_set_seq).where(StoredReport.c.seq == seq))
    return None if set_seq is None else of_set(connection, set_seq)


def of_set(connection: Connection, set_seq: int) -> tuple[Carried, ...]:
    """The members of a set, by name."""
    rows = connection.execute(
        select(Package.c.name, Member.c.version, Member.c.path, Member.c.installed)
        .join(Member, Member.c.package_seq == Package.c.seq)
        .where(Member.c.set_seq == set_seq)
    )
    found = (
        Carried(name=name, version=version, path=path, installed=there) for name, version, path, there in rows
    )
    return tuple(sorted(found, key=lambda one: one.name))
