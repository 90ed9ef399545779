"""Reports of a history in short, for programs: JSON, and CSV (RFC 4180)."""

from __future__ import annotations

from collections.abc import Sequence

from audit import codec
from audit.model.history import Stored
from audit.reports.csv_ import BETWEEN, table

FORMATS = ("json", "csv")
COLUMNS = (
    "id",
    "judged_at",
    "acquired_at",
    "decision",
    "because",
    "market",
    "policy",
    "serial",
    "imeis",
    "model",
    "build",
    "region",
    "source",
    "crate",
    "station",
    "signed",
    "rulebook_sha256",
    "snapshot_sha256",
)


def listing(rows: Sequence[Stored], form: str) -> str:
    """*rows*, masked already where they are to be. form: one of `FORMATS`"""
    if form == "json":
        return codec.to_json(tuple(rows), indent=2)
    return table(COLUMNS, map(_cells, rows))


def _cells(stored: Stored) -> tuple[str, ...]:
    return tuple(_cell(getattr(stored, name)) for name in COLUMNS)


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return BETWEEN.join(map(str, value))
    return "" if value is None else str(value)
