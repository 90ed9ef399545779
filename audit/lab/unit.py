"""A virtual unit: a description, made reachable as a phone is, over TCP on loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping

from audit.errors import TransportError
from audit.lab.changes import Change
from audit.lab.connection import Connection, Stream
from audit.lab.keys import PublicKey, read_public_key
from audit.lab.life import Life
from audit.lab.memory import Memory
from audit.lab.protocol import daemon_of
from audit.lab.servers import Running
from audit.lab.services import start_service
from audit.lab.spec import UnitSpec


class VirtualUnit:
    """Listens from start() to stop(); any number of hosts may connect.

    clock: what its schedule of conversations runs by, in seconds; it may be any that a test turns
    memory: what it shares with units like it
    """

    def __init__(
        self,
        spec: UnitSpec,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], float] = time.monotonic,
        memory: Memory | None = None,
    ) -> None:
        self.spec = spec
        self.life = Life(spec, clock, memory=memory)
        self.daemon = daemon_of(spec)
        self.trusted: set[PublicKey] = set()
        self.connections: set[Connection] = set()
        self._host = host
        self._port = port
        self._server: asyncio.Server | None = None

    @property
    def host(self) -> str:
        """Where it listens."""
        return self._host

    @property
    def port(self) -> int:
        """The port it listens on; 0 before it was started, where any free one may be taken."""
        return self._port

    @property
    def address(self) -> str:
        """``host:port``, as ``adb connect`` takes it."""
        return f"{self._host}:{self._port}"

    @property
    def changes(self) -> tuple[Change, ...]:
        """All that was changed on it so far, in order."""
        self.life.settle()
        return tuple(self.life.changes)

    @property
    def left(self) -> Mapping[tuple[str, str], str | None]:
        """What is not as it was when it was made, (what, name) to how it is now; empty = all was undone."""
        return self.life.left()

    @property
    def processes(self) -> dict[str, int]:
        """Real processes of this host that the unit has as its own, name to pid; a test adds to it."""
        return self.life.processes

    @property
    def servers(self) -> tuple[Running, ...]:
        """The Frida servers that run on it."""
        return self.life.servers.alive()

    def listen(self, port: int, host_port: int) -> None:
        """Let ``tcp:PORT`` of the unit reach *host_port* of this host."""
        self.life.ports[port] = host_port

    async def start(self) -> None:
        """Listen. Raises TransportError when the port cannot be had."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: Connection(self), self._host, self._port)
        except OSError as trouble:
            raise TransportError(
                f"cannot listen: {trouble.strerror}", where=self.address, fix="name another first port"
            ) from None
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening, hang up on everybody, and end the servers that run on it."""
        await asyncio.to_thread(self.life.servers.stop)
        if self._server is None:
            return
        self._server.close()
        self.drop()
        await self._server.wait_closed()
        self._server = None

    def drop(self) -> None:
        """Hang up on every host, as a pulled cable does; they may call again."""
        for connection in tuple(self.connections):
            connection.hang_up()

    def trust(self, public_key: bytes) -> None:
        """Know a host beforehand: *public_key* is the content of its ``adbkey.pub``."""
        self.trusted.add(read_public_key(public_key))

    def start_service(self, connection: Connection, stream: int, service: str) -> Stream | None:
        """Run *service* for a host."""
        return start_service(self, connection, stream, service)
