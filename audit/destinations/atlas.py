"""Answers about addresses, from the tables of the data folder."""

from __future__ import annotations

from collections.abc import Iterable

from audit.destinations import scope
from audit.destinations.asn import Operator
from audit.destinations.ranges import Table
from audit.destinations.store import Held, Store
from audit.destinations.suffixes import Suffixes
from audit.errors import BadInput
from audit.model.destinations import CountryReading, Dataset, Destination
from audit.model.record import record


class _Country:
    """One dataset's table of countries; each of its readings is made once."""

    def __init__(self, name: str, table: Table) -> None:
        self.table = table
        self._name = name
        self._readings: dict[str, CountryReading] = {}

    def reading(self, version: int, number: int) -> CountryReading:
        """What it says of an address."""
        country = self.table.find(version, number)
        made = self._readings.get(country)
        if made is None:
            made = self._readings[country] = CountryReading(dataset=self._name, country=country)
        return made


class _Operators:
    """One dataset's table of operators; each is read once."""

    def __init__(self, name: str, table: Table) -> None:
        self.name, self.table = name, table
        self._read: dict[str, Operator] = {}

    def at(self, version: int, number: int) -> Operator | None:
        """Who announces an address by it; None where it does not list it."""
        text = self.table.find(version, number)
        if not text:
            return None
        made = self._read.get(text)
        if made is None:
            made = self._read[text] = Operator.parse(text)
        return made


@record
class _Opened:
    """The tables, in the order of the manifest."""

    countries: tuple[_Country, ...]
    operators: tuple[_Operators, ...]


class StoredAtlas:
    """An `audit.model.destinations.Atlas` over what *store* holds.

    Tables are compared with the manifest and opened when a global address is first asked for: most audits ask
    for none. A table that was changed since its import is refused then, with BadInput.
    """

    def __init__(self, store: Store, held: Iterable[Held]) -> None:
        self._store, self._held = store, tuple(held)
        self._suffixes = Suffixes()
        self._opened: _Opened | None = None

    @property
    def datasets(self) -> tuple[Dataset, ...]:
        """What it answers from."""
        return tuple(held.dataset for held in self._held)

    def address(self, ip: str) -> Destination | None:
        """What is known of *ip*; None for what is no address."""
        address = scope.read(ip)
        if address is None:
            return None
        said = scope.scope(address)
        if said != scope.GLOBAL:
            return Destination(ip=str(address), scope=said)
        opened, number, version = self._opened or self._open(), int(address), address.version
        countries = tuple([each.reading(version, number) for each in opened.countries])
        for dataset in opened.operators:
            if by := dataset.at(version, number):
                return Destination(
                    ip=str(address),
                    scope=said,
                    countries=countries,
                    operator=by.name,
                    asn=by.asn,
                    operator_from=dataset.name,
                )
        return Destination(ip=str(address), scope=said, countries=countries)

    def domain(self, host: str) -> str:
        """The registrable domain of *host* by the public suffix list; "" for an address or a bare suffix."""
        return self._suffixes.registrable(host)

    def close(self) -> None:
        """Let go of the files."""
        opened, self._opened = self._opened, None
        if opened is not None:
            tables = [each.table for each in opened.countries] + [each.table for each in opened.operators]
            for table in tables:
                table.close()

    def _open(self) -> _Opened:
        tables = [(held.dataset, self._table(held)) for held in self._held]
        self._opened = _Opened(
            countries=tuple(_Country(d.name, table) for d, table in tables if d.kind == "country"),
            operators=tuple(_Operators(d.name, table) for d, table in tables if d.kind == "operator"),
        )
        return self._opened

    def _table(self, held: Held) -> Table:
        if damage := self._store.damage(held, whole=True):
            raise damaged(self._store, held, damage)
        return Table(self._store.path(held))


def damaged(store: Store, held: Held, damage: str) -> BadInput:
    """The error for a dataset whose table is not what was imported."""
    name = held.dataset.name
    return BadInput(
        f"{name}: {damage}",
        where=str(store.path(held)),
        fix=f"import it again (adb-audit data import FILE), or do without: adb-audit data remove {name}",
    )
