"""From what was asked of the history on the command line to queries; a unit may be named by its mask."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from audit.cli import config
from audit.cli.output import station_key
from audit.errors import UsageError
from audit.model.flows import IdentifierKind
from audit.model.history import Query, Stored
from audit.model.record import record
from audit.model.report import Decision
from audit.model.signing import Result
from audit.parse.identifiers.shapes import canonical

if TYPE_CHECKING:
    from audit.checks.tac import Table
    from audit.history import History

_TOKEN = re.compile(r"(?:[a-z]{1,12}#)?([0-9a-f]{6})", re.IGNORECASE)
"""A mask as reports print it, or its digits."""
_ID = re.compile(r"[0-9a-f]{6,64}", re.IGNORECASE)
T = TypeVar("T", Decision, Result)


@record
class Wishes:
    """What was asked for, as it was written; the names are those of the options. unit: in whatever way."""

    unit: str | None = None
    serial: str | None = None
    imei: str | None = None
    model: str | None = None
    build: str | None = None
    package: str | None = None
    verdict: str | None = None
    market: str | None = None
    crate: str | None = None
    since: str | None = None
    until: str | None = None
    signed: str | None = None
    newest: bool = False
    limit: int | None = None


def opened(db: str | None) -> History:
    """The history asked for, else the configured one, else the user's own."""
    import socket

    from audit.history import History

    return History.open(place(db), station=socket.gethostname())


def place(db: str | None) -> str | None:
    """The file or URL asked for, else the configured one; None = the user's own."""
    return db or config.load().history or None


def query_of(wishes: Wishes) -> Query:
    """All of *wishes* but who the unit is; UsageError for what makes no sense."""
    return Query(
        model=wishes.model,
        build=wishes.build,
        package=wishes.package,
        decision=_one_of(Decision, wishes.verdict, "verdict"),
        market=wishes.market.strip().upper() if wishes.market else None,
        crate=wishes.crate,
        since=wishes.since,
        until=wishes.until,
        signed=_one_of(Result, wishes.signed, "signed"),
        newest=wishes.newest,
        limit=wishes.limit,
    )


def find(history: History, wishes: Wishes) -> Iterator[Stored]:
    """What fits *wishes*, the newest first, each report once, no more than their limit."""
    seen: set[str] = set()
    answers = (history.search(query) for query in queries(history, wishes))
    for stored in heapq.merge(*answers, key=lambda one: one.judged_at, reverse=True):
        if wishes.limit is not None and len(seen) >= wishes.limit:
            return
        if stored.id not in seen:
            seen.add(stored.id)
            yield stored


def queries(history: History, wishes: Wishes) -> tuple[Query, ...]:
    """One query, or several where a mask fits several units; none where it fits none."""
    made: tuple[Query, ...] = (query_of(wishes),)
    if wishes.serial is not None:
        made = _of_serial(history, made, wishes.serial)
    if wishes.imei is not None:
        made = _of_imei(history, made, wishes.imei)
    if wishes.unit is not None:
        made = (*_of_serial(history, made, wishes.unit), *_of_imei(history, made, wishes.unit))
    return made


def _of_serial(history: History, made: tuple[Query, ...], wanted: str) -> tuple[Query, ...]:
    named = _named(history, "serial", wanted.strip())
    return tuple(replace(query, serial=one) for query in made for one in named)


def _of_imei(history: History, made: tuple[Query, ...], wanted: str) -> tuple[Query, ...]:
    named = _named(history, "imei", wanted.strip())
    return tuple(replace(query, imei=one) for query in made for one in named)


def _named(history: History, name: str, wanted: str) -> tuple[str, ...]:
    """The identifiers that *wanted* stands for: itself, and all whose mask it is."""
    itself = wanted if name == "serial" else canonical(IdentifierKind.IMEI, wanted) or wanted
    token = _TOKEN.fullmatch(wanted)
    return (itself,) if token is None else (itself, *_behind(history, name, token[1].lower()))


def _behind(history: History, name: str, digits: str) -> Iterator[str]:
    """The serial numbers, or IMEIs, whose mask under this station's key ends in *digits*."""
    from audit.reports.redact import shown_imei, shown_serial

    key = station_key()
    known = history.search(Query(newest=True))
    values = dict.fromkeys(
        value for stored in known for value in ((stored.serial,) if name == "serial" else stored.imeis)
    )
    masked = shown_serial if name == "serial" else shown_imei
    yield from (value for value in values if value and masked(value, key=key).endswith(f"#{digits}"))


def ids(history: History, wanted: list[str]) -> Iterator[str]:
    """The reports meant: by id or how it begins, or the newest of the unit that is named."""
    return (_meant(history, one.strip()) for one in wanted)


def _meant(history: History, wanted: str) -> str:
    from audit.history.troubles import HistoryError

    unknown: HistoryError | None = None
    if _ID.fullmatch(wanted):
        try:
            return history.stored(wanted).id
        except HistoryError as error:
            unknown = error
    newest = next(find(history, Wishes(unit=wanted, limit=1)), None)
    if newest is None:
        raise UsageError(
            f"no report in the history is called {wanted!r}, and no unit is",
            where=history.where,
            fix="`adb-audit history list` lists what there is, with its ids",
        ) from unknown
    return newest.id


def tac_table(history: History) -> Table:
    """What the history tells of TACs, as `audit.checks.tac` takes it."""
    table: dict[str, dict[str, int]] = {}
    for tac in history.tacs():
        table.setdefault(tac.code, {})[tac.model] = tac.units
    return table


def _one_of(kind: type[T], text: str | None, option: str) -> T | None:
    if text is None:
        return None
    try:
        return kind(text.strip().upper())
    except ValueError as error:
        known = ", ".join(one.value.lower() for one in kind)
        raise UsageError(f"--{option} {text!r} is none", fix=f"choose one of: {known}") from error
