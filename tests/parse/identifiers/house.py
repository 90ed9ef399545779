"""Identifiers of a made-up unit, and the ways programs wrap what they send."""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Mapping
from urllib.parse import quote

from audit.model.flows import Caught, Certainty, IdentifierKind, OwnIdentifier
from audit.parse.identifiers.scan import Scanned, scan

KEY = b"a key of the report"

VALUES: Mapping[IdentifierKind, str] = {
    IdentifierKind.IMEI: "358673091234569",
    IdentifierKind.MEID: "A1000012345678",
    IdentifierKind.IMSI: "460030912121001",
    IdentifierKind.ICCID: "89860318760123456789",
    IdentifierKind.SERIAL: "B2NGAB8C1234",
    IdentifierKind.MAC: "a4:50:46:12:9f:3c",
    IdentifierKind.ANDROID_ID: "51b6be48bac8c569",
    IdentifierKind.PHONE: "+8613912345678",
    IdentifierKind.DEVICE_ID: "dev-7731-x9k2",
}
OWN = tuple(OwnIdentifier(kind=kind, value=value, origin="test") for kind, value in VALUES.items())

Wrap = Callable[[bytes], bytes]


def _lines(data: bytes) -> bytes:
    return base64.encodebytes(data)


def _deflate(data: bytes) -> bytes:
    return zlib.compress(data)[2:-4]


WRAPS: Mapping[str, Wrap] = {
    "base64": base64.b64encode,
    "base64 without its end": lambda data: base64.b64encode(data).rstrip(b"="),
    "base64 for URLs": base64.urlsafe_b64encode,
    "base64 in lines": _lines,
    "base64 in lines of Windows": lambda data: _lines(data).replace(b"\n", b"\r\n"),
    "base64 in JSON": lambda data: b'{"d":%b}' % json.dumps(_lines(data).decode()).encode(),
    "base64 as Android's JSON writes it": lambda data: (
        b'{"d":"%b"}' % base64.b64encode(data).replace(b"/", b"\\/")
    ),
    "hex": lambda data: data.hex().encode(),
    "hex in capitals": lambda data: data.hex().upper().encode(),
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "deflate": _deflate,
    "url": lambda data: b"q=" + quote(data, safe="").encode(),
    "utf-16 little": lambda data: data.decode("latin-1").encode("utf-16-le"),
    "utf-16 big": lambda data: data.decode("latin-1").encode("utf-16-be"),
}


def makes_sense(*nest: str) -> bool:
    """Whether programs wrap like this: only text has another form in UTF-16."""
    binary = ("gzip", "zlib", "deflate", "utf-16")
    return not (len(nest) == 2 and nest[0].startswith(binary) and nest[1].startswith("utf-16"))


def look(data: bytes, *known: OwnIdentifier, key: bytes = b"", where: str = "body") -> Scanned:
    """Scan *data*; without *known*, for the made-up unit."""
    return scan(data, known or OWN, key=key, where=where)


def stranger(data: bytes) -> tuple[Caught, ...]:
    """What is found of a unit that told nothing."""
    return scan(data, (), key=b"", where="").found


def exact(scanned: Scanned) -> set[IdentifierKind]:
    """The kinds that are found beyond doubt."""
    return {one.kind for one in scanned.found if one.certainty is Certainty.EXACT}
