"""What fields are called that hold identifiers, and where in bytes such fields are.

Names are compared in lower case, without separators, and by their end: ``SIM1ICCID``, ``wifi_mac`` and
``device.imei2`` are what they end with. A name that others use for other things (``sn``, ``id``, ``mcc``,
``mnc``) alone is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from audit.model.flows import IdentifierKind
from audit.model.record import record
from audit.parse.identifiers.layers import BETWEEN, classes


class Part(StrEnum):
    """Fields that are a place only together."""

    CELL = "cell"
    """Names a cell by itself."""
    CELL_HERE = "cell-here"
    """Names a cell beside a field that names an area; ``cid`` is a client's or a campaign's elsewhere."""
    AREA = "area"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"


Holds = IdentifierKind | Part

_SUFFIX = r"\d{0,2}(?:md5|sha1?|sha256|hash)?"
# The first that matches counts.
_NAMES: tuple[tuple[Holds, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(rf"(?:{pattern}){_SUFFIX}"))
    for kind, pattern in (
        (IdentifierKind.IMEI, r".*imei(?:sv)?"),
        (IdentifierKind.MEID, r".*meid"),
        (IdentifierKind.ESN, r"(?:p|cdma|device)?esn"),
        (IdentifierKind.IMSI, r".*imsi|.*subscriberid"),
        (IdentifierKind.ICCID, r".*iccid|.*iccserial(?:number)?|.*sim(?:card)?serial(?:no|num|number)?"),
        (IdentifierKind.ANDROID_ID, r".*androidid"),
        (IdentifierKind.SERIAL, r".*serial(?:no|num|number)|(?:hw|device|phone|build|ro|boot)?serial"),
        (
            IdentifierKind.MAC,
            r"(?:.*(?:wifi|wlan|bt|bluetooth|device|dev|local|eth|hw))?mac(?:addr(?:ess)?)?",
        ),
        (IdentifierKind.PHONE, r".*msisdn|.*phone(?:no|num|number)?|line1(?:no|num|number)?"),
        (IdentifierKind.DEVICE_ID, r".*device(?:uu)?id"),
        (Part.CELL, r".*cell(?:id|identity)?"),
        (Part.CELL_HERE, r"cid"),
        (Part.AREA, r"(?:.*(?:cell|gsm|lte|net))?(?:lac|tac)"),
        (Part.LATITUDE, r".*latitude|(?:gps|geo|loc(?:ation)?|my|user|device)?lat"),
        (Part.LONGITUDE, r".*longitude|(?:gps|geo|loc(?:ation)?|my|user|device)?(?:lng|lon)"),
    )
)
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")

# What stands between a name and its value in JSON, forms, cookies, texts and XML; also
# {"name":"imei","value":"…"}. Everything is bounded, and what has matched is not tried again in part.
_THEN = (
    rb"[a-z0-9_.\-\]]{0,24}+"
    rb"(?P<between>[\"'\\ \t]{0,6}+"
    rb"(?:[:=>]{1,2}+|[, ][\"'\\ ]{0,6}+val(?:ue)?[\"'\\ ]{0,4}+[:=])[\"'\\ \t\r\n\[({]{0,8}+)"
)
# By the rarest part of each name: an expression that begins with plain letters is found ten times as fast as
# one that begins with a choice.
_TELLING: tuple[re.Pattern[bytes], ...] = tuple(
    re.compile(telling + _THEN)
    for telling in (
        b"mei",  # imei, meid
        b"msi",  # imsi, msisdn
        b"icc",
        b"esn",
        b"subscriber",
        b"android[_.-]?id",
        b"device_?(?:uu)?id",
        b"serial",
        b"mac",
        b"phone",
        b"line1",
        b"cell",
        b"lac",
        b"tac",
        b"lat",
    )
)
# Of interest only beside what comes first.
_BESIDE: Mapping[Part, re.Pattern[bytes]] = {
    Part.LATITUDE: re.compile(rb"l(?:ng|on)" + _THEN),
    Part.AREA: re.compile(b"cid" + _THEN),
}
_DIGIT_OR_SEPARATOR = classes(b"0123456789ABCDEFabcdef.:-")
_IN_A_ROW = b"a" * 5
_NAME_BYTES, _VALUE_BYTES = 100, 200
_NAME = b"abcdefghijklmnopqrstuvwxyz0123456789_.-"
_HEAD_BYTES = 24
_VALUE = re.compile(rb"[+\-a-z0-9%][a-z0-9+ \-./:_,=%]{0,191}", re.IGNORECASE)
# The same backwards, for a value found by itself.
_BEFORE = re.compile(
    rb"([A-Za-z_][\w.\-]{0,40})[\"'\\\]]{0,4}[ \t]?(?:[:=]|=>|>)[\s\"'\\\[({]{0,8}\Z", re.ASCII
)
_BEFORE_BYTES = 64


@record
class Field:
    """A field in bytes.

    key: as it is called there; value: what stands in it, at most 192 bytes, maybe more than the value
    at: where, among the fields of the same bytes
    way: "json", "form", "xml", or "" where it cannot be told
    """

    key: str
    holds: Holds
    value: bytes
    at: int
    way: str


def holds(key: str) -> Holds | None:
    """What a field of that name holds."""
    plain = _NOT_PLAIN.sub("", key.lower())
    return next((kind for kind, pattern in _NAMES if pattern.fullmatch(plain)), None)


def fields(data: bytes) -> Iterator[Field]:
    """The fields of *data* that are named after an identifier, name by name."""
    near = _Near(near_numbers(data))
    seen: set[Holds] = set()
    for pattern in _TELLING:
        for field in near.fields(pattern):
            seen.add(field.holds)
            yield field
    for part, pattern in _BESIDE.items():
        if part in seen:
            yield from near.fields(pattern)


class _Near:
    """What is near numbers, and what the names in it are called."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._low = data.lower()
        self._names: dict[bytes, Holds | None] = {}

    def fields(self, pattern: re.Pattern[bytes]) -> Iterator[Field]:
        """The fields whose name has what *pattern* begins with."""
        low = self._low
        for found in pattern.finditer(low):
            start, end = found.start(), found.start("between")
            head = low[max(0, start - _HEAD_BYTES) : start]
            start -= len(head) - len(head.rstrip(_NAME))
            kind = self._holds(low[start:end])
            if kind is not None and (value := _VALUE.match(self._data, found.end())) is not None:
                key = self._data[start:end].decode("ascii", "replace").strip(".-]")
                way = _way(found["between"])
                yield Field(key=key, holds=kind, value=value[0], at=found.end(), way=way)

    def _holds(self, name: bytes) -> Holds | None:
        if name not in self._names:
            self._names[name] = holds(name.decode("ascii", "replace"))
        return self._names[name]


def near_numbers(data: bytes) -> bytes:
    """What of *data* can be a field with an identifier: all but the smallest have digits in a row.

    Text has few of them, so most of it need not be looked at.
    """
    classed = data.translate(_DIGIT_OR_SEPARATOR)
    start = classed.find(_IN_A_ROW)
    parts: list[bytes] = []
    begin = end = 0
    while start >= 0:
        if start - _NAME_BYTES > end:
            parts.append(data[begin:end])
            begin = start - _NAME_BYTES
        end = start + _VALUE_BYTES
        start = classed.find(_IN_A_ROW, end)
    parts.append(data[begin:end])
    return BETWEEN.join(parts)


def key_before(data: bytes, at: int) -> tuple[str, str]:
    """The name of the field whose value begins at *at*, and its way; empty where there is none."""
    found = _BEFORE.search(data, max(0, at - _BEFORE_BYTES), at)
    if found is None:
        return "", ""
    return found[1].decode("ascii", "replace"), _way(data[found.end(1) : at])


def _way(between: bytes) -> str:
    quoted = b'"' in between or b"'" in between
    if b":" in between and between[:1] in b"\"'\\":
        return "json"
    if b">" in between or (b"=" in between and quoted):
        return "xml"
    return "form" if between == b"=" else ""
