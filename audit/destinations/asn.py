"""ip-location-db's ``asn-ipv4.csv`` and ``asn-ipv6.csv``: who announces an address.

Source: its README: ``first address, last address, number, organisation`` (RFC 4180). A label for people: that
an organisation announces an address says nothing of where the server stands.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

from audit.destinations.ranges import Builder
from audit.destinations.text_tables import add, lines, number_of, wrong
from audit.model.record import record
from audit.model.text import clean_line

_HIGHEST = 0xFFFF_FFFF  # RFC 6793


@record
class Operator:
    """An autonomous system. asn: its number, None where a dataset names only the organisation."""

    asn: int | None
    name: str

    def __str__(self) -> str:
        return f"{'' if self.asn is None else self.asn}\t{self.name}"

    @classmethod
    def parse(cls, text: str) -> Operator:
        """Read back what `str` of one wrote."""
        number, _, name = text.partition("\t")
        return cls(asn=int(number) if number.isdecimal() else None, name=name)


def operator(number: object, name: object) -> Operator | None:
    """The operator a dataset means by its number ("AS15169", 15169) and name; None where it means none."""
    named = clean_line(name).strip() if isinstance(name, str) else ""
    digits = str(number).upper().removeprefix("AS") if isinstance(number, int | str) else ""
    whole = digits.isascii() and digits.isdigit() and len(digits) <= 10 and 0 < int(digits) <= _HIGHEST
    return Operator(asn=int(digits) if whole else None, name=named) if whole or named else None


def is_asn_line(line: str) -> bool:
    """Whether *line* is one of such a file."""
    return _row(line) is not None


def read(paths: Iterable[Path]) -> Builder:
    """All ranges of the files. Raises BadInput, with the line, for anything that is none."""
    builder = Builder()
    for path in paths:
        for number, line in enumerate(lines(path), 1):
            row = _row(line)
            if row is None:
                raise wrong(path, number, "is no range of addresses with an operator", line)
            add(builder, row, path, number, line)
    return builder


def _row(line: str) -> tuple[int, int, int, str] | None:
    try:
        fields = next(csv.reader((line,), strict=True), [])
        if len(fields) != 4:
            return None
        (version, first), (other, last) = number_of(fields[0]), number_of(fields[1])
    except (ValueError, csv.Error):
        return None
    who = operator(fields[2], fields[3])
    return (version, first, last, str(who)) if version == other and who is not None else None
