"""What a centre takes from a station: all of a batch or nothing, and nothing twice."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Column, Connection, Row, insert, select, update

from audit.history.answers import Carried
from audit.history.own import Role
from audit.history.packages import stored_set
from audit.history.packed import Packed
from audit.history.schema import (
    Crate,
    PackageSet,
    Receipt,
    Station,
    StoredAction,
    StoredFinding,
    StoredIdentifier,
    StoredReport,
    StoredSignOff,
    StoredSnapshot,
    Unit,
)
from audit.model.record import record

REPORT, RECORD, ACTION = "report", "record", "action"
_AT_ONCE = 500


@record
class Parcel:
    """A report with all that belongs to it, as rows without what only the sender's database knows.

    snapshot: None = the centre has it, or there is none; package_set: hash of its members, "" = none
    """

    row: dict[str, Any]
    unit: dict[str, Any] | None
    crate: dict[str, Any] | None
    snapshot: Packed | None
    package_set: str
    findings: tuple[dict[str, Any], ...]
    identifiers: tuple[dict[str, Any], ...]

    @property
    def id(self) -> str:
        """Of the report."""
        return str(self.row["id"])


@record
class Sender:
    """The station a batch comes from. at: now, RFC 3339"""

    id: str
    name: str
    at: str


@record
class Known:
    """What the centre has of what it was asked: ids with a receipt, hashes of evidence and package sets."""

    receipts: frozenset[str]
    snapshots: frozenset[str]
    package_sets: frozenset[str]


def station(connection: Connection, id_: str) -> Row[int, str] | None:
    """Items and trouble of a station that is known; None = nothing came from it yet."""
    return connection.execute(
        select(Station.c["items"], Station.c.trouble).where(Station.c.id == id_)
    ).first()


def known(
    connection: Connection,
    station_id: str,
    ids: Sequence[str],
    snapshots: Sequence[str],
    package_sets: Sequence[str],
) -> Known:
    """What need not be sent."""
    return Known(
        receipts=frozenset(_receipts(connection, station_id, REPORT, ids)),
        snapshots=frozenset(_there(connection, StoredSnapshot.c.sha256, snapshots)),
        package_sets=frozenset(_there(connection, PackageSet.c.sha256, package_sets)),
    )


def _there(connection: Connection, column: Column[str], wanted: Iterable[str]) -> list[str]:
    some = sorted(set(wanted))
    return [
        one
        for start in range(0, len(some), _AT_ONCE)
        for one in connection.scalars(select(column).where(column.in_(some[start : start + _AT_ONCE])))
    ]


def _receipts(connection: Connection, station_id: str, kind: str, refs: Sequence[str]) -> list[str]:
    chosen = select(Receipt.c.ref).where(
        Receipt.c.station_id == station_id, Receipt.c.kind == kind, Receipt.c.ref.in_(refs)
    )
    return list(connection.scalars(chosen))


def take_reports(
    connection: Connection,
    sender: Sender,
    parcels: Sequence[Parcel],
    members: dict[str, tuple[Carried, ...]],
) -> bool:
    """Keep *parcels*; False = what they were to share with others is gone since, and nothing was kept.

    members: of the package sets that come along, by hash
    """
    given = set(_receipts(connection, sender.id, REPORT, [one.id for one in parcels]))
    there = set(_there(connection, StoredReport.c.id, [one.id for one in parcels]))
    fresh = [one for one in parcels if one.id not in given | there]
    sets = _sets(connection, fresh, members)
    if sets is None or not _snapshots(connection, fresh):
        return False
    _rows(connection, fresh, sets)
    _receipt(connection, sender, REPORT, [one.id for one in parcels if one.id not in given])
    return True


def _sets(
    connection: Connection, parcels: Sequence[Parcel], members: dict[str, tuple[Carried, ...]]
) -> dict[str, int] | None:
    wanted = sorted({one.package_set for one in parcels if one.package_set})
    rows = connection.execute(
        select(PackageSet.c.sha256, PackageSet.c.seq).where(PackageSet.c.sha256.in_(wanted))
    )
    found: dict[str, int] = {row.sha256: row.seq for row in rows}
    for one in wanted:
        if one not in found:
            if one not in members:
                return None
            found[one] = stored_set(connection, members[one])
    return found


def _snapshots(connection: Connection, parcels: Sequence[Parcel]) -> bool:
    judged = [one for one in parcels if one.row["head"] is not None]
    wanted: dict[str, Packed | None] = {one.row["snapshot_sha256"]: None for one in judged}
    wanted |= {one.row["snapshot_sha256"]: one.snapshot for one in judged if one.snapshot is not None}
    there = set(_there(connection, StoredSnapshot.c.sha256, wanted))
    for sha256, packed in wanted.items():
        if sha256 in there:
            continue
        if packed is None:
            return False
        row = {"sha256": sha256, "content_sha256": packed.sha256, "size": packed.size}
        connection.execute(insert(StoredSnapshot).values(**row, content=packed.content))
    return True


def _rows(connection: Connection, parcels: Sequence[Parcel], sets: dict[str, int]) -> None:
    if not parcels:
        return
    units = _units(connection, [one.unit for one in parcels if one.unit is not None])
    _crates(connection, [one.crate for one in parcels if one.crate is not None])
    connection.execute(
        insert(StoredReport),
        [
            one.row
            | {
                "unit_seq": None if one.unit is None else units[one.unit["key"]],
                "package_set_seq": sets.get(one.package_set),
            }
            for one in parcels
        ],
    )
    chosen = select(StoredReport.c.id, StoredReport.c.seq).where(
        StoredReport.c.id.in_([one.id for one in parcels])
    )
    seqs: dict[str, int] = {row.id: row.seq for row in connection.execute(chosen)}
    findings = [row | {"report_seq": seqs[one.id]} for one in parcels for row in one.findings]
    identifiers = [row | {"report_seq": seqs[one.id]} for one in parcels for row in one.identifiers]
    if findings:
        connection.execute(insert(StoredFinding), findings)
    if identifiers:
        connection.execute(insert(StoredIdentifier), identifiers)


def _units(connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """The numbers of units by what they are known by: a unit that two stations had is one."""
    wanted = {row["key"]: row for row in rows}
    new = set(wanted) - set(_there(connection, Unit.c.key, wanted))
    if new:
        connection.execute(insert(Unit), [wanted[key] for key in sorted(new)])
    found = connection.execute(select(Unit.c.key, Unit.c.seq).where(Unit.c.key.in_(sorted(wanted))))
    return {row.key: row.seq for row in found}


def _crates(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    wanted = {row["id"]: row for row in rows}
    new = set(wanted) - set(_there(connection, Crate.c.id, wanted))
    if new:
        connection.execute(insert(Crate), [wanted[id_] for id_ in sorted(new)])


def take_actions(connection: Connection, sender: Sender, rows: Sequence[dict[str, Any]]) -> None:
    """Keep what people did there."""
    ids = [row["id"] for row in rows]
    given = set(_receipts(connection, sender.id, ACTION, ids))
    there = set(_there(connection, StoredAction.c.id, ids))
    fresh = [row for row in rows if row["id"] not in given | there]
    if fresh:
        connection.execute(insert(StoredAction), fresh)
    _receipt(connection, sender, ACTION, [id_ for id_ in ids if id_ not in given])


def take_record(connection: Connection, sender: Sender, row: dict[str, Any]) -> None:
    """Put a record at the end of its station's chain; the caller has seen that it belongs there."""
    connection.execute(insert(StoredSignOff).values(**row))
    connection.execute(
        update(StoredReport).where(StoredReport.c.id == row["report_id"]).values(signed=row["result"])
    )
    receipt_of_record(connection, sender, row["sha256"])


