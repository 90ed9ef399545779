from __future__ import annotations

import base64
import gzip
import hashlib
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.model.flows import FlowKind, Stage
from tests.build import pcap
from tests.observe.imports.reading import IMPORTED, UNIT, carried, exchange, flows, of, recording, troubles

REQUEST = b"GET /a HTTP/1.1\r\nHost: server.example\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
IDENTIFIERS = base64.encodebytes(
    b'{"IMEI":"490154203237518","SIM1ICCID":"89860112345678901237","x":"%s"}' % (b"y" * 90)
)
POST = (
    b"POST / HTTP/1.1\r\nHost: zzhc.vnet.cn\r\nContent-Type: application/encrypted-json\r\n"
    b"Content-Length: %d\r\n\r\n" % len(IDENTIFIERS) + IDENTIFIERS
)


def asked(name: str, address: str, port: int = 33333) -> list[bytes]:
    """Frames of a name that is asked for and answered."""
    question = pcap.ip(UNIT, "192.168.1.1", pcap.UDP, pcap.udp(port, 53, pcap.question(name)))
    answer = pcap.ip("192.168.1.1", UNIT, pcap.UDP, pcap.udp(53, port, pcap.answer(name, [address])))
    return pcap.framed([(question, True), (answer, False)])


INCIDENT = [*asked("zzhc.vnet.cn", "219.141.1.1"), *exchange(POST, ANSWER, piece=120)]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("little.pcap", pcap.pcap(INCIDENT)),
        ("big.pcap", pcap.pcap(INCIDENT, order=">")),
        ("nano.pcap", pcap.pcap(INCIDENT, nano=True)),
        ("nano-big.pcap", pcap.pcap(INCIDENT, nano=True, order=">")),
        ("little.pcapng", pcap.pcapng(INCIDENT)),
        ("big.pcapng", pcap.pcapng(INCIDENT, order=">")),
        ("packed.pcap.gz", gzip.compress(pcap.pcap(INCIDENT))),
        (
            "twice.pcapng.gz",
            gzip.compress(pcap.pcapng(INCIDENT)[:700]) + gzip.compress(pcap.pcapng(INCIDENT)[700:]),
        ),
    ],
)
def test_the_case_of_2019_reads_the_same_from_every_kind_of_file(
    tmp_path: Path, name: str, data: bytes
) -> None:
    """The name, the address, the whole request in its pieces put together, and the answer after it."""
    events = recording(tmp_path / name, data)
    assert [event["kind"] for event in events] == [
        "opened", "connect", "data", "data", "connect", "data", "data", "close", "close", "closed",
    ]  # fmt: skip
    assert carried(events, "out", 80) == POST
    assert carried(events, "in", 80) == ANSWER
    opened = events[0]
    assert opened["observer"] == "pcap"
    assert opened["at"] == "2019-01-01T00:00:00.000+00:00"
    assert hashlib.sha256(data).hexdigest() in opened["what"]
    assert f"{len(INCIDENT)} frames (Ethernet)" in opened["what"]
    assert events[-1]["why"] == "the capture ends"
    assert events[-1]["seconds"] == opened["window_s"] == (len(INCIDENT) - 1) / 1000
    assert troubles(events) == ""


def test_the_case_of_2019_is_a_transmission_in_the_clear(tmp_path: Path) -> None:
    """What the judging makes of it: a POST in cleartext to the client's server, the IMEI in its base64."""
    found = {flow.what: flow for flow in flows(recording(tmp_path / "a.pcap", pcap.pcap(INCIDENT)))}
    http = found[FlowKind.HTTP]
    assert (http.url, http.ip, http.cleartext) == ("http://zzhc.vnet.cn/", "219.141.1.1", True)
    assert http.stage is Stage.TRANSMITTED
    assert {caught.kind.value for caught in http.identifiers} == {"imei", "iccid"}
    assert found[FlowKind.DNS].answers == ("219.141.1.1",)


