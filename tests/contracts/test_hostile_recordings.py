"""Hostile messages, recordings and captures, by the way users go: to a report in every format."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.hooks.messages import MOST_EVENTS, MOST_TROUBLES
from audit.model.flows import Stage
from audit.model.report import Decision, Report
from audit.observe.imports import read_capture
from audit.parse.observations.lines import MOST_OF_A_CONNECTION
from tests.build import pcap
from tests.contracts.recorded import (
    CLIENT,
    ICCID,
    IMEI,
    KEY,
    contacts,
    edited,
    judged,
    of_client,
    of_messages,
    recording,
    written,
)
from tests.hooks.test_messages import CONNECT, DATA, EVENTS, JSON, message
from tests.observe.imports.reading import UNIT, exchange
from tests.observe.imports.test_bounds import upload
from tests.parse.observations.house import connect, out, post, process

PID = 4711
OWN = {"kind": "process", "pid": PID, "name": CLIENT, "uid": 1001, "packages": [CLIENT]}
HOOKS = {"kind": "hooks", "ts": 0, "installed": ["connect", "send"], "missing": []}
TERMINAL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
Events = list[dict[str, Any]]


def whole(report: Report) -> dict[str, str]:
    """All formats of a report, which hold no secret and nothing a terminal would obey."""
    texts = written(report)
    for name, text in texts.items():
        assert IMEI not in text, name
        assert ICCID not in text, name
        assert not TERMINAL.search(text.replace("\r\n", "\n")), name
        assert len(text) < 4 << 20, name
    json.loads(texts["json"])
    return texts


def sent(*events: object, **changes: object) -> list[tuple[object, bytes | None]]:
    """One message that says what is hooked, and *events*."""
    return [(message(HOOKS, *events, **changes), b"0123456789")]


@settings(max_examples=settings().max_examples // 4)  # each is a whole audit or two
@given(
    st.lists(
        st.builds(
            lambda events, rest: message(*events, **rest),
            st.lists(EVENTS, max_size=5),
            st.dictionaries(st.sampled_from(["seq", "dropped", "v", "agent", "events"]), JSON, max_size=2),
        )
        | JSON,
        max_size=4,
    ),
    st.binary(max_size=30),
)
def test_no_message_breaks_a_report(messages: list[object], blob: bytes) -> None:
    """Whatever an agent sends, beside what is true of the unit: a report, and it fails as it would alone."""
    before = (message(HOOKS, CONNECT), None)
    report = judged(of_messages(PID, [before, *((one, blob) for one in messages)], OWN))
    assert report.verdict.decision is Decision.FAIL
    assert any((flow.ip, flow.port) == ("1.2.3.4", 80) for flow in contacts(report))
    assert all(flow.pid in {PID, None} for flow in contacts(report))
    whole(report)


NASTY = f"\x1b[2J\x1b]0;owned\x07{IMEI}\u202e<script>alert(1)</script>=cmd|'/c calc'!A1\r\n\0{ICCID}"


@pytest.mark.parametrize(
    "event",
    [
        {"kind": "dns", "ts": 1, "host": NASTY, "answers": []},
        {**CONNECT, "host": NASTY, "caller": NASTY, "stack": [NASTY] * 24},
        {"kind": "http", "ts": 1, "api": NASTY, "url": f"http://a.example/{NASTY}", "head": NASTY},
        {"kind": "http", "ts": 1, "api": "x", "url": f"http://{NASTY}/"},
        {"kind": "sms", "ts": 1, "api": "x", "to": NASTY, "size": 9, "bytes": [0, 9]},
        {"kind": "plain", "ts": 1, "conn": "c1", "sni": NASTY, "lib": NASTY, "size": 3, "bytes": [0, 3]},
        {"kind": "hooks", "ts": 1, "installed": [NASTY, "connect"], "missing": [[NASTY, NASTY]]},
        {"kind": "trouble", "ts": 1, "where": NASTY, "what": NASTY},
        {"kind": NASTY, "ts": 1},
        {**CONNECT, NASTY: 1},
        {"kind": "identifier", "ts": 1, "api": "getImei", "value": NASTY},
        {"kind": "hello", "ts": 1, "frida": NASTY, "agent_version": NASTY},
    ],
    ids=lambda event: str(event["kind"])[:12].strip("\x1b"),
)
def test_nothing_an_agent_writes_gets_out_raw(event: dict[str, object]) -> None:
    """Control characters, markup and formulas are words; identifiers in any field are masked."""
    texts = whole(judged(of_messages(PID, sent(CONNECT, event), OWN, {**OWN, "name": NASTY, "pid": 8})))
    assert "<script>" not in texts["html"]
    assert not re.search(r'(?m)(^|,)"?=cmd', texts["csv"])


@pytest.mark.parametrize(
    ("changes", "lost"),
    [
        ({"dropped": 5}, "5 events of the recording were lost."),
        ({"seq": 3}, "3 events of the recording were lost."),
        ({"events": [HOOKS, *[CONNECT] * (MOST_EVENTS + 6)]}, "7 events of the recording were lost."),
    ],
)
def test_what_was_lost_on_the_way_passes_nobody(changes: dict[str, Any], lost: str) -> None:
    """Counted, said, and the question stays open, on a unit that would pass."""
    report = judged(
        of_messages(PID, [(message(**{"events": [HOOKS], **changes}), None)]), name="clean-global"
    )
    assert report.verdict.decision is Decision.INCONCLUSIVE
    assert lost in report.verdict.because[0]
    assert lost in " ".join(whole(report)["plain"].split())


def test_without_a_loss_the_same_unit_passes() -> None:
    """Else the tests beside this one could not fail."""
    report = judged(of_messages(PID, sent()), name="clean-global")
    assert report.verdict.decision is Decision.PASS


def test_a_flood_is_bounded_in_time_and_size() -> None:
    """Two thousand messages of wrong and right events, each with a connection and a host of its own."""
    began = time.process_time()
    messages = [
        (message(HOOKS, 7, {**CONNECT, "conn": f"c{n}", "ip": f"10.{n >> 8}.{n & 255}.1"}, seq=n), None)
        for n in range(2_000)
    ]
    report = judged(of_messages(PID, messages, OWN))
    assert len(contacts(report)) == 2_000
    (watch,) = report.watches
    assert len(watch.troubles) <= MOST_TROUBLES + 1
    texts = whole(report)
    assert f"{2_000 - MOST_TROUBLES} more like these" in texts["json"]
    assert time.process_time() - began < 60


def test_numbers_beyond_all_bounds_are_none() -> None:
    """1e308, 10 to the 400th, NaN: each field alone is left out, what is right beside it is kept."""
    huge = [1e308, 10**400, float("nan"), float("inf"), -1, True, [[]], {"a": {"b": 1}}]
    events = [{**DATA, name: one} for name in ("size", "ts", "port", "tid", "bytes") for one in huge]
    report = judged(of_messages(PID, sent(CONNECT, *events), OWN))
    assert {(flow.ip, flow.port) for flow in contacts(report)} <= {("1.2.3.4", 80), ("1.2.3.4", None)}
    assert all(0 <= flow.at_ms <= 60_000 for flow in contacts(report))
    whole(report)


# recordings that were edited by hand

SAID = (process(CLIENT, CLIENT, uid=1001), connect(ip="1.2.3.4"))
DAMAGES: dict[str, Callable[[Events], Sequence[Any]]] = {
    "its end is gone": lambda events: events[:-1],
    "its beginning is gone": lambda events: events[1:],
    "two beginnings": lambda events: [events[0], *events],
    "two recordings": lambda events: [*events, *events],
    "backwards": lambda events: events[::-1],
    "its end comes first": lambda events: [events[-1], *events[:-1]],
    "nobody says why it ended": lambda events: [*events[:-1], {**events[-1], "why": ""}],
    "nothing was hooked": lambda events: [e for e in events if e["kind"] != "hooks"],
    "empty hooks": lambda events: [{**e, "installed": []} if e["kind"] == "hooks" else e for e in events],
    "connect was not hooked": lambda events: [
        {**e, "installed": ["send"], "missing": [["connect", "refused"]]} if e["kind"] == "hooks" else e
        for e in events
    ],
    "losses below nothing": lambda events: [*events[:-1], {"kind": "dropped", "count": -7}, events[-1]],
    "another version": lambda events: [{**events[0], "v": 99}, *events[1:]],
    "no version": lambda events: [{**events[0], "v": None}, *events[1:]],
    "an event nobody knows": lambda events: [*events[:-1], {"kind": "teleport"}, events[-1]],
    "a kind that is none": lambda events: [*events[:-1], {"kind": 7}, events[-1]],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_an_edited_recording_passes_nobody(damage: str) -> None:
    """What is still in it is read, what is wrong is said, and no unit gets a PASS for silence."""
    report = judged(edited(recording(), DAMAGES[damage]), name="clean-global")
    assert report.verdict.decision is Decision.INCONCLUSIVE
    assert report.verdict.because[0]
    (row,) = (row for row in report.coverage if row.topic == "flows")
    assert row.gaps
    assert all(gap.reason and gap.fix and gap.origin for gap in row.gaps)
    whole(report)
    kept = judged(edited(recording(*SAID), DAMAGES[damage]))
    if "version" not in damage:
        assert [flow.ip for flow in (kept.flows or ())] == ["1.2.3.4"] * len(kept.flows or ())
        assert kept.flows


@pytest.mark.parametrize(
    "data", [b"", b"\n\n", b"no recording\n", b"\x00\xff" * 500, b"[]\n{}\n", b"{" * 10_000]
)
def test_a_recording_of_which_nothing_is_left_passes_nobody(data: bytes) -> None:
    """Somebody watched; what was seen cannot be told."""
    report = judged(data, name="clean-global")
    assert report.verdict.decision is Decision.INCONCLUSIVE
    whole(report)


@pytest.mark.parametrize("market", ["NO", None])
@pytest.mark.parametrize("name", ["clean-global", "fixed-2019", "reflashed-xiaomi"])
def test_a_recording_that_breaks_off_passes_nobody_whatever_rule_there_is(
    name: str, market: str | None
) -> None:
    """With a rule for its maker, without one, and without a market."""
    report = judged(recording(close=False), name=name, market=market)
    assert report.verdict.decision is Decision.INCONCLUSIVE
    assert any("breaks off" in reason for reason in report.verdict.because)


@given(st.data())
def test_a_recording_cut_anywhere_passes_nobody(data: st.DataObject) -> None:
    """By bytes, not by lines."""
    complete = recording(*SAID, out(post(b"a=b")))
    at = data.draw(st.integers(0, len(complete) - 2))
    report = judged(complete[:at], name="clean-global")
    assert report.verdict.decision is not Decision.PASS
    assert of_client(judged(complete[:at])).level in {"armed", "attempted", "transmitted"}


@settings(max_examples=settings().max_examples // 4)  # each is a whole audit or two
@given(st.lists(st.tuples(st.integers(0, 10**6), st.integers(1, 255)), min_size=1, max_size=4))
def test_flipped_bytes_never_raise_nor_add_an_identifier(flips: list[tuple[int, int]]) -> None:
    """Damage to a recording in which no identifier was sent never makes it say that one was."""
    damaged = bytearray(recording(*SAID, out(post(b"a=b"))))
    for at, change in flips:
        damaged[at % len(damaged)] ^= change
    report = judged(bytes(damaged))
    assert all(flow.stage is not Stage.IDENTIFIED for flow in report.flows or ())
    whole(report)


@pytest.mark.parametrize(
    "written_number", ["1e999", "-1e999", "NaN", "9" * 400, "-" + "9" * 400, "9" * 5000, "1e308"]
)
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(("connect", name) for name in ("t", "pid", "tid", "uid", "port", "rc", "errno")),
        *(("data", name) for name in ("t", "size", "truncated", "port", "rc", "pid")),
        *(("process", name) for name in ("pid", "uid")),
        *(("opened", name) for name in ("v", "window_s")),
        ("closed", "seconds"),
    ],
)
def test_no_number_in_a_recording_raises(kind: str, name: str, written_number: str) -> None:
    """JSON has no bounds for numbers, and Python's reader takes NaN."""
    marked = edited(
        recording(*SAID, out(post(b"a=b"))),
        lambda events: [{**event, name: "@"} if event["kind"] == kind else event for event in events],
    )
    report = judged(marked.replace(b'"@"', written_number.encode()))
    assert report.verdict.decision is Decision.FAIL
    assert len(report.watches) == 1


