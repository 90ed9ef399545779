from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from audit.model.evidence import Topic
from audit.model.flows import Stage
from audit.parse.observations.lines import VERSION, Recorder, payload, read_lines, strings
from audit.parse.observations.read import Limits, Observed, read_observations
from tests.parse.observations.house import (
    IMEI,
    KEY,
    KNOWN,
    PACKAGES,
    artifact,
    connect,
    dns,
    out,
    post,
    read,
    recording,
)


def _observed(*recordings: bytes, **changes: Any) -> Observed:  # noqa: ANN401  # fields of an artifact
    return read_observations(
        [replace(artifact(one, origin=f"rec {n}"), **changes) for n, one in enumerate(recordings)],
        PACKAGES,
        KNOWN,
    )


def _lines(observed: Observed, data: bytes) -> tuple[int, int]:
    """Lines that are booked as unread or skipped, and all lines there are."""
    return len(observed.unread) + sum(observed.skipped.values()), len(data.splitlines())


def test_nobody_watched() -> None:
    """Without a recording there are no contacts to speak of, which is not the same as none."""
    assert _observed().flows is None


def test_somebody_watched_and_saw_nothing() -> None:
    """That is known, and has no gap."""
    observed = _observed(recording())
    assert (observed.flows, observed.gaps, observed.unread) == ((), (), ())
    (watch,) = observed.watches
    assert (watch.by, watch.what, watch.seconds, watch.ended) == ("frida", "a test", 180, "the time was up")
    assert watch.hooks == ("libc.so!connect",)
    assert watch.proves
    assert watch.leaves_open


@pytest.mark.parametrize(
    "observer", ["frida", "pcap", "pcapdroid", "sink", "sockets", "network-log", "somebody new"]
)
def test_each_way_of_watching_says_what_it_leaves_open(observer: str) -> None:
    """Also one that is not known."""
    (watch,) = _observed(recording(observer=observer)).watches
    assert watch.by == observer
    assert watch.proves
    assert watch.leaves_open


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (recording(close=False), "breaks off"),
        (recording({"kind": "dropped", "count": 3, "why": "x"}), "3 events of the recording were lost"),
        (recording() + b"{half", "1 line was not understood, the first is line 4: the line is no JSON"),
        (recording() + b"[1]\n", "the line is no event"),
        (recording({"kind": "wonder"}), "no event is called wonder"),
        (recording({"kind": "connect"}), "connect: it has neither an address nor a name"),
        (recording({"kind": "data", "conn": "1", "dir": "out", "data": "*"}), "data: its data is no base64"),
        (recording().replace(b'"v":1', b'"v":2'), f"is of version 2; this program reads version {VERSION}"),
        (recording().replace(b'"v":1', b'"v":"x"'), "is of version unknown"),
        (b"\n".join(recording().splitlines()[1:]) + b"\n", "its first line is missing"),
        (recording().replace(b'"kind":"hooks"', b'"kind":"trouble"'), "that a process was hooked"),
    ],
)
def test_what_is_wrong_with_a_recording_is_a_gap(data: bytes, reason: str) -> None:
    """Each with what to do, and the contacts are kept all the same."""
    observed = _observed(data)
    (gap,) = observed.gaps
    assert reason in gap.reason
    assert gap.fix
    assert (gap.topic, gap.origin) == (Topic.FLOWS, "rec 0")
    assert observed.flows == ()


def test_events_of_another_version_are_not_guessed_at() -> None:
    """They may mean something else; all of them are counted."""
    data = recording(connect(), out(b"abcd")).replace(b'"v":1', b'"v":2')
    observed = _observed(data)
    assert (observed.flows, observed.unread) == ((), ())
    assert _lines(observed, data) == (5, 5)


