"""What a page is to the application: where it is, who may see it, and what answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

from audit.model.record import record
from audit.web.access import Role
from audit.web.services import Services

Handler = Callable[[Request, Services], Awaitable[Response]]
"""Answers one request. An AuditError it raises becomes a page that says what, where and the fix."""


@record
class Page:
    """One address of the station.

    path: as Starlette has it; needs: the least role, None = whoever; method: "GET" or "POST"
    bench: whether it needs one, and so is not there where the history is only read
    limit_bytes: the largest request it takes; query, fields: names it looks for, for `audit.web.describe`

    Everything but GET is checked for where it comes from and for the session's token before the handler runs.
    """

    path: str
    answer: Handler
    name: str
    needs: Role | None = Role.OPERATOR
    method: str = "GET"
    bench: bool = False
    limit_bytes: int = 64 * 1024
    query: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
