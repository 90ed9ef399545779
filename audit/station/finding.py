"""From what somebody asks of a history to queries; a unit may be named by its mask."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from audit.errors import UsageError
from audit.history import History
from audit.history.troubles import HistoryError
from audit.model.flows import IdentifierKind
from audit.model.history import Query, Stored
from audit.model.record import record
from audit.model.report import Decision
from audit.model.signing import Result
from audit.parse.identifiers.shapes import canonical
from audit.reports.redact import shown_imei, shown_serial

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
    station: str | None = None
    newest: bool = False
    limit: int | None = None


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
        station=wishes.station,
        newest=wishes.newest,
        limit=wishes.limit,
    )


def find(history: History, wishes: Wishes, key: bytes) -> Iterator[Stored]:
    """What fits *wishes*, the newest first, each report once, no more than their limit. key: of the masks"""
    return merged(history, queries(history, wishes, key), wishes.limit)


def merged(history: History, asked: Sequence[Query], limit: int | None) -> Iterator[Stored]:
    """What fits any of the queries, the newest first, each report once, no more than *limit*."""
    seen: set[str] = set()
    answers = (history.search(query) for query in asked)
    for stored in heapq.merge(*answers, key=lambda one: one.judged_at, reverse=True):
        if limit is not None and len(seen) >= limit:
            return
        if stored.id not in seen:
            seen.add(stored.id)
            yield stored


def queries(history: History, wishes: Wishes, key: bytes) -> tuple[Query, ...]:
    """One query, or several where a mask fits several units; none where it fits none."""
    made: tuple[Query, ...] = (query_of(wishes),)
    if wishes.serial is not None:
        made = _of_serial(history, made, wishes.serial, key)
    if wishes.imei is not None:
        made = _of_imei(history, made, wishes.imei, key)
    if wishes.unit is not None:
        made = (*_of_serial(history, made, wishes.unit, key), *_of_imei(history, made, wishes.unit, key))
    return made


def unlisted(history: History, wishes: Wishes, key: bytes) -> int:
    """Reports that fit but for the package, of which it could not be told; 0 where none was asked for."""
    if wishes.package is None:
        return 0
    return sum(history.unlisted(query) for query in queries(history, wishes, key))


def of_same_unit(history: History, stored: Stored, most: int) -> tuple[Stored, ...]:
    """The reports on whatever has this one's serial number or one of its IMEIs, itself too, newest first.

    Of a unit without any, itself alone: nothing tells others of it.
    """
    asked = [Query(serial=stored.serial, limit=most)] if stored.serial else []
    asked += [Query(imei=imei, limit=most) for imei in stored.imeis]
    return tuple(merged(history, asked, most)) if asked else (stored,)


def _of_serial(history: History, made: tuple[Query, ...], wanted: str, key: bytes) -> tuple[Query, ...]:
    named = _named(history, "serial", wanted.strip(), key)
    return tuple(replace(query, serial=one) for query in made for one in named)


def _of_imei(history: History, made: tuple[Query, ...], wanted: str, key: bytes) -> tuple[Query, ...]:
    named = _named(history, "imei", wanted.strip(), key)
    return tuple(replace(query, imei=one) for query in made for one in named)


def _named(history: History, name: str, wanted: str, key: bytes) -> tuple[str, ...]:
    """The identifiers that *wanted* stands for: itself, and all whose mask it is."""
    itself = wanted if name == "serial" else canonical(IdentifierKind.IMEI, wanted) or wanted
    token = _TOKEN.fullmatch(wanted)
    return (itself,) if token is None else (itself, *_behind(history, name, token[1].lower(), key))


def _behind(history: History, name: str, digits: str, key: bytes) -> Iterator[str]:
    """The serial numbers, or IMEIs, whose mask under this station's key ends in *digits*."""
    known = history.search(Query(newest=True))
    values = dict.fromkeys(
        value for stored in known for value in ((stored.serial,) if name == "serial" else stored.imeis)
    )
    masked = shown_serial if name == "serial" else shown_imei
    yield from (value for value in values if value and masked(value, key=key).endswith(f"#{digits}"))


def ids(history: History, wanted: Sequence[str], key: bytes) -> Iterator[str]:
    """The reports meant: by id or how it begins, or the newest of the unit that is named."""
    return (_meant(history, one.strip(), key) for one in wanted)


def _meant(history: History, wanted: str, key: bytes) -> str:
    unknown: HistoryError | None = None
    if _ID.fullmatch(wanted):
        try:
            return history.stored(wanted).id
        except HistoryError as error:
            unknown = error
    newest = next(find(history, Wishes(unit=wanted, limit=1), key), None)
    if newest is None:
        raise UsageError(
            f"no report in the history is called {wanted!r}, and no unit is",
            where=history.where,
            fix="`adb-audit history list` lists what there is, with its ids",
        ) from unknown
    return newest.id


def _one_of(kind: type[T], text: str | None, option: str) -> T | None:
    if text is None:
        return None
    try:
        return kind(text.strip().upper())
    except ValueError as error:
        known = ", ".join(one.value.lower() for one in kind)
        raise UsageError(f"--{option} {text!r} is none", fix=f"choose one of: {known}") from error
