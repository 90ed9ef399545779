"""The sink: listeners that are opened together, stopped together, and never say what is not true."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from itertools import count
from types import TracebackType
from typing import Self

from audit.adb.tcp import os_words
from audit.errors import TransportError
from audit.model.record import record
from audit.observe.sink.ask import SinkAsk
from audit.observe.sink.connections import Conversation, Heard
from audit.observe.sink.names import Datagrams, answer_stream
from audit.observe.tape import Tape
from audit.parse.wire.dns import Question

_READ_AHEAD = 64 << 10
_TRIES = 8
_RIGHTS = (
    "Run it with the right to listen on ports below 1024 (`sudo setcap cap_net_bind_service=+ep` on the"
    " Python that runs it, or as root), or give higher ports and let the access point redirect 53, 80 and"
    " 443 to them."
)
_FIXES = {
    errno.EACCES: _RIGHTS,
    errno.EPERM: _RIGHTS,
    errno.EADDRINUSE: "Another program listens there: stop it for the time of the watch (often"
    " systemd-resolved, dnsmasq or a web server), or give other ports.",
    errno.EADDRNOTAVAIL: "Give the address this station has in the bench Wi-Fi, as `ip address` shows it.",
}


@record
class Count:
    """What came so far. others: questions and connections of clients that are not recorded."""

    names: int = 0
    connections: int = 0
    requests: int = 0
    clients: int = 0
    others: int = 0
    hung_up: int = 0


class Sink:
    """Listens from entering to leaving; records on *tape*.

    Raises TransportError on entering when an address or port cannot be had.
    """

    def __init__(self, ask: SinkAsk, tape: Tape) -> None:
        self.ask = ask
        self._tape = tape
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = count(1)
        self._clients: set[str] = set()
        self._names = self._connections = self._requests = self._others = self._hung_up = 0
        self._open = AsyncExitStack()
        self.dns_port = 0
        self.ports: tuple[int, ...] = ()

    @property
    def count(self) -> Count:
        """What came so far."""
        return Count(
            names=self._names,
            connections=self._connections,
            requests=self._requests,
            clients=len(self._clients),
            others=self._others,
            hung_up=self._hung_up,
        )

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as opening:
            self.dns_port = await self._listen_for_names(opening)
            self.ports = tuple([await self._listen(opening, port, self._client) for port in self.ask.ports])
            self._open = opening.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # listening

    async def _listen_for_names(self, opening: AsyncExitStack) -> int:
        """TCP and UDP on the same port; of any free one there may be only half, so some are tried."""
        for left in reversed(range(_TRIES)):
            async with AsyncExitStack() as half:
                port = await self._listen(half, self.ask.dns_port, self._resolver)
                try:
                    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
                        lambda: Datagrams(self.ask.station, self._asked), (self.ask.address, port)
                    )
                except OSError as error:
                    if self.ask.dns_port or not left:
                        raise self._cannot(port, error) from None
                    continue
                half.callback(transport.close)
                opening.push_async_callback(half.pop_all().aclose)
                return port
        raise AssertionError  # the last try returned or raised

    async def _listen(
        self,
        opening: AsyncExitStack,
        port: int,
        serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
    ) -> int:
        def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            if len(self._tasks) >= self.ask.limits.connections:
                self._hung_up += 1
                writer.transport.abort()
                return
            task = asyncio.create_task(self._served(serve(reader, writer), writer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

        try:
            server = await asyncio.start_server(accepted, self.ask.address, port, limit=_READ_AHEAD)
        except OSError as error:
            raise self._cannot(port, error) from None
        opening.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    def _cannot(self, port: int, error: OSError) -> TransportError:
        return TransportError(
            f"cannot listen there: {os_words(error)}",
            where=f"{self.ask.address}:{port}",
            fix=_FIXES.get(error.errno or 0, "Give another address or other ports."),
        )

    # serving

    async def _served(self, serving: Awaitable[None], writer: asyncio.StreamWriter) -> None:
        """Let one client be served, and hang up."""
        try:
            await serving
        finally:
            writer.close()

    async def _resolver(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # a client that leaves, breaks off or dawdles has said all that is to be known: its questions
        with suppress(TimeoutError, ConnectionError, EOFError):
            async with asyncio.timeout(self.ask.limits.connection_s):
                await answer_stream(reader, writer, self.ask.station, self.ask.limits, self._asked)

    def _asked(self, client: str, question: Question, via: str) -> None:
        if not self.ask.wants(client):
            self._others += 1
            return
        self._names += 1
        self._clients.add(client)
        # no answers: where the name really leads, nobody looked up
        self._tape.add(
            {
                "kind": "dns",
                "host": question.name,
                "answers": [],
                "rc": 0,
                "via": via,
                "type": question.kind,
                "client": client,
            }
        )

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = str(writer.get_extra_info("peername")[0])
        here, port = writer.get_extra_info("sockname")[:2]
        port = self.ask.meant.get(port, port)
        wanted = self.ask.wants(client)
        heard = Heard(self._tape if wanted else None, str(next(self._numbers)), str(here), int(port), client)
        talk = Conversation(reader, writer, heard, self.ask.limits)
        if wanted:
            self._connections += 1
            self._clients.add(client)
        else:
            self._others += 1
        try:
            await talk.run()
        finally:
            heard.end()
            if wanted:
                self._requests += talk.requests
                if talk.why:
                    self._tape.trouble(f"connection of {client}", talk.why)
