"""The station page: pages, and what stands before each of them."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from audit.errors import AuditError
from audit.web import statics, troubles
from audit.web.doors import Doors
from audit.web.guard import endpoint
from audit.web.headers import Headers
from audit.web.hosts import Hosts
from audit.web.house import House
from audit.web.page import Page
from audit.web.pages import PAGES
from audit.web.services import Services


def application(services: Services, doors: Doors, *, pages: Sequence[Page] = PAGES) -> Starlette:
    """All pages over *services*, for those whom *doors* let in.

    What all requests share is `app.state.house`; set its `stopping` before the server waits for its streams.
    """
    house = House(services, doors, tuple(pages))
    app = Starlette(
        routes=[*_routes(house.pages), _files()],
        middleware=[Middleware(Headers, house=house), Middleware(Hosts, hosts=doors.hosts)],
        exception_handlers={
            AuditError: troubles.on_trouble,
            HTTPException: troubles.on_http,
            ClientDisconnect: troubles.on_leaving,
            Exception: troubles.on_bug,
        },
    )
    app.router.redirect_slashes = False
    app.state.house = house
    return app


def _routes(pages: Sequence[Page]) -> list[Route]:
    """One for each path, so that 405 can say all that is done there."""
    by_path: dict[str, dict[str, Page]] = {}
    for page in pages:
        there = by_path.setdefault(page.path, {})
        if page.method in there:
            raise ValueError(f"two pages are at {page.method} {page.path}: {page.name}")
        there[page.method] = page
    return [Route(path, endpoint(there), methods=list(there)) for path, there in by_path.items()]


def _files() -> Route:
    files = statics.statics()

    async def answer(request: Request) -> Response:
        return statics.answer(request, files)

    return Route("/static/{name}", answer, methods=["GET"])
