from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.hooks.messages import MOST_EVENTS, MOST_TROUBLES, AgentReader, Told
from audit.parse.observations.lines import Recorder, read_lines

SCHEMA = json.loads((Path(__file__).parents[2] / "hooks" / "message.schema.json").read_text())
PID = 4711

CONNECT = {
    "kind": "connect",
    "ts": 5,
    "conn": "c1",
    "ip": "1.2.3.4",
    "port": 80,
    "transport": "tcp",
    "rc": 0,
    "errno": 0,
}
DATA = {
    "kind": "data",
    "ts": 6,
    "conn": "c1",
    "dir": "out",
    "size": 9,
    "ip": "1.2.3.4",
    "port": 80,
    "transport": "tcp",
}


def message(*events: object, **changes: object) -> dict[str, object]:
    """A message of the native agent as Frida hands it over."""
    payload = {"type": "adb-audit", "v": 1, "agent": "native", "seq": 0, "dropped": 0, "events": list(events)}
    return {"type": "send", "payload": {**payload, **changes}}


def read(*messages: object, blob: bytes | None = None, now_ms: int = 10_000) -> list[Told]:
    """What a new reader makes of *messages*."""
    reader = AgentReader(PID, "native", loaded_ms=1000)
    return [told for one in messages for told in reader.read(one, blob, now_ms=now_ms)]


def troubles(told: list[Told]) -> list[str]:
    """What is said to be wrong."""
    return [one.event["what"] for one in told if one.event["kind"] == "trouble"]


def test_what_keeps_the_contract_is_kept_as_it_is() -> None:
    """Every kind of the schema becomes one event with its time, its process and its connection."""
    events: list[dict[str, Any]] = [
        {"kind": "hello", "ts": 0, "agent_version": "1", "contract": 1, "frida": "17.26.0", "pid": PID,
         "arch": "arm64", "platform": "linux"},
        {"kind": "hooks", "ts": 0, "installed": ["connect"], "missing": [["SSL_write", "no libssl"]]},
        {"kind": "dns", "ts": 1, "host": "a.example", "answers": ["1.2.3.4"], "rc": 0, "via": "getaddrinfo"},
        {**CONNECT, "tid": 7, "caller": "libx.so+0x12", "stack": ["a", "b"]},
        {**DATA, "bytes": [2, 3]},
        {"kind": "plain", "ts": 7, "conn": "", "sni": "a.example", "lib": "libssl.so", "size": 3,
         "bytes": [0, 3]},
        {"kind": "http", "ts": 8, "api": "URL", "url": "http://a.example/", "head": "A: b\nC: d"},
        {"kind": "sms", "ts": 8, "api": "SmsManager", "to": "123", "size": 3, "bytes": [0, 3]},
        {"kind": "identifier", "ts": 8, "api": "getImei", "value": None},
        {"kind": "close", "ts": 9, "conn": "c1"},
    ]  # fmt: skip
    told = read(message(*events), blob=b"abcdef")
    assert [one.event["kind"] for one in told] == [one["kind"] for one in events[1:]]
    assert {one.event["pid"] for one in told} == {PID}
    assert (told[2].event["conn"], told[2].event["t"], told[2].event["tid"]) == (f"{PID}.native.c1", 1005, 7)
    assert (told[3].data, told[3].event["size"]) == (b"cde", 9)
    assert told[5].event["head"] == "A: b\nC: d"


