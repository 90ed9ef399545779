"""What fields are called that hold identifiers, and where in bytes such fields are.

Names are compared in lower case, without separators, and by their end: ``SIM1ICCID``, ``wifi_mac`` and
``device.imei2`` are what they end with. A name that others use for other things (``sn``, ``id``, ``mcc``,
``mnc``) alone is nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum

from audit.model.flows import IdentifierKind
from audit.model.record import record


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
        (
            IdentifierKind.ICCID,
            r".*iccid|.*iccserial(?:number)?|.*sim(?:card)?(?:serial|sn)(?:no|num|number)?",
        ),
        (IdentifierKind.ANDROID_ID, r".*androidid|ssaid"),
        (IdentifierKind.SERIAL, r".*serial(?:no|num|number)|(?:hw|device|phone|build|ro|boot)?serial|psn"),
        (
            IdentifierKind.MAC,
            r"(?:.*(?:wifi|wlan|bt|bluetooth|device|dev|local|eth|hw))?mac(?:addr(?:ess)?)?",
        ),
        (
            IdentifierKind.PHONE,
            r".*msisdn|.*phonenum(?:ber)?|line1num(?:ber)?|mobile(?:no|num|number)?|telnum",
        ),
        (IdentifierKind.DEVICE_ID, r".*(?:device|equipment)id|udid|deviceuuid"),
        (Part.CELL, r".*cell(?:id|identity)|gsmcell|eci|nci|ecgi"),
        (Part.CELL_HERE, r"cid"),
        (Part.AREA, r"(?:.*(?:cell|gsm|lte|net))?(?:lac|tac)"),
        (Part.LATITUDE, r".*latitude|(?:gps|geo|loc(?:ation)?|my|user|device)?lat"),
        (Part.LONGITUDE, r".*longitude|(?:gps|geo|loc(?:ation)?|my|user|device)?(?:lng|lon)"),
    )
)
_NOT_PLAIN = re.compile(r"[^a-z0-9]+")

# The telling part of each name, the rest of the name, and what stands between a name and its value in JSON,
# forms, cookies, texts and XML; also {"name":"imei","value":"…"}. All parts are bounded.
_FIELD = re.compile(
    rb"(?:imei|imsi|meid|icc_?id|iccid|esn|icc_?serial|sim_?(?:card)?_?s|ssaid|subscriber_?id"
    rb"|android[_.-]?id|serial|psn|mac|msisdn|phone_?num|line1|mobile|telnum|udid|device_?(?:uu)?id"
    rb"|equipment_?id|cell|gsmcell|eci|nci|ecgi|cid|lac|tac|lat|lng|lon)"
    rb"[a-z0-9_.\-\]]{0,24}"
    rb"(?P<between>[\"'\\ \t]{0,6}"
    rb"(?:[:=>]{1,2}|[, ][\"'\\ ]{0,6}val(?:ue)?[\"'\\ ]{0,4}[:=])[\"'\\ \t\r\n\[({]{0,8})"
)
_HEAD = re.compile(rb"[a-z0-9_.\-]*\Z")
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


def fields(data: bytes, low: bytes) -> Iterator[Field]:
    """The fields of *data* that are named after an identifier. low: the same in lower case."""
    known: dict[bytes, Holds | None] = {}
    for found in _FIELD.finditer(low):
        start, end = found.start(), found.start("between")
        if (head := _HEAD.search(low, max(0, start - _HEAD_BYTES), start)) is not None:
            start = head.start()
        name = low[start:end]
        if name not in known:
            known[name] = holds(name.decode("ascii", "replace"))
        kind = known[name]
        if kind is None or (value := _VALUE.match(data, found.end())) is None:
            continue
        key = data[start:end].decode("ascii", "replace").strip(".-]")
        yield Field(key=key, holds=kind, value=value[0], at=found.end(), way=_way(found["between"]))


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