@pytest.mark.parametrize(
    ("installed", "missing", "blind"),
    [
        (["libc.so!getaddrinfo"], [["libc.so!android_getaddrinfofornetcontext", "not exported"]], False),
        ([], [["libc.so!getaddrinfo", "not exported"]], True),
        ([], [["connect", "not exported"]], True),
        (["libc.so!send"], [["libc.so!sendmsg", "too short"]], True),
        ([], [["libssl.so!SSL_write", "not exported"]], False),
        ([], [["java.net.Socket.connect", "no such class"]], False),
        ([], [["okhttp3.internal.http.BridgeInterceptor.intercept", "no such class"]], False),
        ([], [["write"]], True),
        ([], ["write", 1, [], [1, 2], {}], False),
    ],
)
def test_hooks_that_are_missing_leave_it_open(installed: list[str], missing: list[Any], blind: bool) -> None:
    """Where names, connections or bytes can go unseen; a library's hooks are not needed for that."""
    observed = _observed(recording({"kind": "hooks", "pid": 7, "installed": installed, "missing": missing}))
    assert any("could be hooked" in gap.reason for gap in observed.gaps) is blind


def test_the_last_word_of_an_agent_on_its_hooks_counts() -> None:
    """What was missing in one place may be found in another."""
    hooks = {"kind": "hooks", "pid": 7, "agent": "native", "installed": [], "missing": [["connect", "no"]]}
    later = {**hooks, "installed": ["connect"], "missing": []}
    assert _observed(recording(hooks, later)).gaps == ()
    assert len(_observed(recording(hooks, {**later, "agent": "java"})).gaps) == 1


def test_what_went_wrong_on_the_way_is_kept() -> None:
    """Troubles, versions and bytes nobody looked at."""
    event, data = out(b"abcd")
    body = recording(
        {"kind": "trouble", "where": "native", "what": "no\x1b[31m way"},
        connect(),
        ({**event, "size": 100}, data),
    )
    (watch,) = _observed(body.replace(b'"versions":{}', b'"versions":{"frida":"17.26.0","x":1}')).watches
    assert watch.troubles == ("native: no[31m way",)
    assert watch.versions == (("frida", "17.26.0"),)
    assert watch.truncated == 96


def test_every_line_has_its_place() -> None:
    """Read, skipped or unread: none is lost."""
    good = recording({"kind": "identifier", "api": "x", "value": ""}, {"kind": "close", "conn": "77"})
    observed = _observed(good + b"\n\n{}\n\xff\n" + b"[" * 100_000 + b"\n" + b'{"kind":1}\n')
    assert len(observed.unread) == 4
    assert sum(observed.skipped.values()) == 4
    assert [line.line for line in observed.unread] == [8, 9, 10, 11]


@pytest.mark.parametrize("data", [b"", b"\n", b"\n \n"])
def test_an_empty_recording_is_one_gap(data: bytes) -> None:
    """Nobody is said to have seen anything; that somebody watched is not forgotten."""
    observed = _observed(data)
    assert [gap.reason for gap in observed.gaps] == ["The answer is empty, which is true of no working unit."]
    assert observed.flows is None
    assert [(watch.what, watch.ended) for watch in observed.watches] == [
        ("a recording that cannot be read", "")
    ]


def test_a_recording_that_was_cut_is_a_gap() -> None:
    """Whatever it still says."""
    observed = _observed(recording(connect()), truncated=True)
    assert observed.flows is not None
    assert len(observed.flows) == 1
    assert [gap.reason for gap in observed.gaps] == ["The answer stopped before its end."]


def test_an_identifier_from_one_recording_is_looked_for_in_all() -> None:
    """What a process was told by Android may leave from another."""
    told = recording({"kind": "identifier", "api": "getImei", "value": IMEI})
    sent = recording(connect(), out(post(IMEI.encode())), observer="pcap")
    observed = read_observations([artifact(sent), artifact(told)], PACKAGES, ())
    assert observed.flows is not None
    assert [flow.stage for flow in observed.flows] == [Stage.IDENTIFIED]
    assert [one.value for one in observed.identifiers] == [IMEI]


