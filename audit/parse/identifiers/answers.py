"""Answers of a unit that hold its identifiers: what each says, and of which kind it is.

Sources: AOSP frameworks/native cmds/service/service.cpp and libs/binder (a parcel as text: words of four
bytes, the unit's byte order is little), frameworks/base Parcel.java (exception codes, strings),
PhoneSubInfo.java (``dumpsys iphonesubinfo``, to Android 4.4), cmds/content (``Row: 0 a=b, c=d``),
SubscriptionInfo.java (``iccId=…``, masked from Android 9 on), iproute2 ip/ipaddress.c.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping

from audit.model.facts import Parsed
from audit.model.flows import IdentifierKind
from audit.model.record import record
from audit.model.text import clean_line
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

MOST_VALUES = 64
"""Of one answer; a unit has two of each kind."""


@record
class Stated:
    """A value as an answer states it, not yet looked at. name: what the answer calls it"""

    kind: IdentifierKind
    value: str
    name: str = ""


@record
class Answer:
    """What an answer holds.

    nothing: it was understood and says that there is none ("No result found.", null)
    """

    stated: tuple[Stated, ...] = ()
    nothing: bool = False


Reader = Callable[[str, str], Parsed[Answer]]
"""From the text of an answer and its origin."""

_WORDS = re.compile(r"\s*(?:0x[0-9a-f]{8}:)?\s*((?:[0-9a-f]{8}\s+){1,4}|[0-9a-f]{8}(?=\)))", re.IGNORECASE)
_RESULT = "Result: Parcel("
_NO_SERVICE = re.compile(r"service: Service \S{1,64} does not exist")
_ROW = re.compile(r"Row: \d{1,4} (.*)")
_COLUMN = re.compile(r"(?:\A|, )(icc_id|imsi|number)=([^,]*)")
_NO_ROWS = "No result found."
NO_PROVIDER = "Error while accessing provider:"
"""What ``content`` says before it says why."""
_LINK = re.compile(r"\d{1,5}: (?P<name>[\w.@:-]{1,40}): <.*")
_ETHER = re.compile(r"\blink/ether ([0-9a-f:]{17})\b", re.IGNORECASE)
_OTHER_LINK = re.compile(r"\s*link/\S+")
_OWN_INTERFACE = re.compile(r"(?:wlan|eth)\d{1,2}(?:@\S+)?\Z")
_DEVICE_ID = re.compile(r"\s*Device ID = (.*)")
_SUBSCRIPTION = re.compile(r"\biccId=([^\s,}]{1,64})")
_COLUMNS = {"icc_id": IdentifierKind.ICCID, "imsi": IdentifierKind.IMSI, "number": IdentifierKind.PHONE}
_ABSENT = frozenset({"", "null", "none"})
_EXCEPTION = "The unit's telephony refused: "


def reader_of(argument: str | None, text: str) -> Reader:
    """What reads an answer: by what was asked, else by what it looks like."""
    way = (argument or "").partition(" ")[0]
    if way == "iphonesubinfo":
        return _parcel_of(asked_kind(argument))
    if way in _READERS:
        return _READERS[way]
    if _RESULT in text:
        return _parcel_of(None)
    return next((_READERS[name] for mark, name in _MARKS if mark in text), _stated)


def asked_kind(argument: str | None) -> IdentifierKind | None:
    """The kind that a way of asking is about; None where it is about none, or more than one."""
    way, _, kind = (argument or "").partition(" ")
    kinds = {one.value: one for one in IdentifierKind}
    return kinds.get(kind.split(" ")[0]) if kind else _ABOUT.get(way)


def _parcel_of(kind: IdentifierKind | None) -> Reader:
    return lambda text, origin: _parcel(text, origin, kind or IdentifierKind.DEVICE_ID)


def _parcel(text: str, origin: str, kind: IdentifierKind) -> Parsed[Answer]:
    """A reply of ``service call``: an exception code, then a string in UTF-16 with its length."""
    ledger = Ledger(origin)
    lines = lines_of(text)
    start = next((n for n, line in enumerate(lines) if _RESULT in line), len(lines))
    for number, line in enumerate(lines[:start], 1):
        if _NO_SERVICE.match(line):
            ledger.error(f"Can't find service: {line}")
        else:
            ledger.left_over(number, line)
    value = Answer()
    if start < len(lines):
        said = _string(_bytes(lines[start:]))
        if isinstance(said, str) and said.startswith(_EXCEPTION):
            ledger.error(f"SecurityException: {said}")
        elif said is None:
            ledger.unread(start + 1, lines[start])
        else:
            ledger.read(len(lines) - start)
            absent = said.lower() in _ABSENT
            value = Answer(stated=() if absent else (Stated(kind=kind, value=said),), nothing=absent)
    return ledger.parsed(value)


def _bytes(lines: list[str]) -> bytes:
    """The bytes of a parcel as it is printed, without the column of characters."""
    data = bytearray()
    for line in lines[:MOST_VALUES]:
        body = line.partition(_RESULT)[2] if _RESULT in line else line.strip()
        words = _WORDS.match(body.partition("'")[0] + " ")
        for word in words[1].split() if words else ():
            data += struct.pack("<I", int(word, 16))
    return bytes(data)


def _string(data: bytes) -> str | None:
    """The string in a reply, "" for null; None where it is no such reply or is cut."""
    if len(data) < 8:
        return None
    code, size = struct.unpack_from("<ii", data)
    text = data[8 : 8 + 2 * max(size, 0)].decode("utf-16-le", "replace")
    if code != 0:
        return _EXCEPTION + clean_line(text) if code < 0 else None
    if size < 0:
        return "" if size == -1 else None
    return clean_line(text).strip() if len(data) >= 8 + 2 * size else None


def _rows(text: str, origin: str) -> Parsed[Answer]:
    """``content query``."""
    ledger = Ledger(origin)
    stated: list[Stated] = []
    nothing = False
    for number, line in enumerate(lines_of(text), 1):
        if line.strip() == _NO_ROWS:
            nothing = True
            ledger.read()
        elif line.startswith(NO_PROVIDER):
            ledger.skip("what goes before an error")
        elif (row := _ROW.match(line)) is not None:
            for name, value in _COLUMN.findall(row[1][:4096]):
                if value.strip().lower() not in _ABSENT:
                    stated.append(Stated(kind=_COLUMNS[name], value=value, name=name))
            nothing = nothing or not stated
            ledger.read()
        else:
            ledger.left_over(number, line)
    return ledger.parsed(Answer(stated=tuple(stated[:MOST_VALUES]), nothing=nothing and not stated))


def _address(text: str, origin: str) -> Parsed[Answer]:
    """``/sys/class/net/wlan0/address``."""
    ledger = Ledger(origin)
    stated: list[Stated] = []
    for number, line in enumerate(lines_of(text), 1):
        if re.fullmatch(r"[0-9a-fA-F:]{17}", line.strip()):
            stated.append(Stated(kind=IdentifierKind.MAC, value=line.strip(), name="address"))
            ledger.read()
        else:
            ledger.left_over(number, line)
    return ledger.parsed(Answer(stated=tuple(stated[:MOST_VALUES])))


def _links(text: str, origin: str) -> Parsed[Answer]:
    """``ip link`` and ``ip -o link``: the addresses of Wi-Fi and Ethernet, which the makers gave."""
    ledger = Ledger(origin)
    stated: list[Stated] = []
    name = ""
    for number, line in enumerate(lines_of(text), 1):
        link = _LINK.match(line)
        if link is not None:
            name = link["name"]
        elif not _OTHER_LINK.match(line):
            ledger.left_over(number, line)
            continue
        if (ether := _ETHER.search(line)) is not None and _OWN_INTERFACE.match(name):
            stated.append(Stated(kind=IdentifierKind.MAC, value=ether[1], name=name))
        ledger.read()
    return ledger.parsed(Answer(stated=tuple(stated[:MOST_VALUES])))


def _subscriptions(text: str, origin: str) -> Parsed[Answer]:
    """``dumpsys isub``, of which only the ICCIDs are of interest."""
    ledger = Ledger(origin)
    stated: list[Stated] = []
    for line in lines_of(text):
        if found := _SUBSCRIPTION.findall(line):
            stated += (Stated(kind=IdentifierKind.ICCID, value=value, name="iccId") for value in found)
            ledger.read()
        else:
            ledger.skip("lines without an ICCID")
    return ledger.parsed(Answer(stated=tuple(stated[:MOST_VALUES])))


def _dumped(text: str, origin: str) -> Parsed[Answer]:
    """``dumpsys iphonesubinfo``."""
    ledger = Ledger(origin)
    stated: list[Stated] = []
    nothing = False
    for number, line in enumerate(lines_of(text), 1):
        if (found := _DEVICE_ID.match(line)) is not None:
            nothing = found[1].strip().lower() in _ABSENT
            if not nothing:
                stated.append(Stated(kind=IdentifierKind.DEVICE_ID, value=found[1].strip(), name="Device ID"))
            ledger.read()
        elif line.startswith("Phone Subscriber Info") or "Phone Type = " in line:
            ledger.read()
        else:
            ledger.left_over(number, line)
    return ledger.parsed(Answer(stated=tuple(stated[:MOST_VALUES]), nothing=nothing))


def _stated(text: str, origin: str) -> Parsed[Answer]:
    """``imei=…``, a line each: what an operator reads from the box or the screen."""
    ledger = Ledger(origin)
    stated: list[Stated] = []
    kinds = {kind.value: kind for kind in IdentifierKind}
    for number, line in enumerate(lines_of(text), 1):
        name, mark, value = line.partition("=")
        kind = kinds.get(name.strip().lower().replace("_", "-"))
        if mark and kind is not None and value.strip():
            stated.append(Stated(kind=kind, value=value.strip(), name=name.strip()))
            ledger.read()
        else:
            ledger.left_over(number, line)
    return ledger.parsed(Answer(stated=tuple(stated[:MOST_VALUES])))


_READERS: Mapping[str, Reader] = {
    "siminfo": _rows,
    "wlan-address": _address,
    "ip-link": _links,
    "isub": _subscriptions,
    "dumpsys-iphonesubinfo": _dumped,
    "given": _stated,
}
_ABOUT: Mapping[str, IdentifierKind] = {
    "siminfo": IdentifierKind.ICCID,
    "isub": IdentifierKind.ICCID,
    "wlan-address": IdentifierKind.MAC,
    "ip-link": IdentifierKind.MAC,
    "iphonesubinfo": IdentifierKind.IMEI,
    "dumpsys-iphonesubinfo": IdentifierKind.IMEI,
}
_MARKS = (
    ("Phone Subscriber Info", "dumpsys-iphonesubinfo"),
    ("Row: ", "siminfo"),
    (_NO_ROWS, "siminfo"),
    ("iccId=", "isub"),
    ("link/", "ip-link"),
)
