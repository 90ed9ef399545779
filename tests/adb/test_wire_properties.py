from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.adb.events import Event, StreamClosed, StreamData, StreamOpened, StreamRequested
from audit.adb.frames import AUTH, CLSE, CNXN, OKAY, OPEN, STLS, WRTE, pack_header
from audit.adb.wire import Role, Wire
from audit.errors import ProtocolError, UsageError
from tests.adb.pair import HOST, PHONE, Pair

_COMMANDS = st.sampled_from([CNXN, AUTH, OPEN, OKAY, WRTE, CLSE, STLS, 0x12345678])
_SMALL = st.integers(0, 3) | st.integers(0, 0xFFFFFFFF)


@st.composite
def _packet(draw: st.DrawFn) -> bytes:
    payload = draw(
        st.sampled_from([b"", b"\0\0\1\0", b"device::features=shell_v2,delayed_ack"]) | st.binary(max_size=40)
    )
    head = bytearray(pack_header(draw(_COMMANDS), draw(_SMALL), draw(_SMALL), payload))
    if draw(st.booleans()) and draw(st.booleans()):
        head[draw(st.integers(0, 23))] ^= draw(st.integers(1, 255))
    return bytes(head) + payload


def _events(wire: Wire, pieces: list[bytes]) -> tuple[list[Event], bytes, bool]:
    """All that *pieces* mean, what is answered, and whether it broke."""
    events: list[Event] = []
    try:
        for piece in pieces:
            events += wire.receive(piece)
        return events, wire.data_to_send(), False
    except ProtocolError:
        return events, b"", True


@given(st.lists(_packet(), max_size=12), st.sampled_from(Role), st.integers(1, 70))
def test_no_bytes_do_more_than_raise_protocol_error(packets: list[bytes], role: Role, step: int) -> None:
    """Hostile packets break the wire or mean something, the same whatever way they are cut."""
    stream = b"".join(packets)
    results = []
    for pieces in ([stream], [stream[at : at + step] for at in range(0, len(stream), step)]):
        wire = Wire(role, HOST if role is Role.HOST else PHONE)
        if role is Role.HOST:
            wire.connect()
            wire.open("shell:x")
        results.append(_events(wire, pieces))
    assert results[0] == results[1]


@given(st.binary(max_size=200))
def test_noise_never_crashes(data: bytes) -> None:
    """Random bytes raise nothing but ProtocolError."""
    for role in Role:
        with contextlib.suppress(ProtocolError):
            Wire(role, PHONE).receive(data)


class _Talk:
    """Many streams at once over one pair, in an order chance decides."""

    def __init__(self, pair: Pair, rng: random.Random, sizes: list[int]) -> None:
        self.pair, self.rng = pair, rng
        self.sent = {pair.host.open(f"echo:{n}"): rng.randbytes(size) for n, size in enumerate(sizes)}
        self.got: dict[int, bytes] = {}
        self.ended: list[int] = []

    def run(self) -> None:
        """Until nothing moves any more."""
        while self.pair.step() or self.pair.host_events or self.pair.device_events:
            for event in self._drain(self.pair.device_events):
                self._on_device(event)
            for event in self._drain(self.pair.host_events):
                self._on_host(event)

    def _drain(self, events: list[Event]) -> list[Event]:
        taken = events[:]
        events.clear()
        return taken

    def _on_device(self, event: Event) -> None:
        device = self.pair.device
        if isinstance(event, StreamRequested):
            device.accept(event.stream)
        elif isinstance(event, StreamData):
            device.send(event.stream, event.payload)
            device.acknowledge(event.stream)

    def _on_host(self, event: Event) -> None:
        host = self.pair.host
        if isinstance(event, StreamOpened):
            host.send(event.stream, self.sent[event.stream])
            if not self.sent[event.stream]:
                host.close(event.stream)
        elif isinstance(event, StreamData):
            self.got[event.stream] = self.got.get(event.stream, b"") + event.payload
            host.acknowledge(event.stream)
            if len(self.got[event.stream]) == len(self.sent[event.stream]):
                host.close(event.stream)
        elif isinstance(event, StreamClosed):
            self.ended.append(event.stream)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 1 << 30),
    sizes=st.lists(st.integers(0, 9000), min_size=1, max_size=8),
    delayed_ack=st.booleans(),
    version=st.sampled_from([0x01000000, 0x01000001]),
    max_data=st.sampled_from([16, 4096]),
    window=st.sampled_from([64, 1000, 1 << 20]),
)
def test_two_wires_echo_many_streams(
    *, seed: int, sizes: list[int], delayed_ack: bool, version: int, max_data: int, window: int
) -> None:
    """Whatever the dialect, the cuts and the limits: every stream gets back its own bytes, and all end."""
    pair = Pair(
        delayed_ack=delayed_ack, seed=seed, version=version, max_data=max(max_data, 4096), window=window
    )
    pair.connect()
    pair.host.max_data = pair.device.max_data = max_data
    talk = _Talk(pair, random.Random(seed), sizes)  # noqa: S311 - test data, not a secret
    talk.run()
    assert {stream: talk.got.get(stream, b"") for stream in talk.sent} == talk.sent
    assert talk.ended == []  # we closed them: nobody tells us again
    assert not pair.host._streams
    assert not pair.device._streams


