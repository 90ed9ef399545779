"""The ADB device protocol as a state machine without input or output, in both roles.

Bytes go in by `Wire.receive`, which returns events; methods queue packets; `Wire.data_to_send` hands out the
bytes. The client drives it over TCP and USB as the host, a virtual unit drives the same module as the device.

    host                        device
    connect()      ── CNXN ──▶  ConnectRequested
    AuthToken      ◀─ AUTH ──   request_auth(token)           as often as it likes
    answer_auth(…) ── AUTH ──▶  AuthSignature | AuthPublicKey
    Connected      ◀─ CNXN ──   accept_connection()
    open(service)  ── OPEN ──▶  StreamRequested
    StreamOpened   ◀─ OKAY ──   accept(stream)                or refuse(stream): StreamRefused
    send(…)        ── WRTE ──▶  StreamData                    either way
    StreamWritable ◀─ OKAY ──   acknowledge(stream)
    close(…)       ── CLSE ──▶  StreamClosed                  either way

Source: AOSP packages/modules/adb: adb.cpp (handle_packet), sockets.cpp, docs/dev/{protocol,delayed_ack}.md.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import StrEnum

from audit.adb import frames
from audit.adb.banner import DELAYED_ACK, Banner, parse_banner
from audit.adb.events import (
    AuthPublicKey,
    AuthSignature,
    AuthToken,
    Connected,
    ConnectRequested,
    Event,
    StreamClosed,
    StreamData,
    StreamOpened,
    StreamRefused,
    StreamRequested,
    StreamWritable,
    TlsRequested,
)
from audit.adb.flow import Flow
from audit.adb.frames import VERSION_MIN, VERSION_SKIP_CHECKSUM, Frame, Framer
from audit.errors import ProtocolError, UsageError

MAX_DATA_BYTES = 1 << 20
WINDOW_BYTES = 32 << 20
"""How much a peer with ``delayed_ack`` may send ahead in one stream; AOSP's INITIAL_DELAYED_ACK_BYTES."""

_AUTH_TOKEN, _AUTH_SIGNATURE, _AUTH_PUBLIC_KEY = 1, 2, 3
_STLS_VERSION = 0x01000000
_ACKED = struct.Struct("<i")
_LAST_ID = 0xFFFFFFFF


class Role(StrEnum):
    """Which side of the wire we are."""

    HOST = "host"
    DEVICE = "device"


