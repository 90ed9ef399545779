"""What stands before every page: who asks, from where, with how much; only then does the page answer."""

from __future__ import annotations

import asyncio
import hmac
import secrets
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Receive

from audit.web import forms
from audit.web.access import Role
from audit.web.house import House, cookie, house_of, visit_of
from audit.web.page import Page
from audit.web.refusals import Refusal, not_there
from audit.web.rendering import FORM_FIELD
from audit.web.sessions import form_token

BODY_S = 120.0
"""How long a client may take to send what it sends."""
TOKEN_HEADER = "X-CSRF-Token"
_SAFE = ("GET", "HEAD")
_BEFORE = "-form"
"""The end of the name of the cookie that stands in for a session until there is one."""


async def through(page: Page, request: Request) -> Response:
    """The answer of *page*, if whoever asks may have it."""
    house = house_of(request)
    if page.bench and house.services.bench is None:
        raise not_there("no units are audited here", fix="open the page of the station that has the bench")
    request.state.visit = house.visit(request)
    receive = _bounded(request.receive, page.limit_bytes, house.doors.patience_s)
    request = Request(request.scope, receive)
    _check_site(request, house)
    refused = _check_role(page, request)
    if refused is not None:
        return refused
    fresh = _before_login(request, house)
    try:
        if request.method not in _SAFE:
            _check_length(request, page)
            await _check_form(request)
        _touch(page, request, house)
        answer = await page.answer(request, house.services)
    finally:
        await forms.drop(request)
    if fresh:
        _set(answer, request, house, cookie(request, house.doors) + _BEFORE, fresh)
    return answer


def let_in(answer: Response, request: Request, id_: str) -> None:
    """Have the browser keep the session *id_*."""
    house = house_of(request)
    _set(answer, request, house, cookie(request, house.doors), id_)


def show_out(answer: Response, request: Request) -> None:
    """Have the browser forget its session."""
    doors = house_of(request).doors
    answer.delete_cookie(cookie(request, doors), secure=doors.tls, httponly=True, samesite="strict")


def _set(answer: Response, _request: Request, house: House, name: str, value: str) -> None:
    answer.set_cookie(name, value, path="/", secure=house.doors.tls, httponly=True, samesite="strict")


# Who


def _check_role(page: Page, request: Request) -> Response | None:
    if page.needs is None:
        return None
    visit = visit_of(request)
    if visit is None:
        return _to_login(page, request)
    if not visit.visitor.role.may(page.needs):
        raise Refusal(
            f"this is for the role {page.needs.value}; {visit.visitor.name} is {visit.visitor.role.value}",
            status=403,
            fix=f"log in as somebody who is {page.needs.value}",
            headers=_closing(request),
        )
    return None


def _to_login(page: Page, request: Request) -> Response:
    """To the login, for who looks for a page; for a script or a form 401, since neither can go there."""
    if page.method == "GET" and "text/html" in request.headers.get("accept", ""):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/login?to={quote(request.url.path + query, safe='/')}", status_code=303)
    raise Refusal(
        "nobody is logged in here, or not any more",
        status=401,
        fix="log in at /login, then do it again",
        headers=_closing(request),
    )


def _touch(page: Page, request: Request, house: House) -> None:
    """What a person does keeps a login; what a page asks for by itself does not."""
    visit = visit_of(request)
    if visit is not None and page.needs is not None and request.headers.get("sec-fetch-mode") != "cors":
        house.sessions.touch(visit.session)


# From where


def _check_site(request: Request, house: House) -> None:
    """Nothing but navigating is answered to other sites, and forms are taken from this one alone.

    Ports of one host are one site to a cookie (SameSite), so they are told apart here.
    """
    headers = request.headers
    site = headers.get("sec-fetch-site", "")
    if request.method in _SAFE:
        elsewhere = site in ("cross-site", "same-site")
        if elsewhere and headers.get("sec-fetch-mode") != "navigate":
            raise _foreign(request)
        return
    if site not in ("", "same-origin"):
        raise _foreign(request)
    origin = headers.get("origin")
    own = f"{'https' if house.doors.tls else 'http'}://{headers.get('host', '')}"
    if origin is not None and origin.lower() != own.lower():
        raise _foreign(request)


async def _check_form(request: Request) -> None:
    """The token of the session, in a header or in the form."""
    visit = visit_of(request)
    wanted = visit.csrf if visit else request.state.csrf
    given = request.headers.get(TOKEN_HEADER)
    if given is None:
        given = (await forms.read(request)).raw(FORM_FIELD)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
        raise _foreign(request)


def _foreign(request: Request) -> Refusal:
    return Refusal(
        "this was not sent by a page of this station, or by one that was opened before the last login",
        status=403,
        fix="open the page anew from the station itself, then do it again; nothing was done",
        headers=_closing(request),
    )


def _before_login(request: Request, house: House) -> str:
    """Give a form that is sent before there is a session its token; the cookie to set for it, "" = none."""
    if visit_of(request) is not None:
        return ""
    kept = request.cookies.get(cookie(request, house.doors) + _BEFORE, "")
    id_ = kept or secrets.token_urlsafe(32)
    request.state.csrf = form_token(id_)
    return "" if kept else id_


# How much


def _check_length(request: Request, page: Page) -> None:
    said = request.headers.get("content-length", "0")
    if not said.isascii() or not said.isdigit():
        raise Refusal("Content-Length is no number", status=400, headers=_closing(request))
    if len(said) > 12 or int(said) > page.limit_bytes:
        raise _too_much(page.limit_bytes)


def _bounded(receive: Receive, limit_bytes: int, patience_s: float) -> Receive:
    """*receive* which gives up on a client that sends more than *limit_bytes*, or takes its time."""
    taken = 0
    until: float | None = None
    loop = asyncio.get_running_loop()
    whole = False

    async def bounded() -> Message:
        nonlocal taken, until, whole
        if whole:  # then what comes is that the client left, and there is no hurry
            return await receive()
        until = until or loop.time() + BODY_S
        try:
            async with asyncio.timeout(min(patience_s, max(0.0, until - loop.time()))):
                message = await receive()
        except TimeoutError as error:
            raise Refusal(
                "what was sent did not come to its end in time",
                status=408,
                fix="send it again over a better connection",
                headers={"Connection": "close"},
            ) from error
        if message["type"] == "http.request":
            taken += len(message.get("body", b""))
            whole = not message.get("more_body", False)
        if taken > limit_bytes:
            raise _too_much(limit_bytes)
        return message

    return bounded


def _too_much(limit_bytes: int) -> Refusal:
    return Refusal(
        f"more was sent than the {limit_bytes} bytes this page takes",
        status=413,
        fix="send a smaller file, or less of it",
        headers={"Connection": "close"},
    )


def _closing(request: Request) -> dict[str, str]:
    """What is still being sent is not waited for."""
    return {} if request.method in _SAFE else {"Connection": "close"}


Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(pages: dict[str, Page]) -> Endpoint:
    """What answers for the pages of one path, by method."""

    async def answer(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await through(pages[method], request)

    return answer


__all__ = [
    "BODY_S",
    "TOKEN_HEADER",
    "Endpoint",
    "Role",
    "endpoint",
    "let_in",
    "show_out",
    "through",
]
