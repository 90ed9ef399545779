"""Reads from a station's history what goes to a centre, checked, no more at once than fits into memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from audit.history.answers import Carried
from audit.history.packages import of_set
from audit.history.packed import Packed, check
from audit.history.receiving import Known, Parcel
from audit.history.schema import (
    Crate,
    PackageSet,
    StoredFinding,
    StoredIdentifier,
    StoredReport,
    StoredSnapshot,
    Unit,
)

_KEPT_HERE = {"seq", "unit_seq", "package_set_seq", "handed_to", "signed"}
"""Columns that mean something in one database only; what was signed comes with the record."""
_COLUMNS = [one for one in StoredReport.columns if one.name not in _KEPT_HERE]


def hashes_of_sets(connection: Connection, rows: Iterable[Row[Any]]) -> dict[int, str]:
    """Of the package sets of *rows* by their numbers here."""
    wanted = sorted({row.package_set_seq for row in rows if row.package_set_seq is not None})
    found = connection.execute(
        select(PackageSet.c.seq, PackageSet.c.sha256).where(PackageSet.c.seq.in_(wanted))
    )
    return {row.seq: row.sha256 for row in found}


def members(connection: Connection, sets: dict[int, str], known: Known) -> dict[str, tuple[Carried, ...]]:
    """Of the sets the centre has not, by hash."""
    return {
        sha256: of_set(connection, seq) for seq, sha256 in sets.items() if sha256 not in known.package_sets
    }


def parcel(
    connection: Connection, row: Row[Any], sets: dict[int, str], sent: set[str], where: str
) -> Parcel | None:
    """The report *row* whole; None = it was pruned since. sent: evidence that need not come along.

    Raises HistoryError for a report or evidence that is not what it was.
    """
    report = connection.execute(select(*_COLUMNS).where(StoredReport.c.seq == row.seq)).mappings().first()
    if report is None or report["id"] != row.id:
        return None
    kept = Packed(sha256=row.id, content=report["content"], size=report["size"])
    check(kept, f"{where}: report {row.id[:12]}")
    evidence = None
    if report["head"] is not None and row.snapshot_sha256 not in sent:
        evidence = _snapshot(connection, row.snapshot_sha256, where)
    unit = select(Unit.c.key, Unit.c.serial, Unit.c.model).join(
        StoredReport, StoredReport.c.unit_seq == Unit.c.seq
    )
    crate = select(Crate).where(Crate.c.id == report["crate_id"])
    return Parcel(
        row=dict(report),
        unit=_one(connection.execute(unit.where(StoredReport.c.seq == row.seq)).mappings().all()),
        crate=_one(connection.execute(crate).mappings().all()),
        snapshot=evidence,
        package_set=sets.get(row.package_set_seq, ""),
        findings=_of_report(connection, StoredFinding, row.seq),
        identifiers=_of_report(connection, StoredIdentifier, row.seq),
    )


def _one(rows: Sequence[Any]) -> dict[str, Any] | None:
    return dict(rows[0]) if rows else None


def _snapshot(connection: Connection, sha256: str, where: str) -> Packed | None:
    chosen = select(StoredSnapshot.c.content_sha256, StoredSnapshot.c.content, StoredSnapshot.c.size)
    row = connection.execute(chosen.where(StoredSnapshot.c.sha256 == sha256)).first()
    if row is None:
        return None
    packed = Packed(sha256=row.content_sha256, content=row.content, size=row.size)
    check(packed, f"{where}: snapshot {sha256[:12]}")
    return packed


def _of_report(connection: Connection, table: Table[Any], seq: int) -> tuple[dict[str, Any], ...]:
    rows = connection.execute(select(table).where(table.c.report_seq == seq)).mappings()
    return tuple({name: value for name, value in row.items() if name != "report_seq"} for row in rows)
