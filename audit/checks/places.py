"""Where a contact went: which country by which data, who runs it, whose it is; or that it is not settled."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

from audit.checks.addresses import host_of
from audit.model.destinations import Destination
from audit.model.facts import Facts
from audit.model.flows import Flow
from audit.model.profiles import Rulebook
from audit.model.record import record


@record
class Place:
    """One address a contact went to, or its name stands for.

    country: ISO 3166-1 alpha-2 where two datasets agree and it is not anycast; else None
    looked_up: whether data on such addresses was at hand; local: of no country, such as a private address
    words: all of it for people, such as "in China (dbip-country, tor-geoip), run by Chinanet (AS4134)"
    """

    ip: str
    country: str | None
    words: str
    looked_up: bool
    local: bool = False


def places_of(flow: Flow, facts: Facts, rulebook: Rulebook) -> tuple[Place, ...]:
    """The places of a contact: of its address, else of those its name was resolved to."""
    addresses = (flow.ip,) if flow.ip else flow.answers
    return tuple(_place(ip, facts.destinations.get(ip), rulebook) for ip in dict.fromkeys(addresses))


def owner(flow: Flow, rulebook: Rulebook) -> str:
    """Whose the host is, where the rulebook names it or a domain above it as a client's; else ""."""
    host = flow.host.lower().rstrip(".")
    if not host:
        return ""
    for client in rulebook.clients.values():
        for endpoint in client.endpoints:
            known = host_of(endpoint.to)
            if endpoint.operator and known and (host == known or host.endswith("." + known)):
                return endpoint.operator
    return ""


def told(flow: Flow, facts: Facts, rulebook: Rulebook) -> str:
    """The destination of a contact with all that is known of it, for a sentence."""
    places = places_of(flow, facts, rulebook)
    address = f"{flow.ip} port {flow.port}" if flow.ip and flow.port is not None else flow.ip
    parts = [
        address if address and flow.ip not in flow.to else "",
        *dict.fromkeys(place.words for place in places[:2] if place.words),
        f"named by the rulebook as {whose}" if (whose := owner(flow, rulebook)) else "",
        {True: "in cleartext", False: "encrypted", None: ""}[flow.cleartext],
    ]
    known = "; ".join(part for part in parts if part)
    return f"{flow.to} ({known})" if known else flow.to


def _place(ip: str, found: Destination | None, rulebook: Rulebook) -> Place:
    if found is None:
        return Place(ip=ip, country=None, words="", looked_up=False)
    if found.scope != "global":
        return Place(ip=ip, country=None, words=f"a {found.scope} address", looked_up=False, local=True)
    words = ", ".join(filter(None, (_country_words(found, rulebook), _operator(found))))
    return Place(ip=ip, country=found.country, words=words, looked_up=bool(found.countries))


def _country_words(found: Destination, rulebook: Rulebook) -> str:
    said = [(reading.country, reading.dataset) for reading in found.countries if reading.country]
    names = rulebook.markets.countries
    each = ", ".join(f"{names.get(country, country)} by {dataset}" for country, dataset in said)
    if found.anycast:
        return f"answered from many places at once (anycast of {found.anycast}; {each or 'not listed'})"
    if not said:
        return "in no country that the data lists" if found.countries else ""
    if found.country is None:
        return f"in {each}" + (" alone" if len(said) == 1 else ": they disagree")
    return f"in {names.get(found.country, found.country)} ({', '.join(dataset for _, dataset in said)})"


def _operator(found: Destination) -> str:
    if not found.operator:
        return ""
    return f"run by {found.operator}" + (f" (AS{found.asn})" if found.asn is not None else "")


Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def anycast_networks(rulebook: Rulebook) -> tuple[tuple[Network, str], ...]:
    """The networks that have no country, each with who announces it; parsed once for many addresses."""
    return tuple((ipaddress.ip_network(one.network), one.operator) for one in rulebook.anycast)


def anycast(found: Destination, networks: tuple[tuple[Network, str], ...]) -> Destination:
    """*found*, with whoever announces it from many places at once."""
    if found.scope != "global":
        return found
    address = ipaddress.ip_address(found.ip)
    for network, operator in networks:
        if network.version == address.version and address in network:
            return replace(found, anycast=operator)
    return found
