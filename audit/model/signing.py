"""What an inspector decides about a verdict, and the record of it that can be proved."""

from __future__ import annotations

from enum import StrEnum

from audit.model.record import record


class Result(StrEnum):
    """The words of in-toto's test-result predicate (in-toto attestation spec, predicates/test-result.md)."""

    PASSED = "PASSED"
    WARNED = "WARNED"
    FAILED = "FAILED"


@record
class SignOff:
    """One decision, before it is signed.

    result: what the inspector decides; inspector: who
    note: why, needed where it is not what the verdict says; signed_at: RFC 3339 in UTC; station: its name
    report_sha256: hex, of the RFC 8785 form of the report
    number, previous_sha256: place in the chain, 1-based, and the hash of the record before, "" for the first
    """

    result: Result
    inspector: str
    signed_at: str
    report_sha256: str
    note: str = ""
    station: str = ""
    number: int = 1
    previous_sha256: str = ""


@record
class SignedRecord:
    """A sign-off as it is kept: the DSSE envelope, JSON as it was written, byte for byte.

    number: in the chain; sha256: hex, of *envelope*, which the next record holds; key_id: who signed
    """

    number: int
    envelope: bytes
    sha256: str
    key_id: str


class Flaw(StrEnum):
    """What can be wrong with a record or a chain of them."""

    DAMAGED = "cannot be read"
    SIGNATURE = "the signature does not fit the content"
    UNKNOWN_KEY = "signed by a key nobody trusts"
    REVOKED_KEY = "signed by a key that was revoked before"
    MISSING = "a record is missing"
    ORDER = "records are out of order"
    CHANGED = "a record before it is not the one it was signed after"
    CLOCK = "signed before the record before it"
    REPORT = "the report beside it is another one"


@record
class Problem:
    """One thing that is wrong. number: of the record, 0 = not told; what: in words; where: its place"""

    flaw: Flaw
    number: int
    what: str
    where: str = ""
