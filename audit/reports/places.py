"""Where a contact went: its country by which data, and who runs the address; two facts, told apart."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from audit.model.destinations import Dataset, Destination
from audit.model.flows import Flow
from audit.model.record import record
from audit.model.report import Report

MOST_ANSWERS = 4
NOT_LOOKED_UP = "not looked up"
_LINK = re.compile(r"(https?://[^\s,;)\]]+)")


@record
class Where:
    """country, operator: in words, "" where there is no address to ask about."""

    country: str = ""
    operator: str = ""


@record
class Piece:
    """Part of an attribution. link: whether it is an address."""

    text: str
    link: bool


def known(report: Report) -> Mapping[str, Destination]:
    """What is known of the addresses in a report."""
    return {place.ip: place for place in report.destinations}


def where(flow: Flow, places: Mapping[str, Destination]) -> Where:
    """What is known of the address of a contact, else of those its name was resolved to."""
    addresses = (flow.ip,) if flow.ip else flow.answers
    several = len(addresses) > 1
    countries: dict[str, list[str]] = {}
    operators: dict[str, list[str]] = {}
    for ip in addresses:
        countries.setdefault(_country(places.get(ip)), []).append(ip)
        operators.setdefault(_operator(places.get(ip)), []).append(ip)
    return Where(country=_told(countries, several=several), operator=_told(operators, several=several))


def _told(said: Mapping[str, Sequence[str]], *, several: bool) -> str:
    """What all addresses have in common once; else which has what."""
    if len(said) == 1 or not several:
        return next(iter(said), "")
    return "; ".join(f"{_some(ips)}: {what}" for what, ips in said.items() if what)


def _some(ips: Sequence[str]) -> str:
    more = f" and {len(ips) - MOST_ANSWERS} more" if len(ips) > MOST_ANSWERS else ""
    return ", ".join(ips[:MOST_ANSWERS]) + more


def _country(place: Destination | None) -> str:
    """``CN (dbip-country, tor-geoip)``, and no more than the data says."""
    if place is None:
        return NOT_LOOKED_UP
    if place.scope != "global":
        return f"a {place.scope} address"
    said: dict[str, list[str]] = {}
    for one in place.countries:
        if one.country:
            said.setdefault(one.country, []).append(one.dataset)
    each = ", ".join(f"{country} by {', '.join(by)}" for country, by in said.items())
    if place.anycast:
        listed = f"; listed as {each}" if each else ""
        return f"in no one country: anycast of {place.anycast}{listed}"
    if place.disputed:
        return f"disputed: {each}"
    if not said:
        return "in no country that the data lists"
    [(country, by)] = said.items()
    return f"{country} ({', '.join(by)}{' alone' if len(by) == 1 else ''})"


def _operator(place: Destination | None) -> str:
    if place is None or place.scope != "global":
        return ""
    if not place.operator:
        return "not known"
    number = f" (AS{place.asn})" if place.asn is not None else ""
    by = f", by {place.operator_from}" if place.operator_from else ""
    return f"{place.operator}{number}{by}"


def attributions(report: Report) -> tuple[str, ...]:
    """What was looked up in, with what the licences ask to be printed."""
    return tuple(attribution(dataset) for dataset in report.datasets)


def attribution(dataset: Dataset) -> str:
    """``dbip-country: DB-IP Country Lite of 2026-06-01. IP Geolocation by DB-IP (…), CC BY 4.0``."""
    when = f" of {dataset.published}" if dataset.published else ", of no stated date"
    return f"{dataset.name}: {dataset.title}{when}. {dataset.attribution}"


def pieces(text: str) -> tuple[Piece, ...]:
    """*text* cut where addresses of the web begin and end, so that a page can link them."""
    return tuple(Piece(text=part, link=at % 2 == 1) for at, part in enumerate(_LINK.split(text)) if part)
