"""Identifiers that Android was seen giving to a process, as the unit's own."""

from __future__ import annotations

import re

from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.parse.observations.lines import Event
from audit.parse.observations.values import number, text

_SEPARATORS = re.compile(r"[\s:.\-]+")
_DIGITS = re.compile(r"[0-9]+\Z")
_HEX = re.compile(r"[0-9A-Fa-f]+\Z")
# android.telephony.TelephonyManager, SubscriptionInfo, os.Build, net.wifi.WifiInfo, provider.Settings.Secure;
# the longer name first where one is part of another
_APIS = (
    ("androidid", IdentifierKind.ANDROID_ID),
    ("subscriberid", IdentifierKind.IMSI),
    ("simserialnumber", IdentifierKind.ICCID),
    ("iccid", IdentifierKind.ICCID),
    ("macaddress", IdentifierKind.MAC),
    ("hardwareaddress", IdentifierKind.MAC),
    ("line1number", IdentifierKind.PHONE),
    ("phonenumber", IdentifierKind.PHONE),
    ("msisdn", IdentifierKind.PHONE),
    ("meid", IdentifierKind.MEID),
    ("imei", IdentifierKind.IMEI),
    ("deviceid", IdentifierKind.DEVICE_ID),
    ("serial", IdentifierKind.SERIAL),
)
_LENGTHS = {
    IdentifierKind.IMEI: (_DIGITS, 14, 16),  # 3GPP TS 23.003 section 6.2: 15, or 16 with the software version
    IdentifierKind.MEID: (_HEX, 14, 14),
    IdentifierKind.IMSI: (_DIGITS, 14, 15),
    IdentifierKind.ICCID: (_HEX, 18, 22),  # ITU-T E.118; an odd number of digits is filled up with F
    IdentifierKind.MAC: (_HEX, 12, 12),
    IdentifierKind.ANDROID_ID: (_HEX, 13, 16),  # printed without leading zeros
    IdentifierKind.PHONE: (re.compile(r"\+?[0-9]+\Z"), 7, 16),
    IdentifierKind.SERIAL: (re.compile(r"[0-9A-Za-z]+\Z"), 6, 32),
    IdentifierKind.DEVICE_ID: (re.compile(r"[0-9A-Za-z]+\Z"), 8, 64),
}


def own_identifier(event: Event) -> OwnIdentifier | None:
    """What an ``identifier`` event tells of the unit; None for no value, and for one that names nobody.

    A value of the wrong shape ("unknown", 0000…) would be found in everything that is sent.
    """
    api = text(event, "api", 200)
    value = _SEPARATORS.sub("", text(event, "value", 200))
    asked = _SEPARATORS.sub("", api).replace("_", "").lower()
    kind = next((kind for word, kind in _APIS if word in asked), None)
    if kind is IdentifierKind.DEVICE_ID:
        kind = next((one for one in (IdentifierKind.IMEI, IdentifierKind.MEID) if _fits(one, value)), kind)
    if kind is None or not _fits(kind, value):
        return None
    pid = number(event, "pid")
    return OwnIdentifier(
        kind=kind, value=value, origin=f"{api}, as it answered pid {'?' if pid is None else pid}"
    )


def _fits(kind: IdentifierKind, value: str) -> bool:
    shape, least, most = _LENGTHS[kind]
    varied = len(set(value.lower())) > 2  # 000000000000000, 020000000000, 1111…
    return varied and least <= len(value) <= most and shape.match(value) is not None
