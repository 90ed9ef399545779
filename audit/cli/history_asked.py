"""Which history a command is about, and what it asks of it: units may be named by this station's masks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from audit.cli import config
from audit.cli.output import station_key
from audit.crate.remembered import tac_table
from audit.model.history import Query, Stored
from audit.station import finding
from audit.station.finding import Wishes, query_of

if TYPE_CHECKING:
    from audit.history import History


def opened(db: str | None, *, upgrade: bool = True) -> History:
    """The history asked for, else the configured one, else the user's own.

    upgrade: False = one of an older program is refused, as others may still use it
    """
    import socket

    from audit.history import History

    return History.open(place(db), station=socket.gethostname(), upgrade=upgrade)


def place(db: str | None) -> str | None:
    """The file or URL asked for, else the configured one; None = the user's own."""
    return db or config.load().history or None


def find(history: History, wishes: Wishes) -> Iterator[Stored]:
    """What fits *wishes*, the newest first, each report once, no more than their limit."""
    return finding.find(history, wishes, station_key())


def queries(history: History, wishes: Wishes) -> tuple[Query, ...]:
    """One query, or several where a mask fits several units; none where it fits none."""
    return finding.queries(history, wishes, station_key())


def unlisted(history: History, wishes: Wishes) -> int:
    """Reports that fit but for the package, of which it could not be told."""
    return finding.unlisted(history, wishes, station_key())


def ids(history: History, wanted: Sequence[str]) -> Iterator[str]:
    """The reports meant: by id or how it begins, or the newest of the unit that is named."""
    return finding.ids(history, wanted, station_key())


__all__ = ["Wishes", "find", "ids", "opened", "place", "queries", "query_of", "tac_table", "unlisted"]