def test_lock_step_keeps_one_packet_in_flight() -> None:
    """Without delayed_ack a second packet leaves after the first was acknowledged, and CLSE after both."""
    pair = Pair(delayed_ack=False)
    pair.connect()
    stream = pair.host.open("x:")
    pair.settle()
    (request,) = pair.device_events
    assert isinstance(request, StreamRequested)
    pair.device.accept(request.stream)
    pair.settle()
    pair.device_events.clear()
    pair.host.send(stream, bytes(4096 + 1))
    pair.host.close(stream)
    seen = []
    for _ in range(4):
        pair.settle()
        seen.append([type(event).__name__ for event in pair.device_events])
        pair.device_events.clear()
        pair.device.acknowledge(request.stream)
    assert seen == [["StreamData"], ["StreamData"], ["StreamClosed"], []]


def test_delayed_ack_sends_up_to_the_window_and_no_further() -> None:
    """With delayed_ack packets leave unasked until the window is used up."""
    pair = Pair(delayed_ack=True, window=1000, max_data=4096)
    pair.connect()
    stream = pair.host.open("x:")
    pair.settle()
    (request,) = pair.device_events
    assert isinstance(request, StreamRequested)
    pair.device.accept(request.stream)
    pair.settle()
    pair.host.send(stream, bytes(5000))
    pair.settle()
    got = sum(len(event.payload) for event in pair.device_events if isinstance(event, StreamData))
    assert got == 1000
    pair.device.acknowledge(request.stream)
    pair.settle()
    assert pair.host.queued(stream) == 3000


def test_an_empty_packet_is_acknowledged() -> None:
    """Without delayed_ack the peer waits for the OKAY of any packet, also one that says nothing."""
    pair = Pair(delayed_ack=False)
    pair.connect()
    stream = pair.host.open("x:")
    pair.settle()
    (request,) = pair.device_events
    assert isinstance(request, StreamRequested)
    pair.device.accept(request.stream)
    pair.settle()
    assert pair.host.receive(pack_header(WRTE, request.stream, stream)) == [
        StreamData(stream=stream, payload=b"")
    ]
    pair.host.acknowledge(stream)
    assert pair.host.data_to_send() == pack_header(OKAY, stream, request.stream)


def test_a_command_longer_than_the_unit_takes_is_refused_here() -> None:
    """An old unit would hang up at it."""
    pair = Pair(max_data=4096)
    pair.connect()
    pair.host.open("x" * 4095)
    with pytest.raises(UsageError, match="4096"):
        pair.host.open("x" * 4096)


def test_a_peer_that_ignores_flow_control_is_cut_off() -> None:
    """A flood beyond what was let raises, so it cannot fill our memory."""
    for delayed_ack, flood in ((False, 2), (True, 4)):
        pair = Pair(delayed_ack=delayed_ack, window=1000)
        pair.connect()
        stream = pair.host.open("x:")
        pair.settle()
        (request,) = pair.device_events
        assert isinstance(request, StreamRequested)
        pair.device.accept(request.stream)
        pair.settle()
        packet = pack_header(WRTE, request.stream, stream, bytes(4000)) + bytes(4000)
        pair.host.receive(packet * flood)
        with pytest.raises(ProtocolError, match="more than it was let"):
            pair.host.data_to_send()
