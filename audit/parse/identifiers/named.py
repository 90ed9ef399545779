"""Identifiers by the name of the field they stand in."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from audit.model.flows import Certainty, IdentifierKind
from audit.model.record import record
from audit.parse.identifiers.known import Known
from audit.parse.identifiers.names import Part, fields
from audit.parse.identifiers.shapes import by_itself, canonical, checked

_NEAR = 200
"""Bytes between fields that are one place together."""
_MOST_PARTS = 10_000
_MOST_VALUES = 4
"""Of one field: an IMEI for each slot."""


@record
class Sighting:
    """An identifier seen. value: canonical; ways: to it from the bytes sent, outermost first"""

    kind: IdentifierKind
    value: str
    certainty: Certainty
    key: str = ""
    ways: tuple[str, ...] = ()

    def inside(self, path: tuple[str, ...]) -> Sighting:
        """The same, seen from outside of the encodings in *path*."""
        return replace(self, ways=(*path, *self.ways))


_PATTERNS: Mapping[IdentifierKind, re.Pattern[str]] = {
    kind: re.compile(rf"(?:{pattern})(?![0-9a-z])", re.IGNORECASE)
    for kind, pattern in (
        (IdentifierKind.IMEI, r"\d(?:[ \-./:]?\d){13,15}"),
        (IdentifierKind.MEID, r"[0-9a-f](?:[ \-]?[0-9a-f]){13}|\d{18}"),
        (IdentifierKind.ESN, r"[0-9a-f]{8}|\d{11}"),
        (IdentifierKind.IMSI, r"\d(?:[ \-]?\d){13,14}"),
        (IdentifierKind.ICCID, r"[89]\d(?:[ \-]?[0-9f]){16,18}"),
        (IdentifierKind.SERIAL, r"[0-9a-z][0-9a-z._\-]{4,30}[0-9a-z]"),
        (IdentifierKind.MAC, r"[0-9a-f]{2}(?:[:\-., ]?[0-9a-f]{2}){5}"),
        (IdentifierKind.ANDROID_ID, r"[0-9a-f]{12,16}"),
        (IdentifierKind.PHONE, r"\+?\d(?:[ \-./]{0,2}\d){6,15}"),
        (IdentifierKind.DEVICE_ID, r"[0-9a-z][0-9a-z._:\-]{6,62}[0-9a-z]"),
    )
}
# The unit's own of these are found without a name too.
_FOUND_ELSEWHERE = frozenset(_PATTERNS) - {IdentifierKind.ESN}
_NEXT = re.compile(r"[,;| \"']{1,3}")
_HASH = re.compile(r"(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})(?![0-9a-z])", re.IGNORECASE)
_HASH_NAMES = {32: "md5", 40: "sha1", 64: "sha256"}
_HEX = re.compile(r"(?:[0-9a-f]{2}){6,64}(?![0-9a-z])", re.IGNORECASE)
_NUMBER = re.compile(r"-?\d{1,11}(?![\d.a-zA-Z])")
_DEGREES = re.compile(r"-?\d{1,3}\.\d{2,17}(?![\da-zA-Z])")


def sightings(data: bytes, known: Known, is_full: Callable[[], bool]) -> Iterator[Sighting]:
    """The identifiers in fields of *data* that are named after them.

    is_full: whether only those still count that are the unit's own
    """
    parts: list[tuple[int, Part, str, str]] = []
    for field in fields(data):
        if field.holds in _FOUND_ELSEWHERE and is_full():
            continue
        text = field.value.decode("ascii", "replace")
        if isinstance(field.holds, Part):
            pattern = _DEGREES if field.holds in (Part.LATITUDE, Part.LONGITUDE) else _NUMBER
            if len(parts) < _MOST_PARTS and (number := pattern.match(text)) is not None:
                parts.append((field.at, field.holds, number[0], field.key))
            continue
        for kind, value, certainty, ways in _values(field.holds, text, known):
            way = (field.way,) if field.way else ()
            yield Sighting(kind=kind, value=value, certainty=certainty, key=field.key, ways=(*way, *ways))
    yield from _places(parts, known)


_Value = tuple[IdentifierKind, str, Certainty, tuple[str, ...]]


def _values(kind: IdentifierKind, text: str, known: Known) -> Iterator[_Value]:
    pattern, at = _PATTERNS[kind], 0
    if (digest := _HASH.match(text)) is not None and kind is not IdentifierKind.PHONE:
        if known.digest(binascii.unhexlify(digest[0])) is None:  # else it is found as what it is of
            yield kind, digest[0].lower(), Certainty.MEDIUM, (_HASH_NAMES[len(digest[0])],)
        return
    seen = False
    for _ in range(_MOST_VALUES):
        if (found := pattern.match(text, at)) is None:
            break
        for value in _value(kind, found[0], known):
            seen = True
            yield *value, ()
        following = _NEXT.match(text, found.end())
        if following is None:
            break
        at = following.end()
    if not seen:
        yield from _in_hex(kind, text, known)


def _in_hex(kind: IdentifierKind, text: str, known: Known) -> Iterator[_Value]:
    """A bare value in hexadecimal: the field's name is outside, so it is undone here."""
    if (token := _HEX.match(text)) is None:
        return
    inner = binascii.unhexlify(token[0]).decode("latin-1").strip()
    if _PATTERNS[kind].fullmatch(inner):
        for value in _value(kind, inner, known):
            yield *value, ("hex",)


def _value(kind: IdentifierKind, text: str, known: Known) -> Iterator[tuple[IdentifierKind, str, Certainty]]:
    if kind is IdentifierKind.DEVICE_ID and (better := by_itself(text)) is not None:
        kind, certainty = better, Certainty.MEDIUM
    else:
        certainty = Certainty.HIGH if checked(kind, text) else Certainty.MEDIUM
    value = canonical(kind, text)
    if value is None:
        return
    if (one := known.equal(kind, value)) is not None:
        yield kind, one.value, Certainty.EXACT
    elif not known.within(text):  # else it is the one found, under a name of another kind
        yield kind, value, certainty


def _places(parts: list[tuple[int, Part, str, str]], known: Known) -> Iterator[Sighting]:
    """Fields that are a place together: area and cell, latitude and longitude."""
    latest: dict[Part, tuple[int, str, str]] = {}
    for at, part, value, key in sorted(parts):
        latest[part] = (at, value, key)
        near = {p: (v, k) for p, (a, v, k) in latest.items() if at - a <= _NEAR}
        if part in (Part.LATITUDE, Part.LONGITUDE):
            if Part.LATITUDE in near and Part.LONGITUDE in near:
                text = f"{near[Part.LATITUDE][0]},{near[Part.LONGITUDE][0]}"
                yield from _place(IdentifierKind.POSITION, text, near[Part.LATITUDE][1], known)
            continue
        cell = near.get(Part.CELL) or (near.get(Part.CELL_HERE) if Part.AREA in near else None)
        if cell is not None:
            area = near.get(Part.AREA)
            text = f"{area[0]}-{cell[0]}" if area else cell[0]
            yield from _place(IdentifierKind.CELL, text, cell[1], known)


def _place(kind: IdentifierKind, text: str, key: str, known: Known) -> Iterator[Sighting]:
    if (value := canonical(kind, text)) is not None:
        exact = known.equal(kind, value) is not None
        certainty = Certainty.EXACT if exact else Certainty.MEDIUM
        yield Sighting(kind=kind, value=value, certainty=certainty, key=key)
