"""A query becomes a statement, and rows become what was stored."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, exists, false, func, or_, select, tuple_

from audit.history.schema import Crate, Member, Package, StoredIdentifier, StoredReport
from audit.history.words import asked, folded, word
from audit.model.flows import IdentifierKind
from audit.model.history import Query, Stored
from audit.model.report import Decision
from audit.model.signing import Result

_R = StoredReport
_COLUMNS = (
    _R.c.seq,
    _R.c.judged_us,
    _R.c.id,
    _R.c.judged_at,
    _R.c.acquired_at,
    _R.c.decision,
    _R.c.because,
    _R.c.market,
    _R.c.policy,
    _R.c.serial,
    _R.c.model,
    _R.c.build,
    _R.c.region,
    _R.c.source,
    _R.c.station,
    _R.c.station_id,
    _R.c.rulebook_sha256,
    _R.c.snapshot_sha256,
    _R.c.signed,
    Crate.c.name,
)
_ID = re.compile(r"[0-9a-fA-F]{8,32}")
"""Of a history: whole, or as it is shown."""
PAGE = 500
"""Reports that are read at once, each page in a transaction of its own."""


def page(query: Query, after: tuple[int, int] | None, size: int) -> Select[*tuple[Any, ...]]:
    """The next reports, newest first. after: (judged_us, seq) of the last one that is known"""
    chosen = select(*_COLUMNS).outerjoin(Crate, Crate.c.id == _R.c.crate_id).where(*conditions(query))
    if after is not None:
        chosen = chosen.where(tuple_(_R.c.judged_us, _R.c.seq) < tuple_(*after))
    return chosen.order_by(_R.c.judged_us.desc(), _R.c.seq.desc()).limit(size)


def counting(query: Query) -> Select[int]:
    """How many reports fit."""
    return select(func.count()).select_from(_R).where(*conditions(query))


def conditions(query: Query) -> list[ColumnElement[bool]]:
    """What must hold of a report, all of it."""
    made: list[ColumnElement[bool]] = []
    if query.serial is not None:
        made.append(_named(IdentifierKind.SERIAL, query.serial))
    if query.imei is not None:
        made.append(_named(IdentifierKind.IMEI, query.imei))
    if query.model is not None:
        made.append(_R.c.model_folded == folded(query.model))
    if query.build is not None:
        build = folded(query.build)
        made.append(
            or_(
                _R.c.build_folded == build, _R.c.incremental_folded == build, _R.c.fingerprint_folded == build
            )
        )
    if query.package is not None:
        made.append(_R.c.package_set_seq.in_(_sets(query.package)))
    if query.crate is not None:
        made.append(_R.c.crate_id.in_(_crates(query.crate)))
    if query.since is not None:
        made.append(_R.c.judged_us >= asked(query.since, "--since"))
    if query.until is not None:
        made.append(_R.c.judged_us <= asked(query.until, "--until", whole_day=True))
    return [*made, *_words(query)]


def _words(query: Query) -> Iterator[ColumnElement[bool]]:
    if query.decision is not None:
        yield _R.c.decision == query.decision.value
    if query.market is not None:
        yield _R.c.market.in_((word(query.market), word(query.market).upper()))
    if query.signed is not None:
        yield _R.c.signed == query.signed.value
    if query.station is not None:
        named = word(query.station)
        by_id = _R.c.station_id.startswith(named.lower()) if _ID.fullmatch(named) else false()
        yield or_(_R.c.station_folded == folded(named), by_id)
    if query.newest:
        later = _R.alias()
        yield ~exists().where(
            later.c.unit_seq == _R.c.unit_seq,
            or_(
                later.c.judged_us > _R.c.judged_us,
                and_(later.c.judged_us == _R.c.judged_us, later.c.seq > _R.c.seq),
            ),
        )


def _named(kind: IdentifierKind, value: str) -> ColumnElement[bool]:
    return _R.c.seq.in_(
        select(StoredIdentifier.c.report_seq).where(
            StoredIdentifier.c.kind == kind.value, StoredIdentifier.c.value == word(value)
        )
    )


def _sets(package: str) -> Select[int]:
    return (
        select(Member.c.set_seq)
        .join(Package, Package.c.seq == Member.c.package_seq)
        .where(Package.c.folded == folded(package))
    )


def _crates(crate: str) -> Select[str]:
    return select(Crate.c.id).where(or_(Crate.c.folded == folded(crate), Crate.c.id == word(crate)))


def stored(connection: Connection, rows: Sequence[Row[Any]]) -> Iterator[Stored]:
    """What *rows* of `page` say."""
    imeis = _imeis(connection, [row.seq for row in rows])
    for row in rows:
        yield Stored(
            id=row.id,
            judged_at=row.judged_at,
            acquired_at=row.acquired_at,
            decision=Decision(row.decision),
            because=tuple(json.loads(row.because)),
            market=row.market,
            policy=row.policy,
            serial=row.serial,
            imeis=tuple(imeis.get(row.seq, ())),
            model=row.model,
            build=row.build,
            region=row.region,
            source=row.source,
            crate=row.name or "",
            station=row.station,
            station_id=row.station_id,
            rulebook_sha256=row.rulebook_sha256,
            snapshot_sha256=row.snapshot_sha256,
            signed=None if row.signed is None else Result(row.signed),
        )


def _imeis(connection: Connection, numbers: Iterable[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for seq, value in connection.execute(
        select(StoredIdentifier.c.report_seq, StoredIdentifier.c.value).where(
            StoredIdentifier.c.kind == IdentifierKind.IMEI.value,
            StoredIdentifier.c.report_seq.in_(list(numbers)),
        )
    ):
        found.setdefault(seq, []).append(value)
    return {seq: sorted(values) for seq, values in found.items()}
