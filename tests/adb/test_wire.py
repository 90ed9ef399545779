from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.adb.events import (
    AuthPublicKey,
    AuthSignature,
    AuthToken,
    Connected,
    StreamClosed,
    StreamData,
    StreamOpened,
    StreamRefused,
    StreamRequested,
    StreamWritable,
    TlsRequested,
)
from audit.adb.wire import Role, Wire
from audit.errors import ProtocolError
from tests.adb.pair import HOST, PHONE, Pair


@pytest.fixture(params=[True, False], ids=["delayed_ack", "lock-step"])
def pair(request: pytest.FixtureRequest) -> Pair:
    """A connected host and device."""
    pair = Pair(delayed_ack=request.param)
    pair.connect()
    return pair


def test_both_sides_agree_on_the_lower_of_everything() -> None:
    """The negotiated version, payload and features are what both sides can do."""
    pair = Pair(delayed_ack=False, version=0x01000000, max_data=4096)
    pair.host.connect()
    pair.settle()
    pair.device.accept_connection()
    pair.settle()
    event = pair.host_events[-1]
    assert isinstance(event, Connected)
    assert (event.version, event.max_data) == (0x01000000, 4096)
    assert "delayed_ack" not in event.features
    assert "shell_v2" in event.features
    assert event.peer.model == "Nokia 7 plus"
    assert (pair.device.version, pair.device.max_data) == (0x01000000, 4096)


def test_a_stream_carries_data_both_ways_and_closes_once(pair: Pair) -> None:
    """What one side sends the other gets, whole and in order, and then the end."""
    stream = pair.host.open("shell:cat")
    pair.settle()
    (request,) = pair.device_events
    assert isinstance(request, StreamRequested)
    assert request.service == "shell:cat"
    pair.device.accept(request.stream)
    pair.settle()
    assert pair.host_events == [StreamOpened(stream=stream)]
    pair.device.send(request.stream, b"abc" * 5000)
    pair.device.close(request.stream)
    got = b""
    for _ in range(100):
        pair.settle()
        for event in pair.host_events:
            if isinstance(event, StreamData):
                got += event.payload
                pair.host.acknowledge(stream)
        if StreamClosed(stream=stream) in pair.host_events:
            break
        pair.host_events.clear()
    assert got == b"abc" * 5000
    pair.settle()
    assert pair.host_events.count(StreamClosed(stream=stream)) == 1
    assert StreamClosed(stream=request.stream) not in pair.device_events


def test_a_refused_service_is_told_at_once(pair: Pair) -> None:
    """CLSE(0, id) means there is no such service."""
    stream = pair.host.open("nonsense:")
    pair.settle()
    (request,) = pair.device_events
    assert isinstance(request, StreamRequested)
    pair.device.refuse(request.stream)
    pair.settle()
    assert pair.host_events == [StreamRefused(stream=stream)]


def test_a_service_given_up_before_its_answer_is_closed_on_the_peer(pair: Pair) -> None:
    """An OKAY for a stream nobody waits for is answered by CLSE, so the peer ends the service."""
    stream = pair.host.open("shell:sleep 100")
    pair.settle()
    pair.host.abort(stream)
    (request,) = pair.device_events
    assert isinstance(request, StreamRequested)
    pair.device.accept(request.stream)
    pair.settle()
    assert pair.device_events[-1] == StreamClosed(stream=request.stream)
    assert pair.host_events == []


def test_writable_is_told_when_the_queue_has_left(pair: Pair) -> None:
    """A sender learns when it may hand over more."""
    stream = pair.host.open("sync:")
    pair.settle()
    (request,) = pair.device_events
    assert isinstance(request, StreamRequested)
    pair.device.accept(request.stream)
    pair.settle()
    pair.host_events.clear()
    pair.host.send(stream, bytes(4000))
    pair.settle()
    assert pair.host_events == []
    for _ in range(20):
        pair.device.acknowledge(request.stream)
        pair.settle()
    assert StreamWritable(stream=stream) in pair.host_events
    assert pair.host.queued(stream) == 0


