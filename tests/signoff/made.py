"""Keys, reports and chains of records for the tests of this folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from audit.model.evidence import Source, SourceKind, UnitId
from audit.model.profiles import Outcome
from audit.model.report import (
    Decision,
    Expectation,
    Finding,
    Identity,
    RegionReading,
    Report,
    Severity,
    Verdict,
)
from audit.model.signing import Result, SignedRecord, SignOff
from audit.signoff.canonical import report_sha256
from audit.signoff.envelope import sign_record
from audit.signoff.keys import load_signer, new_key
from audit.signoff.trust import Trust

BEGAN = datetime(2026, 1, 31, 12, tzinfo=UTC)


def report(decision: Decision = Decision.PASS, **changed: Any) -> Report:  # noqa: ANN401 - any field
    """As short as one may be."""
    made = Report(
        schema="adb-audit/report/1",
        tool_version="0.1.0",
        judged_at="2026-01-31T11:00:00Z",
        acquired_at=None,
        unit=UnitId(serial="B2NGAA8831234567", model="Nokia 7 plus"),
        identity=Identity(serial="B2NGAA8831234567", model="Nokia 7 plus"),
        source=Source(kind=SourceKind.LIVE),
        expectation=Expectation(market="NO"),
        region=RegionReading(region=None, markets=frozenset()),
        findings=(),
        verdict=Verdict(decision=decision, because=()),
        coverage=(),
        unread=(),
        limits=(),
        rulebook_sha256="1" * 64,
        snapshot_sha256="2" * 64,
    )
    return replace(made, **changed)


def finding(check: str, outcome: Outcome, **changed: Any) -> Finding:  # noqa: ANN401 - any field
    """One conclusion of *check*."""
    made = Finding(check=check, outcome=outcome, severity=Severity.LOW, message="as it is")
    return replace(made, **changed)


@cache
def at(seconds: int) -> str:
    """A moment after the first sign-off, as it is written."""
    return (BEGAN + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")


def pair(folder: Path, name: str = "qa") -> tuple[Any, str]:
    """A signer, and its public key."""
    key = new_key(folder, name, None)
    return load_signer(key.path, None), key.public


def trusting(*pems: str) -> Trust:
    """The keys *pems* trusted."""
    trust = Trust()
    for number, pem in enumerate(pems):
        _, trust = trust.trust(pem, name=f"key {number}", since=at(0))
    return trust


def one(signer: Any, **changed: Any) -> SignedRecord:  # noqa: ANN401 - a signer has no type
    """One record, the first unless told otherwise."""
    of = changed.pop("report", None) or report()
    signoff = SignOff(
        result=Result.PASSED, inspector="Kari Nordmann", signed_at=at(0), report_sha256=report_sha256(of)
    )
    return sign_record(of, replace(signoff, **changed), signer)


def chain(signer: Any, count: int) -> list[SignedRecord]:  # noqa: ANN401 - a signer has no type
    """So many records, one after another."""
    return extended([], signer, count)


def extended(
    records: Sequence[SignedRecord],
    signer: Any,  # noqa: ANN401 - a signer has no type
    count: int,
) -> list[SignedRecord]:
    """*records* and so many after them."""
    made = list(records)
    for _ in range(count):
        number = len(made) + 1
        previous = made[-1].sha256 if made else ""
        made.append(one(signer, number=number, previous_sha256=previous, signed_at=at(number)))
    return made
