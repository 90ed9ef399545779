"""The pages, for tools."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from audit.web.access import Role
from audit.web.describe import describe
from audit.web.house import house_of
from audit.web.page import Page
from audit.web.services import Services


async def description(request: Request, _services: Services) -> Response:
    """What there is, as OpenAPI has it."""
    return JSONResponse(describe(house_of(request).pages))


PAGES = (Page(path="/openapi.json", answer=description, name="description", needs=Role.ADMIN),)
