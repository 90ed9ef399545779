from __future__ import annotations

from typing import Any

import pytest

from audit.model.flows import FlowKind, Stage
from audit.parse.observations.assemble import Assembler
from audit.parse.observations.lines import read_lines
from tests.parse.observations.house import (
    CLIENT,
    IMEI,
    KNOWN,
    PACKAGES,
    PHONE,
    Given,
    connect,
    flows,
    out,
    post,
    process,
    recording,
)
from tests.parse.wire.writers import client_hello, records

_STACK = ["okhttp3.internal.http.BridgeInterceptor.intercept(X.java:1)", f"{CLIENT}.Task.run(Task.java:9)"]
_SENT = records(bytes(53), kind=23) + records(bytes(400), kind=23)


def _http(url: str, body: bytes = b"", *, api: str = "okhttp", t: int = 0, **more: Any) -> Given:  # noqa: ANN401  # any field of an event
    return {
        "kind": "http",
        "api": api,
        "method": "POST",
        "url": url,
        "pid": 7,
        "t": t,
        "stack": _STACK,
        **more,
    }, body


_POST = post(b"a=1", path="/r?b")
_WIRE: list[Given] = [connect(t=5), out(_POST, t=6)]
_TLS: list[Given] = [connect(port=443, t=5), out(records(client_hello("a.example")), t=6)]


@pytest.mark.parametrize(
    "events",
    [
        [_http("http://zzhc.vnet.cn/r?b"), *_WIRE],
        [*_WIRE, _http("http://zzhc.vnet.cn:80/r?b#top", t=40)],
        [_http("http://zzhc.vnet.cn/r?b"), _http("http://zzhc.vnet.cn/r?b", api="URL.open"), *_WIRE],
        [_http("/r?b", head="Accept: */*\r\nHost: zzhc.vnet.cn\r\n"), *_WIRE],
        [_http("http://ZZHC.vnet.cn/r?b"), connect(), *(out(_POST[n : n + 9]) for n in range(0, 90, 9))],
    ],
)  # fmt: skip
def test_what_a_library_was_asked_for_and_its_bytes_are_one_request(events: list[Given]) -> None:
    """Whichever was told first, and however many libraries lie upon each other."""
    (flow,) = flows(process(PHONE, PHONE, CLIENT, uid=1001), *events)
    assert (flow.what, flow.url, flow.who) == (FlowKind.HTTP, "http://zzhc.vnet.cn/r?b", CLIENT)
    assert (flow.cleartext, flow.stage, flow.ip) == (True, Stage.TRANSMITTED, "219.141.177.1")
    assert flow.stack == tuple(_STACK)


@pytest.mark.parametrize(
    ("events", "count"),
    [
        ([_http("http://zzhc.vnet.cn/r?b", pid=8), *_WIRE], 2),
        ([_http("http://zzhc.vnet.cn/other"), *_WIRE], 2),
        ([_http("http://zzhc.vnet.cn/r?b", t=60_000), *_WIRE], 2),
        ([_http("http://zzhc.vnet.cn/r?b"), _http("http://zzhc.vnet.cn/r?b"), *_WIRE], 2),
    ],
)
def test_requests_that_are_not_the_same_stay_apart(events: list[Given], count: int) -> None:
    """Another process, another path, another time; the same library asked twice asks for two."""
    assert len(flows(*events)) == count


