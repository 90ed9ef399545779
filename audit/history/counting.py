"""What is asked of all that a history holds at once."""

from __future__ import annotations

from sqlalchemy import Connection, func, select, text

from audit.history.answers import Size, Tac
from audit.history.schema import METADATA, StoredIdentifier, StoredReport, StoredSnapshot
from audit.model.flows import IdentifierKind

_TAC_DIGITS = 8


def named(connection: Connection, kind: IdentifierKind) -> tuple[str, ...]:
    """All identifiers of a kind, each once, sorted."""
    chosen = select(StoredIdentifier.c.value).distinct().where(StoredIdentifier.c.kind == kind.value)
    return tuple(sorted(connection.scalars(chosen)))


def tacs(connection: Connection) -> tuple[Tac, ...]:
    """Which models have which type allocation codes, by code and model."""
    code = func.substr(StoredIdentifier.c.value, 1, _TAC_DIGITS).label("code")
    unit = func.coalesce(StoredReport.c.unit_seq, -StoredReport.c.seq)
    rows = connection.execute(
        select(code, StoredReport.c.model, func.count(unit.distinct()))
        .join(StoredReport, StoredReport.c.seq == StoredIdentifier.c.report_seq)
        .where(StoredIdentifier.c.kind == IdentifierKind.IMEI.value)
        .group_by(code, StoredReport.c.model)
    ).all()
    found = (Tac(code=c, model=m, units=n) for c, m, n in rows)
    return tuple(sorted(found, key=lambda one: (one.code, one.model)))


def size(connection: Connection, *, on_disk: bool) -> Size:
    """What all of it takes. on_disk: it is a file, not a server's"""
    return Size(
        total_bytes=_file_bytes(connection) if on_disk else _table_bytes(connection),
        reports=int(connection.scalar(select(func.count(StoredReport.c.seq))) or 0),
        snapshots=int(connection.scalar(select(func.count()).select_from(StoredSnapshot)) or 0),
    )


def _file_bytes(connection: Connection) -> int:
    pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    return int(pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def _table_bytes(connection: Connection) -> int:
    taken = text("SELECT pg_total_relation_size(CAST(:name AS regclass))")
    return sum(int(connection.scalar(taken, {"name": name}) or 0) for name in METADATA.tables)
