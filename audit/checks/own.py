"""What is a unit's own, and so belongs into nothing that is compared or kept of a golden unit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.model.facts import Facts
from audit.parse.identifiers.own import states_identifier
from audit.parse.identifiers.shapes import canonical, core

_LAST_WORDS = frozenset(
    {
        *("serial", "serialno", "serialnu", "serialnum", "serialnumber", "sn", "sno", "psn", "psno"),
        *("imei", "imeisv", "meid", "esn", "imsi", "iccid", "msisdn", "androidid", "android_id"),
        *("mac", "macaddr", "macaddress", "macinfo", "btmac", "wlanmac", "wifimac", "wifimacaddr"),
        *("btmacaddr", "bdaddr", "bd_addr", "cpuid", "cpu_id", "chipid", "chip_id", "deviceid", "device_id"),
        *(
            "uniqueid",
            "unique_id",
            "uniqueno",
            "uuid",
            "guid",
            "fuseid",
            "stable_secret",
            "uid",
            "emmc_id",
            "ufs_id",
        ),
        *("c_serialnu", "scserialnu", "pcbserialno", "barcode", "track_id", "cell_id"),
    }
)
"""Last words of names of properties that state something of one unit alone, whoever made it."""
_DIGITS = "0123456789"
_OWN_VALUE = re.compile(
    r"(?:[0-9A-Fa-f]{2}[:,-]){5}[0-9A-Fa-f]{2}"  # MAC
    r"|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"  # UUID, RFC 9562
    r"|(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}"  # IPv6, as persist.netd.stable_secret
    r"|(?:[0-9]{15},?){1,2}|89[0-9]{17,18}[0-9Ff]?"  # IMEI of each slot, ICCID
)
_SHORTEST_VALUE = 15
_LONGEST_VALUE = 39
_SHORTEST_INSIDE = 6
"""Characters from which an identifier is looked for inside words; a shorter one has to be one."""
_BETWEEN = b" -./:,_\t\n\r\0"
"""Dropped before looking, so that a MAC is found however it is spelt."""


def is_own_name(name: str) -> bool:
    """Whether a property of this *name* states something of one unit alone."""
    last = name[name.rfind(".") + 1 :].rstrip(_DIGITS)
    return last.casefold() in _LAST_WORDS or states_identifier(name)


def is_own_value(value: str) -> bool:
    """Whether *value* has the shape of an identifier, whatever it is called."""
    fits = _SHORTEST_VALUE <= len(value) <= _LONGEST_VALUE
    return fits and _OWN_VALUE.fullmatch(value) is not None


class Own:
    """The identifiers one unit told of itself, to be looked for in what is said of it."""

    def __init__(self, facts: Facts) -> None:
        spelt = {text for text in _spellings(facts) if text}
        self._inside = tuple(text for text in spelt if len(text) >= _SHORTEST_INSIDE)
        self._packed = tuple({p for text in self._inside if len(p := _packed(text)) >= _SHORTEST_INSIDE})
        short = sorted(map(re.escape, spelt - set(self._inside)))
        self._words = re.compile(rf"(?<![a-z0-9])(?:{'|'.join(short)})(?![a-z0-9])") if short else None

    def within(self, text: str) -> bool:
        """Whether *text* holds one of them."""
        low = text.lower()
        if any(one in low for one in self._inside):
            return True
        if self._packed:
            plain = _packed(low)
            if any(one in plain for one in self._packed):
                return True
        return self._words is not None and self._words.search(low) is not None


def _packed(text: str) -> bytes:
    return text.encode("utf-8", "replace").translate(None, _BETWEEN)


def _spellings(facts: Facts) -> Iterator[str]:
    """Every identifier as told, in its canonical form, and without its check digit."""
    for told in facts.identifiers:
        yield told.value.strip().lower()
        plain = canonical(told.kind, told.value)
        if plain is not None:
            yield plain.lower()
            yield core(told.kind, plain).lower()
    yield from (address.lower() for address in facts.own_addresses)
