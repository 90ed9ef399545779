"""The chain of sign-offs: each record is made knowing the one before it, while nobody else writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import (
    ColumnElement,
    ColumnExpressionArgument,
    Connection,
    Row,
    insert,
    select,
    update,
)

from audit.errors import UsageError
from audit.history.own import own_id
from audit.history.schema import StoredReport, StoredSignOff
from audit.history.troubles import HistoryError
from audit.model.signing import Result, SignedRecord

PAGE = 500
_S = StoredSignOff


def add(
    connection: Connection,
    make: Callable[[int, str], SignedRecord],
    report_id: str,
    result: Result,
    where: str,
) -> SignedRecord:
    """Put what *make* gives for the next number and the hash before it at the end of the chain."""
    here = own_id(connection)
    _of_this_history(connection, report_id, here, where)
    last = head(connection, here)
    number, previous = (1, "") if last is None else (last.number + 1, last.sha256)
    made = make(number, previous)
    if made.number != number or made.sha256 != hashlib.sha256(made.envelope).hexdigest():
        raise HistoryError(
            f"the record is not number {number} of the chain, or not what its hash says; nothing was added",
            where=where,
            fix="sign again",
        )
    row = {
        "station_id": here,
        "number": number,
        "report_id": report_id,
        "result": result.value,
        "key_id": made.key_id,
    }
    connection.execute(insert(StoredSignOff).values(**row, sha256=made.sha256, envelope=made.envelope))
    connection.execute(update(StoredReport).where(StoredReport.c.id == report_id).values(signed=result.value))
    return made


def head(connection: Connection, station_id: str) -> Row[int, str] | None:
    """Number and hash of the last record of a station; None = it has none."""
    return connection.execute(
        select(_S.c.number, _S.c.sha256)
        .where(_S.c.station_id == station_id)
        .order_by(_S.c.number.desc())
        .limit(1)
    ).first()


def sha256_of(connection: Connection, station_id: str, number: int) -> str:
    """Hash of a record; "" = there is none of that number."""
    chosen = select(_S.c.sha256).where(_S.c.station_id == station_id, _S.c.number == number)
    return connection.scalar(chosen) or ""


def _of_this_history(connection: Connection, report_id: str, here: str, where: str) -> None:
    """A centre never signs for a station: each has a chain of its own."""
    row = connection.execute(
        select(StoredReport.c.station_id, StoredReport.c.station).where(StoredReport.c.id == report_id)
    ).one()
    if row.station_id != here:
        raise UsageError(
            f"this report was forwarded here by {row.station or 'another station'}, which signs its own",
            where=where,
            fix="sign it off at that station",
        )


def page(connection: Connection, station_id: str, after: int) -> list[SignedRecord]:
    """The records of a station that follow number *after*, in order, as they were written."""
    return _read(
        connection, [_S.c.station_id == station_id, _S.c.number > after], order=(_S.c.number,), most=PAGE
    )


def of_report(connection: Connection, report_id: str) -> list[SignedRecord]:
    """What was signed of a report, the first record first."""
    return _read(connection, [_S.c.report_id == report_id], order=(_S.c.station_id, _S.c.number))


def _read(
    connection: Connection,
    where: list[ColumnElement[bool]],
    order: tuple[ColumnExpressionArgument[object], ...],
    most: int | None = None,
) -> list[SignedRecord]:
    chosen = (
        select(_S.c.number, _S.c.envelope, _S.c.sha256, _S.c.key_id)
        .where(*where)
        .order_by(*order)
        .limit(most)
    )
    return [
        SignedRecord(number=row.number, envelope=row.envelope, sha256=row.sha256, key_id=row.key_id)
        for row in connection.execute(chosen)
    ]
