"""An X.509 certificate: its digest, and whom it names. Source: RFC 5280, RFC 4514."""

from __future__ import annotations

import re
from hashlib import sha256
from types import MappingProxyType

from audit.endpoints.chunks import Damage
from audit.endpoints.signing.der import CONTEXT_0, SEQUENCE, SET, Node, oid, parse
from audit.endpoints.signing.known import WELL_KNOWN
from audit.model.code import Signer
from audit.model.record import record
from audit.model.text import clean_line

_NAMES = MappingProxyType(
    {
        "2.5.4.3": "CN",
        "2.5.4.7": "L",
        "2.5.4.8": "ST",
        "2.5.4.10": "O",
        "2.5.4.11": "OU",
        "2.5.4.6": "C",
        "2.5.4.9": "STREET",
        "0.9.2342.19200300.100.1.25": "DC",
        "0.9.2342.19200300.100.1.1": "UID",
        "1.2.840.113549.1.9.1": "emailAddress",  # not of RFC 4514, but nobody reads it as digits
    }
)
_ENCODINGS = MappingProxyType(
    {0x0C: "utf-8", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1E: "utf-16-be", 0x1C: "utf-32-be"}
)
_LONGEST = 1000


@record
class Certificate:
    """What tells certificates apart. issuer, serial: DER, as a PKCS #7 container refers to them."""

    der: bytes
    subject: str
    issuer: bytes
    serial: bytes

    def signer(self, scheme: int, min_sdk: int | None = None) -> Signer:
        """Say that this certificate's key signed with *scheme*."""
        digest = sha256(self.der).hexdigest()
        known = WELL_KNOWN.get(digest, "")
        return Signer(scheme=scheme, sha256=digest, subject=self.subject, well_known=known, min_sdk=min_sdk)


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate. Raises `Damage`."""
    whole = parse(der)
    if whole.tag != SEQUENCE:
        raise Damage("not a certificate", 0)
    return from_node(whole)


def from_node(whole: Node) -> Certificate:
    """Read a certificate that is part of something. Raises `Damage`."""
    fields = whole.child(0, SEQUENCE).children()
    if fields and fields[0].tag == CONTEXT_0:  # the version, absent in version 1
        fields = fields[1:]
    if len(fields) < 6:
        raise Damage("certificate without a subject", whole.start)
    serial, _, issuer, _, subject, *_ = fields
    return Certificate(der=whole.raw, subject=_subject(subject), issuer=issuer.raw, serial=serial.raw)


def _subject(name: Node) -> str:
    """Give a name as RFC 4514 does: the last part first."""
    parts = [
        "+".join(_pair(pair) for pair in group.children()) for group in name.children() if group.tag == SET
    ]
    return clean_line(",".join(reversed(parts)))[:_LONGEST]


def _pair(pair: Node) -> str:
    kind, value = oid(pair.child(0)), pair.child(1)
    encoding = _ENCODINGS.get(value.tag)
    if encoding is None:
        return f"{_NAMES.get(kind, kind)}=#{value.raw.hex()}"
    return f"{_NAMES.get(kind, kind)}={_escaped(value.content.decode(encoding, 'replace'))}"


def _escaped(text: str) -> str:
    text = re.sub(r'([,+"\\<>;])', r"\\\1", text)
    text = "\\" + text if text[:1] in {"#", " "} else text
    return text[:-1] + "\\ " if text.endswith(" ") and len(text) > 1 else text
