"""Only under its own names is the station spoken to: else a foreign page could have a browser do so.

A page may have its own name lead to 127.0.0.1 (DNS rebinding); the browser then sends that name as Host.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers as Given
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from audit.web.doors import LOOPBACK_NAMES

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253}?)\.?(:(?P<port>[0-9]{1,5}))?")


class Hosts:
    """Answers 400 to what is sent to another name, or to none, or to several."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = frozenset(name.lower().strip("[]") for name in (*LOOPBACK_NAMES, *hosts))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] == "lifespan" or self._known(Given(scope=scope).getlist("host")):
            await self._app(scope, receive, send)
            return
        await PlainTextResponse(
            "This station is not known by the name it was called by.\n"
            "Call it by one of its own; whoever looks after it can give it others.\n",
            status_code=400,
            headers={"Connection": "close"},
        )(scope, receive, send)

    def _known(self, given: list[str]) -> bool:
        found = _HOST.fullmatch(given[0].lower()) if len(given) == 1 else None
        return found is not None and found["name"].strip("[]") in self._hosts
