"""What people did at a station: the trail, which is only ever added to."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, tuple_

from audit.errors import BadInput, UsageError
from audit.history.own import own
from audit.history.schema import SENTENCE, StoredAction
from audit.history.words import asked, moment, word
from audit.model.history import Action

_ID = re.compile(r"[0-9a-f]{8,64}")
_A = StoredAction


def prepare(action: Action) -> dict[str, Any]:
    """The row of it. Raises BadInput for an id or a moment that is none."""
    if _ID.fullmatch(action.id) is None:
        raise BadInput(f"{word(action.id)[:70]!r} is no id of an action", where="id", fix=_FIX_ID)
    try:
        at = moment(action.at)
    except (ValueError, OverflowError) as error:
        raise BadInput(f"{word(action.at)[:40]!r} is no moment", where="at", fix=_FIX_AT) from error
    texts = {name: word(getattr(action, name)) for name in ("at", "who", "role", "what", "about", "station")}
    return texts | {"id": action.id, "at_us": at, "detail": word(action.detail, SENTENCE)}


_FIX_ID = "give 8 to 64 lower-case hex digits, made for this action alone"
_FIX_AT = "give RFC 3339, such as 2026-11-22T13:00:00Z"


def write(connection: Connection, row: dict[str, Any]) -> None:
    """Add it, unless it is there."""
    if connection.scalar(select(_A.c.seq).where(_A.c.id == row["id"])) is None:
        connection.execute(insert(_A).values(**row, station_id=own()))


def read(connection: Connection, limit: int, before: str | None) -> tuple[Action, ...]:
    """The newest *limit* before an action's id, or before a moment."""
    chosen = select(_A.c.id, _A.c.at, _A.c.who, _A.c.role, _A.c.what, _A.c.about, _A.c.detail, _A.c.station)
    if before is not None:
        chosen = chosen.where(_earlier(connection, before))
    rows = connection.execute(chosen.order_by(_A.c.at_us.desc(), _A.c.seq.desc()).limit(max(limit, 0)))
    return tuple(Action(**row) for row in rows.mappings())


def _earlier(connection: Connection, before: str) -> ColumnElement[bool]:
    if _ID.fullmatch(before) is None:
        return _A.c.at_us < asked(before, "before")
    row = connection.execute(select(_A.c.at_us, _A.c.seq).where(_A.c.id == before)).first()
    if row is None:
        raise UsageError(f"no action {before[:12]}", where="before", fix="give the id of one that was shown")
    return tuple_(_A.c.at_us, _A.c.seq) < tuple_(row.at_us, row.seq)
