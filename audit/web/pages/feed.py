"""The stream of what happens on the bench."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from audit.web.access import Role
from audit.web.feed import MOST_SUBSCRIBERS, Stream, events
from audit.web.house import house_of, visit_of
from audit.web.page import Page
from audit.web.refusals import Refusal, not_there
from audit.web.services import Services


async def stream(request: Request, services: Services) -> Response:
    """Everything at first, then what changed."""
    house, visit = house_of(request), visit_of(request)
    if services.bench is None or visit is None:
        raise not_there("nothing happens here")
    if request.method == "HEAD":
        return Response(media_type="text/event-stream")
    if house.subscribers >= MOST_SUBSCRIBERS:
        raise Refusal(
            f"{MOST_SUBSCRIBERS} pages look on already",
            status=503,
            fix="close some of them",
            headers={"Retry-After": "10"},
        )
    session = visit.session
    return Stream(events(services.bench, house, lambda: house.still(session, Role.OPERATOR)), house)


PAGES = (Page(path="/events", answer=stream, name="events", bench=True),)
