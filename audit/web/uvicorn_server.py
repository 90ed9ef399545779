"""uvicorn as a guest: it leaves signals and loggers alone, and takes no proxy's word on where a client is."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 200
"""Who comes beyond them is told to come again."""
MOST_OPEN = 2 * MOST_CONNECTIONS
"""Beyond them nobody is answered: what a stranger may open must leave files for the units."""
IDLE_S = 10.0
"""How long a connection may say nothing, before its first request and between two, or take for one's head."""
GRACE_S = 5.0
_LARGEST_HEAD_BYTES = 32 * 1024


class Impatient(H11Protocol):
    """Ends a connection on which the head of a request does not come to its end: uvicorn waits for ever."""

    _waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A client is there."""
        super().connection_made(transport)
        if len(self.connections) > MOST_OPEN:
            transport.abort()
            return
        self._wait()

    def data_received(self, data: bytes) -> None:
        """It said something."""
        super().data_received(data)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is gone."""
        if self._waiting is not None:
            self._waiting.cancel()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._waiting is None and self._is_idle():
            self._waiting = self.loop.call_later(IDLE_S, self._give_up, self.cycle)

    def _give_up(self, last: object) -> None:
        self._waiting = None
        if self.cycle is last and self._is_idle() and not self.transport.is_closing():
            self.transport.close()

    def _is_idle(self) -> bool:
        cycle: object = self.cycle  # None before the first request, which uvicorn's types leave out
        return cycle is None or self.cycle.response_complete


class Guest(uvicorn.Server):
    """A server in a loop, and a process, that are somebody else's."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen there; uvicorn itself gives a client a minute to agree on TLS."""
        loop = asyncio.get_running_loop()
        self.servers = [
            await loop.create_server(
                self._protocol,
                sock=one,
                backlog=self.config.backlog,
                ssl=self.config.ssl,
                ssl_handshake_timeout=None if self.config.ssl is None else IDLE_S,
            )
            for one in sockets or ()
        ]
        self.started = True

    def _protocol(self) -> asyncio.Protocol:
        return Impatient(config=self.config, server_state=self.server_state, app_state=self.lifespan.state)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Not at all."""
        yield


def server(app: Starlette, context: ssl.SSLContext | None) -> uvicorn.Server:
    """What serves *app*. context: of TLS, None = without"""
    return Guest(
        uvicorn.Config(
            app,
            http=Impatient,
            ws="none",
            lifespan="off",
            loop="none",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_keep_alive=int(IDLE_S),
            timeout_graceful_shutdown=int(GRACE_S),
            h11_max_incomplete_event_size=_LARGEST_HEAD_BYTES,
            ssl_context_factory=None if context is None else lambda _config, _default: context,
        )
    )
