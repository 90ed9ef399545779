"""Somebody who uses the station's pages, logged in under a role, without a browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.testclient import TestClient

from audit.web.access import Role
from audit.web.app import application
from audit.web.doors import Doors
from audit.web.services import Services
from audit.web.sessions import form_token

PORT = 8000


class Desk:
    """One browser. csrf: what its forms carry"""

    def __init__(self, client: TestClient, csrf: str) -> None:
        self.client, self._csrf = client, csrf

    def get(self, url: str, status: int = 200) -> str:
        """The page at *url*."""
        answer = self.client.get(url, headers={"Accept": "text/html"}, follow_redirects=False)
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    def data(self, url: str) -> bytes:
        """The file at *url*."""
        answer = self.client.get(url)
        assert answer.status_code == 200, answer.text[:2000]
        return answer.content

    def post(self, url: str, status: int = 303, **fields: str) -> str:
        """What comes of a form; where it leads to, or the page that is shown instead."""
        answer = self.client.post(url, data={**fields, "csrf": self._csrf}, follow_redirects=False)
        assert answer.status_code == status, answer.text[:2000]
        return answer.headers["location"] if status == 303 else answer.text


@contextmanager
def desk(services: Services, role: Role = Role.INSPECTOR, name: str = "K. Nordmann") -> Iterator[Desk]:
    """A desk of somebody with *role*."""
    app = application(services, Doors())
    id_ = app.state.house.sessions.begin(name, role=role)
    with TestClient(app, base_url=f"http://127.0.0.1:{PORT}") as client:
        client.cookies.set(f"adb-audit-{PORT}", id_)
        yield Desk(client, form_token(id_))
