"""One host's connection to a virtual unit: the device role of the wire, over TCP."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Protocol

from audit.adb.events import (
    AuthPublicKey,
    AuthSignature,
    ConnectRequested,
    Event,
    StreamClosed,
    StreamData,
    StreamRequested,
    StreamWritable,
)
from audit.adb.frames import HEADER, HEADER_BYTES, VERSION_MIN, WRTE
from audit.adb.wire import Role, Wire
from audit.errors import ProtocolError
from audit.lab.keys import TOKEN_BYTES, PublicKey, read_public_key
from audit.lab.life import Life
from audit.lab.protocol import Daemon
from audit.lab.spec import Auth, Fault, FaultSpec, UnitSpec


class Stream(Protocol):
    """A service running on a connection.

    full: it cannot take more yet, and will say so (`Connection.taken`) once it can
    """

    full: bool

    def data(self, payload: bytes) -> None:
        """The host sent *payload*."""

    def drained(self) -> None:
        """All that was sent has been taken."""

    def ended(self) -> None:
        """The host closed the stream, or the connection is gone."""


class Hub(Protocol):
    """What a connection needs of its unit."""

    spec: UnitSpec
    life: Life
    daemon: Daemon
    trusted: set[PublicKey]
    connections: set[Connection]

    def start_service(self, connection: Connection, stream: int, service: str) -> Stream | None:
        """Run *service* on *stream*; None = there is no such service."""


class Connection(asyncio.Protocol):
    """Speaks to one host until it hangs up, or a fault of the unit says otherwise."""

    def __init__(self, hub: Hub) -> None:
        self.streams: dict[int, Stream] = {}
        self._hub = hub
        self._faults = frozenset(fault.kind for fault in hub.spec.faults if not fault.command)
        self.wire = Wire(
            Role.DEVICE,
            hub.daemon.banner,
            version=VERSION_MIN if Fault.BADSUM in self._faults else hub.daemon.version,
            max_data=hub.daemon.max_data,
        )
        self._transport: asyncio.Transport | None = None
        self._token = b""
        self._prompt: asyncio.TimerHandle | None = None

    # asyncio's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the call, unless the daemon takes one host at a time and has one."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # what create_server hands out
        if self._hub.connections and Fault.TAKES_ONE_HOST in self._faults:
            transport.abort()
            return
        self._transport = transport
        self._hub.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget everything about this host."""
        del exc
        self._hub.connections.discard(self)
        self._transport = None
        if self._prompt:
            self._prompt.cancel()
        streams, self.streams = self.streams, {}
        for stream in streams.values():
            stream.ended()

    def data_received(self, data: bytes) -> None:
        """Feed the wire; a host that breaks the protocol is hung up on, as adbd does."""
        if self._transport is None or Fault.OFFLINE in self._faults:
            return
        try:
            for event in self.wire.receive(data):
                self._handle(event)
            self.flush()
        except ProtocolError:
            self.hang_up()

    def flush(self) -> None:
        """Send what the wire has queued."""
        if self._transport is None:
            return
        if Fault.BADSUM in self._faults:
            self._transport.write(_with_wrong_sums(self.wire.transfers_to_send()))
        else:
            self._transport.write(self.wire.data_to_send())

    def hang_up(self) -> None:
        """End the connection once what was written has left."""
        if self._transport is not None:
            self._transport.close()

    # the protocol's side

    def _handle(self, event: Event) -> None:
        match event:
            case ConnectRequested():
                self._knocked()
            case AuthSignature(signature=signature):
                self._signed(signature)
            case AuthPublicKey(key=key):
                self._offered(key)
            case StreamRequested(stream=stream, service=service):
                self._open(stream, service)
            case StreamData(stream=stream, payload=payload):
                self._received(stream, payload)
            case StreamWritable(stream=stream) if stream in self.streams:
                self.streams[stream].drained()
            case StreamClosed(stream=stream) if stream in self.streams:
                self.streams.pop(stream).ended()
            case _:
                pass  # TLS and the host's own side of things: nothing a unit answers

    def _knocked(self) -> None:
        if Fault.STLS in self._faults:
            self.wire.request_tls()
        elif self._hub.spec.auth is Auth.NONE:
            self.wire.accept_connection()
        else:
            self._ask()

    def _ask(self) -> None:
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self.wire.request_auth(self._token)

    def _signed(self, signature: bytes) -> None:
        if any(key.verifies(self._token, signature) for key in self._hub.trusted):
            self.wire.accept_connection()
        else:
            self._ask()

    def _offered(self, line: bytes) -> None:
        key = read_public_key(line)
        if self._hub.spec.auth is Auth.TRUST:
            self.allow(key)
        elif self._hub.spec.auth is Auth.PROMPT:
            loop = asyncio.get_running_loop()
            self._prompt = loop.call_later(self._hub.spec.allow_after_s, self.allow, key)

    def allow(self, key: PublicKey) -> None:
        """Somebody tapped Allow: let this host in, and know it the next time."""
        self._hub.trusted.add(key)
        if not self.wire.connected:
            self.wire.accept_connection()
            self.flush()

    def _open(self, stream: int, service: str) -> None:
        running = self._hub.start_service(self, stream, service)
        if running is None:
            self.wire.refuse(stream)
        else:
            self.streams[stream] = running

    def _received(self, stream: int, payload: bytes) -> None:
        running = self.streams.get(stream)
        if running is not None:
            running.data(payload)
        if running is None or not running.full:
            self.taken(stream)

    # what services do

    def taken(self, stream: int) -> None:
        """All that came on *stream* was dealt with: the host may send more."""
        if Fault.STALL_OKAY not in self._faults:
            self.wire.acknowledge(stream)

    def end(self, stream: int, *, refused: bool = False) -> None:
        """Close *stream* once what was sent has left, or never open it."""
        if self.streams.pop(stream, None) is None:
            return
        if refused:
            self.wire.refuse(stream)
        else:
            self.wire.close(stream)
        self.flush()

    def later(self, delay_ms: int, call: Callable[[], None]) -> asyncio.TimerHandle:
        """Call *call* after the time a unit would take."""
        return asyncio.get_running_loop().call_later(delay_ms / 1000, call)

    def fault(self, command: str, *kinds: Fault) -> FaultSpec | None:
        """The first fault of *kinds* the unit has for *command*."""
        return next(
            (one for one in self._hub.spec.faults if one.kind in kinds and one.command in command), None
        )


def _with_wrong_sums(pieces: list[bytes | memoryview]) -> bytes:
    """Add one to the checksum of every data packet. *pieces*: headers and payloads by turns."""
    spoilt: list[bytes | memoryview] = []
    payload_follows = False
    for piece in pieces:
        if payload_follows or len(piece) != HEADER_BYTES:
            payload_follows = False
            spoilt.append(piece)
            continue
        command, arg0, arg1, length, check, magic = HEADER.unpack(piece)
        payload_follows = length > 0
        spoilt.append(HEADER.pack(command, arg0, arg1, length, check + (command == WRTE), magic))
    return b"".join(spoilt)
