"""Identifiers of a unit in free text, replaced by what they are: logs are kept, numbers of people are not."""

from __future__ import annotations

import re

_LONGEST = 2000
_IMEI_DIGITS = 15
# Every alternative starts at a place where no digit stands before, and has a fixed greatest length.
_SHAPES = re.compile(
    r"""
      (?P<mac> (?<![0-9A-Fa-f:]) (?:[0-9A-Fa-f]{2}[:\-]){5}[0-9A-Fa-f]{2} (?![0-9A-Fa-f:]) )
    | (?P<meid> (?<![0-9A-Za-z]) (?:[A-Fa-f][0-9A-Fa-f]|99)[0-9A-Fa-f]{12} (?![0-9A-Za-z]) )   # 3GPP2 S.R0048
    | (?P<iccid> (?<!\d) 89\d{16,18}[Ff]? (?!\d) )                                             # ITU-T E.118
    | (?P<digits> (?<!\d) \d{14,20} (?!\d) )
    | (?P<phone> (?<![\w+]) \+\d{8,15} (?!\d) )                                                # ITU-T E.164
    """,
    re.VERBOSE,
)
_WORDS = re.compile(
    r"(?<![a-z])(?P<kind>imei|imsi|iccid|meid|msisdn|esn|device_?id)(?:[12]|sv)?(?![a-z])", re.IGNORECASE
)
_STEMS = ("imei", "imsi", "iccid", "meid", "msisdn", "esn", "device")
_KINDS = {
    "imei": "IMEI",
    "imsi": "IMSI",
    "iccid": "ICCID",
    "meid": "MEID",
    "msisdn": "phone number",
    "esn": "ESN",
    "deviceid": "device id",
    "device_id": "device id",
}


def mask(text: str) -> tuple[str, tuple[str, ...]]:
    """*text* with every value that looks like an identifier as ``<IMEI>``, and the kinds that were in it.

    14 to 20 digits whose check digit does not make them an IMEI may be an IMSI, a time or anything else:
    ``<number>``. Only the first characters of a long text are kept.
    """
    kinds: dict[str, None] = {}

    def replaced(found: re.Match[str]) -> str:
        kind = _kind(found)
        if kind != "number":
            kinds[kind] = None
        return f"<{kind}>"

    return _SHAPES.sub(replaced, text[:_LONGEST]), tuple(kinds)


def named(text: str) -> tuple[str, ...]:
    """The kinds of identifier that *text* speaks of by name (``imei=``, ``ICCID``)."""
    lowered = text.lower()  # a plain search first: most text names none
    if not any(word in lowered for word in _STEMS):
        return ()
    return tuple(dict.fromkeys(_KINDS[found["kind"].lower()] for found in _WORDS.finditer(text[:_LONGEST])))


def _kind(found: re.Match[str]) -> str:
    if found.lastgroup == "digits":
        return "IMEI" if _is_imei(found[0]) else "number"
    return {"mac": "MAC", "meid": "MEID", "iccid": "ICCID", "phone": "phone number"}[found.lastgroup or ""]


def _is_imei(digits: str) -> bool:
    """Whether the last of 15 digits is the check digit of the others (3GPP TS 23.003, annex B: Luhn)."""
    if len(digits) != _IMEI_DIGITS:
        return False
    doubled = (int(digit) * (1 + index % 2) for index, digit in enumerate(digits))
    return sum(value // 10 + value % 10 for value in doubled) % 10 == 0
