"""What the station's history says of a unit: whether others of its model had its type allocation code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from audit.cli.output import note
from audit.crate.remembered import Remembered, remembered_by
from audit.errors import AuditError


@contextmanager
def remembering(db: str | None, *, wanted: bool) -> Iterator[Remembered]:
    """What to ask of each unit. Without a history nothing is said of any, and why not is told once."""
    if not wanted:
        yield lambda _: ()
        return
    from audit.cli.history_asked import opened

    try:
        history = opened(db)
    except AuditError as error:
        note(f"the history was not asked: {error.what}")
        yield lambda _: ()
        return
    with history:
        yield remembered_by(history)
