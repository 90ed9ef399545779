"""What a report names as an identifier: by a label, a field, the name of a property, and which kind it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from audit.model.crate import Duplicate
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.report import Evidence, Finding, Signal
from audit.reports.caught import mask_name

_TOKEN = re.compile(r"[a-z]+#[0-9a-f]{6}")
# Parts of property names and labels, and what they name. (?<!…): "gameid" and "online1" name something else.
_NAMES: tuple[tuple[str, str], ...] = (
    ("serial", r"serialn[ou] | serial[ _]number | gsm\.serial"),
    ("imei", r"imei"),
    ("iccid", r"iccid"),
    ("imsi", r"imsi"),
    ("meid", r"(?<![a-z])(?:meid|esn)(?![a-z])"),
    ("phone", r"msisdn | phone[ _]?number | (?<![a-z])line1(?![a-z])"),
    ("id", r"android_id | advertising_id | (?<![a-z])psn(?![a-z])"),
    ("ip", r"(?<![a-z])(?:local|own|my|src|source|client)_?ip(?![a-z]) | local_?addr(?:ess)? | \.ipaddress"),
    ("ssid", r"(?<![a-z])ssid(?![a-z])"),
    (
        "mac",
        r"bssid | bdaddr | (?:bt|wlan|wifi)_?mac | mac[_ ]?addr(?:ess)? | macinfo | (?<![a-z])mac(?![a-z])",
    ),
)
_NAMED = "|".join(f"(?P<{kind}>{names})" for kind, names in _NAMES)
_NAME = re.compile(_NAMED, re.VERBOSE | re.IGNORECASE)
# name = value, name: value, [name]: [value]; a value without a digit is a word, not an identifier.
# All but the value is bounded: a hostile unit would else make the search quadratic.
ASSIGNED = re.compile(
    rf"""(?P<name>(?:{_NAMED})[\w.]{{0,64}}) (?P<between>\]?\s{{0,8}}[:=]\s{{0,8}}[\["']?)
    (?P<value>(?=[^\s\]"';]{{0,64}}\d)[^\s\]"';]{{4,}})""",
    re.VERBOSE | re.IGNORECASE,
)
# Only literal addresses: a host's name may hold its owner's, and adb-SERIAL._adb-tls-connect._tcp the serial.
ADDRESS = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]{2,45}\]|localhost):\d{1,5}|emulator-\d{1,5}", re.IGNORECASE
)
# A unit of a crate that has no serial number yet is called by the place it is plugged in.
_SLOT = re.compile(r"usb:[0-9A-Za-z.\-]{1,32}")
_NO_IDENTIFIER = frozenset({"unknown", "none", "null", "n/a", "not stated", "not stated by the unit"})
SIGNER = "signer"
# Links, and certificates: whoever has the app has them, with the digits and the mail of its maker.
PUBLIC = frozenset({"sources", SIGNER})
# Fields of a crate that hold identifiers, some beside what is none.
NAMED_FIELDS: Mapping[str, str] = {"imeis": "imei", "waiting": "serial"}
# What a `Duplicate` shares that names no unit.
_LINE = "line of the manifest"
# Numbers too short and too common to be looked for in every text; they are masked in their own field.
_NOWHERE_ELSE = frozenset({IdentifierKind.CELL, IdentifierKind.POSITION})


def stated(value: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any part of a report
    """(case-folded value, kind) of all that is named as an identifier in it."""
    yield from ((part.casefold(), kind) for kind, named in _named(value) for part in slots(kind, named))


def _named(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any part of a report
    if isinstance(value, str):
        if name == "serial" and not ADDRESS.fullmatch(value):
            yield "serial", value
        elif name in NAMED_FIELDS and not is_a_place(value):
            yield NAMED_FIELDS[name], value
        if name not in PUBLIC and may_assign(value):
            yield from ((kind_of(m["name"]) or "id", m["value"]) for m in ASSIGNED.finditer(value))
    elif isinstance(value, tuple):
        for item in value:
            yield from _named(item, name)
    elif is_dataclass(value):
        yield from _labels(value)
        for field in fields(value):
            yield from _named(getattr(value, field.name), field.name)


def _labels(value: object) -> Iterator[tuple[str, str]]:
    """What a record says of its own values: which kind each is."""
    match value:
        case Evidence() | Signal() if (kind := kind_of(value.what)) and not is_a_place(value.value):
            yield kind, value.value
        case Duplicate() if kind := of_its_own(value):
            yield kind, value.value
        case OwnIdentifier() if value.kind not in _NOWHERE_ELSE:
            yield of_its_own(value), value.value
        case Finding():
            yield from ((kind, said) for label, said in value.facts if (kind := labelled(label)))


def may_assign(text: str) -> bool:
    """Whether `ASSIGNED` could match: a cheap question first, since most texts cannot."""
    return (":" in text or "=" in text) and any(digit in text for digit in "0123456789")


def kind_of(name: str) -> str | None:
    """The kind that the name of a property, or a few words, speak of."""
    found = _NAME.search(_TOKEN.sub("", name))
    return found.lastgroup if found else None


def labelled(label: str) -> str | None:
    """The kind a label names; "documented to send" and its like hold names of identifiers, no identifiers."""
    found = _NAME.fullmatch(label.strip())
    return found.lastgroup if found else None


def of_its_own(value: OwnIdentifier | Duplicate) -> str:
    """The kind of what says itself which it is; "" for what units share that is no identifier."""
    if isinstance(value, OwnIdentifier):
        return mask_name(value.kind)
    return "" if value.what == _LINE else kind_of(value.what) or "id"


def is_a_place(text: str) -> bool:
    """Whether a unit is called by where it is, not by what it is."""
    return bool(_SLOT.fullmatch(text) or ADDRESS.fullmatch(text))


def slots(kind: str, value: str) -> list[str]:
    """The parts of a value that holds one for each SIM slot; some write a MAC address with commas."""
    return [value] if kind == "mac" else value.split(",")


def says(value: str) -> bool:
    """Whether there is something to mask: no placeholder, no token."""
    plain = value.strip().casefold()
    return any(c.isalnum() for c in plain) and plain not in _NO_IDENTIFIER and not _TOKEN.fullmatch(plain)