def test_auth_goes_token_signature_token_key_connected() -> None:
    """Each failed key gets a new token, and the public key gets silence until the owner allows it."""
    pair = Pair()
    pair.host.connect()
    pair.settle()
    pair.device.request_auth(b"1" * 20)
    pair.settle()
    assert pair.host_events == [AuthToken(token=b"1" * 20)]
    pair.host.answer_auth(signature=b"s" * 256)
    pair.settle()
    assert AuthSignature(signature=b"s" * 256) in pair.device_events
    pair.device.request_auth(b"2" * 20)
    pair.settle()
    pair.host.answer_auth(public_key=b"QAAA user@host")
    pair.settle()
    assert AuthPublicKey(key=b"QAAA user@host") in pair.device_events
    assert not pair.host.connected
    pair.device.accept_connection()
    pair.settle()
    assert isinstance(pair.host_events[-1], Connected)


def test_a_device_that_wants_tls_says_so() -> None:
    """STLS reaches the host as an event."""
    pair = Pair()
    pair.host.connect()
    pair.settle()
    pair.device.request_tls()
    pair.settle()
    assert pair.host_events == [TlsRequested(version=0x01000000)]


@pytest.mark.parametrize(
    "data",
    [b"SSH-2.0-OpenSSH_9.2p1 Debian", b"\0" * 24, b"CNXN" + bytes(20), b"FAIL0027device 'x' not found."],
    ids=["ssh", "zeros", "no magic", "adb server"],
)
def test_what_is_not_adb_is_refused(data: bytes) -> None:
    """Bytes of another protocol raise ProtocolError, now and ever after."""
    wire = Wire(Role.HOST, HOST)
    with pytest.raises(ProtocolError):
        wire.receive(data)
    with pytest.raises(ProtocolError):
        wire.data_to_send()


def _trace(captures: Path) -> list[tuple[str, bytes]]:
    text = (captures / "adb_wire_trace_android_4.4" / "trace.jsonl").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    return [(row["from"], bytes.fromhex(row["hex"])) for row in rows]


def test_a_real_android_4_4_is_understood(captures: Path) -> None:
    """The bytes of a real phone give its banner, its outputs, a pull and a refusal."""
    wire = Wire(Role.HOST, HOST)
    wire.connect()
    streams: dict[int, str] = {}
    out: dict[int, bytes] = {}
    refused: list[str] = []
    for sender, data in _trace(captures):
        if sender == "host":
            # Speak our own words at the moments adb spoke its: opened streams get adb's ids.
            if data.startswith(b"OPEN") and len(data) > 24:
                wire._last_id = int.from_bytes(data[4:8], "little") - 1
                streams[wire.open(data[24:-1].decode())] = data[24:-1].decode()
            elif data.startswith(b"sync:"):
                wire._last_id = 0xCC
                streams[wire.open("sync:")] = "sync:"
            continue
        for event in wire.receive(data):
            if isinstance(event, Connected):
                assert (event.version, event.max_data, event.peer.model) == (0x01000000, 4096, "GT-S7275R")
            elif isinstance(event, StreamData):
                out[event.stream] = out.get(event.stream, b"") + event.payload
                wire.acknowledge(event.stream)
            elif isinstance(event, StreamRefused):
                refused.append(streams[event.stream])
    assert refused == ["exec:echo raw"]
    texts = {streams[stream]: data for stream, data in out.items()}
    assert texts["shell:echo out; echo err >&2; exit 7"] == b"out\r\nerr\r\n"
    assert b"loganrelte" in texts["shell:getprop ro.build.fingerprint"]


def test_our_device_side_understands_a_real_adb(captures: Path) -> None:
    """What adb 29 sent to that phone is a legal conversation for our device side."""
    wire = Wire(Role.DEVICE, PHONE, version=0x01000000, max_data=4096)
    services: list[str] = []
    for sender, data in _trace(captures):
        if sender == "host":
            for event in wire.receive(data):
                if isinstance(event, AuthSignature):
                    assert len(event.signature) == 256
                    wire.accept_connection()
                elif isinstance(event, StreamRequested):
                    services.append(event.service)
    assert services[0] == "shell:getprop ro.build.fingerprint"
    assert len(services) == 7
