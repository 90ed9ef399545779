from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from audit.model.flows import Attribution, Certainty, Flow, FlowKind, Stage
from tests.parse.observations.house import (
    CLIENT,
    ICCID,
    IMEI,
    PHONE,
    Given,
    came,
    connect,
    dns,
    flows,
    out,
    post,
    process,
    read,
)
from tests.parse.wire.writers import client_hello, dns_message, quic_long, records, server_hello, vector

_ASKED = dns("Asked.Example.", "219.141.177.1")
_TLS = records(client_hello("a.example", ("h2",)))
_CHOSE_12, _CHOSE_13 = (came(records(server_hello(version))) for version in (0x0303, 0x0304))
_FINISHED, _DATA = records(bytes(53), kind=23), records(bytes(400), kind=23)


def _one(*events: Given, observer: str = "frida") -> Flow:
    """The only contact that is no question to DNS."""
    (flow,) = (one for one in flows(*events, observer=observer) if one.what is not FlowKind.DNS)
    return flow


def test_the_client_of_2019_in_full() -> None:
    """A name, an address, head and body in writes of their own, base64 in lines: one request, proven."""
    told = {"REGVER": "8.0", "MODEL": "TA-1062", "IMEI1": IMEI, "SIM1ICCID": ICCID, "OSVER": "9" * 40}
    body = base64.encodebytes(json.dumps(told).encode())
    assert body.count(b"\n") > 1
    head = post(body)[: -len(body)]
    stack = [
        "org.apache.http.protocol.HttpRequestExecutor.execute(HttpRequestExecutor.java:122)",
        f"{CLIENT}.RegistrationTask.doInBackground(RegistrationTask.java:99)",
        "java.lang.Thread.run(Thread.java:764)",
    ]
    asked = {"kind": "http", "api": "HttpRequestExecutor.execute", "method": "POST", "pid": 7, "t": 20}
    found = flows(
        process(PHONE, PHONE, CLIENT, uid=1001),
        dns("zzhc.vnet.cn", "219.141.177.1", t=10),
        ({**asked, "url": "http://zzhc.vnet.cn/", "stack": stack}, body),
        connect(rc=-1, errno=115, t=30),
        out(head, t=60),
        out(body, t=61),
        came(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", t=90),
        {"kind": "close", "conn": "1", "pid": 7, "t": 95},
    )
    assert [flow.what for flow in found] == [FlowKind.DNS, FlowKind.HTTP]
    name, request = found
    assert (name.to, name.answers, name.stage) == ("zzhc.vnet.cn", ("219.141.177.1",), Stage.ATTEMPTED)
    assert request.stage is Stage.IDENTIFIED
    assert request.cleartext is True
    assert (request.to, request.url, request.host_from) == (
        "zzhc.vnet.cn:80",
        "http://zzhc.vnet.cn/",
        "http-host",
    )
    assert (request.ip, request.port, request.transport) == ("219.141.177.1", 80, "tcp")
    assert (request.who, request.attribution, request.process) == (CLIENT, Attribution.STACK, PHONE)
    assert (request.uid, request.pid, request.at_ms) == (1001, 7, 20)
    assert (request.sent_bytes, request.received_bytes) == (len(head) + len(body), 38)
    exact = {
        (one.kind.value, one.where, one.key)
        for one in request.identifiers
        if one.certainty is Certainty.EXACT
    }
    assert exact == {
        ("imei", "body > base64 > json", "IMEI1"),
        ("iccid", "body > base64 > json", "SIM1ICCID"),
    }
    assert all(one.hmac and IMEI not in one.shown for one in request.identifiers)
    assert request.origin == "confirm line 5"


@pytest.mark.parametrize(
    ("events", "expected"),
    [
        # tried, and nothing came of it
        ([connect(rc=-1, errno=115)], (FlowKind.CONNECT, Stage.ATTEMPTED, None)),
        ([connect(rc=-1, errno=111)], (FlowKind.CONNECT, Stage.ATTEMPTED, None)),
        ([connect(), came(b"220 mail\r\n")], (FlowKind.CONNECT, Stage.ATTEMPTED, None)),
        # bytes that are neither known nor encrypted for sure
        ([connect(), out(b"\x01\x02\x03\x04")], (FlowKind.CONNECT, Stage.TRANSMITTED, None)),
        ([connect(), out(b"\x01")], (FlowKind.CONNECT, Stage.TRANSMITTED, None)),
        ([connect(), out(b"HELO unit\r\n")], (FlowKind.CONNECT, Stage.TRANSMITTED, None)),
        ([connect(), out(f"IMEI={IMEI}\n".encode())], (FlowKind.CONNECT, Stage.IDENTIFIED, True)),
        ([connect(), out(b"\x01\x80\xff" * 40 + IMEI.encode())], (FlowKind.CONNECT, Stage.IDENTIFIED, True)),
        ([connect(), out(b"", size=9)], (FlowKind.CONNECT, Stage.TRANSMITTED, None)),
        ([connect(), out(b"abcd", rc=-1)], (FlowKind.CONNECT, Stage.ATTEMPTED, None)),
        # HTTP, also when only its beginning or its answer was seen
        ([connect(), out(b"GET / HTTP/1.1\r\n\r\n")], (FlowKind.HTTP, Stage.TRANSMITTED, True)),
        ([connect(), out(b"GET /re")], (FlowKind.HTTP, Stage.TRANSMITTED, True)),
        ([connect(), came(b"HTTP/1.1 200 OK\r\n\r\n")], (FlowKind.HTTP, Stage.ATTEMPTED, True)),
        ([connect(), out(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")], (FlowKind.CONNECT, Stage.TRANSMITTED, True)),
        # a handshake tells a name only
        ([connect(), out(_TLS)], (FlowKind.TLS, Stage.ATTEMPTED, False)),
        ([connect(), out(_TLS[:40])], (FlowKind.TLS, Stage.ATTEMPTED, False)),
        ([connect(), out(_TLS), out(_FINISHED)], (FlowKind.TLS, Stage.ATTEMPTED, False)),
        ([connect(), out(_TLS), out(_FINISHED + _DATA)], (FlowKind.TLS, Stage.TRANSMITTED, False)),
        ([connect(), out(_TLS), _CHOSE_12, out(_DATA)], (FlowKind.TLS, Stage.TRANSMITTED, False)),
        ([connect(), out(_TLS), _CHOSE_13, out(_DATA)], (FlowKind.TLS, Stage.ATTEMPTED, False)),
    ],
)  # fmt: skip
def test_how_far_a_connection_went(
    events: list[Given], expected: tuple[FlowKind, Stage, bool | None]
) -> None:
    """Nothing is claimed that was not seen: neither that it was sent, nor that it was readable."""
    flow = _one(*events)
    assert (flow.what, flow.stage, flow.cleartext) == expected


@pytest.mark.parametrize(
    ("events", "host", "host_from"),
    [
        ([_ASKED, connect()], "asked.example", "dns"),
        ([_ASKED, dns("new.example", "219.141.177.1"), connect()], "new.example", "dns"),
        ([{**_ASKED, "pid": 8}, connect()], "", ""),
        ([dns("late.example"), connect(), dns("late.example", "219.141.177.1")], "late.example", "dns"),
        ([_ASKED, connect(), out(_TLS)], "a.example", "sni"),
        ([_ASKED, connect(), out(post(b"", host="b.example"))], "b.example", "http-host"),
        ([_ASKED, connect(), out(b"GET /x HTTP/1.0\r\n\r\n")], "asked.example", "dns"),
        ([connect(), out(b"GET http://c.example/x HTTP/1.1\r\nHost: b\r\n\r\n")], "c.example", "http-host"),
        ([connect(), out(b"GET /x HTTP/1.0\r\n\r\n")], "", ""),
        ([connect(), out(b"CONNECT d.example:443 HTTP/1.1\r\n\r\n")], "d.example", "http-host"),
        ([connect(host="e.example")], "e.example", "dns"),
    ],
)  # fmt: skip
def test_where_the_name_of_a_server_is_read(events: list[Given], host: str, host_from: str) -> None:
    """The Host header before SNI, SNI before the last answer of DNS in that very process."""
    flow = _one(*events)
    assert (flow.host, flow.host_from) == (host, host_from)
    assert flow.to.startswith(host or "219.141.177.1")


@pytest.mark.parametrize(
    ("written", "url"),
    [
        (post(b"", path=f"/r?imei={IMEI}&v=8"), "http://zzhc.vnet.cn/r?imei=<IMEI>&v=8"),
        (post(b"", path=f"/r/{ICCID}/x"), "http://zzhc.vnet.cn/r/<ICCID>/x"),
        (post(b"", path="/r?x=861234567890135"), "http://zzhc.vnet.cn/r?x=<IMEI>"),
        (post(b"", path="/r?imsi=12"), "http://zzhc.vnet.cn/r?imsi=<IMSI>"),
        (post(b"", path="/r?model=TA-1062#f"), "http://zzhc.vnet.cn/r?model=TA-1062"),
        (post(b"", host="zzhc.vnet.cn:8080"), "http://zzhc.vnet.cn:8080/"),
        (
            post(b"", path="/r?d=" + base64.b64encode(f"imei={IMEI}".encode()).decode().rstrip("=")),
            "http://zzhc.vnet.cn/r?d=<IMEI>",
        ),
        (
            post(b"", path=f"/r?{IMEI}" + "&a=b" * 99),
            "http://zzhc.vnet.cn/r?<IMEI>" + "&a=b" * 13 + "&…",
        ),
    ],
)
def test_a_url_is_printed_without_what_it_gives_away(written: bytes, url: str) -> None:
    """The unit's own identifiers by their value, others by their shape or their name."""
    assert _one(connect(), out(written)).url == url


def test_a_name_that_holds_an_identifier_is_printed_without_it() -> None:
    """It would stand in every table; that it was asked for is kept."""
    (flow,) = flows(dns(f"{IMEI}.track.example"))
    assert (flow.to, flow.host) == ("<IMEI>.track.example", "<IMEI>.track.example")
    assert (flow.stage, [one.certainty for one in flow.identifiers]) == (Stage.ATTEMPTED, [Certainty.EXACT])


def test_requests_on_one_connection_are_flows_of_their_own() -> None:
    """Pipelined or one after the other, each with what was in it."""
    first, second = flows(connect(), out(post(b"a=1") + post(IMEI.encode(), path="/2")), out(_TLS))
    assert (first.url, second.url) == ("http://zzhc.vnet.cn/", "http://zzhc.vnet.cn/2")
    assert (first.stage, second.stage) == (Stage.TRANSMITTED, Stage.IDENTIFIED)


def test_half_a_body_still_proves_what_is_in_it() -> None:
    """Cut off in its middle, it is marked."""
    flow = _one(connect(), out(post(IMEI.encode() + b"x" * 90)[:-50]))
    assert (flow.stage, flow.truncated) == (Stage.IDENTIFIED, True)


def test_bytes_that_were_not_kept_are_said() -> None:
    """What follows the hole in a body is read again."""
    event, data = out(post(b"x" * 5000))
    first, second = flows(connect(), ({**event, "size": len(data)}, data[:300]), out(post(IMEI.encode())))
    assert (first.truncated, first.sent_bytes) == (True, len(data))
    assert second.stage is Stage.IDENTIFIED


def test_a_name_behind_a_proxy_is_the_server() -> None:
    """After CONNECT, the handshake inside counts."""
    flow = _one(
        connect(port=3128),
        out(b"CONNECT a.example:443 HTTP/1.1\r\n\r\n"),
        came(b"HTTP/1.1 200 OK\r\n\r\n"),
        out(_TLS),
    )
    assert (flow.what, flow.host, flow.sni, flow.cleartext, flow.port) == (
        FlowKind.TLS,
        "a.example",
        "a.example",
        False,
        3128,
    )


def test_a_connection_watched_from_its_middle_on() -> None:
    """The next request that starts with a write is read."""
    flow = _one(out(b"rest of a body", ip="1.2.3.4", port=80), out(post(IMEI.encode())))
    assert (flow.what, flow.stage, flow.ip) == (FlowKind.HTTP, Stage.IDENTIFIED, "1.2.3.4")


def test_the_number_of_a_connection_that_is_used_again() -> None:
    """Another address, or an end in between, is another connection."""
    again = flows(
        connect(),
        out(b"abcd"),
        connect(ip="8.8.8.8"),
        {"kind": "close", "conn": "1", "pid": 7},
        connect(ip="8.8.8.8"),
    )
    assert [flow.to for flow in again] == ["219.141.177.1:80", "8.8.8.8:80", "8.8.8.8:80"]
    assert [flow.stage for flow in again] == [Stage.TRANSMITTED, Stage.ATTEMPTED, Stage.ATTEMPTED]


def test_plaintext_given_to_tls_is_a_request_that_could_not_be_read_on_the_way() -> None:
    """By its connection, or by the server's name where the library holds no socket."""
    plain: dict[str, Any] = {"kind": "plain", "lib": "libssl.so", "pid": 7}
    for more in ({"conn": "1", "sni": ""}, {"conn": "", "sni": "a.example"}):
        flow = _one(
            connect(port=443),
            out(_TLS),
            ({**plain, **more}, post(IMEI.encode(), host="a.example", path="/r")),
        )
        assert (flow.what, flow.url, flow.cleartext) == (FlowKind.HTTP, "https://a.example/r", False)
        assert (flow.stage, flow.ip, flow.sni) == (Stage.IDENTIFIED, "219.141.177.1", "a.example")


def test_plaintext_of_a_connection_nobody_saw() -> None:
    """It has a name at least, and what was in it."""
    flow = _one(
        (
            {"kind": "plain", "conn": "", "sni": "b.example", "lib": "x", "pid": 7},
            f'{{"imei":"{IMEI}"}}'.encode(),
        )
    )
    assert (flow.what, flow.to, flow.cleartext, flow.stage) == (
        FlowKind.TLS,
        "b.example",
        False,
        Stage.IDENTIFIED,
    )


def _udp(data: bytes, way: str = "out", *, ip: str = "8.8.8.8", port: int = 53, conn: str = "u") -> Given:
    return {"kind": "data", "conn": conn, "dir": way, "ip": ip, "port": port, "transport": "udp"}, data


def test_questions_to_a_resolver_are_names_and_one_contact_with_it() -> None:
    """From a capture: the names with their answers, and the resolver, which is a destination too."""
    asked = [_udp(dns_message("zzhc.vnet.cn"), conn=str(n)) for n in range(3)]
    answered = _udp(dns_message("zzhc.vnet.cn", ["219.141.177.1"]), "in", conn="0")
    found = flows(*asked, answered, {**connect(conn="c"), "pid": None}, observer="pcap")
    assert [(flow.what, flow.to, flow.cleartext) for flow in found] == [
        (FlowKind.DNS, "zzhc.vnet.cn", True),
        (FlowKind.CONNECT, "8.8.8.8:53", True),
        (FlowKind.CONNECT, "zzhc.vnet.cn:80", None),
    ]
    assert found[0].answers == ("219.141.177.1",)
    assert all(flow.stage is Stage.ATTEMPTED for flow in found)


def test_questions_over_tcp() -> None:
    """With a length before each, in any pieces."""
    message = vector(dns_message("zzhc.vnet.cn"), 2)
    found = flows(connect(port=53), out(message[:5]), out(message[5:]))
    assert {(flow.what, flow.to) for flow in found} == {
        (FlowKind.DNS, "zzhc.vnet.cn"),
        (FlowKind.CONNECT, "219.141.177.1:53"),
    }


def test_a_question_that_holds_an_identifier_gave_it_away() -> None:
    """The name itself went over the wire."""
    found = flows(_udp(dns_message(f"{IMEI}.t.example")), observer="pcap")
    assert (found[0].what, found[0].identifiers[0].certainty) == (FlowKind.DNS, Certainty.EXACT)
    assert found[0].stage is Stage.IDENTIFIED


@pytest.mark.parametrize(
    ("packets", "stage"),
    [
        ([quic_long(1)], Stage.ATTEMPTED),
        ([quic_long(1), b"\x40" + bytes(500)], Stage.ATTEMPTED),
        ([quic_long(1), b"\x40" + bytes(30), b"\x40" + bytes(30)], Stage.ATTEMPTED),
        ([quic_long(1), b"\x40" + bytes(500), b"\x41" + bytes(500)], Stage.TRANSMITTED),
        ([quic_long(1), quic_long(1, 1)], Stage.TRANSMITTED),
    ],
)
def test_quic_is_encrypted_and_its_server_unnamed(packets: list[bytes], stage: Stage) -> None:
    """Acknowledgements are no data of the unit's."""
    flow = _one(*(_udp(packet, port=443) for packet in packets))
    assert (flow.what, flow.transport, flow.cleartext, flow.sni, flow.stage) == (
        FlowKind.TLS,
        "udp",
        False,
        "",
        stage,
    )


def test_a_payload_over_udp() -> None:
    """A socket that sends to many is as many contacts; connecting it alone sends nothing."""
    found = flows(
        connect(conn="u", transport="udp", ip="9.9.9.9", port=9, pid=None),
        _udp(f"imei={IMEI}".encode(), ip="1.2.3.4", port=7000),
        _udp(b"\0\1\2", ip="1.2.3.5", port=7000),
        _udp(b"\0\1\2", ip="1.2.3.5", port=7000),
    )
    assert [(flow.to, flow.stage, flow.cleartext) for flow in found] == [
        ("1.2.3.4:7000", Stage.IDENTIFIED, True),
        ("1.2.3.5:7000", Stage.TRANSMITTED, None),
    ]
    assert found[0].identifiers[0].where == "payload > form"


def test_what_android_logged_of_two_apps() -> None:
    """The name that one was answered is not the other's; without names for connections they stay apart."""
    seen = {**connect(), "pid": None, "conn": None}
    found = flows(
        {**dns("a.example", "1.2.3.4", pid=None), "package": "com.acme.app"},
        {**dns("b.example", "1.2.3.4", pid=None), "package": "other.app"},
        {**seen, "ip": "1.2.3.4", "package": "com.acme.app"},
        {**seen, "ip": "1.2.3.4", "package": "other.app"},
        {**seen, "ip": "1.2.3.4", "package": "third.app"},
        observer="network-log",
    )
    assert [(flow.who, flow.to) for flow in found[2:]] == [
        ("com.acme.app", "a.example:80"),
        ("other.app", "b.example:80"),
        ("third.app", "1.2.3.4:80"),
    ]


def test_rows_of_a_list_of_connections_stay_apart() -> None:
    """Only what a library in the same process tells is the same connection seen twice."""
    found = flows(
        connect(conn="line 2", pid=None, host="a.example"),
        connect(conn="line 3", pid=None),
        observer="pcapdroid",
    )
    assert len(found) == 2


def test_a_text_message() -> None:
    """Handed to the system, which is as far as anybody can see; refused, it was only tried."""
    sms = {"kind": "sms", "api": "SmsManager.sendDataMessage", "to": "10659123", "port": 16998, "pid": 7}
    sent, refused = flows((sms, f"IMEI:{IMEI}".encode()), ({**sms, "rc": -1}, b"x"))
    assert (sent.what, sent.to, sent.stage, sent.cleartext) == (
        FlowKind.SMS,
        "10659123:16998",
        Stage.IDENTIFIED,
        None,
    )
    assert refused.stage is Stage.ATTEMPTED


def test_what_a_process_was_told_by_android_is_the_units() -> None:
    """Its answer is looked for in what was sent, whoever sent it."""
    event = {"kind": "identifier", "api": "TelephonyManager.getImei", "value": IMEI, "pid": 7}
    observed = read(connect(), out(post(IMEI.encode())), event, known=())
    assert [(one.kind.value, one.value, one.origin) for one in observed.identifiers] == [
        ("imei", IMEI, "TelephonyManager.getImei, as it answered pid 7")
    ]
    assert observed.flows is not None
    assert observed.flows[0].stage is Stage.IDENTIFIED


@pytest.mark.parametrize(
    ("api", "value", "kind"),
    [
        ("TelephonyManager.getDeviceId", IMEI, "imei"),
        ("TelephonyManager.getDeviceId", "A0000012345678", "meid"),
        ("TelephonyManager.getSubscriberId", "460030912121001", "imsi"),
        ("TelephonyManager.getSimSerialNumber", ICCID, "iccid"),
        ("SubscriptionInfo.getIccId", ICCID, "iccid"),
        ("WifiInfo.getMacAddress", "a4:b1:c2:d3:e4:f5", "mac"),
        ("Settings.Secure.getString(android_id)", "9f8e7d6c5b4a3210", "android-id"),
        ("Build.getSerial", "PNXGAM8712345678", "serial"),
        ("WifiInfo.getMacAddress", "02:00:00:00:00:00", None),
        ("Build.getSerial", "unknown?", None),
        ("TelephonyManager.getImei", "000000000000000", None),
        ("TelephonyManager.getImei", None, None),
        ("TelephonyManager.getImei", "1", None),
        ("TelephonyManager.getNetworkOperator", "46003", None),
    ],
)
def test_only_what_names_a_unit_is_an_identifier(api: str, value: str | None, kind: str | None) -> None:
    """A placeholder would be found in everything that is sent."""
    observed = read({"kind": "identifier", "api": api, "value": value, "pid": 7}, known=())
    assert [one.kind.value for one in observed.identifiers] == ([kind] if kind else [])
    assert observed.unread == ()


def _socket(
    uid: int, ip: str, state: str = "ESTABLISHED", local: str = "10.0.0.2:5000", port: int = 80
) -> dict[str, Any]:
    return {
        "kind": "socket",
        "uid": uid,
        "ip": ip,
        "port": port,
        "local": local,
        "transport": "tcp",
        "state": state,
    }


def test_sockets_in_a_list_are_attempts() -> None:
    """One for each user id and destination; what waits, loops back or has lost its user id is nobody's."""
    found = flows(
        {"kind": "process", "uid": 1001, "packages": [PHONE, CLIENT]},
        _socket(1001, "219.141.177.1"),
        _socket(1001, "219.141.177.1", local="10.0.0.2:5001"),
        _socket(0, "219.141.177.1", "TIME_WAIT"),
        _socket(0, "9.9.9.9", "TIME_WAIT"),
        _socket(10_100, "::ffff:1.2.3.4"),
        _socket(0, "127.0.0.1"),
        _socket(1000, "0.0.0.0", "LISTEN", port=0),
        observer="sockets",
    )
    assert [(flow.who, flow.to, flow.attribution.value) for flow in found] == [
        ("uid 1001", "219.141.177.1:80", "shared-uid"),
        ("", "9.9.9.9:80", "none"),
        ("com.acme.app", "1.2.3.4:80", "uid"),
    ]
    assert found[0].shared == (PHONE, CLIENT)
    assert {(flow.stage, flow.cleartext, flow.via) for flow in found} == {(Stage.ATTEMPTED, None, "sockets")}
