"""Profiles into a rulebook, or every reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from audit.errors import BadProfile
from audit.model.profiles import (
    Advisory,
    Anycast,
    ClientProfile,
    DestinationRule,
    Markets,
    Policy,
    RegionProfile,
    Rulebook,
    Volatile,
)
from audit.rulebook.cache import Cache, user_cache
from audit.rulebook.crosscheck import crosscheck
from audit.rulebook.fields import Reader, Table
from audit.rulebook.files import Files, read_files
from audit.rulebook.problems import Place, Problem, in_order, one_of
from audit.rulebook.shapes import FORMS, LookupTable, WrittenAnycast, WrittenSet

T = TypeVar("T")


def shipped_folder() -> Path:
    """The profiles that come with the program: inside a wheel's package, beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    shipped = package / "_shipped" / "profiles"
    return shipped if shipped.is_dir() else package.parent / "profiles"


def load(folder: Path | None = None, *, cache: Cache | None = None) -> Rulebook:
    """The rulebook in *folder* (None = the shipped one), wholly validated.

    cache: where parsed files are kept; None = the user's own cache folder. Raises `BadProfile` with every
    problem of every file.
    """
    folder = folder or shipped_folder()
    found: list[Problem] = []
    files = read_files(folder, cache or user_cache(), found)
    draft = _Draft(files, found)
    draft.read()
    if not found:
        crosscheck(draft.rulebook(), found)
    if found:
        count = f"{len(found)} problem{'s' if len(found) > 1 else ''}"
        raise BadProfile(
            f"the rulebook has {count}",
            where=str(folder),
            fix="correct these entries; `adb-audit profiles lint` looks again",
            problems=tuple(str(problem) for problem in in_order(found)),
        )
    return draft.rulebook()


