"""The chain of sign-offs: each record is made knowing the one before it, while nobody else writes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import Connection, insert, select, update

from audit.history.schema import StoredReport, StoredSignOff
from audit.history.troubles import HistoryError
from audit.model.signing import Result, SignedRecord

PAGE = 500


def add(
    connection: Connection,
    make: Callable[[int, str], SignedRecord],
    report_id: str,
    result: Result,
    where: str,
) -> SignedRecord:
    """Put what *make* gives for the next number and the hash before it at the end of the chain."""
    last = connection.execute(
        select(StoredSignOff.number, StoredSignOff.sha256).order_by(StoredSignOff.number.desc()).limit(1)
    ).first()
    number, previous = (1, "") if last is None else (last.number + 1, last.sha256)
    made = make(number, previous)
    if made.number != number or made.sha256 != hashlib.sha256(made.envelope).hexdigest():
        raise HistoryError(
            f"the record is not number {number} of the chain, or not what its hash says; nothing was added",
            where=where,
            fix="sign again",
        )
    row = {"number": number, "report_id": report_id, "result": result.value, "key_id": made.key_id}
    connection.execute(insert(StoredSignOff).values(**row, sha256=made.sha256, envelope=made.envelope))
    connection.execute(update(StoredReport).where(StoredReport.id == report_id).values(signed=result.value))
    return made


def page(connection: Connection, after: int) -> list[SignedRecord]:
    """The records that follow number *after*, in order, as they were written."""
    rows = connection.execute(
        select(StoredSignOff.number, StoredSignOff.envelope, StoredSignOff.sha256, StoredSignOff.key_id)
        .where(StoredSignOff.number > after)
        .order_by(StoredSignOff.number)
        .limit(PAGE)
    )
    return [
        SignedRecord(number=row.number, envelope=row.envelope, sha256=row.sha256, key_id=row.key_id)
        for row in rows
    ]
