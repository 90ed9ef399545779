"""What a history has not handed to its centre yet: all of its own that does not say which centre has it.

A mark on each row, not how far one has come: nothing is passed over, whenever it was recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, func, insert, or_, select, update

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
TABLES: tuple[Table[Any], ...] = (StoredReport, StoredSignOff, StoredAction)


@record
class Waiting:
    """What the centre has not got.

    oldest_us: when the oldest report was judged or action done, microseconds since 1970; records do not
        count, since only what is sealed in them says when they were signed
    """

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
    moments = [
        connection.scalar(select(func.min(StoredReport.c.judged_us)).where(*_left(StoredReport))),
        connection.scalar(select(func.min(StoredAction.c.at_us)).where(*_left(StoredAction))),
    ]
    oldest = min((one for one in moments if one is not None), default=None)
    return Waiting(reports=counts[0], records=counts[1], actions=counts[2], oldest_us=oldest)


def _left(table: Table[Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return table.c.station_id == own(), table.c.handed_to.is_(None)


def known(connection: Connection, centre: str) -> int:
    """How many things the centre has said it has."""
    return connection.scalar(select(Station.c["items"]).where(Station.c.id == centre)) or 0


def begin(connection: Connection, centre: str, name: str, *, again: bool) -> None:
    """Forward to *centre* from now on; again: everything, since it does not know what it once took."""
    there = Station.c.role == Role.CENTRE.value
    for table in TABLES:
        others = or_(table.c.handed_to < centre, table.c.handed_to > centre)
        marked = table.c.handed_to.is_not(None) if again else others
        connection.execute(update(table).where(table.c.station_id == own(), marked).values(handed_to=None))
    forgotten = there if again else there & (Station.c.id != centre)
    connection.execute(update(Station).where(forgotten).values(items=0))
    if connection.scalar(select(Station.c.id).where(Station.c.id == centre)) is None:
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
    known_ = select(Station.c.id).where(Station.c.id == centre, Station.c.role == Role.CENTRE.value)
    other = (or_(table.c.handed_to < centre, table.c.handed_to > centre) for table in TABLES)
    left = (
        select(table.c.station_id).where(table.c.station_id == own(), marked).limit(1)
        for table, marked in zip(TABLES, other, strict=True)
    )
    return connection.scalar(known_) is not None and all(connection.scalar(one) is None for one in left)


def reports(connection: Connection, after: int, most: int) -> Sequence[Row[Any]]:
    """The next reports in short: seq, id, bytes of the report and its evidence, hashes."""
    chosen = (
        select(
            StoredReport.c.seq,
            StoredReport.c.id,
            (
                func.length(StoredReport.c.content) + func.coalesce(func.length(StoredSnapshot.c.content), 0)
            ).label("bytes"),
            StoredReport.c.snapshot_sha256,
            StoredReport.c.package_set_seq,
        )
        .outerjoin(StoredSnapshot, StoredSnapshot.c.sha256 == StoredReport.c.snapshot_sha256)
        .where(*_left(StoredReport), StoredReport.c.seq > after)
    )
    return connection.execute(chosen.order_by(StoredReport.c.seq).limit(most)).all()


def records(connection: Connection, after: int, most: int) -> Sequence[Row[Any]]:
    """The next records of the chain whole; waits: whether the report is still to be handed over."""
    waits = (
        select(StoredReport.c.seq)
        .where(StoredReport.c.id == StoredSignOff.c.report_id, *_left(StoredReport))
        .exists()
    )
    chosen = select(StoredSignOff, waits.label("waits")).where(
        *_left(StoredSignOff), StoredSignOff.c.number > after
    )
    return connection.execute(chosen.order_by(StoredSignOff.c.number).limit(most)).all()


def actions(connection: Connection, after: int, most: int) -> Sequence[Row[Any]]:
    """The next actions whole."""
    chosen = select(StoredAction).where(*_left(StoredAction), StoredAction.c.seq > after)
    return connection.execute(chosen.order_by(StoredAction.c.seq).limit(most)).all()


def mark(connection: Connection, table: Table[Any], refs: Iterable[str], centre: str, at: str) -> int:
    """Say that *centre* has these; how many that was news of."""
    key = table.c["sha256" if table is StoredSignOff else "id"]
    left, done = iter(refs), 0
    while some := list(islice(left, _AT_ONCE)):
        changed: Any = connection.execute(
            update(table).where(*_left(table), key.in_(some)).values(handed_to=centre)
        )
        done += int(changed.rowcount)
    seen = update(Station).where(Station.c.id == centre)
    connection.execute(seen.values(items=Station.c["items"] + done, seen_at=at))
    return done
