"""What a history has not handed to its centre yet: all of its own that does not say which centre has it.

A mark on each row, not how far one has come: nothing is passed over, whenever it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, func, insert, or_, select, update

from audit.history.own import Role, own
from audit.history.schema import (
    Station,
    StoredAction,
    StoredReport,
    StoredSignOff,
    StoredSnapshot,
)
from audit.model.record import record

_AT_ONCE = 500
Table: TypeAlias = type[StoredReport] | type[StoredSignOff] | type[StoredAction]
TABLES: tuple[Table, ...] = (StoredReport, StoredSignOff, StoredAction)


@record
class Waiting:
    """What the centre has not got. oldest_us: when the oldest was judged or done, microseconds since 1970"""

    reports: int = 0
    records: int = 0
    actions: int = 0
    oldest_us: int | None = None

    @property
    def items(self) -> int:
        """All of them."""
        return self.reports + self.records + self.actions


def waiting(connection: Connection) -> Waiting:
    """How much there is, and how old."""
    counts = [int(connection.scalar(select(func.count()).where(*_left(table))) or 0) for table in TABLES]
    signed = select(StoredReport.judged_us).join(StoredSignOff, StoredSignOff.report_id == StoredReport.id)
    moments = [
        connection.scalar(select(func.min(StoredReport.judged_us)).where(*_left(StoredReport))),
        connection.scalar(
            select(func.min(signed.where(*_left(StoredSignOff)).subquery().c.judged_us)),
        ),
        connection.scalar(select(func.min(StoredAction.at_us)).where(*_left(StoredAction))),
    ]
    oldest = min((one for one in moments if one is not None), default=None)
    return Waiting(reports=counts[0], records=counts[1], actions=counts[2], oldest_us=oldest)


def _left(table: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.station_id == own(), table.handed_to.is_(None)


def known(connection: Connection, centre: str) -> int:
    """How many things the centre has said it has."""
    return connection.scalar(select(Station.items).where(Station.id == centre)) or 0


def begin(connection: Connection, centre: str, name: str, *, again: bool) -> None:
    """Forward to *centre* from now on; again: everything, since it does not know what it once took."""
    there = Station.role == Role.CENTRE.value
    for table in TABLES:
        others = or_(table.handed_to < centre, table.handed_to > centre)
        marked = table.handed_to.is_not(None) if again else others
        connection.execute(update(table).where(table.station_id == own(), marked).values(handed_to=None))
    forgotten = there if again else there & (Station.id != centre)
    connection.execute(update(Station).where(forgotten).values(items=0))
    if connection.scalar(select(Station.id).where(Station.id == centre)) is None:
        row = {
            "id": centre,
            "name": name,
            "role": Role.CENTRE.value,
            "items": 0,
            "seen_at": "",
            "trouble": "",
        }
        connection.execute(insert(Station).values(**row))


def settled(connection: Connection, centre: str) -> bool:
    """Whether nothing is left of another centre, so that `begin` has nothing to do."""
    known_ = select(Station.id).where(Station.id == centre, Station.role == Role.CENTRE.value)
    other = (or_(table.handed_to < centre, table.handed_to > centre) for table in TABLES)
    left = (
        select(table.station_id).where(table.station_id == own(), marked).limit(1)
        for table, marked in zip(TABLES, other, strict=True)
    )
    return connection.scalar(known_) is not None and all(connection.scalar(one) is None for one in left)


def reports(connection: Connection, after: int, most: int) -> Sequence[Row[Any]]:
    """The next reports in short: seq, id, bytes of the report and its evidence, hashes."""
    chosen = (
        select(
            StoredReport.seq,
            StoredReport.id,
            (func.length(StoredReport.content) + func.coalesce(func.length(StoredSnapshot.content), 0)).label(
                "bytes"
            ),
            StoredReport.snapshot_sha256,
            StoredReport.package_set_seq,
        )
        .outerjoin(StoredSnapshot, StoredSnapshot.sha256 == StoredReport.snapshot_sha256)
        .where(*_left(StoredReport), StoredReport.seq > after)
    )
    return connection.execute(chosen.order_by(StoredReport.seq).limit(most)).all()


def records(connection: Connection, after: int, most: int) -> Sequence[Row[Any]]:
    """The next records of the chain whole; waits: whether the report is still to be handed over."""
    waits = (
        select(StoredReport.seq)
        .where(StoredReport.id == StoredSignOff.report_id, *_left(StoredReport))
        .exists()
    )
    chosen = select(StoredSignOff.__table__, waits.label("waits")).where(
        *_left(StoredSignOff), StoredSignOff.number > after
    )
    return connection.execute(chosen.order_by(StoredSignOff.number).limit(most)).all()


def actions(connection: Connection, after: int, most: int) -> Sequence[Row[Any]]:
    """The next actions whole."""
    chosen = select(StoredAction.__table__).where(*_left(StoredAction), StoredAction.seq > after)
    return connection.execute(chosen.order_by(StoredAction.seq).limit(most)).all()


def mark(connection: Connection, table: Table, refs: Iterable[str], centre: str, at: str) -> int:
    """Say that *centre* has these; how many that was news of."""
    key = StoredSignOff.sha256 if table is StoredSignOff else getattr(table, "id")  # noqa: B009 - of two tables
    left, done = iter(refs), 0
    while some := list(islice(left, _AT_ONCE)):
        changed: Any = connection.execute(
            update(table).where(*_left(table), key.in_(some)).values(handed_to=centre)
        )
        done += int(changed.rowcount)
    seen = update(Station).where(Station.id == centre)
    connection.execute(seen.values(items=Station.items + done, seen_at=at))
    return done