# captures

FRAMES = exchange(post(b'{"imei":"%s"}' % IMEI.encode()), b"HTTP/1.1 200 OK\r\n\r\n", piece=40)


def captured(path: Path) -> Report:
    """The report on a clean unit with a capture beside it."""
    made = read_capture(path, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC), key=KEY, addresses=(UNIT,))
    return judged(*(one.data for one in made), name="clean-global")


def test_a_whole_capture_tells_what_the_unit_sent(tmp_path: Path) -> None:
    """The identifier is exact and its server known: the unit fails, though no program can be named."""
    path = tmp_path / "a.pcap"
    path.write_bytes(pcap.pcap(FRAMES))
    report = captured(path)
    assert report.verdict.decision is Decision.FAIL
    assert "Something on the unit sent this unit's IMEI to zzhc.vnet.cn" in report.verdict.because[0]
    whole(report)


@pytest.mark.parametrize("form", [pcap.pcap, pcap.pcapng])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_cut_capture_passes_nobody(tmp_path: Path, share: float, form: Callable[..., bytes]) -> None:
    """Whether or not what it still holds is enough to fail."""
    data = form(FRAMES)
    path = tmp_path / "a.pcap"
    path.write_bytes(data[: max(64, int(len(data) * share)) - 1])
    report = captured(path)
    assert report.verdict.decision in {Decision.FAIL, Decision.INCONCLUSIVE}
    assert any("Not all of it could be read" in f.message for f in report.findings)
    whole(report)


