"""What a history says of a unit of a crate: whether others of its model had its type allocation code."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from audit.checks.tac import Table, others, tac_findings
from audit.model.crate import UnitResult
from audit.model.flows import IdentifierKind
from audit.model.history import Query
from audit.model.report import Finding

if TYPE_CHECKING:
    from audit.history import History

Remembered = Callable[[UnitResult], Iterable[Finding]]


def remembered_by(history: History) -> Remembered:
    """What to ask of each unit; *history* must stay open."""
    table = tac_table(history)

    def asked(unit: UnitResult) -> Iterable[Finding]:
        imeis = tuple(one.value for one in unit.identifiers if one.kind is IdentifierKind.IMEI)
        if not imeis or not table:
            return ()
        counted = any(history.count(Query(imei=imei)) for imei in imeis)
        rest = others(table, imeis, unit.model) if counted else table
        return tac_findings(imeis, unit.model, rest)

    return asked


def tac_table(history: History) -> Table:
    """What the history tells of TACs, as `audit.checks.tac` takes it."""
    table: dict[str, dict[str, int]] = {}
    for tac in history.tacs():
        table.setdefault(tac.code, {})[tac.model] = tac.units
    return table
