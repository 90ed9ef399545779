"""A report becomes rows: prepared before a transaction begins, written inside one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, insert, select

from audit import codec
from audit.digest import digest
from audit.errors import BadInput
from audit.history.own import own
from audit.history.packages import Packages, stored_set
from audit.history.packed import Packed, pack, without_evidence
from audit.history.schema import (
    SENTENCE,
    Crate,
    StoredFinding,
    StoredIdentifier,
    StoredReport,
    StoredSnapshot,
    Unit,
)
from audit.history.words import folded, judged, word
from audit.model.evidence import Snapshot
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.history import CrateRef
from audit.model.record import record
from audit.model.report import Report

_KINDS = frozenset(
    {IdentifierKind.SERIAL, IdentifierKind.IMEI, IdentifierKind.MEID, IdentifierKind.ESN, IdentifierKind.MAC}
)
"""What names a unit; what names its SIM, its user or a place is not kept to be looked for."""
_MOST_FINDINGS = 1000
_MOST_IDENTIFIERS = 32
_SENTENCES = 20


@record
class Prepared:
    """Everything one report adds. identifiers: (kind, value), serial numbers first"""

    report: Packed
    columns: dict[str, Any]
    findings: tuple[dict[str, Any], ...]
    identifiers: tuple[tuple[str, str], ...]
    snapshot_sha256: str
    snapshot: Packed | None
    packages: Packages
    crate: CrateRef | None


def prepare(
    report: Report,
    snapshot: Snapshot | None,
    *,
    identifiers: Iterable[OwnIdentifier],
    packages: Packages,
    crate: CrateRef | None,
    station: str,
) -> Prepared:
    """Everything that takes time, and everything that may be refused. Raises BadInput."""
    if snapshot is not None and digest(snapshot) != report.snapshot_sha256:
        raise BadInput(
            "this snapshot is not what the report was judged from",
            where=f"report of {word(report.unit.serial or '') or 'a unit without a serial number'}",
            fix="record a report with the snapshot it names",
        )
    head = None if snapshot is None else codec.to_json(without_evidence(snapshot))
    kept = pack(report)
    columns = _columns(report) | {"station": word(station), "station_folded": folded(station)}
    columns |= {
        "packages_whole": packages.whole,
        "id": kept.sha256,
        "content": kept.content,
        "size": kept.size,
    }
    return Prepared(
        report=kept,
        columns=columns | {"head": head},
        findings=tuple(_findings(report)),
        identifiers=tuple(dict.fromkeys(_identifiers(report, identifiers)))[:_MOST_IDENTIFIERS],
        snapshot_sha256=report.snapshot_sha256,
        snapshot=None if snapshot is None else pack(snapshot),
        packages=packages,
        crate=crate,
    )


def _columns(report: Report) -> dict[str, Any]:
    said = report.identity
    model = said.model or report.unit.model or ""
    return {
        "judged_at": word(report.judged_at),
        "judged_us": judged(report.judged_at),
        "acquired_at": None if report.acquired_at is None else word(report.acquired_at),
        "decision": report.verdict.decision.value,
        "because": json.dumps([word(one, SENTENCE) for one in report.verdict.because[:_SENTENCES]]),
        "market": None if report.expectation.market is None else word(report.expectation.market),
        "policy": word(report.expectation.policy),
        "serial": word(said.serial or report.unit.serial or ""),
        "model": word(model),
        "model_folded": folded(model),
        "build": word(said.build or said.incremental),
        "build_folded": folded(said.build),
        "incremental_folded": folded(said.incremental),
        "fingerprint_folded": folded(said.fingerprint),
        "region": None if report.region.region is None else word(report.region.region),
        "source": report.source.kind.value,
        "tool_version": word(report.tool_version),
        "rulebook_sha256": word(report.rulebook_sha256, 64),
        "snapshot_sha256": word(report.snapshot_sha256, 64),
    }


def _findings(report: Report) -> Iterator[dict[str, Any]]:
    for number, one in enumerate(report.findings[:_MOST_FINDINGS]):
        yield {
            "number": number,
            "check_id": word(one.check),
            "outcome": one.outcome.value,
            "severity": one.severity.value,
            "level": None if one.level is None else one.level.value,
            "subject": word(one.subject),
            "message": word(one.message, SENTENCE),
            "waiver": word(one.waiver),
        }


def _identifiers(report: Report, given: Iterable[OwnIdentifier]) -> Iterator[tuple[str, str]]:
    for serial in (report.identity.serial, report.unit.serial or ""):
        if word(serial):
            yield IdentifierKind.SERIAL.value, word(serial)
    for one in given:
        if one.kind in _KINDS and word(one.value):
            yield one.kind.value, word(one.value)


def write(connection: Connection, prepared: Prepared) -> None:
    """Add it, unless the same report is there."""
    known = select(StoredReport.c.seq).where(StoredReport.c.id == prepared.report.sha256)
    if connection.scalar(known) is not None:
        return
    _write_snapshot(connection, prepared)
    members = prepared.packages.members
    made = connection.execute(
        insert(StoredReport).values(
            **prepared.columns,
            station_id=own(),
            unit_seq=_unit(connection, prepared),
            crate_id=_crate(connection, prepared.crate),
            package_set_seq=None if members is None else stored_set(connection, members),
        )
    ).inserted_primary_key
    assert made is not None  # noqa: S101 - one row was inserted
    seq = int(made[0])
    if prepared.findings:
        connection.execute(insert(StoredFinding), [{"report_seq": seq} | row for row in prepared.findings])
    if prepared.identifiers:
        rows = [{"report_seq": seq, "kind": kind, "value": value} for kind, value in prepared.identifiers]
        connection.execute(insert(StoredIdentifier), rows)


def _write_snapshot(connection: Connection, prepared: Prepared) -> None:
    packed = prepared.snapshot
    if packed is None:
        return
    there = select(StoredSnapshot.c.size).where(StoredSnapshot.c.sha256 == prepared.snapshot_sha256)
    if connection.scalar(there) is None:
        connection.execute(
            insert(StoredSnapshot).values(
                sha256=prepared.snapshot_sha256,
                content_sha256=packed.sha256,
                content=packed.content,
                size=packed.size,
            )
        )


def _unit(connection: Connection, prepared: Prepared) -> int | None:
    """The unit by its serial number, else by its first IMEI; None where it has neither."""
    serial = prepared.columns["serial"]
    imei = next((value for kind, value in prepared.identifiers if kind == IdentifierKind.IMEI.value), "")
    if not (serial or imei):
        return None
    key = f"serial:{serial}" if serial else f"imei:{imei}"
    found = connection.scalar(select(Unit.c.seq).where(Unit.c.key == key))
    if found is not None:
        return found
    made = connection.execute(
        insert(Unit).values(key=key, serial=serial, model=prepared.columns["model"])
    ).inserted_primary_key
    assert made is not None  # noqa: S101 - one row was inserted
    return int(made[0])


def _crate(connection: Connection, crate: CrateRef | None) -> str | None:
    if crate is None:
        return None
    id_ = word(crate.id, 64)
    if connection.scalar(select(Crate.c.id).where(Crate.c.id == id_)) is None:
        row = {
            "id": id_,
            "name": word(crate.name),
            "folded": folded(crate.name),
            "began_at": word(crate.began_at),
        }
        connection.execute(insert(Crate).values(**row))
    return id_