def test_contacts_that_prove_most_are_kept_of_too_many() -> None:
    """One of each destination before a second; only a destination that is lost is a gap."""
    few = Limits(most_flows=3)
    same = [connect(conn=str(n)) for n in range(9)]
    told = (connect(conn="y"), out(post(IMEI.encode()), conn="y"))
    observed = read(*same, connect(conn="x", ip="8.8.8.8"), *told, limits=few)
    assert observed.flows is not None
    assert [(flow.ip, flow.stage) for flow in observed.flows] == [
        ("219.141.177.1", Stage.ATTEMPTED),
        ("8.8.8.8", Stage.ATTEMPTED),
        ("219.141.177.1", Stage.IDENTIFIED),
    ]
    assert observed.skipped == {"recordings: contacts beyond the most that are kept": 8}
    assert observed.gaps == ()
    (gap,) = read(*(dns(f"{n}.example") for n in range(5)), limits=few).gaps
    assert gap.reason.startswith("2 destinations")


def test_more_connections_than_are_followed_are_counted() -> None:
    """A recording of nothing but connections ends, with a gap."""
    observed = read(*(connect(conn=str(n)) for n in range(60)), limits=Limits(most_contacts=50))
    assert observed.flows is not None
    assert len(observed.flows) == 50
    assert [gap.reason for gap in observed.gaps] == [
        "The recording holds more than is followed: 10 events of further contacts."
    ]


def test_what_a_recorder_writes_is_read_back() -> None:
    """Events, their bytes, and how many were not kept."""
    recorder = Recorder(observer="x", at="now", what="y", key=KEY, window_s=3, versions={"a": "1"})
    recorder.add({"kind": "data", "size": 10}, b"abc")
    recorder.close(at="then", seconds=1.23456, why="z")
    events = [event for _, event in read_lines(recorder.data())]
    assert [json.loads(line)["kind"] for line in recorder.data().splitlines()] == ["opened", "data", "closed"]
    assert not isinstance(events[1], str)
    assert (payload(events[1]), events[1]["truncated"]) == (b"abc", 7)
    with pytest.raises(ValueError, match="closed"):
        recorder.add({"kind": "data"})


def test_lists_of_strings_hold_strings() -> None:
    """Whatever else is in them is left out."""
    assert strings(["a", 1, None, "b", ["c"]]) == ("a", "b")
    assert strings("ab") == strings({"a": 1}) == strings(None) == strings(3) == ()


def _rearranged(change: Callable[[list[bytes]], list[bytes]]) -> list[str]:
    lines = recording(connect()).splitlines(keepends=True)
    return [gap.reason for gap in _observed(b"".join(change(lines))).gaps]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [lines[0], *lines], "it begins more than once"),
        (lambda lines: [*lines[1:], lines[0]], "it begins after other lines"),
        (lambda lines: [lines[0], lines[-1], *lines[1:-1]], "it goes on after its end"),
        (lambda lines: [*lines, *lines], "it goes on after its end; it begins more than once"),
    ],
)
def test_a_recording_that_was_rearranged_is_a_gap(
    change: Callable[[list[bytes]], list[bytes]], words: str
) -> None:
    """No recorder writes its lines so."""
    assert any(words in reason for reason in _rearranged(change))


@pytest.mark.parametrize("count", ["-5", '"many"', "1e308", "null", "[]", "0.5"])
def test_a_loss_without_its_number_is_a_gap(count: str) -> None:
    """That something was lost is said; a number below nothing makes up for no other."""
    lost = b'{"kind":"dropped","count":3}\n{"kind":"dropped","count":%s}\n' % count.encode()
    reasons = _rearranged(lambda lines: [*lines[:-1], lost, lines[-1]])
    assert "Events of the recording were lost; how many cannot be read." in reasons
    assert "3 events of the recording were lost." in reasons


def test_hooks_that_hook_nothing_are_a_gap() -> None:
    """An agent that says so, with an empty list, has watched nothing."""
    nothing = b'{"kind":"hooks","pid":7,"installed":[],"missing":[]}\n'
    reasons = _rearranged(lambda lines: [lines[0], nothing, *lines[2:]])
    assert "Nothing in the recording says that a process was hooked." in reasons
