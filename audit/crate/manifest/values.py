"""What a cell says, checked: identifiers, markets, words. What a spreadsheet spoilt is refused, not repaired.

Sources: 3GPP TS 23.003 (IMEI, IMEISV), GSMA TS.06 (IMEI allocation: the first two digits name the body that
gave it out; 00 and 02 to 09 are for tests); Excel keeps 15 digits of a number and drops zeros before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from stdnum import imei as stdnum_imei
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from audit.crate.manifest.cells import Cell, Odd, OddCell, shown
from audit.model.profiles import Markets
from audit.model.record import record
from audit.parse.identifiers.shapes import is_placeholder

IMEI_CORE = 14
"""Digits all forms of an IMEI share: without check digit and software version."""
LONGEST_SERIAL = 128
"""A USB string descriptor holds 126."""
LONGEST_TEXT = 200

_AS_TEXT = "format the column as text and enter the number again"
_EXPONENT = re.compile(r"\d(?:[.,]\d+)?E\+\d{1,3}", re.IGNORECASE)
_DECIMALS = re.compile(r"\d{4,}[.,]0+")
_FOR_TESTS = re.compile("0[02-9]")
_NOTHING = frozenset({"", "-", "--", "n/a", "none", "null"})
"""Not "NA": that is Namibia."""
# Beside what `is_placeholder` knows. Apps keep lists of IMEIs that many phones show, to fall back on another
# identifier: 012345678912345 and 358673013795895 stand in several of them.
_IMEI_PLACEHOLDERS = frozenset({"01234567891234", "12345678912345", "35867301379589"})
# 0123456789ABCDEF is what kernels of some chip makers give a unit that was never given one; a row of ? and
# "(no serial number)" is what adb shows for none (AOSP packages/modules/adb/transport.cpp, older and newer).
_SERIAL_NONE = frozenset({"unknown", "default", "noserial", "noserialnumber"})
_SERIAL_PLACEHOLDERS = _SERIAL_NONE | {"1234567890abcdef"}
_IN_NO_SERIAL = frozenset(' ,;|"')
"""A separator that another line of the file does not have leaves a whole row in one cell."""
_SHORT_COUNTED = ("0123456789", "1234567890", "abcdefgh")


@record
class Refusal:
    """Why a cell is not taken. what: of it; fix: what to do"""

    what: str
    fix: str


def imei_of(cell: Cell) -> str | Refusal:
    """The IMEI in *cell*, 14 to 16 digits; "" where there is none."""
    if isinstance(cell, OddCell):
        # a number of 15 digits is kept exactly; one digit less may be a zero that was dropped
        if cell.kind is not Odd.NUMBER or len(cell.shown) != IMEI_CORE + 1:
            return _odd(cell, "the IMEI")
        cell = cell.shown
    if cell.casefold() in _NOTHING:
        return ""
    return _spoilt(cell, "IMEI") or _valid_imei(cell)


def serial_of(cell: Cell) -> str | Refusal:
    """The serial number in *cell*; "" where there is none."""
    if isinstance(cell, OddCell):
        if cell.kind is not Odd.NUMBER or len(cell.shown) > 15:
            return _odd(cell, "the serial number")
        cell = cell.shown
    if cell.casefold() in _NOTHING:
        return ""
    if (spoilt := _spoilt(cell, "serial number")) is not None:
        return spoilt
    if len(cell) > LONGEST_SERIAL:
        return Refusal(what=f"the serial number has {len(cell)} characters", fix="give that of the unit")
    if not cell.isascii() or not cell.isprintable() or not _IN_NO_SERIAL.isdisjoint(cell):
        what = f"{shown(cell)} is no serial number: it holds a blank or a character no unit's has"
        return Refusal(what=what, fix="write it as `adb devices` shows it")
    return cell


def market_of(cell: Cell, codes: Mapping[str, str]) -> str | Refusal:
    """The market in *cell* as ISO 3166-1 alpha-2; "" where none is named. codes: see `codes_of`"""
    if isinstance(cell, OddCell):
        return _odd(cell, "the market")
    if cell.casefold() in _NOTHING:
        return ""
    found = codes.get(cell.casefold())
    if found is not None:
        return found
    hint = "GB" if cell.casefold() in {"uk", "great britain", "england"} else "NO, DE or GB"
    return Refusal(what=f"{shown(cell)} is no market", fix=f"give an ISO 3166-1 alpha-2 code such as {hint}")


def codes_of(markets: Markets) -> Mapping[str, str]:
    """What may be written for a market, in lower case, to its code: codes, and names only one country has."""
    names: dict[str, str] = {}
    twice: set[str] = set()
    for code, name in markets.countries.items():
        plain = name.casefold()
        if names.setdefault(plain, code) != code:
            twice.add(plain)
    kept = {name: code for name, code in names.items() if name not in twice}
    return kept | {code.casefold(): code for code in markets.countries}


def text_of(cell: Cell, name: str, *, numbers: bool) -> str | Refusal:
    """Words of *cell*. name: of the column, with its article; numbers: whether a whole number may be one"""
    if isinstance(cell, OddCell):
        if cell.kind is not Odd.NUMBER or not numbers:
            return _odd(cell, name)
        cell = cell.shown
    if cell.casefold() in _NOTHING:
        return ""
    if len(cell) > LONGEST_TEXT:
        return Refusal(what=f"{name} has {len(cell)} characters", fix=f"keep it under {LONGEST_TEXT}")
    if _EXPONENT.fullmatch(cell):
        return Refusal(what=f"{name} {shown(cell)} is a number a spreadsheet has rounded", fix=_AS_TEXT)
    return cell


def is_no_serial(serial: str) -> bool:
    """Whether *serial* is one that many units share, or that stands for none."""
    plain = "".join(filter(str.isalnum, serial.casefold()))
    if not plain or len(set(plain)) == 1 or plain in _SERIAL_PLACEHOLDERS:
        return True
    return any(counted.startswith(plain) for counted in _SHORT_COUNTED) or is_placeholder(plain)


def is_serial_told(serial: str) -> bool:
    """Whether *serial* is a number at all, be it one that many units share."""
    plain = "".join(filter(str.isalnum, serial.casefold()))
    return bool(plain) and plain not in _SERIAL_NONE


def core_of(imei: str) -> str:
    """The digits of *imei* that decide whether two are of one radio."""
    return imei[:IMEI_CORE]


def cores_of(imeis: Iterable[str]) -> frozenset[str]:
    """`core_of` each."""
    return frozenset(core_of(imei) for imei in imeis)


def _valid_imei(text: str) -> str | Refusal:
    try:
        digits: str = stdnum_imei.validate(text)
    except InvalidChecksum:
        return Refusal(
            what=f"IMEI {shown(text)} has a wrong check digit: at least one digit is not right",
            fix="read it from the unit (*#06#) or its box",
        )
    except InvalidLength:
        return _wrong_length(text)
    except ValidationError:
        return Refusal(what=f"{shown(text)} is no IMEI", fix="give 15 digits, one IMEI in a column")
    if digits.startswith("1"):  # 10 was for cordless phones, 11 to 19 for nobody; 01 is common
        what = f"IMEI {digits} begins with 1, as no phone's does: a spreadsheet may have dropped a zero"
        return Refusal(what=what, fix=_AS_TEXT)
    if _FOR_TESTS.match(digits) or is_placeholder(digits) or core_of(digits) in _IMEI_PLACEHOLDERS:
        return Refusal(
            what=f"IMEI {digits} is a placeholder or for tests, and names no unit",
            fix="give the unit's own (*#06#), or leave the cell empty where a serial number names it",
        )
    return digits


def _wrong_length(text: str) -> Refusal:
    size = sum(map(str.isdecimal, text))
    if size < IMEI_CORE:
        zeros = ": a spreadsheet drops zeros before a number" if size > 10 else ""
        return Refusal(what=f"IMEI {shown(text)} has {size} digits, not 15{zeros}", fix=_AS_TEXT)
    return Refusal(what=f"IMEI {shown(text)} has {size} digits, not 15", fix="give one IMEI in a column")


def _spoilt(text: str, name: str) -> Refusal | None:
    if _EXPONENT.fullmatch(text):
        what = f"{name} {shown(text)} is a number a spreadsheet has rounded: its last digits are lost"
        return Refusal(what=what, fix=_AS_TEXT)
    if _DECIMALS.fullmatch(text):
        what = f"{name} {shown(text)} was taken for a number by a spreadsheet, which may have changed it"
        return Refusal(what=what, fix=_AS_TEXT)
    if text.startswith(("'", "=", "`", "\N{RIGHT SINGLE QUOTATION MARK}")):
        what = f"{name} {shown(text)} begins with a mark that a spreadsheet or a person put there"
        return Refusal(what=what, fix="export it without the mark")
    return None


def _odd(cell: OddCell, name: str) -> Refusal:
    what = f"{name} {shown(cell)} is {cell.kind} in the file"
    if cell.kind is Odd.NUMBER:
        what += ", which loses zeros before it and digits after the 15th"
    fix = "enter the result as text" if cell.kind in {Odd.UNCOMPUTED, Odd.ERROR} else _AS_TEXT
    return Refusal(what=what, fix=fix)
