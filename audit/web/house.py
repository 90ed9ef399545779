"""What all requests of one application share."""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter
from typing import cast

from starlette.requests import Request
from starlette.types import Scope

from audit.errors import BadInput
from audit.model.record import record
from audit.web.access import Role, Visitor
from audit.web.doors import Doors, is_loopback
from audit.web.page import Page
from audit.web.press import Press
from audit.web.pulse import Pulse
from audit.web.refusals import Refusal
from audit.web.services import Services
from audit.web.sessions import Session, Sessions, form_token
from audit.web.throttle import Throttle
from audit.web.tiles import Views
from audit.web.users import LONGEST, User, Users

_METHODS = frozenset({"GET", "HEAD", "POST"})


@record
class Visit:
    """Somebody who is logged in. csrf: what forms of theirs carry; local: sits at the computer"""

    visitor: Visitor
    session: Session
    csrf: str
    local: bool


class House:
    """What all requests of one application share. stopping: set when the server ends, and streams must"""

    def __init__(self, services: Services, doors: Doors, pages: tuple[Page, ...]) -> None:
        self.services, self.doors, self.pages = services, doors, pages
        self.sessions = Sessions(doors.sessions, idle_s=doors.idle_s, longest_s=doors.longest_s)
        self.users = None if doors.users is None else Users(doors.users)
        self.names = Throttle(free=5)
        self.addresses = Throttle(free=20)
        self._hashing = asyncio.Semaphore(2)  # each takes 19 MiB
        self.stopping = asyncio.Event()
        self.statuses: Counter[tuple[str, int]] = Counter()
        self.subscribers = 0
        """Event streams that are open."""
        self.views = Views(services.key)
        self.pulse = Pulse(services.archive)
        self.press = Press()

    def visit(self, request: Request) -> Visit | None:
        """Who asks, where they are logged in."""
        id_ = request.cookies.get(cookie(request, self.doors))
        session = self.sessions.find(id_) if id_ else None
        if id_ is None or session is None:
            return None
        visitor = self.holds(session)
        if visitor is None or (session.role is not None and not self._is_here(request)):
            return None
        return Visit(visitor=visitor, session=session, csrf=form_token(id_), local=session.role is not None)

    def holds(self, session: Session) -> Visitor | None:
        """Who that is now, by the file of users as it is now; None = they are in no more."""
        if session.role is not None:
            return Visitor(name=session.name, role=session.role)
        user = None if self.users is None else self._user(self.users, session.name)
        if user is None or not hmac.compare_digest(user.since, session.since):
            return None
        return Visitor(name=user.shown or user.name, role=user.role)

    def count(self, scope: Scope, status: int) -> None:
        """An answer was given. Methods are anybody's to make up, so only known ones are told apart."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self.statuses[method, status] += 1

    def still(self, session: Session, needed: Role) -> bool:
        """Whether a visit that began earlier holds, and may still see what needs *needed*."""
        if not self.sessions.hold(session):
            return False
        try:
            visitor = self.holds(session)
        except Refusal:
            return False
        return visitor is not None and visitor.role.may(needed)

    async def verified(self, name: str, password: str) -> User | None:
        """The user whose name and password these are."""
        if self.users is None or len(password) > LONGEST:
            return None
        async with self._hashing:
            try:
                return await asyncio.to_thread(self.users.verify, name, password)
            except BadInput as error:
                raise _unreadable() from error

    async def set_password(self, name: str, password: str) -> User:
        """Give them another. Raises UsageError for a poor one."""
        if self.users is None:
            raise _unreadable()
        async with self._hashing:
            return await asyncio.to_thread(self.users.set_password, name, password)

    def _is_here(self, request: Request) -> bool:
        """Whether whoever came in at this computer still is there, and may come in that way."""
        address = request.client.host if request.client else ""
        return self.doors.entrance is not None and is_loopback(address)

    @staticmethod
    def _user(users: Users, name: str) -> User | None:
        try:
            return users.find(name)
        except BadInput as error:
            raise _unreadable() from error


def _unreadable() -> Refusal:
    return Refusal(
        "who may log in cannot be read now",
        status=503,
        fix="have whoever looks after this station see what `adb-audit station users list` says",
    )


def house_of(request: Request) -> House:
    """The one this request came to."""
    return cast("House", request.app.state.house)


def visit_of(request: Request) -> Visit | None:
    """Who asks; None = nobody is logged in."""
    return cast("Visit | None", getattr(request.state, "visit", None))


def cookie(request: Request, doors: Doors) -> str:
    """The name of the cookie, by port, since browsers give cookies of one port to all ports of a host.

    __Host- has browsers take it only with Secure and for this host alone (RFC 6265bis, 4.1.3.2).
    """
    server = request.scope.get("server") or ("", 0)
    return f"{'__Host-' if doors.tls else ''}adb-audit-{server[1] or 0}"
