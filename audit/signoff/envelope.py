"""DSSE: a Statement and its signature in one line of JSON, and how one is taken apart again.

Source: secure-systems-lab/dsse, protocol.md and envelope.md. An envelope is written as RFC 8785 has it, and
read only when it is written so: base64 and JSON have several spellings of one content, and a record in which
one byte was changed must not pass for the one that was kept.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from audit.errors import BadInput, UsageError
from audit.model.record import record
from audit.model.report import Report
from audit.model.signing import SignedRecord, SignOff
from audit.signoff.canonical import canonical, not_installed, report_sha256, sha256
from audit.signoff.keys import Key, Signer
from audit.signoff.statement import checked, statement

PAYLOAD_TYPE = "application/vnd.in-toto+json"
LARGEST_BYTES = 1024 * 1024
"""A sign-off takes 3 KB."""
_LONGEST_KEY_ID = 128


class Unreadable(ValueError):
    """What is no envelope of this program's, with the reason."""


@record
class Opened:
    """An envelope taken apart, not yet believed. signature: raw bytes"""

    payload: bytes
    key_id: str
    signature: bytes


def sign_record(
    report: Report,
    signoff: SignOff,
    signer: Signer,
    *,
    unit: str = "",
    tool_sha256: str = "",
    redacted: Report | None = None,
) -> SignedRecord:
    """Sign *signoff* of *report*.

    unit, tool_sha256: see `audit.signoff.statement.statement`
    redacted: the same report without identifiers, so that who has only that one can check it too; who has it
        and the record can try identifiers until the first hash fits
    Raises UsageError for a decision that may not be signed, or one made of another report.
    """
    if signoff.report_sha256 != report_sha256(report):
        raise UsageError(
            "the sign-off was made of another report", fix="make it of the report that is signed"
        )
    made = statement(
        report,
        checked(report, signoff),
        unit=unit,
        tool_sha256=tool_sha256,
        redacted_sha256="" if redacted is None else report_sha256(redacted),
    )
    return sign(made, signer, number=signoff.number)


def sign(made: dict[str, Any], signer: Signer, *, number: int = 0) -> SignedRecord:
    """A Statement in its envelope."""
    try:
        from securesystemslib.dsse import Envelope  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise not_installed(error) from error
    envelope = Envelope(canonical(made), PAYLOAD_TYPE, {})
    signature = envelope.sign(signer)
    data = canonical(envelope.to_dict())
    return SignedRecord(number=number, envelope=data, sha256=sha256(data), key_id=signature.keyid)


def opened(data: bytes) -> Opened:
    """Take an envelope apart. Raises Unreadable for what this program did not write, to the byte."""
    if len(data) > LARGEST_BYTES:
        raise Unreadable(f"is larger than {LARGEST_BYTES} bytes")
    found = _json(data)
    try:
        payload = base64.b64decode(found["payload"], validate=True)
        (signature,) = found["signatures"]
        key_id, raw = signature["keyid"], base64.b64decode(signature["sig"], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise Unreadable("is no DSSE envelope with one signature") from error
    if not isinstance(key_id, str) or len(key_id) > _LONGEST_KEY_ID or not key_id.isalnum():
        raise Unreadable("has a key id that is none")
    if _written(payload, key_id, raw) != data:
        raise Unreadable("is not written as this program writes it")
    return Opened(payload=payload, key_id=key_id, signature=raw)


def fits(envelope: Opened, key: Key) -> bool:
    """Whether *key* made the signature."""
    from securesystemslib.dsse import Envelope  # noqa: PLC0415 - of an extra; who has a key has it
    from securesystemslib.exceptions import VerificationError  # noqa: PLC0415
    from securesystemslib.signer import Signature  # type: ignore[attr-defined]  # noqa: PLC0415 - names no exports

    signature = Signature(envelope.key_id, envelope.signature.hex())
    made = Envelope(envelope.payload, PAYLOAD_TYPE, {envelope.key_id: signature})
    try:
        made.verify([key], 1)
    except VerificationError:
        return False
    return True


def content(envelope: Opened) -> dict[str, Any]:
    """The Statement within. Raises Unreadable for what is no RFC 8785 JSON object."""
    found = _json(envelope.payload)
    try:
        as_written = canonical(found) == envelope.payload
    except BadInput as error:
        raise Unreadable("holds JSON that is nested too deeply") from error
    if not as_written:
        raise Unreadable("holds JSON that is not in the form of RFC 8785")
    return found


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data.decode())
    except (ValueError, RecursionError) as error:  # what is no UTF-8 is a ValueError too
        raise Unreadable("is no JSON") from error
    if not isinstance(found, dict):
        raise Unreadable("is no JSON object")
    return found


def _written(payload: bytes, key_id: str, signature: bytes) -> bytes:
    text, sig = (base64.b64encode(part).decode() for part in (payload, signature))
    made = {"payload": text, "payloadType": PAYLOAD_TYPE, "signatures": [{"keyid": key_id, "sig": sig}]}
    return canonical(made)
