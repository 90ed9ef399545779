"""A unit for the tests of the client: a real listener on loopback whose services are functions."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Self, cast

from audit.adb.banner import Banner
from audit.adb.device import FileStat
from audit.adb.events import (
    AuthPublicKey,
    AuthSignature,
    ConnectRequested,
    Event,
    StreamClosed,
    StreamData,
    StreamRequested,
)
from audit.adb.shell import ShellId, pack_shell, parse_shell_service, split_marker
from audit.adb.sync import RequestReader, SyncId, pack_content, pack_entries, pack_failure, pack_stat
from audit.adb.wire import Role, Wire
from tests.adb.pair import PHONE

FILES = {"/system/build.prop": b"ro.build.id=TEST\n", "/big": hashlib.shake_128(b"big").digest(3_000_000)}


class Phone:
    """Listens on loopback.

    auth: None = everybody may in; else the unit asks, and allows once *auth* returns True for a public key
    answers: whether it answers CNXN at all; tls: it wants TLS; taken: it hangs up at once
    """

    def __init__(
        self,
        banner: Banner = PHONE,
        *,
        version: int = 0x01000001,
        max_data: int = 1 << 20,
        auth: Callable[[bytes], bool] | None = None,
        answers: bool = True,
        tls: bool = False,
        taken: bool = False,
    ) -> None:
        self.banner, self.version, self.max_data = banner, version, max_data
        self.auth, self.answers, self.tls, self.taken = auth, answers, tls, taken
        self.sessions: list[Session] = []
        self.services: list[str] = []
        self.stalled = False  # takes no more of what is sent to its ports
        self.tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Session(self), "127.0.0.1", 0)
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._server.close()
        self.vanish()
        await self._server.wait_closed()
        await asyncio.sleep(0.01)  # lets the transports close their sockets

    def vanish(self) -> None:
        """Pull the cable."""
        for session in self.sessions:
            session.transport.abort()


class Session(asyncio.Protocol):
    """One host's connection."""

    def __init__(self, phone: Phone) -> None:
        self.phone = phone
        self.wire = Wire(Role.DEVICE, phone.banner, version=phone.version, max_data=phone.max_data)
        self.sync: dict[int, RequestReader] = {}
        self.input: dict[int, bytes] = {}
        self.calls: dict[int, Call] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A host called."""
        self.transport = cast("asyncio.Transport", transport)
        self.phone.sessions.append(self)
        if self.phone.taken:
            self.transport.close()

    def data_received(self, data: bytes) -> None:
        """The host said something."""
        for event in self.wire.receive(data):
            self.handle(event)
        self.flush()

    def flush(self) -> None:
        """Send what is queued."""
        self.transport.write(self.wire.data_to_send())

    def allow(self) -> None:
        """The owner tapped Allow."""
        self.wire.accept_connection()
        self.flush()

    def handle(self, event: Event) -> None:
        """Do as adbd does."""
        match event:
            case ConnectRequested():
                self.knock()
            case AuthSignature():
                self.wire.request_auth(b"t" * 20)
            case AuthPublicKey(key=key):
                if self.phone.auth is not None and self.phone.auth(key):
                    self.wire.accept_connection()
            case StreamRequested(stream=stream, service=service):
                self.phone.services.append(service)
                self.start(stream, service)
            case StreamClosed(stream=stream) if stream in self.calls:
                self.calls.pop(stream).transport.abort()
            case StreamData(stream=stream, payload=payload):
                self.take(stream, payload)
            case _:
                pass

    def take(self, stream: int, payload: bytes) -> None:
        """Bytes for a service."""
        if stream not in self.calls:
            self.wire.acknowledge(stream)
            for request in self.sync[stream].feed(payload) if stream in self.sync else ():
                self.wire.send(stream, self.file(request.id, request.path))
            return
        if not self.phone.stalled:
            self.wire.acknowledge(stream)
        self.calls[stream].transport.write(payload)

    def knock(self) -> None:
        """Let the host in, or not."""
        if self.phone.tls:
            self.wire.request_tls()
        elif self.phone.auth is not None:
            self.wire.request_auth(b"T" * 20)
        elif self.phone.answers:
            self.wire.accept_connection()

    def start(self, stream: int, service: str) -> None:
        """Start a service."""
        shell = parse_shell_service(service)
        if service == "sync:":
            self.sync[stream] = RequestReader()
            self.wire.accept(stream)
        elif service.startswith("tcp:"):
            task = asyncio.ensure_future(self.call(stream, int(service[4:])))
            self.phone.tasks.append(task)
        elif shell is None or (shell.v2 and "shell_v2" not in self.phone.banner.features):
            self.wire.refuse(stream)
        else:
            self.wire.accept(stream)
            self.shell(stream, shell.command, v2=shell.v2)

    async def call(self, stream: int, port: int) -> None:
        """Connect a stream to a port of this unit, as adbd does."""
        loop = asyncio.get_running_loop()
        try:
            _, call = await loop.create_connection(lambda: Call(self, stream), "127.0.0.1", port)
        except OSError:
            self.wire.refuse(stream)
        else:
            self.calls[stream] = call
            self.wire.accept(stream)
        self.flush()

    def shell(self, stream: int, command: str, *, v2: bool) -> None:
        """Commands are words: "out WORD", "err WORD", "big N", "exit N", "hang", "cut", "vanish"."""
        command, marker = (command, "") if v2 else split_marker(command) or (command, "")
        code = 0
        for part in command.split("; "):
            word, _, rest = part.partition(" ")
            if word in {"out", "err", "big"}:
                data = b"x" * int(rest) if word == "big" else rest.encode()
                self.say(stream, ShellId.STDERR if word == "err" else ShellId.STDOUT, data, v2=v2)
            elif word == "exit":
                code = int(rest)
            else:
                self.end(stream, word)
                return
        if v2:
            self.wire.send(stream, pack_shell(ShellId.EXIT, bytes([code])))
        elif marker:
            self.wire.send(stream, f"{marker}:{code}\r\n".encode())
        self.wire.close(stream)

    def end(self, stream: int, word: str) -> None:
        """Leave a command in the middle; "hang" stays as it is."""
        if word == "vanish":
            self.transport.abort()
        elif word == "cut":
            self.wire.close(stream)

    def say(self, stream: int, kind: ShellId, data: bytes, *, v2: bool) -> None:
        """Print *data*."""
        self.wire.send(stream, pack_shell(kind, data) if v2 else data)

    def file(self, request: SyncId, path: str) -> bytes:
        """Answer a file request."""
        content = FILES.get(path)
        if request in {SyncId.STAT, SyncId.STAT2, SyncId.LSTAT2}:
            found = (
                FileStat(path=path, mode=0o100644, size=len(content), mtime=7)
                if content is not None
                else None
            )
            return pack_stat(request, found)
        if request in {SyncId.LIST, SyncId.LIST2}:
            entries = tuple(
                FileStat(path=name, mode=0o100644, size=len(data), mtime=7)
                for name, data in FILES.items()
                if name.rpartition("/")[0] == path.rstrip("/")
            )
            return pack_entries(request, (FileStat(path="/.", mode=0o40755, size=0, mtime=0), *entries))
        if request is SyncId.QUIT:
            return b""
        return (
            pack_failure("No such file or directory") if content is None else b"".join(pack_content(content))
        )


class Call(asyncio.Protocol):
    """A connection of the unit to itself."""

    def __init__(self, session: Session, stream: int) -> None:
        self.session, self.stream = session, stream

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is up."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand it to the host."""
        self.session.wire.send(self.stream, data)
        self.session.flush()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the host."""
        del exc
        if self.session.calls.pop(self.stream, None) is not None:
            self.session.wire.close(self.stream)
            self.session.flush()