def test_a_request_that_a_library_was_asked_for_alone_is_an_attempt() -> None:
    """Nothing was seen leaving, whatever was in it."""
    (flow,) = flows(_http("http://zzhc.vnet.cn/r", IMEI.encode()))
    assert (flow.stage, flow.cleartext, flow.host_from) == (Stage.ATTEMPTED, None, "url")
    assert [one.certainty for one in flow.identifiers] == ["exact"]


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize(
    ("sent", "body", "stage"),
    [
        ([], IMEI.encode(), Stage.ATTEMPTED),
        ([out(_SENT, t=9)], b"", Stage.TRANSMITTED),
        ([out(_SENT, t=9)], IMEI.encode(), Stage.IDENTIFIED),
        ([out(_SENT, t=9)], IMEI.encode() + bytes(9000), Stage.TRANSMITTED),
    ],
)
def test_a_request_inside_tls(sent: list[Given], body: bytes, stage: Stage, first: bool) -> None:
    """It went with the connection to its server, if as much left there as it holds."""
    asked = _http("https://a.example/r", body, t=4)
    (flow,) = flows(*([asked, *_TLS] if first else [*_TLS, asked]), *sent)
    assert (flow.what, flow.url, flow.cleartext, flow.stage) == (
        FlowKind.HTTP,
        "https://a.example/r",
        False,
        stage,
    )
    assert (flow.ip, flow.sni, flow.stack) == ("219.141.177.1", "a.example", tuple(_STACK))


def test_a_connection_as_java_sees_it_is_the_one_the_system_opened() -> None:
    """Its calls name who did it, its name where it went; bytes are not counted twice."""
    java = {"kind": "connect", "conn": "7.java.1", "host": "zzhc.vnet.cn", "ip": "219.141.177.1", "port": 80}
    seen = {**java, "transport": "tcp", "pid": 7, "stack": _STACK, "t": 8}
    again = out(b"\1\2\3\4\5", conn="7.java.1")
    for order in ([connect(t=5), seen], [{**seen, "t": 1}, connect(t=5)]):
        (flow,) = flows(process(PHONE, PHONE, CLIENT, uid=1001), *order, out(b"\1\2\3\4\5"), again)
        assert (flow.host, flow.who, flow.sent_bytes) == ("zzhc.vnet.cn", CLIENT, 5)


def _live(*events: Given) -> list[tuple[str, str, Stage, tuple[str, ...]]]:
    assembler = Assembler(PACKAGES)
    return [
        (seen.key, seen.flow.what.value, seen.flow.stage, seen.instead_of)
        for _, event in read_lines(recording(*events))
        if not isinstance(event, str)
        for seen in assembler.feed(event)
    ]


def test_a_row_stays_the_same_while_more_is_learnt() -> None:
    """Tried, then a request: one key; what the library told of before is replaced."""
    told = _live(_http("http://zzhc.vnet.cn/r?b"), *_WIRE)
    assert told == [
        ("http:1", "http", Stage.ATTEMPTED, ()),
        ("conn:1", "connect", Stage.ATTEMPTED, ()),
        ("conn:1", "http", Stage.TRANSMITTED, ("http:1",)),
    ]


def test_rows_are_told_only_when_more_is_known() -> None:
    """The hundredth write of a connection is no news."""
    told = _live(connect(), *(out(b"\1\2\3\4" * 20) for _ in range(100)))
    assert [stage for _, _, stage, _ in told] == [Stage.ATTEMPTED, Stage.TRANSMITTED]


def test_half_a_request_is_told_when_its_connection_ends() -> None:
    """Nothing more of it will come."""
    assembler = Assembler(PACKAGES)
    data = recording(connect(), out(b"GET /reg?x=1"), {"kind": "close", "conn": "1", "pid": 7})
    told = [
        seen.flow.url
        for _, event in read_lines(data)
        if not isinstance(event, str)
        for seen in assembler.feed(event)
    ]
    assert told[-1] == "http://219.141.177.1/reg?x=1"


def test_one_row_can_be_asked_for_with_its_identifiers() -> None:
    """Whenever whoever shows it likes; they are not looked for with every write."""
    assembler = Assembler(PACKAGES)
    for _, event in read_lines(recording(connect(), out(post(IMEI.encode())))):
        assert not isinstance(event, str)
        for seen in assembler.feed(event):
            assert seen.flow.identifiers == ()
    flow = assembler.flow("conn:1", KNOWN, b"")
    assert flow is not None
    assert flow.stage is Stage.IDENTIFIED
    assert assembler.flow("conn:2", KNOWN, b"") is None
