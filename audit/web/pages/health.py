"""For machines: whether the station works, and what it counts."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from audit.web.doors import is_loopback
from audit.web.house import house_of, visit_of
from audit.web.metrics import KIND, metrics
from audit.web.page import Page
from audit.web.refusals import Refusal
from audit.web.services import Services


async def health(request: Request, _services: Services) -> Response:
    """200 and "ok", or 503 and the part that does not work; nothing else, since everybody may ask."""
    if await house_of(request).pulse.beats():
        return PlainTextResponse("ok\n")
    return PlainTextResponse("history: does not answer\n", status_code=503)


async def counted(request: Request, _services: Services) -> Response:
    """What Prometheus asks for: from this computer, or with the token for it, or logged in."""
    house = house_of(request)
    address = request.client.host if request.client else ""
    if not is_loopback(address) and visit_of(request) is None and not _has_token(request):
        raise Refusal(
            "metrics are for this computer, or for who has the token",
            status=401,
            fix='send "Authorization: Bearer TOKEN"',
            headers={"WWW-Authenticate": "Bearer"},
        )
    return Response(metrics(house, history=await house.pulse.beats()), media_type=KIND)


def _has_token(request: Request) -> bool:
    wanted = house_of(request).doors.metrics_token
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    return (
        bool(wanted)
        and scheme.lower() == "bearer"
        and hmac.compare_digest(given.strip().encode("utf-8", "replace"), wanted.encode())
    )


PAGES = (
    Page(path="/healthz", answer=health, name="health", needs=None),
    Page(path="/metrics", answer=counted, name="metrics", needs=None),
)
