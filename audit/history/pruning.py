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
    old: ColumnElement[bool] = _R.c.judged_us < before_us
    signed = _R.c.id.in_(select(StoredSignOff.c.report_id))
    stay = connection.scalar(select(func.count()).select_from(_R).where(old, signed)) if keep_signed else 0
    going = [old, ~signed] if keep_signed else [old]
    going.append(~_waiting(connection))
    waits = connection.scalar(select(func.count()).select_from(_R).where(old, _waiting(connection))) or 0
    reports, content = _measured(connection, *going)
    _delete(connection, delete(_R).where(*going))
    orphans = ~select(_R.c.seq).where(_R.c.snapshot_sha256 == StoredSnapshot.c.sha256).exists()
    evidence = connection.scalar(select(func.sum(func.length(StoredSnapshot.c.content))).where(orphans)) or 0
    snapshots = _delete(connection, delete(StoredSnapshot).where(orphans))
    sets = _delete(
        connection,
        delete(PackageSet).where(~select(_R.c.seq).where(_R.c.package_set_seq == PackageSet.c.seq).exists()),
    )
    for table, held in (
        (Package, select(Member.c.set_seq).where(Member.c.package_seq == Package.c.seq)),
        (Unit, select(_R.c.seq).where(_R.c.unit_seq == Unit.c.seq)),
        (Crate, select(_R.c.seq).where(_R.c.crate_id == Crate.c.id)),
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
    forwards = connection.scalar(select(Station.c.id).where(Station.c.role == Role.CENTRE.value).limit(1))
    return and_(_R.c.station_id == own(), _R.c.handed_to.is_(None)) if forwards else false()


def _measured(connection: Connection, *going: ColumnElement[bool]) -> tuple[int, int]:
    row = connection.execute(select(func.count(), func.sum(func.length(_R.c.content))).where(*going)).one()
    return int(row[0]), int(row[1] or 0)


def _delete(connection: Connection, statement: Delete) -> int:
    done: Any = connection.execute(statement)
    return int(done.rowcount)