class _Draft:
    """A rulebook while its files are read, one method for each kind of file."""

    def __init__(self, files: Files, found: list[Problem]) -> None:
        self._files, self._found, self._reader = files, found, Reader(FORMS)
        self._markets = Markets(countries={}, sets={})
        self._regions: list[RegionProfile] = []
        self._tables: dict[str, Mapping[str, tuple[str, ...]]] = {}
        self._clients: dict[str, ClientProfile] = {}
        self._advisories: dict[str, Advisory] = {}
        self._policies: dict[str, Policy] = {}
        self._destinations: dict[str, DestinationRule] = {}
        self._anycast: dict[str, Anycast] = {}
        self._volatile: dict[str, Volatile] = {}

    def read(self) -> None:
        """Read every file by the folder it lies in."""
        kinds = {
            "clients": self._clients_of,
            "advisories": self._advisories_of,
            "policies": self._policy_of,
            "destinations": self._destinations_of,
            "volatile": self._volatile_of,
            "regions": self._region_of,
            "regions/tables": self._table_of,
        }
        tops = {"markets.toml": self._markets_of, "anycast.toml": self._anycast_of}
        if "markets.toml" not in self._files.tables and not self._found:
            Place("markets.toml", self._found).wrong("is missing", "add the countries and market sets")
        for path, table in self._files.tables.items():
            place, kind = Place(path, self._found), path.rpartition("/")[0]
            if path in tops:
                tops[path](table, place)
            elif kind in kinds:
                kinds[kind](table, place)
            else:
                place.wrong(f"no profiles belong into {kind or 'the top folder'!r}", one_of(kind, kinds))

    def rulebook(self) -> Rulebook:
        """What has been read."""
        return Rulebook(
            markets=self._markets,
            regions=tuple(self._regions),
            tables=self._tables,
            clients=self._clients,
            advisories=tuple(self._advisories.values()),
            policies=self._policies,
            sha256=self._files.sha256,
            destinations=tuple(self._destinations.values()),
            anycast=tuple(self._anycast.values()),
            volatile=tuple(self._volatile.values()),
        )

    def _markets_of(self, table: Table, place: Place) -> None:
        self._only(table, ("country", "set"), place)
        countries = table.get("country")
        if not isinstance(countries, dict):
            return place.wrong(
                "country is missing", "add the table [country] with ISO 3166-1 codes and names"
            )
        for code, name in countries.items():
            if not (len(code) == 2 and code.isascii() and code.isupper() and isinstance(name, str)):
                place.at(f"country {code}").wrong("is no country", 'write it as NO = "Norway"')
        sets = self._entries(WrittenSet, table, "set", place)
        known = frozenset(countries)
        for one, at in sets:
            if (one.markets is None) == (one.all_except is None):
                at.wrong("has both or neither of markets and all_except", "give it exactly one of them")
            for code in sorted({*(one.markets or ()), *(one.all_except or ())} - known):
                at.wrong(f"unknown country {code!r}", one_of(code, known))
            if one.code in known and one.markets != (one.code,):
                at.wrong(f"{one.code!r} is a country's code", "call the set otherwise")
        resolved = self._distinct(((s, at) for s, at in sets), "code")
        self._markets = Markets(
            countries=countries, sets={code: one.resolved(known) for code, one in resolved.items()}
        )
        return None

    def _clients_of(self, table: Table, place: Place) -> None:
        self._only(table, ("client",), place)
        self._distinct(self._entries(ClientProfile, table, "client", place), "package", self._clients)

    def _advisories_of(self, table: Table, place: Place) -> None:
        self._only(table, ("advisory",), place)
        self._distinct(self._entries(Advisory, table, "advisory", place), "id", self._advisories)

    def _policy_of(self, table: Table, place: Place) -> None:
        policy = self._reader.read(Policy, table, place, path=place.file)
        if policy is not None:
            self._distinct([(policy, place)], "name", self._policies)

    def _region_of(self, table: Table, place: Place) -> None:
        region = self._reader.read(RegionProfile, table, place, path=place.file)
        if region is not None:
            self._distinct([(region, place)], "oem", {r.oem: r for r in self._regions})
            self._regions.append(region)

    def _destinations_of(self, table: Table, place: Place) -> None:
        self._only(table, ("destination",), place)
        self._distinct(self._entries(DestinationRule, table, "destination", place), "id", self._destinations)

    def _volatile_of(self, table: Table, place: Place) -> None:
        self._only(table, ("volatile",), place)
        self._distinct(self._entries(Volatile, table, "volatile", place), "id", self._volatile)

    def _anycast_of(self, table: Table, place: Place) -> None:
        self._only(table, ("anycast",), place)
        written = self._entries(WrittenAnycast, table, "anycast", place)
        each = ((network, at) for one, at in written for network in one.each())
        self._distinct(each, "network", self._anycast)

    def _table_of(self, table: Table, place: Place) -> None:
        lookup = self._reader.read(LookupTable, table, place)
        if lookup is None:
            return
        if lookup.name in self._tables:
            place.wrong(f"the table {lookup.name!r} was defined before", "give each table a name of its own")
        known = frozenset(self._markets.countries)
        for code, markets in lookup.codes.items():
            if not known.issuperset(markets):
                strange = ", ".join(sorted(set(markets) - known))
                place.at(code).wrong(f"unknown country {strange}", "use ISO 3166-1 codes of markets.toml")
        self._tables[lookup.name] = lookup.codes

    def _only(self, table: Table, keys: tuple[str, ...], place: Place) -> None:
        for key in table.keys() - set(keys):
            place.wrong(f"unknown key {key!r}", one_of(key, keys))

    def _entries(self, kind: type[T], table: Table, key: str, place: Place) -> list[tuple[T, Place]]:
        """The good entries of an array of tables, each with its place."""
        entries = table.get(key, [])
        if not isinstance(entries, list):
            place.wrong(f"{key} is not an array of tables", f"write [[{key}]] before each entry")
            return []
        given = {"path": place.file} if hasattr(kind, "path") else {}
        good = []
        for number, entry in enumerate(entries, 1):
            at = place.at(key, self._reader.label(kind, entry, number))
            read = self._reader.read(kind, entry, at, **given)
            if read is not None:
                good.append((read, at))
        return good

    def _distinct(
        self, entries: Iterable[tuple[T, Place]], key: str, into: dict[str, T] | None = None
    ) -> dict[str, T]:
        """*entries* by their *key*, into *into*; of two with one key the second is a problem."""
        into = {} if into is None else into
        for one, at in entries:
            name = getattr(one, key)
            if name in into:
                before = getattr(into[name], "path", at.file)
                at.wrong(f"{key} {name!r} was defined before, in {before}", "keep one of the two")
            else:
                into[name] = one
        return into