class Wire:
    """One ADB connection.

    banner: who we are, with the features we support
    version: highest protocol version we speak; max_data: longest payload we take, in bytes
    window: bytes a peer with ``delayed_ack`` may send ahead in each stream
    """

    def __init__(
        self,
        role: Role,
        banner: Banner,
        *,
        version: int = VERSION_SKIP_CHECKSUM,
        max_data: int = MAX_DATA_BYTES,
        window: int = WINDOW_BYTES,
    ) -> None:
        self.role = role
        self.banner = banner
        self.connected = False
        self.peer: Banner | None = None
        self.version = VERSION_MIN  # until the peer says more
        self.max_data = max_data
        self.features: frozenset[str] = frozenset()
        self._own_version = version
        self._own_max_data = max_data
        self._window = window
        self._framer = Framer(max_data)
        self._streams: dict[int, Flow] = {}
        self._last_id = 0
        self._out: list[bytes | memoryview] = []
        self._broken: ProtocolError | None = None

    # bytes in and out

    def receive(self, data: bytes) -> list[Event]:
        """What *data* means.

        Raises ProtocolError where the peer breaks the protocol; if *data* meant something before that place,
        that is returned first and the next call of this or of data_to_send raises. The wire is dead then.
        """
        self._raise_if_broken()
        events: list[Event] = []
        try:
            for frame in self._framer.feed(data):
                events.extend(self._handle(frame))
        except ProtocolError as error:
            self._broken = error
            if not events:
                raise
        return events

    def data_to_send(self) -> bytes:
        """All bytes queued for the peer; b"" when there are none."""
        self._raise_if_broken()
        out, self._out = self._out, []
        return b"".join(out)

    def transfers_to_send(self) -> list[bytes | memoryview]:
        """The same cut at header and payload, as USB must send them."""
        self._raise_if_broken()
        out, self._out = self._out, []
        return out

    # connecting

    def connect(self) -> None:
        """Knock at the device (host)."""
        self._send_banner()

    def accept_connection(self) -> None:
        """Let the host in (device)."""
        self.connected = True
        self._send_banner()

    def request_auth(self, token: bytes) -> None:
        """Ask the host to sign *token*, 20 random bytes (device)."""
        self._queue(frames.AUTH, _AUTH_TOKEN, 0, token)

    def answer_auth(self, *, signature: bytes = b"", public_key: bytes = b"") -> None:
        """Answer a token: by its signature, or by asking the owner to allow *public_key* (host)."""
        if signature:
            self._queue(frames.AUTH, _AUTH_SIGNATURE, 0, signature)
        else:
            self._queue(frames.AUTH, _AUTH_PUBLIC_KEY, 0, public_key.rstrip(b"\0") + b"\0")

    def request_tls(self) -> None:
        """Tell the peer to go on under TLS; what follows is no longer this wire's business."""
        self._queue(frames.STLS, _STLS_VERSION, 0)

    # streams

    def open(self, service: str) -> int:
        """Ask for *service*; returns our id of the stream, never used again on this wire.

        Raises UsageError when the peer could not take so long a name, which holds a shell's whole command.
        """
        payload = service.encode("utf-8", "surrogateescape") + b"\0"
        if len(payload) > self.max_data:
            raise UsageError(f"a command longer than the unit takes ({self.max_data} bytes)", fix="Split it.")
        flow = self._new_stream()
        self._queue(frames.OPEN, flow.local, flow.window or 0, payload)
        return flow.local

    def accept(self, stream: int) -> None:
        """Give the peer the service it asked for."""
        if flow := self._streams.get(stream):
            self._queue_okay(flow, flow.window)

    def refuse(self, stream: int) -> None:
        """Do not give the peer the service it asked for."""
        if flow := self._streams.pop(stream, None):
            self._queue(frames.CLSE, 0, flow.remote)

    def send(self, stream: int, data: bytes) -> None:
        """Queue *data*; it leaves as the peer takes it. A stream that is gone or closing takes nothing."""
        flow = self._streams.get(stream)
        if flow is not None and not flow.closing:
            flow.push(data)
            self._flush(flow)

    def queued(self, stream: int) -> int:
        """Bytes that wait for the peer to take them."""
        flow = self._streams.get(stream)
        return flow.queued if flow else 0

    def acknowledge(self, stream: int) -> None:
        """All data of the stream so far has been dealt with: the peer may send more."""
        flow = self._streams.get(stream)
        if flow is None or flow.closing:
            return
        count = flow.acknowledgement()
        if count is not None:
            self._queue_okay(flow, None if flow.window is None else count)

    def close(self, stream: int) -> None:
        """End the stream once all that was queued has left and was taken."""
        if flow := self._streams.get(stream):
            flow.closing = True
            self._close_if_idle(flow)

    def abort(self, stream: int) -> None:
        """End the stream now; what was queued is dropped."""
        if flow := self._streams.get(stream):
            flow.drop()
            self.close(stream)

    # packets in

    def _handle(self, frame: Frame) -> Iterator[Event]:
        self._verify(frame)
        command = frame.command
        if command == frames.CNXN:
            yield from self._on_cnxn(frame)
        elif command == frames.AUTH:
            yield from self._on_auth(frame)
        elif command == frames.STLS:
            yield TlsRequested(version=frame.arg0)
        elif not self.connected:
            return  # AOSP ignores what comes before CNXN, too
        elif command == frames.WRTE:
            yield from self._on_wrte(frame)
        elif command == frames.OKAY:
            yield from self._on_okay(frame)
        elif command == frames.CLSE:
            yield from self._on_clse(frame)
        else:
            yield from self._on_open(frame)

    def _verify(self, frame: Frame) -> None:
        if frame.command == frames.CNXN:
            # A device answers by the version agreed on, so only its CNXN tells whether that has a sum.
            version, optional = min(frame.arg0, self._own_version), True
        else:
            version, optional = self.version, not self.connected
        if version >= VERSION_SKIP_CHECKSUM or (optional and not frame.check):
            return
        if frame.check != frames.checksum(frame.payload):
            raise ProtocolError(
                "a packet's checksum is wrong", fix="Try another cable or port, then reconnect."
            )

    def _on_cnxn(self, frame: Frame) -> Iterator[Event]:
        if not frame.arg1:
            raise ProtocolError("the peer takes no data at all (maxdata 0)", fix="Reconnect the phone.")
        yield from [StreamClosed(stream=flow.local) for flow in self._streams.values() if not flow.closing]
        self._streams.clear()
        self.peer = parse_banner(frame.payload)
        self.version = min(frame.arg0, self._own_version)
        self.max_data = min(frame.arg1, self._own_max_data)
        self.features = self.peer.features & self.banner.features
        self.connected = self.role is Role.HOST
        event = Connected if self.role is Role.HOST else ConnectRequested
        yield event(peer=self.peer, version=self.version, max_data=self.max_data, features=self.features)

    def _on_auth(self, frame: Frame) -> Iterator[Event]:
        if frame.arg0 == _AUTH_TOKEN and self.role is Role.HOST:
            yield AuthToken(token=frame.payload)
        elif frame.arg0 == _AUTH_SIGNATURE and self.role is Role.DEVICE:
            yield AuthSignature(signature=frame.payload)
        elif frame.arg0 == _AUTH_PUBLIC_KEY and self.role is Role.DEVICE:
            yield AuthPublicKey(key=frame.payload.rstrip(b"\0"))
        else:
            raise ProtocolError(
                f"an AUTH packet of type {frame.arg0} makes no sense here", fix="Reconnect the phone."
            )

    def _on_open(self, frame: Frame) -> Iterator[Event]:
        if not frame.arg0:
            return
        if bool(frame.arg1) != (DELAYED_ACK in self.features):
            self._queue(frames.CLSE, 0, frame.arg0)
            return
        flow = self._new_stream(remote=frame.arg0, credit=frame.arg1)
        service = frame.payload.rstrip(b"\0").decode("utf-8", "surrogateescape")
        yield StreamRequested(stream=flow.local, service=service)

    def _on_okay(self, frame: Frame) -> Iterator[Event]:
        flow = self._streams.get(frame.arg1)
        if not frame.arg0 or not frame.arg1:
            return
        if flow is None:
            # We gave up before the peer answered: it must not keep a service running for nobody.
            self._queue(frames.CLSE, frame.arg1, frame.arg0)
            return
        opened = not flow.remote
        if not opened and flow.remote != frame.arg0:
            return
        credit = _ACKED.unpack(frame.payload)[0] if len(frame.payload) == _ACKED.size else None
        if (frame.payload and credit is None) or not flow.acked(credit):
            raise ProtocolError("an OKAY that does not fit what was agreed on", fix="Reconnect the phone.")
        flow.remote = frame.arg0
        if opened:
            yield StreamOpened(stream=flow.local)
        self._flush(flow)
        if flow.closing:
            self._close_if_idle(flow)
        elif not flow.queued and not opened:
            yield StreamWritable(stream=flow.local)

    def _on_wrte(self, frame: Frame) -> Iterator[Event]:
        flow = self._find(frame)
        if flow is None or flow.closing:
            if flow is not None:  # nobody reads it any more, but the peer waits for its OKAY to see our CLSE
                self._queue_okay(flow, None if flow.window is None else len(frame.payload))
            return
        if not flow.received(len(frame.payload), self.max_data):
            raise ProtocolError("the peer sends more than it was let", fix="Reconnect the phone.")
        yield StreamData(stream=flow.local, payload=frame.payload)

    def _on_clse(self, frame: Frame) -> Iterator[Event]:
        flow = self._streams.get(frame.arg1)
        if flow is None or (frame.arg0 and flow.remote and flow.remote != frame.arg0):
            return
        del self._streams[flow.local]
        if not flow.remote:
            yield StreamRefused(stream=flow.local)
            return
        self._queue(frames.CLSE, flow.local, flow.remote)
        if not flow.closing:
            yield StreamClosed(stream=flow.local)

    # packets out

    def _find(self, frame: Frame) -> Flow | None:
        flow = self._streams.get(frame.arg1)
        return flow if flow is not None and flow.remote and flow.remote == frame.arg0 else None

    def _new_stream(self, *, remote: int = 0, credit: int = 0) -> Flow:
        self._last_id = self._last_id % _LAST_ID + 1
        window = self._window if DELAYED_ACK in self.features else None
        flow = Flow(self._last_id, remote=remote, window=window, credit=credit)
        self._streams[flow.local] = flow
        return flow

    def _flush(self, flow: Flow) -> None:
        if flow.remote:
            for payload in flow.ready(self.max_data):
                self._queue(frames.WRTE, flow.local, flow.remote, payload)

    def _close_if_idle(self, flow: Flow) -> None:
        if not flow.remote:
            del self._streams[flow.local]  # an OKAY that comes yet is answered by CLSE
        elif flow.idle:
            del self._streams[flow.local]
            self._queue(frames.CLSE, flow.local, flow.remote)

    def _queue_okay(self, flow: Flow, count: int | None) -> None:
        self._queue(frames.OKAY, flow.local, flow.remote, b"" if count is None else _ACKED.pack(count))

    def _send_banner(self) -> None:
        payload = self.banner.encode()
        # Computed whatever the version: the peer does not know ours yet.
        self._queue(
            frames.CNXN, self._own_version, self._own_max_data, payload, check=frames.checksum(payload)
        )

    def _queue(
        self, command: int, arg0: int, arg1: int, payload: bytes | memoryview = b"", check: int = 0
    ) -> None:
        if self.version < VERSION_SKIP_CHECKSUM and payload:
            check = frames.checksum(bytes(payload))
        self._out.append(frames.pack_header(command, arg0, arg1, payload, check))
        if payload:
            self._out.append(payload)

    def _raise_if_broken(self) -> None:
        if self._broken is not None:
            raise self._broken