JUDGE = """
import json, sys
from datetime import UTC, datetime
from pathlib import Path
from audit.observe.imports import read_capture
from audit.parse.observations.read import read_observations
made = read_capture(Path(sys.argv[1]), clock=lambda: datetime.now(UTC), key=b"k", addresses=("192.168.1.50",))
observed = read_observations(made, {}, ())
peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
(flow,) = observed.flows
unread = observed.watches[0].truncated
print(json.dumps({"sent": flow.sent_bytes, "truncated": flow.truncated, "unread": unread, "peak_kib": peak,
                  "stage": flow.stage}))
"""


@pytest.mark.slow
def test_a_gigabyte_is_counted_to_the_last_byte(tmp_path: Path) -> None:
    """One upload of 1 GB from the file to the contact: what went, what of it was not read, little memory."""
    if not Path("/proc/self/status").is_file():
        pytest.skip("the memory a process held at most is read from Linux' /proc")
    size = upload(tmp_path / "large.pcap", 1 << 30)
    done = subprocess.run(
        [sys.executable, "-c", JUDGE, str(tmp_path / "large.pcap")],
        capture_output=True,
        text=True,
        timeout=110,
        check=True,
    )
    told = json.loads(done.stdout)
    assert (told["sent"], told["truncated"], told["stage"]) == (size, True, "transmitted")
    assert told["unread"] == size - MOST_OF_A_CONNECTION
    assert told["peak_kib"] < 150 << 10


@pytest.mark.slow
def test_a_gigabyte_through_hooks_is_bounded() -> None:
    """A quarter of a million writes of 4 KiB, each with its first bytes: counted, bounded, and said."""
    piece = {**DATA, "size": 4096, "bytes": [0, 4096]}
    blob = bytes(4096)
    messages = (
        (message(*([HOOKS, CONNECT] if not n else []), *[piece] * 64, seq=n), blob) for n in range(4096)
    )
    report = judged(of_messages(PID, messages, OWN))
    (flow,) = contacts(report)
    assert flow.truncated
    (watch,) = report.watches
    lost = watch.dropped * 4096
    assert flow.sent_bytes is not None
    assert flow.sent_bytes + lost == 1 << 30
    assert any("events of the recording were lost" in g.reason for row in report.coverage for g in row.gaps)
