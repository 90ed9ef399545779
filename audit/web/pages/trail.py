"""Who did what, for the admin."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from audit.history import History
from audit.model.history import Action
from audit.model.text import clean_line
from audit.web.access import Role
from audit.web.page import Page
from audit.web.rendering import render
from audit.web.services import Services

ON_A_PAGE = 100
MOST_LOOKED_AT = 5000
_LONGEST = 80


async def trail(request: Request, services: Services) -> Response:
    """The newest first; ?who and ?what keep those that contain them, ?before goes on after an action."""
    asked = {name: _asked(request, name) for name in ("who", "what", "before")}
    who, what = asked["who"].casefold(), asked["what"].casefold()

    def fits(action: Action) -> bool:
        said = f"{action.what} {action.about} {action.detail}".casefold()
        return who in action.who.casefold() and what in said

    found, onward = await services.archive.ask(lambda history: _page(history, asked["before"], fits))
    older = urlencode({**asked, "before": onward}) if onward else ""
    return render(
        request,
        "trail.html.j2",
        actions=found,
        older=f"/trail?{older}" if older else "",
        who=asked["who"],
        what=asked["what"],
    )


def _page(history: History, before: str, fits: Callable[[Action], bool]) -> tuple[tuple[Action, ...], str]:
    """Those of one page, and the id to go on from, "" = there are no more; so many are looked at, at most."""
    found: list[Action] = []
    after: str | None = before or None
    for _ in range(MOST_LOOKED_AT // ON_A_PAGE):
        actions = history.actions(ON_A_PAGE, after)
        for action in actions:
            after = action.id
            if fits(action):
                found.append(action)
            if len(found) == ON_A_PAGE:
                return tuple(found), action.id
        if len(actions) < ON_A_PAGE:
            return tuple(found), ""
    return tuple(found), after or ""


def _asked(request: Request, name: str) -> str:
    return clean_line(request.query_params.get(name, "")[:_LONGEST]).strip()


PAGES = (Page(path="/trail", answer=trail, name="trail", needs=Role.ADMIN),)
