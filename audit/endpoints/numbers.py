"""Numbers that mean something to an audit: where messages are sent, and which SIMs a client looks for."""

from __future__ import annotations

import re
from collections.abc import Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# A message's destination by its scheme (RFC 5724 and Android's own three); patterns begin with a plain
# character, because that is what makes a search fast.
_AFTER_SCHEME = re.compile(r":(?://)?\+?([0-9]{3,20})")
_SCHEME = re.compile(r"(?i)(?:\A|[^a-z0-9_])(?:sms|mms)(?:to)?\Z")
# Service numbers of China's operators: 106 and at least five more digits (10659401, 10655459, 1065840409).
_SERVICE = re.compile(r"(106(?<![0-9.+]106)[0-9]{5,17})(?::([1-9][0-9]{0,4}))?(?![0-9.])")
_NUMBER = re.compile(r"\+?[0-9]{3,20}")
_SMS_NAME = re.compile(
    r"(?i)(?:^|[^a-z])(?:sms|mms)(?:[^a-z]|$)|smsc?_?(?:num|dest|addr|to|center)|(?<![a-z])sms[A-Z]"
)
_NUMBER_NAME = re.compile(r"(?i)num|dest|addr|to$|recipient|phone|code|^sms$|server|gateway")
_NOT_A_NUMBER = re.compile(
    r"(?i)minute|second|hour|day|time|phase|retry|count|limit|size|max|min|id$|len|type|port"
)

# ITU-T E.118: "89" (telecommunications), the country's code (E.164), the issuer.
_ISSUER = re.compile(r"89[1-9][0-9]{2,5}")
_COUNTRY_CODES = _words(
    "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 "
    "66 81 82 84 86 90 91 92 93 94 95 98"
)
_THREE_DIGITS = re.compile(r"2[1-69]|3[578]|42|5[09]|6[789]|8[0578]|9[679]")


def scheme_numbers(text: str) -> Iterator[str]:
    """Numbers in *text* behind a scheme for messages, ``smsto:10659401``."""
    for number in _AFTER_SCHEME.finditer(text):
        if _SCHEME.search(text[max(0, number.start() - 6) : number.start()]) is not None:
            yield number[1]


def service_numbers(text: str) -> Iterator[str]:
    """Numbers in *text* of the form China's operators give to services, with ``:port`` if one follows.

    Other plain digits (41020, 5424233) say nothing without the name of the value that holds them:
    `named_numbers`.
    """
    for service in _SERVICE.finditer(text):
        yield service[1] if service[2] is None else f"{service[1]}:{service[2]}"


def named_numbers(name: str, text: str) -> Iterator[str]:
    """Numbers in a value called *name* ("SMS_NUMBER", "sms_dest_addr"), a comma list of them perhaps.

    Nothing if the name does not speak of a message's destination (SMS_IGNORE_MINUTES, SMS_PORT).
    """
    if _SMS_NAME.search(name) is None or _NUMBER_NAME.search(name) is None or _NOT_A_NUMBER.search(name):
        return
    words = [word.strip() for word in re.split(r"[,;|\s]+", text) if word.strip()]
    if all(_NUMBER.fullmatch(word) for word in words):
        yield from words


def issuers(text: str) -> Iterator[str]:
    """The issuer digits of SIM cards in *text*, if it is nothing but such digits, or a list of them.

    ``898603`` alone, ``"898603,898611,898612"``; a whole ICCID (18 digits and more) is a subscriber's, and
    is not told.
    """
    words = [word for word in re.split(r"[,;|/\s]+", text) if word]
    if words and all(_ISSUER.fullmatch(word) and _has_country(word) for word in words):
        yield from words


def _has_country(digits: str) -> bool:
    code = digits[2:]
    return code[:1] in _COUNTRY_CODES or code[:2] in _COUNTRY_CODES or _THREE_DIGITS.match(code) is not None
