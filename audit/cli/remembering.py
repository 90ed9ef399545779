"""What the station's history says of a unit: whether others of its model had its type allocation code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from audit.cli.output import note
from audit.errors import AuditError
from audit.model.crate import UnitResult
from audit.model.flows import IdentifierKind
from audit.model.history import Query
from audit.model.report import Finding

if TYPE_CHECKING:
    from audit.history import History

Remembered = Callable[[UnitResult], Iterable[Finding]]


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
        yield _by(history)


def _by(history: History) -> Remembered:
    from audit.checks.tac import others, tac_findings
    from audit.cli.history_asked import tac_table

    table = tac_table(history)

    def asked(unit: UnitResult) -> Iterable[Finding]:
        imeis = tuple(one.value for one in unit.identifiers if one.kind is IdentifierKind.IMEI)
        if not imeis or not table:
            return ()
        counted = any(history.count(Query(imei=imei)) for imei in imeis)
        rest = others(table, imeis, unit.model) if counted else table
        return tac_findings(imeis, unit.model, rest)

    return asked
