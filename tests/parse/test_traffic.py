from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.evidence import Artifact, Kind, Topic
from audit.model.facts import Did, Package
from audit.model.flows import FlowKind, IdentifierKind
from audit.parse.attribution import UNKNOWN, Names
from audit.parse.broadcasts import Hosted
from audit.parse.connectivity import Asker
from audit.parse.doings import MOST_ACTIVITY, MOST_LOGGED
from audit.parse.processes import Process
from audit.parse.traffic import MOST_FLOWS, Traffic, read_traffic
from tests.build.dumpstate import NETSTAT, SS

PHONE, CLIENT, BROWSER = "com.android.phone", "com.acme.activate", "com.acme.browser"
PACKAGES = {
    p.name: p
    for p in (
        Package(name=PHONE, uid=1001, shared_user="android.uid.phone"),
        Package(name=CLIENT, uid=1001, shared_user="android.uid.phone"),
        Package(name=BROWSER, uid=10020),
        Package(name="com.acme.pair", uid=10030, shared_user="com.acme.both"),
        Package(name="com.acme.twin.a", uid=10040),
        Package(name="com.acme.twin.b", uid=10040),
    )
}
KINDS = (
    Kind.SOCKETS,
    Kind.SOCKET_DETAILS,
    Kind.NETSTATS,
    Kind.CONNECTIVITY,
    Kind.PROCESSES,
    Kind.BROADCASTS,
    Kind.LOGCAT,
)


def read(*parts: tuple[Kind, str], origin: str = "o") -> Traffic:
    """What artifacts of those kinds and texts say together."""
    return read_traffic(
        [
            Artifact(kind=kind, origin=f"{origin}{n}", data=text.encode())
            for n, (kind, text) in enumerate(parts)
        ],
        PACKAGES,
    )


@pytest.mark.parametrize(
    ("uid", "name", "who"),
    [
        (10020, "", BROWSER),
        (1_010_020, "", BROWSER),  # user 10's
        (10020, "com.acme.browser:push", BROWSER),
        (10020, "om.acme.browser", BROWSER),  # the last 15 characters
        (1001, "", "uid 1001"),
        (1001, "com.android.phone", "uid 1001"),  # hosts whatever shares its user id
        (1001, "m.android.phone", "uid 1001"),
        (1001, CLIENT, CLIENT),  # a process of its own
        (10030, "", "uid 10030"),  # shared by its own word, though nobody else is there
        (10040, "", "uid 10040"),  # two packages
        (10040, "com.acme.twin.b", "com.acme.twin.b"),
        (10020, CLIENT, BROWSER),  # the name of somebody else's package
        (99_020, "", "uid 99020"),  # isolated
        (1073, "netd", "netd"),
        (0, "/system/bin/netd", "netd"),
        (10020, "netd", BROWSER),
        (None, "", UNKNOWN),
        (None, BROWSER, BROWSER),
        (None, "netd", UNKNOWN),
    ],
)
def test_a_package_is_named_only_where_nothing_else_can_be_meant(
    uid: int | None, name: str, who: str
) -> None:
    """By a process of its own or a user id of its own."""
    assert Names(PACKAGES).of(uid, None, name)[0] == who


def test_a_host_is_nobodys_alone_also_where_only_the_user_id_says_that_it_is_shared() -> None:
    """A list of packages states user ids; who asked to share one, only their details say."""
    listed = {name: replace(one, shared_user=None) for name, one in PACKAGES.items()}
    assert Names(listed).of(1001, None, PHONE)[0] == "uid 1001"
    assert Names({PHONE: listed[PHONE]}).of(1001, None, PHONE)[0] == PHONE


def test_a_process_id_tells_by_what_it_has_loaded() -> None:
    """One package: it; several: nobody; a contradicting user id: not that process any more."""
    names = Names(
        PACKAGES,
        [
            Process(pid=7, name="com.acme.browser", uid=10020),
            Process(pid=9, name="m.android.phone", uid=1001),
        ],
        [
            Hosted(pid=8, uid=1001, name="com.acme.x", packages=(CLIENT,)),
            Hosted(pid=9, uid=1001, name=PHONE, packages=(PHONE, CLIENT)),
        ],
        [Asker(uid=10020, pid=5)],
    )
    assert names.of(None, 7) == (BROWSER, 10020)
    assert names.of(None, 8) == (CLIENT, 1001)
    assert names.of(None, 9) == ("uid 1001", 1001)
    assert names.of(None, 5) == (BROWSER, 10020)
    assert names.of(1001, 7) == ("uid 1001", 1001)
    assert names.of(None, 6) == (UNKNOWN, None)


def test_nobody_watched_and_nothing_was_seen_are_told_apart() -> None:
    """Without a list of sockets nothing is known; an empty one says that nothing left the unit."""
    assert read((Kind.PROCESSES, "USER PID NAME\n")).flows is None
    assert read((Kind.SOCKETS, NETSTAT[: NETSTAT.index("tcp")])).flows == ()


