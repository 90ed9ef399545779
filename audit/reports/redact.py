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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from itertools import islice
from typing import Any

from audit.model.crate import CrateReport, Duplicate, UnitResult
from audit.model.flows import OwnIdentifier
from audit.model.history import Stored
from audit.model.report import Evidence, Finding, Report, Signal
from audit.reports.caught import caught
from audit.reports.known import Known, is_distinct
from audit.reports.naming import (
    ADDRESS,
    ASSIGNED,
    NAMED_FIELDS,
    PUBLIC,
    SIGNER,
    is_a_place,
    kind_of,
    labelled,
    may_assign,
    of_its_own,
    says,
    slots,
    stated,
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
# 16, 20 or 32 bytes are a fingerprint of a key or a certificate, whose parts are no addresses; six bytes with
# one separator are one address, also in a list of them; then whatever else looks like one
_MAC = re.compile(
    r"""(?<![0-9A-F])(?:
        (?P<print>(?:[0-9A-F]{2}:){15}(?:(?:[0-9A-F]{2}:){4}(?:(?:[0-9A-F]{2}:){12})?)?[0-9A-F]{2}
            (?![:\-,]?[0-9A-F]))
        | [0-9A-F]{2}(?P<by>[:\-,])(?:[0-9A-F]{2}(?P=by)){4}[0-9A-F]{2}(?!(?P=by)?[0-9A-F])
        | (?:[0-9A-F]{2}[:\-,]){5,7}[0-9A-F]{2}(?![0-9A-F])
    )""",
    re.IGNORECASE | re.VERBOSE,
)
# Written by this program or its rulebook: digits there are a link's or a digest's.
_OURS = frozenset(
    {"schema", "tool_version", "judged_at", "acquired_at", "rulebook_sha256", "snapshot_sha256"}
)
_OF_CAUGHT = frozenset({"shown", "hmac"})
# Shorter known values are masked in their own field only: "0" stands in too many other words.
_SHORTEST_ANYWHERE = 4
# More than any unit has; a hostile one may name as many as it likes, and each is looked for in every text.
_MOST_ANYWHERE = 256
# Of all units of a crate, and of its manifest, together.
_MOST_OF_A_CRATE = 20_000
# Contacts repeat the same few names: what was masked is kept, within bounds.
_LONGEST_KEPT, _MOST_KEPT = 256, 20_000


def redact(report: Report, *, key: bytes) -> Report:
    """The report with every identifier masked; what is masked already stays as it is.

    key: secret of the station; equal keys give equal tokens
    """
    own = (
        (address.casefold(), "ip") for address in report.unit.addresses if not _is_reached_at(report, address)
    )
    walk = _Walk(_Masks(key), (_known((*own, *stated(report))),), caught(report.flows or ()))
    redacted: Report = walk.over(report)
    return redacted


def redact_crate(crate: CrateReport, *, key: bytes) -> CrateReport:
    """The crate with every identifier of every unit and of its manifest masked, as in a unit's own report.

    What a unit calls its own is masked in all that is said of it. In what is said of others only if it is no
    word: else a unit that gives "Nokia" for its serial number would take the word from all of them.
    """
    masks = _Masks(key)
    distinct = ((part, kind) for part, kind in stated(crate) if is_distinct(part))
    everywhere = _known(distinct, _MOST_OF_A_CRATE)
    walk = _Walk(masks, (everywhere,), {})
    units = tuple(_over_unit(unit, masks, everywhere) for unit in crate.units)
    redacted: CrateReport = walk.over(replace(crate, units=()))
    return replace(redacted, units=units)


def _over_unit(unit: UnitResult, masks: _Masks, everywhere: Known) -> UnitResult:
    redacted: UnitResult = _Walk(masks, (_known(stated(unit)), everywhere), {}).over(unit)
    return redacted


def shown_serial(serial: str, *, key: bytes) -> str:
    """What reports redacted under *key* show as *serial*: a token, or the operator's own address."""
    return serial if ADDRESS.fullmatch(serial) else _Masks(key).field("serial", serial)


def shown_imei(imei: str, *, key: bytes) -> str:
    """What reports redacted under *key* show as *imei*."""
    return _Masks(key).field("imei", imei)


def redact_stored(stored: Stored, *, key: bytes) -> Stored:
    """What a history says of a report in short, masked as the report itself would be."""
    redacted: Stored = _Walk(_Masks(key), (_known(stated(stored)),), {}).over(stored)
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
        return ",".join(self.token(kind, part) if says(part) else part for part in slots(kind, value))

    def shapes(self, text: str) -> str:
        """Running text, with what is named or shaped like an identifier masked."""
        if "ssid" in text.casefold():
            text = _SSID.sub(self._assigned, text)
        text = _MAC.sub(lambda found: found[0] if found["print"] else self.token("mac", found[0]), text)
        if "@" in text:
            text = _MAIL.sub(lambda found: self.token("mail", found[0]), text)
        return _SHAPES.sub(self._shaped, ASSIGNED.sub(self._assigned, text) if may_assign(text) else text)

    def _assigned(self, found: re.Match[str]) -> str:
        return found["name"] + found["between"] + self.field(kind_of(found["name"]) or "id", found["value"])

    def _shaped(self, found: re.Match[str]) -> str:
        kind = found.lastgroup or "id"
        if kind == "digest":
            return found[0]
        if kind == "digits":
            kind = "imei" if _luhn(found[0][:15]) else "imsi"
        return self.token(kind, found[0])


class _Walk:
    """Makes the records of a report again, with their strings masked.

    known: values named as identifiers there, those of the unit first
    seen: patterns of what was caught in contacts; its values are nowhere in a report, only their ends
    """

    def __init__(self, masks: _Masks, known: Sequence[Known], seen: Mapping[str, str]) -> None:
        self._masks = masks
        self._masked: dict[tuple[bool, bool, str], str] = {}
        self._known = known
        self._kinds = tuple(seen.values())
        self._seen = re.compile("|".join(f"({pattern})" for pattern in seen) or r"(?!)", re.IGNORECASE)

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
        if name == "serial" and not ADDRESS.fullmatch(text):
            return self._masks.field("serial", text)
        if name == "addresses":
            own = any(text.casefold() in known.kinds for known in self._known)
            return self._masks.field("ip", text) if own else text
        if name in NAMED_FIELDS and not is_a_place(text):
            return self._masks.field(NAMED_FIELDS[name], text)
        if not text:
            return text
        place = (name in PUBLIC, name in _OF_CAUGHT, text)
        masked = self._masked.get(place)
        if masked is None:
            masked = self._running(text, name)
            if len(text) <= _LONGEST_KEPT and len(self._masked) < _MOST_KEPT:
                self._masked[place] = masked
        return masked

    def _running(self, text: str, name: str) -> str:
        if name not in _OF_CAUGHT:  # these are masked as they are made, and must stay as they are
            text = self._seen.sub(self._token_of_seen, text)
        for known in self._known:
            text = known.masked(text, self._masks.token)
        # digits of a link are the link's own
        return text if name in PUBLIC else self._masks.shapes(_HOME.sub("~", text))

    def _token_of_seen(self, found: re.Match[str]) -> str:
        return self._masks.token(self._kinds[(found.lastindex or 1) - 1], found[0])

    def _record(self, value: Any) -> Any:  # noqa: ANN401 - any record of a report
        changed = {f.name: self.over(getattr(value, f.name), f.name) for f in fields(value)}
        if (
            isinstance(value, (Evidence, Signal))
            and (kind := kind_of(value.what))
            and not is_a_place(value.value)
        ):
            changed["value"] = self._masks.field(kind, value.value)
        if isinstance(value, Evidence) and value.what.startswith(SIGNER):
            changed["value"] = self._string(value.value, SIGNER)
        if isinstance(value, (OwnIdentifier, Duplicate)):
            kind = of_its_own(value)
            changed["value"] = self._masks.field(kind, value.value) if kind else value.value
        if isinstance(value, Finding):
            changed["facts"] = tuple(self._fact(label, said) for label, said in value.facts)
        return replace(value, **changed)

    def _fact(self, label: str, said: str) -> tuple[str, str]:
        kind = labelled(label)
        return self.over(label), self._masks.field(kind, said) if kind else self.over(said)


def _known(stated: Iterable[tuple[str, str]], most: int = _MOST_ANYWHERE) -> Known:
    """Of what is stated, the values that may be looked for in every text; no more than so many."""
    named = {part: kind for part, kind in stated if says(part) and len(part) >= _SHORTEST_ANYWHERE}
    return Known(dict(islice(named.items(), most)))


def _is_reached_at(report: Report, address: str) -> bool:
    """Whether the operator calls the unit by this address."""
    names = (report.unit.serial or "", report.identity.serial)
    return any(ADDRESS.fullmatch(name) and name.rpartition(":")[0].strip("[]") == address for name in names)


def _luhn(digits: str) -> bool:
    """The check digit of an IMEI (3GPP TS 23.003, annex B)."""
    doubled = [int(d) * (1 + i % 2) for i, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0