@given(st.data())
def test_frames_in_any_order_give_what_was_said(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Segments that took different ways, repeated, across the wrap of numbers: both ways come out whole."""
    said, answered = data.draw(st.binary(min_size=1, max_size=2000)), data.draw(st.binary(max_size=500))
    start = data.draw(st.sampled_from([1000, 2**32 - 1, 2**32 - 300]))
    frames = exchange(said, answered, pcap.Ends(unit_seq=start, server_seq=start), piece=200)
    again = data.draw(st.lists(st.sampled_from(frames[3:-3]), max_size=5))
    mixed = [*frames[:3], *data.draw(st.permutations([*frames[3:-3], *again])), *frames[-3:]]
    written = pcap.pcap(mixed) if data.draw(st.booleans()) else pcap.pcapng(mixed)
    events = recording(tmp_path_factory.mktemp("any") / "a", written)
    assert carried(events, "out") == said
    assert carried(events, "in") == answered


@pytest.mark.parametrize(
    ("link", "wrap"),
    [
        (pcap.ETHERNET, lambda packet, out: pcap.ethernet(packet, outward=out, vlans=[7])),
        (pcap.ETHERNET, lambda packet, out: pcap.ethernet(packet, outward=out, vlans=[7, 9], tail=bytes(9))),
        (pcap.RAW, lambda packet, _: packet),
        (12, lambda packet, _: packet),
        (pcap.SLL, lambda packet, out: pcap.cooked(packet, outward=out)),
        (pcap.SLL2, lambda packet, out: pcap.cooked(packet, outward=out, version=2)),
        (pcap.NULL, lambda packet, _: pcap.loopback(packet)),
    ],
)
@pytest.mark.parametrize(("unit", "server"), [(UNIT, "8.8.8.8"), ("fe80::1", "2001:4860:4860::8888")])
@pytest.mark.parametrize("told", [True, False])
def test_every_link_and_both_versions_of_ip(  # noqa: PLR0917 - three tables
    tmp_path: Path, link: int, wrap: Callable[[bytes, bool], bytes], unit: str, server: str, told: bool
) -> None:
    """VLAN tags, raw IP, Linux' two cooked kinds, loopback; the unit told or found out."""
    ends = pcap.Ends(unit=unit, server=server)
    packets = [*ends.hello(), (ends.sent(24, REQUEST), True), (ends.answered(24, ANSWER), False)]
    written = pcap.pcap([wrap(packet, out) for packet, out in packets], link)
    events = recording(tmp_path / "a.pcap", written, (unit,) if told else ())
    assert carried(events, "out") == REQUEST
    assert carried(events, "in") == ANSWER
    assert of(events, "connect")[0]["ip"] == server
    assert ("told by its address" if told else "guessed") in events[0]["what"]


def test_extension_headers_are_stepped_over(tmp_path: Path) -> None:
    """Hop-by-hop, routing and destination headers of IPv6 before the segment."""
    ends = pcap.Ends(unit="2001:db8::5", server="2001:db8::6")
    packets = [(pcap.extended(packet, [0, 43, 60]), out) for packet, out in ends.hello()]
    packets.append((pcap.extended(ends.sent(24, REQUEST), [60]), True))
    events = recording(tmp_path / "a", pcap.pcap(pcap.framed(packets)), ("2001:db8::5",))
    assert carried(events, "out") == REQUEST


def test_a_client_hello_over_two_segments_names_its_server(tmp_path: Path) -> None:
    """TLS: the name is read although no segment holds the whole hello."""
    hello = client_hello("api.server.example")
    events = recording(tmp_path / "a.pcap", pcap.pcap(exchange(hello, b"", pcap.Ends(dport=443), piece=90)))
    (flow,) = flows(events)
    assert (flow.what, flow.sni, flow.cleartext) == (FlowKind.TLS, "api.server.example", False)


def client_hello(host: str) -> bytes:
    """A TLS 1.2 record with a ClientHello (RFC 5246 7.4.1.2) that asks for *host* (RFC 6066 3)."""
    name = host.encode()
    entry = struct.pack(">BH", 0, len(name)) + name
    extension = struct.pack(">HHH", 0, len(entry) + 2, len(entry)) + entry
    body = b"\x03\x03" + bytes(32) + b"\0" + struct.pack(">H", 2) + b"\xc0\x2f" + b"\x01\0"
    body += struct.pack(">H", len(extension)) + extension
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x01" + struct.pack(">H", len(message)) + message


def test_datagrams_of_quic_are_kept_one_by_one(tmp_path: Path) -> None:
    """The first of them hold the names; of a long download the rest is counted."""
    out = [
        pcap.ip(UNIT, "8.8.8.8", pcap.UDP, pcap.udp(50000, 443, bytes([0xC0, n]) * 600)) for n in range(100)
    ]
    events = recording(tmp_path / "a", pcap.pcap(pcap.framed((packet, True) for packet in out)), ())
    data = of(events, "data")
    assert [event["size"] for event in data[:3]] == [1200, 1200, 1200]
    assert sum(event["size"] for event in data) == 120_000
    assert len(data) == 65
    assert data[-1]["truncated"] == data[-1]["size"]


def test_several_interfaces_and_sections_with_orders_and_clocks_of_their_own(tmp_path: Path) -> None:
    """Each frame is read by the link and clock of its own interface, each section in its own order."""
    ends = pcap.Ends()
    first, second, third = ends.hello()
    said, answered = ends.sent(24, REQUEST), ends.answered(24, ANSWER)
    nano = [(9, b"\x09"), (14, struct.pack(">q", 0))]
    blocks = [
        pcap.section(),
        pcap.interface(pcap.RAW),
        pcap.interface(pcap.ETHERNET, told=[(2, b"wlan0"), (9, b"\x06")]),
        pcap.packet_block(pcap.Shot(first[0])),
        pcap.packet_block(pcap.Shot(pcap.ethernet(second[0], outward=False), at_ms=1, interface=1)),
        pcap.block(0x0A, b"secrets of TLS"),
        pcap.block(0x7FFFFFFF, b"of another's making"),
        pcap.section(">"),
        pcap.interface(pcap.ETHERNET, ">", told=nano),
        pcap.packet_block(pcap.Shot(pcap.ethernet(third[0]), at_ms=2), ">", per_second=10**9),
        pcap.packet_block(pcap.Shot(pcap.ethernet(said), at_ms=3), ">", per_second=10**9, kind=2),
        pcap.simple_block(pcap.ethernet(answered, outward=False), order=">"),
    ]
    events = recording(tmp_path / "a.pcapng", b"".join(blocks))
    assert carried(events, "out") == REQUEST
    assert carried(events, "in") == ANSWER
    assert [event["t"] for event in of(events, "data")] == [3, 3]
    assert "without a time" in troubles(events)
    assert "5 frames (raw IP and Ethernet)" in events[0]["what"]


def test_what_the_capture_itself_lost_is_said(tmp_path: Path) -> None:
    """Counters of the interface, and frames that were cut: nobody may take silence for proof."""
    ends = pcap.Ends()
    frames = pcap.framed(
        [*ends.hello(), (ends.sent(24, REQUEST * 9), True), (ends.sent(24, b"end", len(REQUEST) * 9), True)]
    )
    shots = [pcap.Shot(frame[:96], at_ms=at, length=len(frame)) for at, frame in enumerate(frames)]
    counters = pcap.statistics(0, [(5, struct.pack("<Q", 30)), (7, struct.pack("<Q", 12))])
    earlier = pcap.statistics(0, [(5, struct.pack("<Q", 4))])
    events = recording(tmp_path / "a", pcap.pcapng(shots) + earlier + counters)
    assert of(events, "dropped")[0]["count"] == 42
    assert "frame 4: a frame was cut when it was captured" in troubles(events)
    kept, lost, end = of(events, "data")
    assert (kept["size"], lost["size"]) == (42, len(REQUEST) * 9 - 42)
    assert lost["truncated"] == lost["size"]
    assert end["size"] == 3


def test_a_connection_without_its_beginning_is_read_and_said(tmp_path: Path) -> None:
    """The capture began in the middle: what is there is kept in order."""
    frames = exchange(REQUEST, ANSWER, piece=9)[3:]
    events = recording(tmp_path / "a", pcap.pcap([frames[1], frames[0], *frames[2:]]))
    assert carried(events, "out") == REQUEST
    assert "under way when the capture began" in troubles(events)


def test_a_request_comes_before_its_answer_also_without_the_first_packet(tmp_path: Path) -> None:
    """Only the answer to the opening was seen: what was sent waits no longer than the answer."""
    events = recording(tmp_path / "a", pcap.pcap(exchange(REQUEST, ANSWER)[1:]))
    assert [(event["dir"], event["size"]) for event in of(events, "data")] == [
        ("out", len(REQUEST)),
        ("in", len(ANSWER)),
    ]
    assert of(events, "connect")


def test_ports_used_again_are_another_connection(tmp_path: Path) -> None:
    """A second SYN with other numbers begins anew; a repeated one does not."""
    first = exchange(REQUEST, ANSWER)
    second = exchange(b"other", b"", pcap.Ends(unit_seq=77777, server_seq=5))
    events = recording(tmp_path / "a", pcap.pcap([first[0], *first, *second]))
    assert [event["conn"] for event in of(events, "connect")] == ["c1", "c2"]
    assert carried(events, "out") == REQUEST + b"other"


@pytest.mark.parametrize(
    ("answer", "why"),
    [(pcap.RST | pcap.ACK, "refused"), (0, "no answer")],
)
def test_a_connection_that_did_not_come_about_is_an_attempt(tmp_path: Path, answer: int, why: str) -> None:
    """Refused, or never answered: nothing was sent on it."""
    ends = pcap.Ends()
    packets = [ends.hello()[0]] + ([(ends.answered(answer), False)] if answer else [])
    events = recording(tmp_path / "a", pcap.pcap(pcap.framed(packets)))
    assert of(events, "close")[0]["why"] == why
    (flow,) = flows(events)
    assert flow.stage is Stage.ATTEMPTED


def test_bytes_that_follow_a_reset_are_kept(tmp_path: Path) -> None:
    """A reset may be somebody's on the way: the two ends go on, and so does the reading."""
    frames = exchange(REQUEST, b"")
    reset = pcap.framed([(pcap.Ends().answered(pcap.RST), False)])
    events = recording(tmp_path / "a", pcap.pcap([*frames[:3], *reset, *frames[3:]]))
    assert carried(events, "out") == REQUEST
    assert of(events, "close")[0]["why"] == "reset by the other side"


def test_of_a_packet_in_fragments_the_first_is_read_and_it_is_said(tmp_path: Path) -> None:
    """A datagram in two fragments, over both versions of IP: its beginning is kept, the rest counted."""
    datagram = pcap.udp(40001, 9999, b"A" * 1000)
    for unit, server in ((UNIT, "8.8.8.8"), ("fe80::9", "2001:4860:4860::8888")):
        frames = [
            pcap.ethernet(pcap.ip(unit, server, pcap.UDP, datagram[:408], more=True)),
            pcap.ethernet(pcap.ip(unit, server, pcap.UDP, datagram[408:], fragment=408)),
        ]
        events = recording(tmp_path / "a", pcap.pcap(frames), (unit,))
        (data,) = of(events, "data")
        assert carried(events, "out") == b"A" * 400
        assert (data["size"], data["truncated"]) == (1000, 600)
        assert "in fragments: only the first" in troubles(events)
        assert "a later fragment of a packet" in troubles(events)


def test_802_11_as_it_is_in_the_air_is_refused_with_a_way_out(tmp_path: Path) -> None:
    """Monitor mode: encrypted frames, of which nothing can be told."""
    with pytest.raises(BadInput) as refused:
        recording(tmp_path / "a.pcap", pcap.pcap([bytes(50)], pcap.RADIOTAP))
    assert "802.11 with radiotap" in refused.value.what
    assert "access point's own interface" in refused.value.fix


def test_padding_and_arp_are_nobodys_bytes(tmp_path: Path) -> None:
    """Short frames are padded on Ethernet, and ARP is no contact: neither is data, neither a trouble."""
    ends = pcap.Ends()
    padded = pcap.ethernet(ends.sent(pcap.ACK), tail=bytes(6))
    arp = bytes(12) + b"\x08\x06" + bytes(46)
    events = recording(tmp_path / "a", pcap.pcap([*pcap.framed(ends.hello()), padded, arp]))
    assert of(events, "data") == []
    assert troubles(events) == ""


def test_a_capture_of_nothing_is_an_empty_recording(tmp_path: Path) -> None:
    """Somebody watched and nothing was seen: no error; the time is that of the import, and it is said."""
    events = recording(tmp_path / "a.pcap", pcap.pcap([]))
    assert [event["kind"] for event in events] == ["opened", "trouble", "closed"] or of(events, "trouble")
    assert events[0]["at"] == IMPORTED.isoformat(timespec="milliseconds")
    assert "0 frames (no frames)" in events[0]["what"]


def test_progress_goes_to_the_end(tmp_path: Path) -> None:
    """Bytes done and in all, never backwards, ending with all."""
    from audit.observe.imports import read_capture  # noqa: PLC0415 - the only test that calls it bare

    path = tmp_path / "a.pcap"
    path.write_bytes(pcap.pcap(exchange(b"x" * 3_000_000, b"", piece=1400)))
    seen: list[tuple[int, int]] = []
    read_capture(
        path, clock=lambda: IMPORTED, key=b"", on_progress=lambda done, total: seen.append((done, total))
    )
    assert seen == sorted(seen)
    assert len(seen) > 4
    assert seen[-1][0] == seen[-1][1] == 2 * path.stat().st_size