def test_two_lists_of_the_same_sockets_give_each_contact_once() -> None:
    """What ss knows of the user and netstat of the place is one contact."""
    flows = read((Kind.SOCKETS, NETSTAT), (Kind.SOCKET_DETAILS, SS)).flows or ()
    assert [(f.who, f.to, f.via) for f in flows] == [
        (BROWSER, "198.51.100.1:443", "ss"),
        ("uid 1001", "203.0.113.5:80", "ss"),
    ]
    assert {(f.what, f.cleartext) for f in flows} == {(FlowKind.CONNECT, None)}
    narrow = (
        "Proto Recv-Q Send-Q Local Address           Foreign Address         State\n"
        "tcp        0      1 ::ffff:192.0.2.9:40001  ::ffff:203.0.113.5:8000 SYN_SENT\n"
    )
    assert [f.to for f in read((Kind.SOCKETS, narrow)).flows or ()] == ["203.0.113.5"]
    merged = read((Kind.SOCKETS, narrow), (Kind.SOCKET_DETAILS, SS)).flows or ()
    assert {f.via for f in merged} == {"ss"}


def test_a_request_is_a_flow_where_its_log_says_whose_it_is() -> None:
    """The interceptor's line, by a process that is one package; a URL alone is a line of a log."""
    log = (
        "02-03 04:00:02.000 10020  2000  2044 D OkHttp  : --> POST http://a.example/r?imei=490154203237518\n"
        "02-03 04:00:03.000 10020  2000  2044 D Net     : see https://b.example/\n"
        "02-03 04:00:04.000  3000  3044 D OkHttp  : --> GET http://c.example/\n"
    )
    found = read((Kind.LOGCAT, log))
    assert [
        (f.who, f.to, f.cleartext, [c.kind for c in f.identifiers], f.via) for f in found.flows or ()
    ] == [(BROWSER, "http://a.example", True, [IdentifierKind.IMEI], "logcat")]
    assert [a.who for a in found.activity] == [BROWSER, BROWSER]


def test_a_process_id_of_another_time_names_nobody() -> None:
    """It was given to somebody else before a start, and before the unit was started."""
    ps = "USER PID NAME\nu0_a20 2000 com.acme.browser\n"
    before = "02-03 04:00:00.000  2000  2044 D Net     : see https://b.example/\n"
    start = "02-03 04:00:01.000  1297  1310 I ActivityManager: Start proc 2000:com.acme.browser/u0a20 for x\n"
    after = before.replace("04:00:00", "04:00:02")
    found = read((Kind.PROCESSES, ps), (Kind.LOGCAT, before + start + after))
    assert [a.line for a in found.activity if a.what is Did.LOGGED] == [3]
    assert [a.who for a in read((Kind.PROCESSES, ps), (Kind.LOGCAT, before)).activity] == [BROWSER] * 2
    old = read((Kind.PROCESSES, ps), (Kind.LOGCAT, before), origin="LAST LOGCAT ")
    assert [a.what for a in old.activity] == [Did.RUNNING]


def test_what_is_kept_is_bounded_and_the_rest_is_counted() -> None:
    """A talkative process and a unit with too many sockets leave room for others."""
    line = "02-03 04:00:02.000 10020  2000  2044 D Net     : see https://b.example/\n"
    found = read((Kind.LOGCAT, line * (MOST_LOGGED + 7)))
    assert len(found.activity) == MOST_LOGGED
    assert sum(n for what, n in found.skipped.items() if "beyond the first" in what) == 7
    sockets = "".join(
        f"tcp ESTAB 0 0 192.0.2.9:1 203.0.{n // 250}.{n % 250 + 1}:443 uid:10020 ino:1\n"
        for n in range(MOST_FLOWS + 5)
    )
    found = read((Kind.SOCKET_DETAILS, sockets))
    assert len(found.flows or ()) == MOST_FLOWS
    assert found.skipped["contacts beyond the most that are kept"] == 5
    assert MOST_ACTIVITY >= MOST_LOGGED


@pytest.mark.parametrize("kind", KINDS)
def test_an_artifact_that_failed_is_a_gap(kind: Kind) -> None:
    """Empty, refused or cut: each says so in its topic."""
    topic = Topic.FLOWS if kind in {Kind.SOCKETS, Kind.SOCKET_DETAILS} else Topic.ACTIVITY
    for text in ("", "\n", "Can't find service: acme\n", "[12 lines were taken out]\n"):
        gaps = read((kind, text)).gaps
        if kind is Kind.CONNECTIVITY and text.startswith("["):
            continue  # its lines have no form of their own
        assert [g.topic for g in gaps] == [topic], (kind, text)


@given(st.lists(st.tuples(st.sampled_from(KINDS), st.text(max_size=200)), max_size=6))
def test_anything_may_be_said(parts: list[tuple[Kind, str]]) -> None:
    """Nothing raises, and every contact and act is somebody's."""
    found = read(*((kind, text.encode("utf-8", "replace").decode()) for kind, text in parts))
    assert all(flow.who for flow in found.flows or ())
    assert all(act.who for act in found.activity)
