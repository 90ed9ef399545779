"""In, out, and one's own password."""

from __future__ import annotations

import math

from starlette.requests import Request
from starlette.responses import Response

from audit.errors import UsageError
from audit.model.text import clean_line
from audit.web import forms, trail
from audit.web.access import Role
from audit.web.doors import is_loopback
from audit.web.guard import let_in, show_out
from audit.web.house import House, house_of, visit_of
from audit.web.page import Page
from audit.web.refusals import Refusal, not_there
from audit.web.rendering import local, render, see
from audit.web.services import Services
from audit.web.throttle import network_of

_LONGEST_NAME = 80


async def login(request: Request, _services: Services) -> Response:
    """The form to log in with; or where whoever is logged in already wanted to go."""
    to = local(request.query_params.get("to", "/"))
    if visit_of(request) is not None:
        return see(request, to)
    return _form(request, to=to, status=200)


async def log_in(request: Request, services: Services) -> Response:
    """Take a name and a password."""
    house = house_of(request)
    form = await forms.read(request)
    name = form.line("name")[:_LONGEST_NAME].casefold()
    to = local(form.raw("to", "/"))
    keys = f"name:{name}", f"from:{_address(request)}"
    _may_try(house, keys)
    user = await house.verified(name, form.raw("password"))
    if user is None:
        known = house.users is not None and house.users.find(name) is not None
        said = name if known else "unknown name"  # as often as not a password, typed into the wrong field
        await trail.note(request, services, "login-refused", about=said, detail=_address(request), who=said)
        return _form(request, to=to, status=401, name=name, wrong="Name and password do not belong together.")
    house.names.forget(keys[:1])
    house.addresses.forget(keys[1:])
    shown = user.shown or user.name
    await trail.note(request, services, "login", about=user.name, detail=_address(request), who=shown)
    old = visit_of(request)
    if old is not None:
        house.sessions.end(old.session)
    answer = see(request, to)
    let_in(answer, request, house.sessions.begin(user.name, since=user.since))
    return answer


async def enter(request: Request, services: Services) -> Response:
    """Let in the browser of whoever sits at the computer, by a token that is good once."""
    house = house_of(request)
    entrance = house.doors.entrance
    if entrance is None or not is_loopback(_address(request)):
        raise not_there("nobody is let in this way here", fix="log in at /login")
    if request.method == "HEAD":
        return Response()
    if visit_of(request) is not None:
        return see(request, "/")
    keys = ("", "from:enter")
    _may_try(house, keys)
    if not entrance.take(request.query_params.get("token", "")):
        raise Refusal(
            "this address was used already, or it is too old",
            status=403,
            fix="press Enter where the station was started, and it opens a new one",
        )
    house.addresses.forget(keys)
    await trail.note(request, services, "enter", who=entrance.name)
    answer = see(request, "/")
    let_in(answer, request, house.sessions.begin(entrance.name, role=Role.ADMIN))
    return answer


async def log_out(request: Request, services: Services) -> Response:
    """End the session."""
    visit = visit_of(request)
    if visit is not None:
        house_of(request).sessions.end(visit.session)
        await trail.note(request, services, "logout")
    answer = see(request, "/login")
    show_out(answer, request)
    return answer


async def account(request: Request, _services: Services) -> Response:
    """Who one is, and the form for another password."""
    return _account(request)


async def change(request: Request, services: Services) -> Response:
    """Give oneself another password; every other session of the same name ends."""
    house, visit = house_of(request), visit_of(request)
    if visit is None or visit.local or house.users is None:
        raise not_there("whoever sits at the computer has no password", fix="nothing is to be done")
    form = await forms.read(request)
    name = visit.session.name
    keys = f"name:{name}", f"from:{_address(request)}"
    _may_try(house, keys)
    if await house.verified(name, form.raw("password")) is None:
        return _account(request, wrong="The present password is another one.", status=400)
    house.names.forget(keys[:1])
    house.addresses.forget(keys[1:])
    new = form.raw("new")
    if new != form.raw("again"):
        return _account(request, wrong="The new password was not written the same twice.", status=400)
    try:
        user = await house.set_password(name, new)
    except UsageError as error:
        return _account(request, wrong=f"{error.what[:1].upper()}{error.what[1:]}: {error.fix}.", status=400)
    house.sessions.renew(visit.session, user.since)
    house.sessions.end_others(visit.session)
    await trail.note(request, services, "password", about=name)
    return see(request, "/account", said="The password was changed; everywhere else you are logged out.")


def _may_try(house: House, keys: tuple[str, str]) -> None:
    """Counts as a failure until it is none. Raises 429."""
    wait_s = max(house.names.wait_s(keys[0]), house.addresses.wait_s(keys[1]))
    if wait_s > 0:
        seconds = max(1, math.ceil(wait_s))
        raise Refusal(
            "there were too many tries",
            status=429,
            fix=f"wait {seconds} seconds, then try again",
            headers={"Retry-After": str(seconds), "Connection": "close"},
        )
    if keys[0]:
        house.names.failed(keys[0])
    house.addresses.failed(keys[1])


def _address(request: Request) -> str:
    return network_of(request.client.host if request.client else "")


def _form(request: Request, *, to: str, status: int, name: str = "", wrong: str = "") -> Response:
    house = house_of(request)
    return render(
        request,
        "login.html.j2",
        status=status,
        to=to,
        name=clean_line(name),
        wrong=wrong,
        with_password=house.users is not None,
        with_entrance=house.doors.entrance is not None and is_loopback(_address(request)),
    )


def _account(request: Request, *, wrong: str = "", status: int = 200) -> Response:
    visit = visit_of(request)
    return render(
        request, "account.html.j2", status=status, wrong=wrong, is_local=visit is None or visit.local
    )


PAGES = (
    Page(path="/login", answer=login, name="login", needs=None),
    Page(path="/login", answer=log_in, name="log in", needs=None, method="POST", limit_bytes=8192),
    Page(path="/enter", answer=enter, name="enter", needs=None),
    Page(path="/logout", answer=log_out, name="log out", needs=None, method="POST", limit_bytes=8192),
    Page(path="/account", answer=account, name="account"),
    Page(path="/account", answer=change, name="change password", method="POST", limit_bytes=8192),
)
