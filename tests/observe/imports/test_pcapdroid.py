from __future__ import annotations

from pathlib import Path

import pytest

from audit.model.flows import Attribution
from tests.build import pcap
from tests.observe.imports.reading import UNIT, carried, exchange, flows, of, recording, troubles

REQUEST = b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"
VPN = pcap.Ends(unit="10.215.173.1")


def trailed(
    packets: list[tuple[bytes, bool]], uid: int = 10123, name: str = "com.example.app"
) -> list[bytes]:
    """Frames with PCAPdroid's trailer."""
    return [pcap.with_trailer(packet, uid, name) for packet, _ in packets]


def test_the_trailer_names_the_app_of_a_connection(tmp_path: Path) -> None:
    """The name comes once a connection; the unit is the inner end of the VPN."""
    packets = [*VPN.hello(), (VPN.sent(24, REQUEST), True), (VPN.answered(24, b"ok"), False)]
    events = recording(tmp_path / "a.pcap", pcap.pcap(trailed(packets)), ("192.168.1.50",))
    assert events[0]["observer"] == "pcapdroid"
    assert "PCAPdroid's VPN" in events[0]["what"]
    (app,) = of(events, "app")
    assert (app["name"], app["uid"]) == ("com.example.app", 10123)
    assert carried(events, "out") == REQUEST
    (flow,) = flows(events)
    assert (flow.who, flow.attribution) == ("com.example.app", Attribution.NAMED)
    assert troubles(events) == ""


def test_an_unknown_app_is_nobody(tmp_path: Path) -> None:
    """UID -1 is PCAPdroid's word for not knowing."""
    events = recording(tmp_path / "a", pcap.pcap(trailed(VPN.hello(), -1, "Unknown")))
    assert of(events, "app") == []


def test_a_name_that_may_be_cut_is_said(tmp_path: Path) -> None:
    """The trailer has room for 19 characters: a package of that length may be the beginning of another."""
    events = recording(
        tmp_path / "a", pcap.pcap(trailed(VPN.hello(), 10001, "com.qualcomm.qti.autoregistration"))
    )
    assert of(events, "app")[0]["name"] == "com.qualcomm.qti.au"
    assert "may be cut: com.qualcomm.qti.au" in troubles(events)


def test_bytes_that_a_server_sends_are_no_trailer(tmp_path: Path) -> None:
    """A payload that ends like a trailer names no app: only what lies behind the packet counts."""
    forged = pcap.with_trailer(bytes(20), 10099, "com.innocent.app")[34:]
    packets = [*VPN.hello(), (VPN.answered(24, b"x" * 100 + forged), False)]
    frames = [*trailed(packets[:3], -1, ""), bytes(12) + b"\x08\x00" + packets[3][0]]
    events = recording(tmp_path / "a", pcap.pcap(frames))
    assert of(events, "app") == []


@pytest.mark.parametrize("order", ["<", ">"])
def test_blocks_and_comments_name_the_app(tmp_path: Path, order: str) -> None:
    """The newer file: a block says which package a UID is, a comment at each frame which UID sent it."""
    packets = [*VPN.hello(), (VPN.sent(24, REQUEST), True)]
    blocks = [
        pcap.packet_block(pcap.Shot(packet, at_ms=at, options=((1, b"u-1001"),)), order)
        for at, (packet, _) in enumerate(packets)
    ]
    head = [pcap.section(order, "PCAPdroid v1.9.1"), pcap.interface(pcap.RAW, order)]
    names = pcap.uid_names(1001, "com.android.phone", "Phone services", order)
    events = recording(tmp_path / "a.pcapng", b"".join([*head, names, *blocks]))
    assert "written by PCAPdroid v1.9.1" in events[0]["what"]
    (app,) = of(events, "app")
    assert (app["name"], app["uid"]) == ("com.android.phone", 1001)
    assert carried(events, "out") == REQUEST


def test_a_recording_made_with_root_marks_what_the_unit_sent(tmp_path: Path) -> None:
    """The direction stands at each frame: it counts, also against what the addresses say."""
    ends = pcap.Ends(unit="100.70.1.2", server="10.0.0.7")
    packets = [*ends.hello(), (ends.sent(24, REQUEST), True), (ends.answered(24, b"secret"), False)]
    blocks = [
        pcap.packet_block(
            pcap.Shot(packet, at_ms=at, options=((2, bytes([2 if out else 1, 0, 0, 0])), (1, b"u-10001")))
        )
        for at, (packet, out) in enumerate(packets)
    ]
    head = [
        pcap.section("<", "PCAPdroid v1.9.1"),
        pcap.interface(pcap.RAW),
        pcap.uid_names(10001, "a.b", "A"),
    ]
    events = recording(tmp_path / "a.pcapng", b"".join([*head, *blocks]))
    assert carried(events, "out") == REQUEST
    assert carried(events, "in") == b"secret"
    assert "marked what it sent" in events[0]["what"]


