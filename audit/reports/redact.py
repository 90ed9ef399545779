"""Identifiers of a unit and its owner, masked in everything that leaves the station.

A mask is a token such as ``serial#3f2a91``: the kind, and 24 bits of HMAC-SHA-256 under a key of the
caller's. Why not the last four characters: with the model known an IMEI has about a million values, so four
digits or a plain hash give it away, and units of one crate often share them. Under a key that stays at the
station a token says nothing, yet two mentions of one identifier match within what one key covers: a report, a
crate. Serial numbers have no shape of their own: they are known by what the unit calls itself and by name.
What adb calls a unit reached over a network, or an emulator, is the operator's own address and no mark of the
unit: it stays, since without it nobody could tell which unit a report is about.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import islice
from typing import Any

from audit.model.report import Evidence, Finding, Report, Signal
from audit.reports.caught import caught

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
_ASSIGNED = re.compile(
    rf"""(?P<name>(?:{_NAMED})[\w.]{{0,64}}) (?P<between>\]?\s{{0,8}}[:=]\s{{0,8}}[\["']?)
    (?P<value>(?=[^\s\]"';]{{0,64}}\d)[^\s\]"';]{{4,}})""",
    re.VERBOSE | re.IGNORECASE,
)
# A network's name may hold blanks, and need not hold a digit.
_SSID = re.compile(
    r"""(?P<name>(?<![a-z])ssid) (?P<between>["']?\s{0,8}[:=]\s{0,8})
    (?P<value>"[^"\n]{1,64}"|'[^'\n]{1,64}'|[^\s"',;\]}]{1,64})""",
    re.VERBOSE | re.IGNORECASE,
)
# The folder of whoever sits at the station; not a path within a link.
_MAIL = re.compile(
    r"(?<![\w.+@/-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[a-z]{2,24}(?![\w-])",  # RFC 5321, less the odd ones
    re.IGNORECASE,
)
_HOME = re.compile(r"(?<![\w.:/~-])(?:/home|/Users|[A-Z]:\\Users)[/\\][^/\\\s;]{1,64}")
_SHAPES = re.compile(
    r"""
      (?=[0-9A-F:+]) (?:                                                   # most characters start none
      (?P<digest> (?<![0-9A-F]) [0-9A-F]{64} (?![0-9A-F]) )                # of a file or certificate: kept
    | (?P<iccid> (?<!\d) 89\d{16,18} F? (?!\d) )                           # ITU-T E.118: 18 to 20 digits
    | (?P<imei> (?<!\d) \d{2}[ -]\d{6}[ -]\d{6}[ -]\d (?!\d) )             # as printed on boxes
    | (?P<digits> (?<!\d) \d{15,16} (?!\d) )                               # IMEI, IMEISV or IMSI
    | (?P<meid> (?<![0-9A-F]) (?:[A-F][0-9A-F]|99)[0-9A-F]{12} (?![0-9A-F]) )  # 3GPP2 S.R0048
    | (?P<ip> (?<![0-9A-F:]) (?:[0-9A-F]{0,4}:)+ [0-9A-F]{0,2}FF:FE[0-9A-F]{2}:[0-9A-F]{1,4} (?![0-9A-F:]) )
    | (?P<phone> (?<![\w+]) \+\d (?:[ ().\-]{0,2}\d){7,14} (?!\d) )        # ITU-T E.164
    )
    """,
    re.VERBOSE | re.IGNORECASE,
)
# Before the others: a phone number may end in two digits, and so would take the first two of an address.
_MAC = re.compile(r"(?<![0-9A-F])(?:[0-9A-F]{2}[:\-,]){5,7}[0-9A-F]{2}(?![0-9A-F])", re.IGNORECASE)
# Only literal addresses: a host's name may hold its owner's, and adb-SERIAL._adb-tls-connect._tcp the serial.
_ADDRESS = re.compile(
    r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]{2,45}\]|localhost):\d{1,5}|emulator-\d{1,5}", re.IGNORECASE
)
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f.]{0,15}){2,8}", re.IGNORECASE)
_NO_IDENTIFIER = frozenset({"unknown", "none", "null", "n/a", "not stated", "not stated by the unit"})
# Written by this program or its rulebook: digits there are a link's or a digest's.
_OURS = frozenset(
    {"schema", "tool_version", "judged_at", "acquired_at", "rulebook_sha256", "snapshot_sha256"}
)
_SIGNER = "signer"
# Links, and certificates: whoever has the app has them, with the digits and the mail of its maker.
_PUBLIC = frozenset({"sources", _SIGNER})
_OF_CAUGHT = frozenset({"shown", "hmac"})
# Shorter known values are masked in their own field only: "0" stands in too many other words.
_SHORTEST_ANYWHERE = 4
_SHORTEST_IN_WORDS = 6
# More than any unit has; a hostile one may name as many as it likes, and each is looked for in every text.
_MOST_ANYWHERE = 256
# Contacts repeat the same few names: what was masked is kept, within bounds.
_LONGEST_KEPT, _MOST_KEPT = 256, 20_000


