"""What identifiers look like: their normal form, check digits, and the values that stand for none.

Sources: 3GPP TS 23.003 (IMEI, IMEISV and their check digit, IMSI), 3GPP2 S.R0048 (MEID), TIA/EIA-553 (ESN),
ITU-T E.118 (ICCID: 89, country, issuer, account, check digit), ITU-T E.212 (country codes), ITU-T E.164
(telephone numbers), IEEE 802 (MAC: bit 0 of the first byte is a group's), Android's ``Settings.Secure``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from audit.model.flows import IdentifierKind

SEPARATORS = " -./:"
"""What people and programs put between the digits of an identifier."""

_WITHOUT_SEPARATORS = str.maketrans("", "", SEPARATORS)
_WITHOUT_MAC_SEPARATORS = str.maketrans("", "", SEPARATORS + ",")
LONGEST = 64
"""Characters of the longest value that is looked at."""

_FEWEST_DISTINCT = 3
"""00000000000000, 35555555555555 and the like: no identifier that was given out has so few digits."""
_COUNTED = ("0123456789" * 3, "1234567890" * 3, "0123456789abcdef0123456789abcdef", "9876543210" * 3)
_LONGEST_UNCOUNTED = 5
_PLACEHOLDERS = frozenset(
    {
        "35824005111111",  # the emulator's IMEI
        "00499901064000",  # of modems whose own was never written
        "310260000000000",  # the emulator's IMSI
        "89014103211118510720",  # and its ICCID
        "9774d56d682e549c",  # Android 2.2 had one Android id for many phones
        "020000000000",  # what Android tells apps since 6 instead of the MAC
        "00904c112233",  # Broadcom's firmware without its own data
        "00904cc51238",
        "unknown",
        "alps0001",
    }
)
_IMEI_CORE = 14
_MEID = re.compile(r"[0-9a-f]{14}")
_MEID_DECIMAL = re.compile(r"(\d{10})(\d{8})")
_ESN_DECIMAL = re.compile(r"(\d{3})(\d{8})")
_IMSI = re.compile(r"(?:[2-7]\d{2}|901|001)\d{11,12}")
_ICCID = re.compile(r"89\d{16,18}")
_SWAPPED_ICCID = re.compile(r"98[0-9]{16}[0-9f]{2}")
_SERIAL = re.compile(r"(?=[^0-9]*[0-9])[a-z0-9][a-z0-9._-]{4,30}[a-z0-9]")
_MAC = re.compile(r"[0-9a-f][02468ace][0-9a-f]{10}")
_ANDROID_ID = re.compile(r"[0-9a-f]{12,16}")
_PHONE = re.compile(r"(?:\+|00)?([1-9]\d{6,14})")
_DEVICE_ID = re.compile(r"(?=[^0-9]*[0-9])[a-z0-9][a-z0-9._:-]{6,62}[a-z0-9]")
_CELL = re.compile(r"(?:\d{1,5}-)?\d{1,11}")
_POSITION = re.compile(r"(-?\d{1,2}\.\d{2,17}),(-?\d{1,3}\.\d{2,17})")
# The bodies that give out nearly all type allocation codes in use, by the first two digits.
_REPORTING_BODIES = frozenset({"01", "35", "86", "91", "98", "99"})
BY_ITSELF = frozenset(begin.encode("ascii") for begin in (*_REPORTING_BODIES, "89"))
"""How numbers begin of which `by_itself` may know the kind."""
_NO_CELLS = frozenset({0, 0xFFFF, 0xFFFFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFFF})


def luhn(digits: str) -> bool:
    """Whether the last of *digits* is their check digit (3GPP TS 23.003 annex B, ITU-T E.118)."""
    return check_digit(digits[:-1]) == digits[-1:]


def check_digit(digits: str) -> str:
    """The digit that makes *digits* pass `luhn`."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = ord(digit) - 48
        if place % 2 == 0:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return str(-total % 10)


def canonical(kind: IdentifierKind, text: str) -> str | None:
    """The normal form of *text* as an identifier of *kind*: equal for all spellings of one value.

    Without separators, in lower case, an IMEI with its 15 digits (an IMEISV loses its software version), MEID
    and ESN in hexadecimal, an ICCID without its filler. None where it has not the shape of one, or is a
    placeholder.
    """
    if len(text) > LONGEST or not text.isascii():
        return None
    value = _FORMS[kind](text.strip().lower())
    return None if value is None or is_placeholder(value) else value


def core(kind: IdentifierKind, value: str) -> str:
    """The part of a canonical *value* that every spelling of it has: all but the check digit."""
    if kind is IdentifierKind.IMEI:
        return value[:_IMEI_CORE]
    if kind is IdentifierKind.ICCID and luhn(value):
        return value[:-1]
    return value


def checked(kind: IdentifierKind, text: str) -> bool:
    """Whether *text*, as it was sent, has a check digit and it is right. Most kinds have none."""
    if kind is IdentifierKind.IMEI:
        digits = text.translate(_WITHOUT_SEPARATORS)
        return len(digits) == _IMEI_CORE + 1 and digits.isdecimal() and luhn(digits)
    if kind is IdentifierKind.ICCID:
        value = _iccid(text.lower())
        return value is not None and len(value) > 18 and luhn(value)  # 18 digits are without it
    return False