def test_directions_of_other_programs_are_those_of_the_station(tmp_path: Path) -> None:
    """A gateway's capture marks what the gateway sent: the unit's own side is found by its address."""
    ends = pcap.Ends()
    packets = [*ends.hello(), (ends.sent(24, b"mine"), True)]
    shots = [
        pcap.Shot(
            pcap.ethernet(packet, outward=out), at_ms=at, options=((2, bytes([1 if out else 2, 0, 0, 0])),)
        )
        for at, (packet, out) in enumerate(packets)
    ]
    events = recording(tmp_path / "a.pcapng", pcap.pcapng(shots), (UNIT,))
    assert carried(events, "out") == b"mine"


def test_hostile_names_are_safe_to_show(tmp_path: Path) -> None:
    """Escape sequences and line ends in an app's name do not reach a terminal."""
    events = recording(tmp_path / "a", pcap.pcap(trailed(VPN.hello(), 10001, "a\x1b[2J\nb")))
    assert of(events, "app")[0]["name"] == "a[2J b"


HEADER = (
    "IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,PktsSent,PktsRcvd,"
    "FirstSeen,LastSeen"
)
ROWS = [
    "17,10.215.173.1,33333,8.8.8.8,53,1051,netd,DNS,Closed,zzhc.vnet.cn,60,90,1,1,1546300800000,1546300800050",
    (
        "6,10.215.173.1,40000,219.141.1.1,80,1001,Phone services,HTTP,Closed,zzhc.vnet.cn,2400,600,6,5,"
        "1546300800100,1546300801000"
    ),
    (
        "6,10.215.173.1,40001,1.2.3.4,443,10101,Weather, maps, more,TLS,Open,api.weather.example,1500,9000,"
        "9,9,1546300800200,1546300802000"
    ),
]


def test_the_list_of_connections_tells_apps_hosts_and_bytes(tmp_path: Path) -> None:
    """Rows as the app writes them, without quotes: commas in names do not shift the columns."""
    events = recording(tmp_path / "conns.csv", "\n".join([HEADER, *ROWS, ""]).encode())
    assert events[0]["observer"] == "pcapdroid"
    assert events[0]["at"] == "2019-01-01T00:00:00.000+00:00"
    assert [event["host"] for event in of(events, "dns")] == ["zzhc.vnet.cn"]
    assert [event["name"] for event in of(events, "app")] == ["netd", "Phone services", "Weather, maps, more"]
    named = {event["port"]: event.get("host") for event in of(events, "connect")}
    assert named == {53: None, 80: "zzhc.vnet.cn", 443: "api.weather.example"}
    assert troubles(events) == ""


def test_bytes_of_headers_and_handshakes_are_no_transmission(tmp_path: Path) -> None:
    """Only what exceeds every header there can be was surely sent; with TLS a little may be the handshake."""
    bare = "6,10.215.173.1,1,5.6.7.8,80,10101,A,HTTP,Closed,h.example,300,0,5,0,1546300800000,1546300800001"
    events = recording(tmp_path / "conns.csv", "\n".join([HEADER, *ROWS, bare]).encode())
    sent = {event["ip"]: event["size"] for event in of(events, "data") if event["dir"] == "out"}
    assert sent == {"219.141.1.1": 2400 - 6 * 80}


def test_the_column_of_malicious_hosts_is_stepped_over(tmp_path: Path) -> None:
    """With its malware detection on, PCAPdroid writes one column more."""
    written = "\n".join([HEADER + ",Malicious", ROWS[1] + ",", ROWS[2] + ",yes"]).encode()
    events = recording(tmp_path / "conns.csv", written)
    assert [event["name"] for event in of(events, "app")] == ["Phone services", "Weather, maps, more"]


def test_rows_that_make_no_sense_are_told_by_their_line(tmp_path: Path) -> None:
    """Damaged rows are left out and said; the others are read."""
    damaged = [
        "6,1,2",
        ROWS[1].replace("219.141.1.1", "219.141.1.999"),
        ROWS[1].replace("2400", "-1"),
        ROWS[1].replace("1546300800100", "9" * 4000),
    ]
    events = recording(tmp_path / "conns.csv", "\n".join([HEADER, *damaged, ROWS[1]]).encode())
    assert len(of(events, "connect")) == 1
    assert "line 2: a row has too few fields" in troubles(events)
    assert "line 3: a row holds a number or an address that is none" in troubles(events)


def test_a_capture_without_trailers_has_no_apps(tmp_path: Path) -> None:
    """The same bytes by tcpdump: nobody is named."""
    events = recording(tmp_path / "a", pcap.pcap(exchange(b"x", b"y")))
    assert events[0]["observer"] == "pcap"
    assert of(events, "app") == []
