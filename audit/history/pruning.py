"""Takes old reports out, and what only they needed; never a record of the chain."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Delete, and_, delete, false, func, select

from audit.history.answers import Pruned
from audit.history.own import Role, own
from audit.history.schema import (
    Crate,
    Member,
    Package,
    PackageSet,
    Station,
    StoredReport,
    StoredSignOff,
    StoredSnapshot,
    Unit,
)

_R = StoredReport


def prune(connection: Connection, before_us: int, *, keep_signed: bool) -> Pruned:
    """Delete reports judged before a moment; the caller ends the transaction, or takes it back."""
    old: ColumnElement[bool] = _R.judged_us < before_us
    signed = _R.id.in_(select(StoredSignOff.report_id))
    stay = connection.scalar(select(func.count()).select_from(_R).where(old, signed)) if keep_signed else 0
    going = [old, ~signed] if keep_signed else [old]
    going.append(~_waiting(connection))
    waits = connection.scalar(select(func.count()).select_from(_R).where(old, _waiting(connection))) or 0
    reports, content = _measured(connection, *going)
    _delete(connection, delete(_R).where(*going))
    orphans = ~select(_R.seq).where(_R.snapshot_sha256 == StoredSnapshot.sha256).exists()
    evidence = connection.scalar(select(func.sum(func.length(StoredSnapshot.content))).where(orphans)) or 0
    snapshots = _delete(connection, delete(StoredSnapshot).where(orphans))
    sets = _delete(
        connection,
        delete(PackageSet).where(~select(_R.seq).where(_R.package_set_seq == PackageSet.seq).exists()),
    )
    for table, held in (
        (Package, select(Member.set_seq).where(Member.package_seq == Package.seq)),
        (Unit, select(_R.seq).where(_R.unit_seq == Unit.seq)),
        (Crate, select(_R.seq).where(_R.crate_id == Crate.id)),
    ):
        _delete(connection, delete(table).where(~held.exists()))
    return Pruned(
        reports=reports,
        signed=stay or 0,
        snapshots=snapshots,
        package_sets=sets,
        content_bytes=content + int(evidence),
        waiting=waits,
    )


def _waiting(connection: Connection) -> ColumnElement[bool]:
    """Reports that are still to go to the centre, if this history forwards to one."""
    forwards = connection.scalar(select(Station.id).where(Station.role == Role.CENTRE.value).limit(1))
    return and_(_R.station_id == own(), _R.handed_to.is_(None)) if forwards else false()


def _measured(connection: Connection, *going: ColumnElement[bool]) -> tuple[int, int]:
    row = connection.execute(select(func.count(), func.sum(func.length(_R.content))).where(*going)).one()
    return int(row[0]), int(row[1] or 0)


def _delete(connection: Connection, statement: Delete) -> int:
    done: Any = connection.execute(statement)
    return int(done.rowcount)
