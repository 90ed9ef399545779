"""What goes wrong, as a page: what, where, and what to do about it. A bug shows nothing of itself."""

from __future__ import annotations

from http import HTTPStatus

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response

from audit.errors import AuditError
from audit.web.access import Role
from audit.web.headers import put
from audit.web.house import house_of, visit_of
from audit.web.refusals import Refusal, status_of
from audit.web.rendering import render

_MOST_PROBLEMS = 50
_LONGEST = 1000
_FIXES = {
    404: ("nothing is here", "go back, or begin at the first page"),
    405: ("nothing is done here in this way", "open the page and use its buttons"),
    400: ("what was sent cannot be understood", "open the page anew and send it again"),
    413: ("more was sent than this page takes", "send a smaller file"),
}


async def on_trouble(request: Request, error: Exception) -> Response:
    """The page for an AuditError."""
    if not isinstance(error, AuditError):
        raise error
    status = status_of(error)
    headers = error.headers if isinstance(error, Refusal) else {}
    told = visit_of(request) is not None or isinstance(error, Refusal)
    answer = render(
        request,
        "trouble.html.j2",
        status=status,
        code=status,
        what=error.what[:_LONGEST] if told else "this cannot be done now",
        where=error.where[:_LONGEST] if _may_know_where(request, error) else "",
        fix=error.fix[:_LONGEST] if told else "ask whoever looks after this station",
        problems=getattr(error, "problems", ())[:_MOST_PROBLEMS] if told else (),
    )
    for name, value in headers.items():
        answer.headers[name] = value
    return answer


def _may_know_where(request: Request, error: AuditError) -> bool:
    """Where is a path of this computer as a rule, which is for who looks after it."""
    visit = visit_of(request)
    return isinstance(error, Refusal) or (visit is not None and visit.visitor.role is Role.ADMIN)


async def on_http(request: Request, error: Exception) -> Response:
    """The page for what Starlette refuses by itself."""
    if not isinstance(error, HTTPException):
        raise error
    what, fix = _FIXES.get(error.status_code, (HTTPStatus(error.status_code).phrase, ""))
    answer = render(
        request,
        "trouble.html.j2",
        status=error.status_code,
        code=error.status_code,
        what=what,
        where="",
        fix=fix,
        problems=(),
    )
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    if request.method not in ("GET", "HEAD"):
        answer.headers["Connection"] = "close"
    return answer


async def on_leaving(_request: Request, error: Exception) -> Response:
    """Whoever asked went away in the middle of asking: nobody reads this."""
    if not isinstance(error, ClientDisconnect):
        raise error
    return Response(status_code=400)


async def on_bug(request: Request, _error: Exception) -> Response:
    """The page for a fault of this program, which the server writes to standard error; with no template.

    It is made outside everything else, so it brings its own headers.
    """
    house = house_of(request)
    answer = HTMLResponse(_BUG, status_code=500)
    put(MutableHeaders(raw=answer.raw_headers), tls=house.doors.tls)
    house.count(request.scope, 500)
    return answer


_BUG = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>500 · adb-audit</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/station.css"></head>
<body><main><h1>This program failed at that</h1>
<p>What went wrong is written where the station was started. Nothing that was kept is lost.</p>
<p><a href="/">To the first page</a></p></main></body></html>
"""