def redact(report: Report, *, key: bytes) -> Report:
    """The report with every identifier masked; what is masked already stays as it is.

    key: secret of the station; equal keys give equal tokens
    """
    walk = _Walk(_Masks(key), _known(report), caught(report.flows or ()))
    redacted: Report = walk.over(report)
    return redacted


class _Masks:
    """Makes tokens under one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, kind: str, value: str) -> str:
        """The mask of *value*: the same however it is written, so far as case and separators go."""
        plain = re.sub(r"[^0-9a-z]", "", value.casefold()) or value
        mac = hmac.new(self._key, plain.encode("utf-8", "replace"), hashlib.sha256)
        return f"{kind}#{mac.hexdigest()[:6]}"

    def field(self, kind: str, value: str) -> str:
        """The mask of a field that holds an identifier, or one for each SIM slot."""
        return ",".join(self.token(kind, part) if _says(part) else part for part in _slots(kind, value))

    def shapes(self, text: str) -> str:
        """Running text, with what is named or shaped like an identifier masked."""
        if "ssid" in text.casefold():
            text = _SSID.sub(self._assigned, text)
        text = _MAC.sub(lambda found: self.token("mac", found[0]), text)
        if "@" in text:
            text = _MAIL.sub(lambda found: self.token("mail", found[0]), text)
        return _SHAPES.sub(self._shaped, _ASSIGNED.sub(self._assigned, text) if _may_assign(text) else text)

    def _assigned(self, found: re.Match[str]) -> str:
        return found["name"] + found["between"] + self.field(_kind(found["name"]) or "id", found["value"])

    def _shaped(self, found: re.Match[str]) -> str:
        kind = found.lastgroup or "id"
        if kind == "digest":
            return found[0]
        if kind == "digits":
            kind = "imei" if _luhn(found[0][:15]) else "imsi"
        return self.token(kind, found[0])


class _Walk:
    """Makes the records of a report again, with their strings masked.

    seen: patterns of what was caught in contacts; its values are nowhere in a report, only their ends
    """

    def __init__(self, masks: _Masks, known: Mapping[str, str], seen: Mapping[str, str]) -> None:
        self._masks = masks
        self._masked: dict[tuple[bool, bool, str], str] = {}
        self._known = known
        self._kinds = tuple(seen.values())
        self._seen = re.compile("|".join(f"({pattern})" for pattern in seen) or r"(?!)", re.IGNORECASE)
        longest_first = sorted(known, key=lambda value: (-len(value), value))
        # without a value to look for: a pattern that is nowhere
        self._anywhere = re.compile("|".join(map(_pattern, longest_first)) or r"(?!)", re.IGNORECASE)

    def over(self, value: Any, name: str = "") -> Any:  # noqa: ANN401 - any part of a report
        """*value*, found in a field called *name*."""
        if isinstance(value, str) and not isinstance(value, Enum):
            return self._string(value, name)
        if isinstance(value, tuple):
            return tuple(self.over(item, name) for item in value)
        return self._record(value) if is_dataclass(value) else value

    def _string(self, text: str, name: str) -> str:
        if name in _OURS:
            return text
        if name == "serial" and not _ADDRESS.fullmatch(text):
            return self._masks.field("serial", text)
        if name == "addresses":
            return self._masks.field("ip", text) if text.casefold() in self._known else text
        if not text:
            return text
        place = (name in _PUBLIC, name in _OF_CAUGHT, text)
        masked = self._masked.get(place)
        if masked is None:
            masked = self._running(text, name)
            if len(text) <= _LONGEST_KEPT and len(self._masked) < _MOST_KEPT:
                self._masked[place] = masked
        return masked

    def _running(self, text: str, name: str) -> str:
        if name not in _OF_CAUGHT:  # these are masked as they are made, and must stay as they are
            text = self._seen.sub(self._token_of_seen, text)
        text = self._anywhere.sub(self._token_of_known, text)
        # digits of a link are the link's own
        return text if name in _PUBLIC else self._masks.shapes(_HOME.sub("~", text))

    def _token_of_known(self, found: re.Match[str]) -> str:
        return self._masks.token(self._known.get(found[0].casefold(), "id"), found[0])

    def _token_of_seen(self, found: re.Match[str]) -> str:
        return self._masks.token(self._kinds[(found.lastindex or 1) - 1], found[0])

    def _record(self, value: Any) -> Any:  # noqa: ANN401 - any record of a report
        changed = {f.name: self.over(getattr(value, f.name), f.name) for f in fields(value)}
        if isinstance(value, (Evidence, Signal)) and (kind := _kind(value.what)):
            changed["value"] = self._masks.field(kind, value.value)
        if isinstance(value, Evidence) and value.what.startswith(_SIGNER):
            changed["value"] = self._string(value.value, _SIGNER)
        if isinstance(value, Finding):
            changed["facts"] = tuple(self._fact(label, said) for label, said in value.facts)
        return replace(value, **changed)

    def _fact(self, label: str, said: str) -> tuple[str, str]:
        kind = _labelled(label)
        return self.over(label), self._masks.field(kind, said) if kind else self.over(said)


def _known(report: Report) -> Mapping[str, str]:
    """Values named as identifiers in the report, case-folded, with their kinds; no more than so many."""
    own = (
        (address.casefold(), "ip") for address in report.unit.addresses if not _is_reached_at(report, address)
    )
    stated = ((part.casefold(), kind) for kind, value in _named(report) for part in _slots(kind, value))
    parts = (*own, *stated)
    named = {part: kind for part, kind in parts if _says(part) and len(part) >= _SHORTEST_ANYWHERE}
    return dict(islice(named.items(), _MOST_ANYWHERE))


def _is_reached_at(report: Report, address: str) -> bool:
    """Whether the operator calls the unit by this address."""
    names = (report.unit.serial or "", report.identity.serial)
    return any(_ADDRESS.fullmatch(name) and name.rpartition(":")[0].strip("[]") == address for name in names)


def _named(value: Any, name: str = "") -> Iterator[tuple[str, str]]:  # noqa: ANN401 - any part of a report
    if isinstance(value, str):
        if name == "serial" and not _ADDRESS.fullmatch(value):
            yield "serial", value
        if name not in _PUBLIC and _may_assign(value):
            yield from ((_kind(m["name"]) or "id", m["value"]) for m in _ASSIGNED.finditer(value))
    elif isinstance(value, tuple):
        for item in value:
            yield from _named(item, name)
    elif is_dataclass(value):
        if isinstance(value, (Evidence, Signal)) and (kind := _kind(value.what)):
            yield kind, value.value
        if isinstance(value, Finding):
            yield from ((kind, said) for label, said in value.facts if (kind := _labelled(label)))
        for field in fields(value):
            yield from _named(getattr(value, field.name), field.name)


def _may_assign(text: str) -> bool:
    """Whether `_ASSIGNED` could match: a cheap question first, since most texts cannot."""
    return (":" in text or "=" in text) and any(digit in text for digit in "0123456789")


def _kind(name: str) -> str | None:
    found = _NAME.search(_TOKEN.sub("", name))
    return found.lastgroup if found else None


def _labelled(label: str) -> str | None:
    """The kind a label names; "documented to send" and its like hold names of identifiers, no identifiers."""
    found = _NAME.fullmatch(label.strip())
    return found.lastgroup if found else None


def _slots(kind: str, value: str) -> list[str]:
    """The parts of a value that holds one for each SIM slot; some write a MAC address with commas."""
    return [value] if kind == "mac" else value.split(",")


def _says(value: str) -> bool:
    """Whether there is something to mask: no placeholder, no token."""
    plain = value.strip().casefold()
    return any(c.isalnum() for c in plain) and plain not in _NO_IDENTIFIER and not _TOKEN.fullmatch(plain)


def _pattern(value: str) -> str:
    """A known value wherever it stands; a short one, or a word, only where it stands alone."""
    if _IP.fullmatch(value):  # 192.0.2.1 is no part of 192.0.2.10
        return (
            rf"(?<![\w.:]){re.escape(value)}(?![\w:]|\.\d)"
            if ":" in value
            else rf"(?<![\w.]){re.escape(value)}(?!\w|\.\d)"
        )
    distinct = len(value) >= _SHORTEST_IN_WORDS and any(c.isdigit() for c in value)
    return re.escape(value) if distinct else rf"(?<![^\W_]){re.escape(value)}(?![^\W_])"


def _luhn(digits: str) -> bool:
    """The check digit of an IMEI (3GPP TS 23.003, annex B)."""
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