def by_itself(digits: str) -> IdentifierKind | None:
    """Of which kind a number is that nothing but its check digit and its prefix speaks for."""
    if not digits.isdecimal():
        return None
    if len(digits) == _IMEI_CORE + 1 and digits[:2] in _REPORTING_BODIES and luhn(digits):
        return IdentifierKind.IMEI
    if len(digits) in (19, 20) and digits.startswith("89") and luhn(digits):
        return IdentifierKind.ICCID
    return None


def is_placeholder(value: str) -> bool:
    """Whether a canonical *value* stands for none."""
    if value in _PLACEHOLDERS or value[:_IMEI_CORE] in _PLACEHOLDERS:
        return True
    plain = "".join(filter(str.isalnum, value))
    if len(plain) > _LONGEST_UNCOUNTED and any(plain[:_IMEI_CORE] in counted for counted in _COUNTED):
        return True
    return len(plain) > _LONGEST_UNCOUNTED and len(set(plain[:_IMEI_CORE])) < _FEWEST_DISTINCT


def shown(value: str) -> str:
    """*value* as reports may show it: the first four and last two characters, of short ones less."""
    size = len(value)
    first, last = (4, 2) if size >= 12 else (2, 1) if size >= 8 else (1, 0) if size >= 4 else (0, 0)
    return f"{value[:first]}…{value[size - last :]} ({size})"


def _imei(text: str) -> str | None:
    digits = text.translate(_WITHOUT_SEPARATORS)
    if not digits.isdecimal() or not _IMEI_CORE <= len(digits) <= _IMEI_CORE + 2:
        return None
    if digits.startswith("000000"):
        return None
    head = digits[:_IMEI_CORE]
    return digits if len(digits) == _IMEI_CORE + 1 else head + check_digit(head)


def _meid(text: str) -> str | None:
    value = text.translate(_WITHOUT_SEPARATORS)
    if (decimal := _MEID_DECIMAL.fullmatch(value)) is not None:
        head, tail = int(decimal[1]), int(decimal[2])
        return f"{head:08x}{tail:06x}" if head < 1 << 32 and tail < 1 << 24 else None
    return value if _MEID.fullmatch(value) else None


def _esn(text: str) -> str | None:
    value = text.translate(_WITHOUT_SEPARATORS)
    if (decimal := _ESN_DECIMAL.fullmatch(value)) is not None:
        head, tail = int(decimal[1]), int(decimal[2])
        return f"{head:02x}{tail:06x}" if head < 1 << 8 and tail < 1 << 24 else None
    distinct = len(set(value)) >= _FEWEST_DISTINCT
    return value if distinct and len(value) == 8 and _is_hex(value) else None


def _imsi(text: str) -> str | None:
    value = text.translate(_WITHOUT_SEPARATORS)
    return value if _IMSI.fullmatch(value) and value[5:].strip("0") else None


def _iccid(text: str) -> str | None:
    value = text.translate(_WITHOUT_SEPARATORS)
    if _SWAPPED_ICCID.fullmatch(value):
        value = swap_nibbles(value)
    value = value.rstrip("f")
    return value if _ICCID.fullmatch(value) else None


def swap_nibbles(value: str) -> str:
    """Hexadecimal digits as a SIM stores them, the low half of each byte first (ETSI TS 102 221)."""
    return "".join(value[i + 1 : i + 2] + value[i] for i in range(0, len(value), 2))


def _serial(text: str) -> str | None:
    if len(set(text)) < _FEWEST_DISTINCT or any(text in counted for counted in _COUNTED):
        return None
    return text if _SERIAL.fullmatch(text) else None


def _mac(text: str) -> str | None:
    value = text.translate(_WITHOUT_MAC_SEPARATORS)
    return value if _MAC.fullmatch(value) and value.strip("0") else None


def _android_id(text: str) -> str | None:
    return text if _ANDROID_ID.fullmatch(text) else None


def _phone(text: str) -> str | None:
    plain = text.translate(str.maketrans("", "", " -./()"))
    found = _PHONE.fullmatch(plain)
    return found[1] if found is not None and len(set(found[1])) >= _FEWEST_DISTINCT else None


def _cell(text: str) -> str | None:
    if _CELL.fullmatch(text) is None:
        return None
    return None if any(int(part) in _NO_CELLS for part in text.split("-")) else text


def _position(text: str) -> str | None:
    found = _POSITION.fullmatch(text)
    if found is None or abs(float(found[1])) > 90 or abs(float(found[2])) > 180:
        return None
    return None if float(found[1]) == float(found[2]) else text


def _device_id(text: str) -> str | None:
    return text if _DEVICE_ID.fullmatch(text) else None


def _is_hex(value: str) -> bool:
    return all(c in "0123456789abcdef" for c in value)


_FORMS: Mapping[IdentifierKind, Callable[[str], str | None]] = {
    IdentifierKind.IMEI: _imei,
    IdentifierKind.MEID: _meid,
    IdentifierKind.ESN: _esn,
    IdentifierKind.IMSI: _imsi,
    IdentifierKind.ICCID: _iccid,
    IdentifierKind.SERIAL: _serial,
    IdentifierKind.MAC: _mac,
    IdentifierKind.ANDROID_ID: _android_id,
    IdentifierKind.PHONE: _phone,
    IdentifierKind.CELL: _cell,
    IdentifierKind.POSITION: _position,
    IdentifierKind.DEVICE_ID: _device_id,
}
