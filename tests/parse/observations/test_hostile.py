from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.flows import Flow
from audit.parse.observations.assemble import Assembler
from audit.parse.observations.read import read_observations
from tests.parse.observations.house import KNOWN, PACKAGES, artifact, recording
from tests.parse.wire.writers import client_hello, dns_message, quic_long, records

_KINDS = (
    *("opened", "process", "hooks", "dns", "connect", "data", "plain", "close", "http", "sms"),
    *("identifier", "socket", "app", "trouble", "dropped", "closed", "wonder"),
)
_FIELDS = (
    *("v", "observer", "key", "versions", "pid", "name", "uid", "packages"),
    *("installed", "missing", "host", "t", "answers", "rc", "conn", "ip"),
    *("port", "transport", "dir", "size", "data", "sni", "lib", "api"),
    *("method", "url", "head", "to", "value", "local", "state", "where"),
    *("what", "count", "seconds", "why", "stack", "agent", "package", "caller"),
    *("errno",),
)
_BYTES = (
    b"POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 9\r\n\r\nimei=",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"CONNECT b.example:443 HTTP/1.1\r\n\r\n",
    records(client_hello("a.example"))[:90],
    records(bytes(400), kind=23),
    dns_message("a.example", ["1.2.3.4"]),
    quic_long(1),
    bytes(20),
)
_TEXTS = (
    *("", "1", "7.java.1", "out", "in", "udp", "tcp", "1.2.3.4", "::ffff:1.2.3.4", "::1%7", "a.example"),
    *("http://a.example/?imei=1", "https://[::1]:99999/", "http://", "//", "x:1001", "TIME_WAIT", "java"),
    *("com.android.phone", "com.acme.app.X.y(Z:1)", "getImei", "\x1b[2J\u202e\ud800", "a" * 3000, "pcap"),
)
_INF, _NAN = float("inf"), float("nan")
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(
        (0, 1, 7, 53, 80, 443, -1, -(10**30), 10**400, 1e308, float("inf"), float("nan"), 0.5, 2**63)
    ),
    st.sampled_from(_TEXTS),
    st.sampled_from(_BYTES).map(lambda data: base64.b64encode(data).decode()),
    st.text(max_size=8),
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
)
_EVENTS = st.builds(
    lambda kind, fields: {"kind": kind, **fields},
    st.sampled_from(_KINDS),
    st.dictionaries(st.sampled_from(_FIELDS), _VALUES, max_size=9),
)
_LIKELY = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(("connect", "data", "data", "plain", "http", "close", "app", "dns")),
        "conn": st.sampled_from(("1", "2")),
        "ip": st.sampled_from(("1.2.3.4", "5.6.7.8")),
        "port": st.sampled_from((53, 80, 443)),
        "transport": st.sampled_from(("tcp", "tcp", "udp")),
        "dir": st.sampled_from(("out", "out", "in")),
        "size": st.sampled_from((0, 5, 5000)),
        "data": st.sampled_from(_BYTES).map(lambda data: base64.b64encode(data).decode()),
        "url": st.sampled_from(("http://a.example/", "https://a.example/")),
        "sni": st.sampled_from(("", "a.example")),
        "host": st.sampled_from(("a.example", "b.example")),
        "name": st.just("com.acme.app"),
        "t": st.sampled_from((0, 9, 50_000)),
    }
)


def _sane(flow: Flow) -> None:
    texts = (
        flow.who,
        flow.to,
        flow.host,
        flow.url,
        flow.sni,
        flow.caller,
        flow.process,
        *flow.stack,
        *flow.answers,
    )
    assert all(len(text) < 10_000 for text in texts)
    assert not any(c in text for text in texts for c in "\x1b\u202e\n\ud800")
    assert flow.at_ms >= 0
    assert flow.sent_bytes is None or flow.sent_bytes >= 0


@given(st.lists(st.one_of(_EVENTS, _LIKELY), max_size=12))
def test_no_events_raise(events: list[dict[str, Any]]) -> None:
    """Whatever they hold, live and afterwards; every line has its place, and what is shown is clean."""
    data = "".join(json.dumps(event) + "\n" for event in events).encode()
    whole = recording() + data
    observed = read_observations([artifact(whole), artifact(data)], PACKAGES, KNOWN)
    for flow in observed.flows or ():
        _sane(flow)
    assert all(gap.reason and gap.fix for gap in observed.gaps)
    live = Assembler(PACKAGES)
    keys: dict[str, Flow] = {}
    for event in events:
        for seen in live.feed(event):
            keys[seen.key] = seen.flow
            for gone in seen.instead_of:
                keys.pop(gone, None)
            _sane(seen.flow)
    final = live.flows(KNOWN, b"")
    # at the end unfinished requests are read as far as they came, which may show two rows to be one
    assert len([key for key in keys if live.flow(key, KNOWN, b"") is not None]) <= len(final)


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    """A recording may be anything at all."""
    read_observations([artifact(data), artifact(recording() + data)], PACKAGES, KNOWN)


_LINE = {"conn": "1", "ip": "1.2.3.4", "port": 80, "transport": "tcp", "pid": 7}


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "data", "dir": "out", "data": "YQ=="},
        {"kind": "data", "dir": "in", "data": "FgMD"},
        {"kind": "data", "dir": "out", "data": base64.b64encode(b"GET / HTTP/1.1\r\n\r\n").decode()},
        {"kind": "data", "dir": "out", "port": 53, "data": "AA=="},
        {"kind": "plain", "sni": "a", "data": base64.b64encode(b"POST / HTTP/1.1\r\n").decode()},
        {"kind": "http", "url": "http://a.example/", "api": "a"},
        {"kind": "http", "url": "https://a.example/", "api": "a"},
        {"kind": "dns", "host": "a.example", "answers": [f"1.2.3.{n}" for n in range(64)]},
        {"kind": "socket", "uid": 1, "state": "ESTABLISHED"},
        {"kind": "connect", "stack": ["com." * 120 + "a(b:1)"] * 24},
        {"kind": "hooks", "installed": ["connect"] * 50, "missing": [["write", "x"]] * 50},
        {"kind": "identifier", "api": "getImei", "value": "861234567890127"},
        {"kind": "close"},
    ],
)
def test_the_same_event_many_times_does_not_take_long(event: dict[str, Any]) -> None:
    """Work grows with the events, whichever they are."""
    data = recording() + (json.dumps({**_LINE, **event}) + "\n").encode() * 5_000
    began = time.process_time()
    read_observations([artifact(data)], PACKAGES, KNOWN)
    assert time.process_time() - began < 10


def test_deep_lines_end() -> None:
    """Nesting without end is no JSON, and no crash."""
    deep = b'{"kind":' + b"[" * 500_000 + b"\n" + b'{"kind":"dns","host":' + b'{"a":' * 200_000 + b"\n"
    assert len(read_observations([artifact(recording() + deep)], PACKAGES, KNOWN).unread) == 2
