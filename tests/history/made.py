"""Reports, snapshots and records made up for tests of the history."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from audit.digest import digest
from audit.model.evidence import Artifact, Kind, Snapshot, Source, SourceKind, UnitId
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.report import Expectation, Report
from audit.model.signing import SignedRecord
from tests.reports import samples

_BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def snapshot_of(serial: str = "S1", data: bytes = b"[a]: [b]\n") -> Snapshot:
    """Evidence of one artifact."""
    return Snapshot(
        unit=UnitId(serial=serial, model="M"),
        source=Source(kind=SourceKind.LIVE, detail="a test"),
        acquired_at="2026-01-01T00:00:00Z",
        tool_version="0",
        artifacts=(Artifact(kind=Kind.GETPROP, origin="getprop", data=data),),
    )


def report_of(
    serial: str = "S1",
    *,
    day: int = 0,
    model: str = "Nokia 7 plus",
    build: str = "00WW_4_22C",
    market: str | None = "NO",
    like: Report = samples.INCIDENT,
    evidence: Snapshot | None = None,
) -> Report:
    """A report of unit *serial*, judged *day* days after 1 January 2026."""
    judged = (_BEGAN + timedelta(days=day)).isoformat().replace("+00:00", "Z")
    return replace(
        like,
        judged_at=judged,
        unit=UnitId(serial=serial or None, model=model),
        identity=replace(
            like.identity, serial=serial, model=model, build=build, incremental="", fingerprint=""
        ),
        expectation=Expectation(market=market),
        snapshot_sha256=digest(evidence) if evidence else like.snapshot_sha256,
    )


def imei(value: str) -> OwnIdentifier:
    """As the unit told it."""
    return OwnIdentifier(kind=IdentifierKind.IMEI, value=value, origin="service call")


def signed(text: bytes = b"record") -> Callable[[int, str], SignedRecord]:
    """What signs: the record says its number and the hash before it."""

    def make(number: int, previous: str) -> SignedRecord:
        envelope = b"%d %s " % (number, previous.encode()) + text
        sha256 = hashlib.sha256(envelope).hexdigest()
        return SignedRecord(number=number, envelope=envelope, sha256=sha256, key_id="key")

    return make


def assert_chain(records: list[SignedRecord]) -> None:
    """Every record holds its number and the hash of the one before."""
    previous = ""
    for number, one in enumerate(records, 1):
        assert one.number == number
        assert one.envelope.startswith(b"%d %s " % (number, previous.encode()))
        previous = hashlib.sha256(one.envelope).hexdigest()
        assert one.sha256 == previous
