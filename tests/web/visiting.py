"""Browsers without a screen at a station page without a network."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import httpx
from argon2 import PasswordHasher
from starlette.applications import Starlette

from audit.model.record import record
from audit.web.access import Role
from audit.web.app import application
from audit.web.doors import Doors
from audit.web.entrance import Entrance
from audit.web.house import House
from audit.web.services import Services
from audit.web.users import Users
from tests.web.benches import station

T = TypeVar("T")
BASE = "http://localhost:8000"
PASSWORD = "correct horse battery staple"
_TOKEN = re.compile(r'name="csrf" value="([0-9a-f]{64})"')


@record
class Site:
    """A station page. folder: of its files; users: who may log in, one for each role, named by it"""

    app: Starlette
    services: Services
    doors: Doors
    folder: Path
    users: Users

    @property
    def house(self) -> House:
        """What its requests share."""
        house: House = self.app.state.house
        return house

    def browser(self, *, address: str = "127.0.0.1", base: str = BASE) -> httpx.AsyncClient:
        """One that was never here. address: where it seems to be"""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 50000))
        return httpx.AsyncClient(transport=transport, base_url=base, headers={"Accept": "text/html"})

    async def guest(self, role: Role, *, address: str = "127.0.0.1") -> httpx.AsyncClient:
        """One that is logged in, with what its forms need as a header of every request."""
        client = self.browser(address=address)
        answer = await log_in(client, role.value)
        assert answer.status_code == 303, answer.text
        client.headers["X-CSRF-Token"] = await token(client)
        return client


async def token(client: httpx.AsyncClient, path: str = "/account") -> str:
    """What forms of this browser carry."""
    found = _TOKEN.search((await client.get(path)).text)
    assert found is not None, path
    return found[1]


async def log_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD) -> httpx.Response:
    """Fill in the form and send it."""
    csrf = await token(client, "/login")
    return await client.post("/login", data={"csrf": csrf, "name": name, "password": password, "to": "/"})


def quick() -> PasswordHasher:
    """As weak as can be: tests have no time."""
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def visit(
    folder: Path,
    work: Callable[[Site], Awaitable[T]],
    *,
    doors: Callable[[Doors], Doors] = lambda doors: doors,
    make: Callable[[Services, Doors], Starlette] = application,
    **changed: object,
) -> T:
    """What *work* comes to at a station over *folder*. changed: fields of its `Services`"""

    async def whole() -> T:
        with station(folder, **changed) as services:
            path = folder / "users.json"
            users = Users(path, hasher=quick)
            for role in Role:
                if users.find(role.value) is None:
                    users.add(role.value, role, PASSWORD, shown=role.value.title())
            plain = Doors(users=path, entrance=Entrance("somebody"), sessions=folder / "sessions.json")
            made = doors(plain)
            app = make(services, made)
            app.state.house.users = users
            return await work(Site(app=app, services=services, doors=made, folder=folder, users=users))

    return asyncio.run(whole())
