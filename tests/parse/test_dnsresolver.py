from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.evidence import Artifact, Kind
from audit.model.facts import Activity, Did, Package
from audit.parse import dnsresolver
from audit.parse.dnsresolver import Query, parse_dnsresolver
from audit.parse.doings import MOST_LOGGED
from audit.parse.traffic import read_traffic
from tests.parse.account import assert_accounted, texts

LOG = """\
DNS query log (last 60 minutes):
  time=20:50:17.123 netId=100 uid=1001 pid=1500 hostname=z*** answer=[203.***] (12ms)
  time=20:50:18.001 netId=100 uid=10020 pid=2000 hostname=c*** answer=[2001:***, 142.***] (3ms)
  time=20:50:19.500 netId=100 uid=1001 pid=-1 hostname=*** answer=[] (5001ms)
"""
NETWORKS = """\
NetId: 100
  DnsEvent subsampling map: default:8 0:400 2:110 7:110
  DNS servers: # IP (total, successes, errors, timeouts, internal errors, RTT avg, last sample)
    192.168.9.1 score{13.0, 0.0} state{ok}
  No search domains defined
  Private DNS mode: OFF

"""


def test_the_log_of_queries() -> None:
    """Who asked, when, how long it took, and what little of the name is left."""
    parsed = parse_dnsresolver(LOG)
    assert_accounted(LOG, parsed)
    assert parsed.value.kept
    assert parsed.unread == ()
    assert parsed.value.queries == (
        Query(
            uid=1001,
            pid=1500,
            net=100,
            at="20:50:17.123",
            host="z***",
            answers=("203.***",),
            took_ms=12,
            line=2,
        ),
        Query(
            uid=10020,
            pid=2000,
            net=100,
            at="20:50:18.001",
            host="c***",
            answers=("2001:***", "142.***"),
            took_ms=3,
            line=3,
        ),
        Query(uid=1001, pid=None, net=100, at="20:50:19.500", host="***", took_ms=5001, line=4),
    )


def test_networks_alone_are_no_log() -> None:
    """Android 10 tells of networks only: nothing was asked by nobody, it just kept no book."""
    parsed = parse_dnsresolver(NETWORKS)
    assert_accounted(NETWORKS, parsed)
    assert (parsed.value.kept, parsed.value.queries, parsed.unread) == (False, (), ())


def test_an_empty_log_is_a_log() -> None:
    """Nobody asked in the last hour."""
    assert parse_dnsresolver("DNS query log (last 60 minutes):\n").value.kept


@pytest.mark.parametrize(
    "line", ["  time=20:50:17 netId=100", "  time=20:50:17.123 netId=x uid=1 pid=2 hostname=a"]
)
def test_a_query_in_another_form_is_not_understood(line: str) -> None:
    """A format that changed is a gap, not a shorter log."""
    assert [one.text for one in parse_dnsresolver(LOG + line + "\n").unread] == [line]


def test_a_log_has_its_bound() -> None:
    """What goes beyond it is counted."""
    line = LOG.split("\n")[1] + "\n"
    parsed = parse_dnsresolver(line * (dnsresolver.MOST_QUERIES + 2))
    assert len(parsed.value.queries) == dnsresolver.MOST_QUERIES
    assert parsed.skipped["queries beyond the most that are read"] == 2


@given(texts((*LOG.split("\n"), *NETWORKS.split("\n"), "time=", "hostname=", "answer=[")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_dnsresolver(text))


@given(
    st.integers(0, 2**31),
    st.integers(-1, 2**22),
    st.text("abc.-_", max_size=20),
    st.lists(st.sampled_from(("1.***", "2001:***", "fe80:***")), max_size=2),
)
def test_what_android_writes_is_read_back(uid: int, pid: int, host: str, answers: list[str]) -> None:
    """Every query in the form of DnsQueryLog.cpp."""
    answer = ", ".join(answers)
    line = f"  time=00:00:00.000 netId=0 uid={uid} pid={pid} hostname={host} answer=[{answer}] (0ms)\n"
    (found,) = parse_dnsresolver("DNS query log (last 60 minutes):\n" + line).value.queries
    assert (found.uid, found.pid, found.host, list(found.answers)) == (
        uid,
        pid if pid > 0 else None,
        host,
        answers,
    )


def _asked(*dumps: tuple[str, str]) -> list[Activity]:
    packages = {
        name: Package(name=name, uid=uid, shared_user=shared)
        for name, uid, shared in (
            ("com.android.phone", 1001, "android.uid.phone"),
            ("com.example.register", 1001, "android.uid.phone"),
            ("com.example.app", 10020, None),
        )
    }
    artifacts = [Artifact(kind=Kind.DNSRESOLVER, origin=origin, data=text.encode()) for origin, text in dumps]
    return [one for one in read_traffic(artifacts, packages).activity if one.what is Did.ASKED]


def test_questions_are_told_by_who_asked_and_of_shared_ids_by_nobody() -> None:
    """An id that several packages share stays an id; a name that is masked stays masked."""
    found = _asked(("dumpsys dnsresolver querylog", LOG))
    assert [(one.who, one.at, one.line, one.uid) for one in found] == [
        ("uid 1001", "20:50:17.123", 2, 1001),
        ("com.example.app", "20:50:18.001", 3, 10020),
        ("uid 1001", "20:50:19.500", 4, 1001),
    ]
    assert "z*** (masked by Android), answered 203.***, in 12 ms" in found[0].text
    assert "without an answer" in found[2].text


def test_a_log_that_was_read_twice_tells_each_question_once() -> None:
    """A watch reads it when it begins and when it ends; an hour of it is in both."""
    later = LOG + "  time=20:51:00.000 netId=100 uid=1001 pid=1500 hostname=z*** answer=[203.***] (9ms)\n"
    found = _asked(("begin", LOG), ("end", later))
    assert [one.at[:5] for one in found] == ["20:50"] * 3 + ["20:51"]


def test_one_who_asks_without_pause_pushes_nobody_out() -> None:
    """So many questions of one process are kept, and all of the others."""
    lines = "".join(
        f"  time=20:50:00.{n:03} netId=1 uid=1001 pid=1 hostname=z*** answer=[] (1ms)\n"
        for n in range(MOST_LOGGED + 50)
    )
    heading, _, other, *_ = LOG.split("\n")
    found = _asked(("x", f"{heading}\n{lines}{other}\n"))
    assert [one.who for one in found].count("uid 1001") == MOST_LOGGED
    assert "com.example.app" in [one.who for one in found]
