from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.model.flows import Attribution, FlowKind
from tests.observe.imports.reading import IMPORTED, flows, of, recording, troubles

AT = 1_546_300_800_000
OLD = [
    f"DnsEvent(zzhc.vnet.cn, 219.141.1.1 219.141.1.2, 2, {AT}, com.android.phone)",
    f"ConnectEvent(219.141.1.1, 80, {AT + 40}, com.android.phone)",
    f"DnsEvent(nowhere.example, NONE, 0, {AT + 90}, com.a.b)",
]
NEW = [
    f"DnsEvent(7, zzhc.vnet.cn, 219.141.1.1 219.141.1.2, 2, {AT}, com.android.phone)",
    f"ConnectEvent(8, 219.141.1.1, 80, {AT + 40}, com.android.phone)",
    f"DnsEvent(9, nowhere.example, NONE, 0, {AT + 90}, com.a.b)",
]
LOGCAT = [f"01-01 00:00:00.123  1234  1235 I Dpc     : {line}" for line in NEW]
JSON = [
    json.dumps(
        {
            "package": "com.android.phone",
            "host": "zzhc.vnet.cn",
            "ips": ["219.141.1.1", "219.141.1.2"],
            "timestamp": AT,
        }
    ),
    json.dumps(
        {
            "package": "com.android.phone",
            "ip": "219.141.1.1",
            "port": 80,
            "timestamp": "2019-01-01T00:00:00.040Z",
        }
    ),
    json.dumps({"packageName": "com.a.b", "hostname": "nowhere.example", "timestamp": str(AT + 90)}),
]


@pytest.mark.parametrize(
    "lines", [OLD, NEW, LOGCAT, JSON, [OLD[0], NEW[1], JSON[2]]], ids=["8", "9", "logcat", "json", "mixed"]
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_form_tells_names_and_connections_with_their_package(
    tmp_path: Path, lines: list[str], end: str
) -> None:
    """As Android 8 and 9 write events, within a log, and as JSON lines: the same recording."""
    events = recording(tmp_path / "network_logs_1.txt", end.join([*lines, ""]).encode())
    assert events[0]["observer"] == "network-log"
    assert events[0]["at"] == "2019-01-01T00:00:00.000+00:00"
    first, second = of(events, "dns")
    assert (first["host"], first["answers"]) == ("zzhc.vnet.cn", ["219.141.1.1", "219.141.1.2"])
    assert (second["host"], second["answers"], second["package"], second["t"]) == (
        "nowhere.example",
        [],
        "com.a.b",
        90,
    )
    (connect,) = of(events, "connect")
    assert (connect["ip"], connect["port"], connect["t"]) == ("219.141.1.1", 80, 40)
    assert troubles(events) == ""


def test_the_judging_names_the_package_and_the_host(tmp_path: Path) -> None:
    """A name, then a connection to its address, both of the package that the log names."""
    found = {flow.what: flow for flow in flows(recording(tmp_path / "a.txt", "\n".join(NEW[:2]).encode()))}
    connect = found[FlowKind.CONNECT]
    assert (connect.host, connect.ip, connect.port) == ("zzhc.vnet.cn", "219.141.1.1", 80)
    assert "com.android.phone" in {connect.who, found[FlowKind.DNS].who}
    assert connect.attribution is not Attribution.NONE


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("DnsEvent(a, b)", "without its fields"),
        (f"ConnectEvent(nowhere, 80, {AT}, a.b)", "no time, address or port"),
        (f"ConnectEvent(1.2.3.4, 99999, {AT}, a.b)", "no time, address or port"),
        ("DnsEvent(h, NONE, 0, yesterday, a.b)", "no time, or no name"),
        ('{"package": "a.b"}', "neither a host nor an address"),
        ('{"host": ', "no JSON"),
        ("[" * 5000, "no event"),
        ("some other line", "no event"),
        ("x" * 70000, "too long"),
    ],
)
def test_a_line_that_cannot_be_read_is_told_by_its_number(tmp_path: Path, line: str, what: str) -> None:
    """The others are read all the same."""
    events = recording(tmp_path / "a.txt", "\n".join([NEW[0], line, NEW[1]]).encode())
    assert len(of(events, "dns")) == len(of(events, "connect")) == 1
    assert "line 2: " in troubles(events)
    assert what in troubles(events)


def test_a_name_may_hold_what_separates_fields(tmp_path: Path) -> None:
    """A process may ask for any name: it moves no field, and nothing of it reaches a terminal."""
    line = f"DnsEvent(3, evil, 1.2.3.4, 1, x\x1b[2J.example, NONE, 0, {AT}, a.b)"
    (dns,) = of(recording(tmp_path / "a.txt", line.encode()), "dns")
    assert dns["host"] == "evil, 1.2.3.4, 1, x[2J.example"
    assert dns["package"] == "a.b"


def test_events_without_a_time_are_of_the_import(tmp_path: Path) -> None:
    """JSON may leave the time out: the recording says so."""
    events = recording(tmp_path / "a.jsonl", b'{"package":"a.b","host":"h.example"}\n')
    assert events[0]["at"] == IMPORTED.isoformat(timespec="milliseconds")
    assert "no time" in troubles(events)


@pytest.mark.parametrize("at", [10**17, -(10**17)])
def test_times_that_cannot_be_are_no_error(tmp_path: Path, at: int) -> None:
    """A year beyond 9999 is damage, not a date."""
    events = recording(tmp_path / "a.jsonl", json.dumps({"host": "h.example", "timestamp": at}).encode())
    assert of(events, "dns")


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"hello\n" * 30, b"\x7fELF" + bytes(100), b"PK\x03\x04", b"{}\n[]\n"]
)
def test_anything_else_is_refused_with_what_is_supported(tmp_path: Path, data: bytes) -> None:
    """The message says which kinds of recording can be given."""
    with pytest.raises(BadInput) as refused:
        recording(tmp_path / "a", data)
    for kind in ("pcapng", "gzip", "CSV", "DnsEvent", "JSON lines"):
        assert kind in refused.value.fix


def test_a_folder_or_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """Not a traceback of the system's."""
    with pytest.raises(BadInput):
        recording(tmp_path)
    with pytest.raises(BadInput):
        recording(tmp_path / "absent")


@given(st.lists(st.text(max_size=60) | st.sampled_from([*OLD, *NEW, *JSON]), min_size=1, max_size=8))
def test_no_log_raises(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    """Any lines after one that is an event."""
    data = "\n".join([NEW[0], *lines]).encode("utf-8", "replace")
    assert of(recording(tmp_path_factory.mktemp("log") / "a", data), "dns")
