"""What the pages refuse, and with which status of HTTP."""

from __future__ import annotations

from collections.abc import Mapping

from audit.errors import AuditError, BadInput, NoUnit, TransportError, UnitError, UsageError
from audit.history.troubles import HistoryError, NoReport


class Refusal(AuditError):
    """A request that is not answered as asked. status: of HTTP; headers: that go with it"""

    def __init__(
        self,
        what: str,
        *,
        status: int,
        where: str = "",
        fix: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(what, where=where, fix=fix)
        self.status, self.headers = status, dict(headers or {})


def not_there(what: str, *, fix: str = "") -> Refusal:
    """What was asked for is not there: 404."""
    return Refusal(what, status=404, fix=fix or "go back, or look for it in the history")


def conflict(what: str, *, fix: str = "") -> Refusal:
    """What was asked for cannot be as things stand: 409."""
    return Refusal(what, status=409, fix=fix)


_STATUS: tuple[tuple[type[AuditError], int], ...] = (
    (NoUnit, 404),
    (UnitError, 409),
    (TransportError, 503),
    (NoReport, 404),
    (HistoryError, 503),
    (UsageError, 400),
    (BadInput, 400),
)


def status_of(error: AuditError) -> int:
    """The status for *error*, by its class; what nobody here can put right now is 503."""
    if isinstance(error, Refusal):
        return error.status
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 503)
