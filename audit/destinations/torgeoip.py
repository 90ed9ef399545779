"""Tor's ``geoip`` and ``geoip6``: text, one range a line, made from IPFire's location database.

Source: src/lib/geoip/geoip.c of Tor, ``geoip_parse_entry``: ``INTIPLOW,INTIPHIGH,CC`` for IPv4, addresses in
words for IPv6, ``#`` begins a comment. The comments at the top say what the file was made from, when, by whom
and under which licence.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from audit.destinations.countries import country
from audit.destinations.ranges import Builder
from audit.destinations.text_tables import add, lines, number_of, wrong
from audit.model.record import record
from audit.model.text import clean_line

_MOST_COMMENTS = 200
_SHOWN = 80


@record
class Header:
    """What a file says of itself; "" where it does not. generated: ISO date."""

    generated: str = ""
    vendor: str = ""
    licence: str = ""


def header(path: Path) -> Header:
    """The comments at the top of *path*."""
    said: dict[str, str] = {}
    for number, line in enumerate(lines(path)):
        if not line.startswith("#") or number > _MOST_COMMENTS:
            break
        key, colon, value = line.lstrip("# ").partition(":")
        if colon:
            said.setdefault(key.strip().lower(), clean_line(value).strip()[:_SHOWN])
    return Header(
        generated=_date(said.get("generated", "")),
        vendor=said.get("vendor", ""),
        licence=said.get("license", ""),
    )


def _date(text: str) -> str:
    """``Thu, 25 Jun 2026 04:33:59 GMT`` as an ISO date, whatever the station's language."""
    parts = text.split()
    if len(parts) < 4 or parts[2] not in _MONTHS:
        return ""
    try:
        return datetime(int(parts[3]), _MONTHS.index(parts[2]) + 1, int(parts[1])).date().isoformat()  # noqa: DTZ001 - a day
    except ValueError:
        return ""


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def is_tor_line(line: str) -> bool:
    """Whether *line* is one of such a file."""
    return _row(line) is not None


def read(paths: Iterable[Path]) -> Builder:
    """All ranges of the files. Raises BadInput, with the line, for anything that is none."""
    builder = Builder()
    for path in paths:
        for number, line in enumerate(lines(path), 1):
            if not line or line.startswith("#"):
                continue
            row = _row(line)
            if row is None:
                raise wrong(path, number, "is no range of addresses with a country", line)
            add(builder, row, path, number, line)
    return builder


def _row(line: str) -> tuple[int, int, int, str] | None:
    first, _, rest = line.partition(",")
    last, _, code = rest.partition(",")
    if len(code) != 2:
        return None
    try:
        if ":" in first:
            (version, low), (other, high) = number_of(first), number_of(last)
            return (version, low, high, country(code)) if version == other else None
        if not (first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
            return None
        return 4, int(first), int(last), country(code)
    except ValueError:
        return None
