"""Drives `audit.adb.wire` over a byte transport: one connection to one unit, many streams at once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Protocol

from audit.adb.banner import HOST_FEATURES, Banner
from audit.adb.device import State
from audit.adb.events import (
    AuthToken,
    Connected,
    Event,
    StreamClosed,
    StreamData,
    StreamOpened,
    StreamRefused,
    StreamRequested,
    TlsRequested,
)
from audit.adb.states import state_named
from audit.adb.stream import HIGH_WATER_BYTES, Inbox, Take
from audit.adb.wire import MAX_DATA_BYTES, Role, Wire
from audit.errors import AuditError, ProtocolError, UnitLost

_NO_SERVICE = "Reboot the phone to Android if it is elsewhere; an Android older than 7 lacks some services."

WAITING = frozenset({State.CONNECTING, State.AUTHORIZING})
"""States that pass by themselves."""


class Key(Protocol):
    """A key that a unit may have been told to allow."""

    @property
    def public(self) -> bytes:
        """As the unit's owner is asked to allow it: base64 of Android's key structure, then a name."""

    def sign(self, token: bytes) -> bytes:
        """Sign a unit's 20 bytes."""


Keys = Callable[[], Sequence[Key]]
"""Loads the keys, the user's own last; called when a unit asks for one, since few units in a test do."""


class Link(Protocol):
    """A byte transport that is up."""

    def send(self, wire: Wire) -> None:
        """Send what *wire* has queued: its data_to_send, or its transfers_to_send one by one."""

    def close(self) -> None:
        """Hang up."""


class Receiver(Protocol):
    """What a byte transport tells."""

    def received(self, data: bytes) -> None:
        """Bytes came."""

    def lost(self, reason: str) -> None:
        """The transport is gone."""


