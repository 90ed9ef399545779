"""Somebody who uses the station's pages, logged in under a role, without a browser or a network."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from audit.web.access import Role
from audit.web.app import application
from audit.web.doors import Doors
from audit.web.entrance import Entrance
from audit.web.services import Services
from audit.web.sessions import form_token

PORT = 8000
BASE = f"http://127.0.0.1:{PORT}"


class Desk:
    """One browser, whose forms carry *csrf*."""

    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient, csrf: str) -> None:
        self._runner, self._client, self._csrf = runner, client, csrf

    def ask(self, url: str) -> httpx.Response:
        """What is answered at *url*."""
        return self._runner.run(self._client.get(url, headers={"Accept": "text/html"}))

    def get(self, url: str, status: int = 200) -> str:
        """The page at *url*."""
        answer = self.ask(url)
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    def send(self, url: str, /, **fields: str) -> httpx.Response:
        """What is answered to a form."""
        return self._runner.run(self._client.post(url, data={"csrf": self._csrf, **fields}))

    def post(self, url: str, status: int = 303, /, **fields: str) -> str:
        """What comes of a form: where it leads to, or the page that is shown instead."""
        answer = self.send(url, **fields)
        assert answer.status_code == status, answer.text[:2000]
        return answer.headers["location"] if status == 303 else answer.text

    def at_once(self, url: str, times: int, /, **fields: str) -> list[int]:
        """The same form sent several times before the first answer: the statuses."""
        return self._runner.run(self._all(url, times, {"csrf": self._csrf, **fields}))

    async def _all(self, url: str, times: int, fields: dict[str, str]) -> list[int]:
        answers = await asyncio.gather(*(self._client.post(url, data=fields) for _ in range(times)))
        return sorted(answer.status_code for answer in answers)


@contextmanager
def desk(services: Services, role: Role = Role.INSPECTOR, name: str = "K. Nordmann") -> Iterator[Desk]:
    """A desk of somebody with *role*."""
    app = application(services, Doors(entrance=Entrance("somebody")))
    id_ = app.state.house.sessions.begin(name, role=role)
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 50000))
    client = httpx.AsyncClient(transport=transport, base_url=BASE, cookies={f"adb-audit-{PORT}": id_})
    with asyncio.Runner() as runner:
        yield Desk(runner, client, form_token(id_))
        runner.run(client.aclose())
