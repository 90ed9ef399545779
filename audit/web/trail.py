"""Who did what at this station, as the history keeps it."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from audit.clock import now, stamp
from audit.errors import AuditError
from audit.model.history import Action
from audit.model.text import clean_line
from audit.web.house import visit_of
from audit.web.services import Services

_LONGEST = {"who": 80, "what": 40, "about": 200, "detail": 500}


async def note(
    request: Request, services: Services, what: str, *, about: str = "", detail: str = "", who: str = ""
) -> None:
    """Write into the trail that the visitor did *what* (a word), to what (*about*: an id or a name), how.

    who: instead of the visitor, where nobody is logged in yet
    Raises HistoryError where it cannot be kept: call it before what must not happen unseen.
    """
    visit = visit_of(request)
    action = Action(
        id=secrets.token_hex(16),
        at=stamp(now()),
        who=_short("who", who or (visit.visitor.name if visit else "")),
        role=visit.visitor.role.value if visit and not who else "",
        what=_short("what", what),
        about=_short("about", about),
        detail=_short("detail", detail),
        station=services.name,
    )
    await services.archive.ask(lambda history: history.act(action))


@asynccontextmanager
async def told(request: Request, services: Services, what: str, *, about: str) -> AsyncIterator[None]:
    """The same of what is done within: that it is tried, before it is, and that it failed, where it does."""
    await note(request, services, what, about=about)
    try:
        yield
    except AuditError as error:
        await note(request, services, f"{what}-failed", about=about, detail=error.what)
        raise


def _short(field: str, text: str) -> str:
    return clean_line(text[: 4 * _LONGEST[field]])[: _LONGEST[field]]