def receipt_of_record(connection: Connection, sender: Sender, sha256: str) -> None:
    """Say that it is here."""
    if not _receipts(connection, sender.id, RECORD, [sha256]):
        _receipt(connection, sender, RECORD, [sha256])


def _receipt(connection: Connection, sender: Sender, kind: str, refs: Sequence[str]) -> None:
    if refs:
        rows = [{"station_id": sender.id, "kind": kind, "ref": ref} for ref in refs]
        connection.execute(insert(Receipt), rows)
    seen = {"name": sender.name, "items": Station.c["items"] + len(refs), "seen_at": sender.at}
    connection.execute(update(Station).where(Station.c.id == sender.id).values(**seen))


def introduce(connection: Connection, sender: Sender) -> None:
    """Know the station."""
    if connection.scalar(select(Station.c.id).where(Station.c.id == sender.id)) is None:
        row = {"id": sender.id, "name": sender.name, "role": Role.STATION.value, "items": 0}
        connection.execute(insert(Station).values(**row, seen_at=sender.at, trouble=""))


def complain(connection: Connection, station_id: str, trouble: str) -> None:
    """Keep what is wrong with a station's chain for whoever looks at the centre; "" = nothing any more."""
    changed = Station.c.trouble != trouble
    connection.execute(update(Station).where(Station.c.id == station_id, changed).values(trouble=trouble))
