from __future__ import annotations

from typing import Any

import pytest

from audit.model.flows import Attribution, Flow
from tests.parse.observations.house import APP, CLIENT, PHONE, Given, connect, flows, out, process

_SHARED = process(PHONE, PHONE, CLIENT, uid=1001)
_RUN = "java.lang.Thread.run(Thread.java:764)"


def _who(*events: Given, observer: str = "frida") -> Flow:
    (flow,) = flows(*events, observer=observer)
    return flow


@pytest.mark.parametrize(
    ("process_event", "event", "who", "attribution"),
    [
        # the process says it
        (process(APP, APP, uid=10_100), {}, APP, Attribution.PROCESS),
        (process(f"{APP}:remote", uid=10_100), {}, APP, Attribution.PROCESS),
        (process("android.process.x", APP), {}, APP, Attribution.PROCESS),
        (process("python3"), {}, "python3", Attribution.PROCESS),
        # of packages that share a user id, one may run under its own name; Android's own host the others
        (process(CLIENT, PHONE, CLIENT, uid=1001), {}, CLIENT, Attribution.PROCESS),
        (_SHARED, {}, "uid 1001", Attribution.SHARED_UID),
        (process(PHONE, uid=1001), {}, "uid 1001", Attribution.SHARED_UID),
        (process(PHONE, PHONE, CLIENT), {}, "uid 1001", Attribution.SHARED_UID),
        (process("x.y", "a.b", "c.d"), {}, "process x.y", Attribution.SHARED_UID),
        # whoever hooks names only what it was asked for; others run there as well
        (process(PHONE, CLIENT, uid=1001), {}, "uid 1001", Attribution.SHARED_UID),
        (process(f"{PHONE}:x", CLIENT, uid=1001), {}, "uid 1001", Attribution.SHARED_UID),
        (process(PHONE, CLIENT), {}, "uid 1001", Attribution.SHARED_UID),
        (process("x.y", CLIENT, uid=1001), {}, "uid 1001", Attribution.SHARED_UID),
        # a package listed under another user id does not run there, but isolated it does
        (process("x.y", CLIENT, uid=10_100), {}, APP, Attribution.UID),
        (process(CLIENT, CLIENT, uid=10_100), {}, APP, Attribution.UID),
        (process(CLIENT, CLIENT, uid=10_999), {}, "uid 10999", Attribution.NONE),
        (process(f"{APP}:sandboxed", APP, uid=99_001), {}, APP, Attribution.PROCESS),
        # the stack beats a shared process
        (_SHARED, {"stack": [f"{CLIENT}.Task.run(T:1)"]}, CLIENT, Attribution.STACK),
        (_SHARED, {"stack": [f"at {CLIENT}.T$1.<init>(Source:2)"]}, CLIENT, Attribution.STACK),
        (_SHARED, {"stack": ["org.apache.X.run(X)", _RUN]}, "uid 1001", Attribution.SHARED_UID),
        (_SHARED, {"stack": [f"{CLIENT}s.Task.run(T:1)"]}, "uid 1001", Attribution.SHARED_UID),
        (_SHARED, {"stack": ["libc.so+0x12", "android.X.y(X)"]}, "uid 1001", Attribution.SHARED_UID),
        # a library of somebody else's, inside an app
        (process(APP, APP, uid=10_100), {"stack": ["com.acme.Sdk.call(S:1)"]}, APP, Attribution.PROCESS),
        (process(APP, APP, uid=10_100), {"stack": [f"{APP}.Sdk.call(Sdk.java:1)"]}, APP, Attribution.STACK),
        # the user id
        (None, {"uid": 10_100}, APP, Attribution.UID),
        (None, {"uid": 1_010_100}, APP, Attribution.UID),
        (None, {"uid": 1000, "stack": ["android.app.X.y(X)"]}, "android", Attribution.UID),
        (None, {"uid": 1001}, "uid 1001", Attribution.SHARED_UID),
        (None, {"uid": 10_999}, "uid 10999", Attribution.NONE),
        (None, {"uid": 99_001}, "uid 99001", Attribution.NONE),
        (None, {}, "", Attribution.NONE),
        # a process that is another by now
        (process(APP, APP, uid=10_100), {"uid": 10_999}, "uid 10999", Attribution.NONE),
        # named by whoever recorded it
        (None, {"package": APP}, APP, Attribution.NAMED),
        (None, {"package": "com.unknown"}, "com.unknown", Attribution.NAMED),
        (None, {"package": "android.uid.phone:1001"}, "uid 1001", Attribution.SHARED_UID),
        (None, {"package": CLIENT, "uid": 1001}, "uid 1001", Attribution.SHARED_UID),
    ],
)  # fmt: skip
def test_whose_a_contact_is(
    process_event: Given | None, event: dict[str, Any], who: str, attribution: Attribution
) -> None:
    """A package only where nothing else can be meant, never one of several."""
    flow = _who(*([process_event] if process_event else []), {**connect(), **event})
    assert (flow.who, flow.attribution) == (who, attribution)
    assert bool(flow.shared) is (attribution is Attribution.SHARED_UID)


def test_the_longest_package_that_a_frame_is_in() -> None:
    """``com.acme`` is a package too, and not meant."""
    flow = _who({**connect(), "stack": [_RUN, f"{APP}.deep.down.Task.run(T:1)"]})
    assert flow.who == APP


def test_a_process_is_who_it_was_then() -> None:
    """Its number may be another's later."""
    first, second = flows(
        process(APP, APP), connect(), process("other.app", "other.app"), connect(conn="2", ip="8.8.8.8")
    )
    assert (first.who, second.who) == (APP, "other.app")


def test_a_process_may_be_introduced_after_what_it_did() -> None:
    """Who it is then is better than nobody."""
    assert _who(connect(), process(APP, APP)).who == APP


@pytest.mark.parametrize("first", [True, False])
def test_a_recorder_names_the_app_of_a_connection(first: bool) -> None:
    """As PCAPdroid does, before or after its bytes."""
    app = {"kind": "app", "conn": "9", "name": APP, "uid": 10_100}
    seen = connect(conn="9", pid=None)
    flow = _who(*([app, seen] if first else [seen, app]), out(b"abcd", conn="9", pid=None), observer="pcap")
    assert (flow.who, flow.uid, flow.attribution) == (APP, 10_100, Attribution.NAMED)


def test_a_name_for_a_user_id_that_several_share_is_nobodys() -> None:
    """A recorder that goes by user ids cannot know which of them it was."""
    app = {"kind": "app", "conn": "9", "name": PHONE, "uid": 1001}
    flow = _who(connect(conn="9", pid=None), app, observer="pcap")
    assert (flow.who, flow.shared) == ("uid 1001", (PHONE, CLIENT))


@pytest.mark.parametrize("pid", [-1, 0.5, "7", True, 10**30, 1e308, None, [7]])
def test_a_pid_that_is_none_is_nobodys(pid: object) -> None:
    """Whatever a unit says of itself, the contact is kept."""
    assert _who(process(APP, APP, pid=1), {**connect(), "pid": pid}).pid is None