def test_every_kind_of_the_schema_is_known() -> None:
    """What an agent may send by the contract is read here."""
    kinds = [one["$ref"].rpartition("/")[2] for one in SCHEMA["$defs"]["event"]["oneOf"]]
    for kind in kinds:
        unknown = [
            what for what in troubles(read(message({"kind": kind, "ts": 0}))) if "event of the kind" in what
        ]
        assert unknown == []


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (7, "no object"),
        ({"kind": "opened", "ts": 0}, "of the kind 'opened'"),
        ({"kind": "socket", "ts": 0}, "of the kind 'socket'"),
        ({**CONNECT, "port": 70_000}, "port is not a whole number"),
        ({**CONNECT, "port": True}, "port is not a whole number"),
        ({**CONNECT, "ip": "evil\x1b[31m"}, "ip is not an address"),
        ({**CONNECT, "conn": 5}, "conn is not text"),
        ({**DATA, "dir": "sideways"}, "dir is not out or in"),
        ({**DATA, "size": -1}, "size is not a whole number"),
        ({**DATA, "size": 1 << 70}, "size is not a whole number"),
        ({**CONNECT, "pid": 1}, "says it runs in process 1"),
        ({**CONNECT, "ts": 1e300}, "clock"),
        ({**CONNECT, "ts": 10**400}, "clock"),
        ({**CONNECT, "ts": float("nan")}, "clock"),
        ({**CONNECT, "ts": -5}, "clock"),
        ({**CONNECT, "colour": "red"}, "nobody knows: colour"),
        ({**DATA, "bytes": [0, 7]}, "beyond what came with it"),
        ({**DATA, "bytes": [1 << 60, 1 << 60]}, "beyond what came with it"),
        ({**DATA, "bytes": [-1, 3]}, "not an offset and a length"),
        ({**DATA, "bytes": "all"}, "not an offset and a length"),
        ({"kind": "hello", "ts": 0, "pid": 1, "frida": "17.26.0"}, "says it runs in process 1"),
    ],
)
def test_what_breaks_the_contract_is_told_and_left_out(event: object, words: str) -> None:
    """A wrong value is named; nothing of it gets into the recording; the session's process counts."""
    told = read(message(event, CONNECT), blob=b"abcdef")
    assert any(words in what for what in troubles(told))
    assert {one.event["pid"] for one in told} == {PID}
    assert all(0 <= one.event["t"] <= 10_000 for one in told)
    assert "connect" in {one.event["kind"] for one in told}


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (None, "no object"),
        ({"type": "send", "payload": "hello"}, "none of an agent"),
        ({"type": "send", "payload": {"type": "adb-audit", "v": 2}}, "another contract"),
        (message(seq="first"), "without its number"),
        (message(dropped=-1), "number of events it lost"),
        (message(events="many"), "without events"),
        (message(CONNECT, agent="java"), "another agent's name"),
        ({"type": "error", "description": "boo", "lineNumber": 3}, "an error in the agent: boo (line 3)"),
    ],
)
def test_a_message_that_is_none_is_told(wrong: object, words: str) -> None:
    """Whatever arrives instead of a message is a sentence in the recording."""
    assert any(words in what for what in troubles(read(wrong)))


def test_lost_messages_and_events_are_counted() -> None:
    """A hole in the numbers and a growing count of the agent's are events that were lost."""
    told = read(message(CONNECT), message(CONNECT, seq=4, dropped=7), message(CONNECT, seq=5, dropped=9))
    lost = [(one.event["count"], one.event["why"]) for one in told if one.event["kind"] == "dropped"]
    assert [count for count, _ in lost] == [3, 7, 2]
    assert "never arrived" in lost[0][1]


def test_more_than_fits_is_counted_and_troubles_are_few() -> None:
    """A message of a million events and a million wrong ones cost a bound and two sentences."""
    told = read(message(*[CONNECT] * (MOST_EVENTS + 5)))
    assert sum(one.event["kind"] == "connect" for one in told) == MOST_EVENTS
    assert [one.event["count"] for one in told if one.event["kind"] == "dropped"] == [5]
    reader = AgentReader(PID, "native", loaded_ms=0)
    flood = [told for number in range(1000) for told in reader.read(message(7, seq=number), None, now_ms=1)]
    assert len(flood) == MOST_TROUBLES
    assert [one.event["what"] for one in reader.end(now_ms=1)] == [f"{1000 - MOST_TROUBLES} more like these"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
KINDS = st.sampled_from(
    ["hello", "hooks", "dns", "connect", "data", "plain", "close", "http", "sms", "identifier", "trouble"]
)
NAMES = st.sampled_from(
    ["ts", "pid", "tid", "conn", "ip", "port", "size", "bytes", "host", "answers", "installed", "missing",
     "stack", "api", "url", "value", "what", "where", "dir", "rc", "head"]
)  # fmt: skip
EVENTS = (
    st.builds(lambda kind, rest: {**rest, "kind": kind}, KINDS, st.dictionaries(NAMES, JSON, max_size=12))
    | JSON
)


@given(
    st.lists(
        st.builds(
            lambda events, rest: message(*events, **rest),
            st.lists(EVENTS, max_size=6),
            st.dictionaries(st.sampled_from(["seq", "dropped", "v", "agent", "events"]), JSON, max_size=3),
        )
        | JSON,
        max_size=5,
    ),
    st.binary(max_size=40),
)
def test_nothing_an_agent_says_breaks_the_recording(messages: list[object], blob: bytes) -> None:
    """Whatever arrives: the session's own process, times within the window, lines that read back."""
    reader = AgentReader(PID, "native", loaded_ms=1000)
    recorder = Recorder(observer="frida", at="2026-03-01T12:00:00Z", what="x", key=b"k")
    for one in messages:
        for told in reader.read(one, blob, now_ms=5000):
            assert told.event["pid"] == PID
            assert 0 <= told.event["t"] <= 5000
            assert told.data is None or told.event["size"] >= len(told.data)
            assert recorder.add(told.event, told.data)
    assert all(isinstance(event, dict) for _, event in read_lines(recorder.data()))
    assert b"\x1b" not in recorder.data()