class WireConnection:
    """One ADB connection as the host.

    where: the unit's address, for messages
    state: connecting → authorizing → unauthorized (until the owner allows it) → the unit's own state
    wire: what was agreed on, once it is connected
    """

    def __init__(self, where: str, keys: Keys = tuple, *, max_data: int = MAX_DATA_BYTES) -> None:
        self.state = State.CONNECTING
        self.wire = Wire(Role.HOST, Banner(kind="host", features=HOST_FEATURES), max_data=max_data)
        self._where = where
        self._load_keys = keys
        self._keys: list[Key] | None = None
        self._offer: Key | None = None
        self._link: Link | None = None
        self._pumping = False
        self._changed = asyncio.Event()
        self._opening: dict[int, asyncio.Future[bool]] = {}
        self._inboxes: dict[int, Inbox] = {}
        self._writers: list[asyncio.Future[None]] = []
        self._error: AuditError | None = None

    def attach(self, link: Link) -> None:
        """Start talking over *link*."""
        self._link = link
        self.wire.connect()
        self._pump()

    async def leave(self, states: frozenset[State]) -> State:
        """The first state outside *states*; raises what broke the connection."""
        while self.state in states:
            if self._error is not None:
                raise self._error
            await self._changed.wait()
        return self.state

    # for the transport

    def received(self, data: bytes) -> None:
        """Bytes came."""
        if self._error is not None:
            return
        try:
            for event in self.wire.receive(data):
                self._handle(event)
            self._wake_writers()
            self._pump()
        except ProtocolError as error:
            self._fail(self._told(error))
        except AuditError as error:  # a key that cannot be used
            self._fail(error)

    def lost(self, reason: str) -> None:
        """The transport is gone."""
        if self._error is not None:
            return
        if self.state is State.CONNECTING:
            # adbd before Android 8 or so takes one TCP host at a time and drops the next before CNXN.
            self._become(State.TAKEN)
        elif self.state in {State.AUTHORIZING, State.UNAUTHORIZED}:
            self._become(State.OFFLINE)
        self._fail(UnitLost(f"the unit went away ({reason})", where=self._where, fix="Plug it in again."))

    # for OpenedDevice

    async def open(self, service: str) -> WireStream:
        """Start *service*."""
        if self._error is not None:
            raise self._error
        stream = self.wire.open(service)
        answer = self._opening[stream] = asyncio.get_running_loop().create_future()
        inbox = self._inboxes[stream] = Inbox()
        self._pump()
        opened = False
        try:
            opened = await answer
        finally:
            del self._opening[stream]
            if not opened:  # refused, or given up by its deadline
                self.end(stream)
        if not opened:
            name = service.partition(":")[0]
            raise ProtocolError(f"the unit has no service “{name}”", where=self._where, fix=_NO_SERVICE)
        return WireStream(self, stream, inbox)

    async def confirm(self) -> None:
        """Raise what broke the connection, if anything did."""
        if self._error is not None:
            raise self._error

    async def close(self) -> None:
        """Hang up."""
        self._fail(UnitLost("the connection was closed", where=self._where))

    # for WireStream

    def write(self, stream: int, data: bytes) -> None:
        """Send *data* on a stream."""
        self.wire.send(stream, data)
        self._pump()

    async def room(self, stream: int, below: int) -> None:
        """Wait until fewer than *below* bytes of a stream are queued, or it ended."""
        while stream in self._inboxes and self.wire.queued(stream) >= below:
            waiter = asyncio.get_running_loop().create_future()
            self._writers.append(waiter)
            await waiter

    def taken(self, stream: int) -> None:
        """The reader caught up: let the unit send more."""
        self.wire.acknowledge(stream)
        self._pump()

    def end(self, stream: int) -> None:
        """End a stream now."""
        if self._inboxes.pop(stream, None) is not None:
            self.wire.abort(stream)
            self._pump()

    # inside

    def _handle(self, event: Event) -> None:
        match event:
            case StreamData(stream=stream, payload=payload):
                self._deliver(stream, payload)
            case StreamOpened(stream=stream):
                self._answer(stream, accepted=True)
            case StreamRefused(stream=stream):
                self._answer(stream, accepted=False)
            case StreamClosed(stream=stream):
                if inbox := self._inboxes.pop(stream, None):
                    inbox.end()
            case StreamRequested(stream=stream):
                self.wire.refuse(stream)  # nothing on this side is for the unit to use
            case AuthToken(token=token):
                self._authenticate(token)
            case Connected(peer=peer):
                self._become(state_named(peer.kind))
            case TlsRequested():
                self._become(State.TLS_ONLY)
            case _:
                pass

    def _wake_writers(self) -> None:
        """What came may have been an OKAY: those who wait for room look again."""
        writers, self._writers = self._writers, []
        for writer in writers:
            if not writer.done():
                writer.set_result(None)

    def _deliver(self, stream: int, payload: bytes) -> None:
        inbox = self._inboxes.get(stream)
        if inbox is None:
            return
        inbox.put(payload)
        if inbox.size < HIGH_WATER_BYTES:
            self.wire.acknowledge(stream)

    def _answer(self, stream: int, *, accepted: bool) -> None:
        answer = self._opening.get(stream)
        if answer is not None and not answer.done():
            answer.set_result(accepted)

    def _authenticate(self, token: bytes) -> None:
        if self._keys is None:
            self._keys = list(self._load_keys())
            self._offer = self._keys[-1] if self._keys else None
        if self._keys:
            self.wire.answer_auth(signature=self._keys.pop(0).sign(token))
            self._become(State.AUTHORIZING)
        elif self._offer is not None and self.state is not State.UNAUTHORIZED:
            self.wire.answer_auth(public_key=self._offer.public)
            self._become(State.UNAUTHORIZED)
        else:
            self._become(State.UNAUTHORIZED)

    def _become(self, state: State) -> None:
        self.state = state
        self._changed.set()
        self._changed.clear()

    def _pump(self) -> None:
        """Send at the end of this turn of the loop: what several streams have to say leaves in one write."""
        if not self._pumping:
            self._pumping = True
            asyncio.get_running_loop().call_soon(self._send)

    def _send(self) -> None:
        self._pumping = False
        if self._link is None or self._error is not None:
            return
        try:
            self._link.send(self.wire)
        except ProtocolError as error:
            self._fail(self._told(error))

    def _told(self, error: ProtocolError) -> ProtocolError:
        return ProtocolError(error.what, where=self._where, fix=error.fix)

    def _fail(self, error: AuditError) -> None:
        if self._error is not None:
            return
        self._error = error
        for inbox in self._inboxes.values():
            inbox.end(error)
        self._inboxes.clear()
        for answer in self._opening.values():
            if not answer.done():
                answer.set_exception(error)
        self._wake_writers()
        self._become(self.state)
        if self._link is not None:
            self._link.close()


class WireStream:
    """One stream of a `WireConnection`."""

    __slots__ = ("_connection", "_id", "_inbox")

    def __init__(self, connection: WireConnection, stream: int, inbox: Inbox) -> None:
        self._connection = connection
        self._id = stream
        self._inbox = inbox

    async def read(self) -> bytes:
        """The next bytes; b"" when the service ended."""
        data = await self._inbox.get()
        if data and self._inbox.size < HIGH_WATER_BYTES:
            self._connection.taken(self._id)
        return data

    async def drain(self, take: Take) -> None:
        """Hand *take* all that comes."""
        held_back = self._inbox.size >= HIGH_WATER_BYTES
        draining = self._inbox.drain(take)
        if held_back:
            self._connection.taken(self._id)
        await draining

    def write(self, data: bytes) -> None:
        """Send *data*."""
        self._connection.write(self._id, data)

    async def room(self, below: int) -> None:
        """Wait until the unit has taken all but *below* bytes."""
        await self._connection.room(self._id, below)

    def close(self) -> None:
        """End the service."""
        self._connection.end(self._id)
