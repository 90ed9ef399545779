from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.device import Completed
from audit.errors import AuditError, ProtocolError, UsageError
from audit.model.evidence import Kind, Snapshot, Source, SourceKind, Topic, UnitId
from audit.observe import LADDER, Ask, Watched, watch
from audit.observe.commands import DUMPS, MOST_DUMP_BYTES, Calls, Look
from audit.observe.owners import Owners
from audit.observe.sockets import SocketWatch
from audit.observe.tape import Tape
from audit.parse.counters import WHEN_IT_BEGAN, WHEN_IT_ENDED
from audit.parse.facts import read_facts
from audit.parse.observations.lines import Event, read_lines
from tests.build.proc_net import proc_net_lists
from tests.observe.talking import LOG, OWNERS, QUERIES, REFUSED, Spell, TalkingUnit, socket
from tests.sources.virtual_time import timed

KEY = b"k" * 32


def clock() -> datetime:
    """When everything here happens."""
    return datetime(2026, 5, 10, 20, 50, tzinfo=UTC)


def watched(
    unit: TalkingUnit,
    ask: Ask,
    *,
    on_event: Callable[[Event], None] = lambda _: None,
    said: list[str] | None = None,
) -> tuple[Watched, float]:
    """The outcome of a watch in virtual time, and how long it took."""
    heard = [] if said is None else said
    return timed(watch(unit, ask, clock=clock, key=KEY, on_event=on_event, on_say=heard.append))


def events(outcome: Watched, *kinds: str) -> list[dict[str, Any]]:
    """The events of all recordings."""
    found = (
        event
        for artifact in outcome.artifacts
        if artifact.kind is Kind.OBSERVATIONS
        for _, event in read_lines(artifact.data)
    )
    return [dict(one) for one in found if not isinstance(one, str) and (not kinds or one["kind"] in kinds)]


def gave(outcome: Watched, name: str) -> str:
    """What one rung gave."""
    return next(one.gave for one in outcome.rungs if one.name == name)


def test_a_socket_that_opens_for_a_second_is_recorded_with_all_who_may_own_it() -> None:
    """Its end, its time and its user id; the packages that share the id are named together."""
    unit = TalkingUnit(sockets=[Spell(socket(), 3.2, 4.2)])
    outcome, took = watched(unit, Ask(seconds=10))
    assert 10 <= took < 11
    (seen,) = events(outcome, "socket")
    assert (seen["uid"], seen["ip"], seen["port"], seen["transport"]) == (1001, "203.0.113.7", 80, "tcp")
    assert seen["local"] == "192.168.9.100:40001"
    assert 3200 <= seen["t"] <= 3800
    assert seen["packages"] == ["com.android.phone", "com.example.register"]
    assert gave(outcome, "sockets").startswith(
        "1 socket (1 of uid 1001 (shared by com.android.phone, com.example.register))"
        " in 20 looks, one every 0.50 s"
    )
    assert outcome.gaps == ()
    assert events(outcome)[-1] | {"t": 0} == {
        "kind": "closed",
        "at": "2026-05-10T20:50:00.000Z",
        "seconds": 10.0,
        "why": "the time was over",
        "t": 0,
    }


def test_a_socket_shorter_than_a_look_is_missed_and_that_is_said() -> None:
    """Silence between two looks is no silence."""
    unit = TalkingUnit(sockets=[Spell(socket(), 3.1, 3.4)])
    outcome, _ = watched(unit, Ask(seconds=5))
    assert events(outcome, "socket") == []
    (trouble,) = events(outcome, "trouble")
    assert "shorter than from one look to the next was missed: 10 looks, one every 0.50 s" in trouble["what"]
    assert "shorter" in next(one.leaves_open for one in outcome.rungs if one.name == "sockets")


def test_a_connection_that_is_over_is_nobodys() -> None:
    """TIME_WAIT tells where to, not whose it was; what was seen open before is not told again."""
    over = socket(local=40002, state=6, uid=0)
    unit = TalkingUnit(
        sockets=[Spell(over, 1, 9), Spell(socket(), 1, 2), Spell(socket(state=6, uid=0), 2, 9)],
    )
    outcome, _ = watched(unit, Ask(seconds=4))
    seen = events(outcome, "socket")
    assert [(one["local"], one.get("uid"), one["state"]) for one in seen] == [
        ("192.168.9.100:40002", None, "TIME_WAIT"),
        ("192.168.9.100:40001", 1001, "ESTABLISHED"),
    ]
    assert "1 of nobody that can be named" in gave(outcome, "sockets")


def test_a_connection_that_comes_about_is_told_twice() -> None:
    """Once when it is tried, once when it is there: the second says that somebody answered."""
    trying, open_ = socket(state=2), socket(state=1)
    outcome, _ = watched(TalkingUnit(sockets=[Spell(trying, 1, 2), Spell(open_, 2, 5)]), Ask(seconds=4))
    assert [one["state"] for one in events(outcome, "socket")] == ["SYN_SENT", "ESTABLISHED"]
    assert gave(outcome, "sockets").startswith("1 socket ")


@pytest.mark.parametrize(
    "left",
    [
        [socket("127.0.0.1", 5000)],
        [socket("0.0.0.0", 0, state=10)],
        [socket("0.0.0.0", 0, protocol="udp", state=7)],
        [socket("0.0.0.0", 0, state=10, local=5555), socket("198.51.100.9", 50000, local=5555)],
    ],
)
def test_what_leads_nowhere_or_came_from_outside_is_left(left: list[Any]) -> None:
    """The unit with itself, waiting for somebody, and connections others opened to a port that listens."""
    outcome, _ = watched(TalkingUnit(sockets=[Spell(one) for one in left]), Ask(seconds=2))
    assert events(outcome, "socket") == []


def test_sockets_over_both_protocols_and_families() -> None:
    """UDP with another end is a contact like any other; IPv6 keeps its address."""
    rows = [socket("2001:db8::7", 443, uid=10020), socket("203.0.113.8", 53, protocol="udp", local=40009)]
    outcome, _ = watched(TalkingUnit(sockets=[Spell(one) for one in rows]), Ask(seconds=1))
    seen = {(one["transport"], one["ip"], one["port"], one["uid"]) for one in events(outcome, "socket")}
    assert seen == {("tcp", "2001:db8::7", 443, 10020), ("udp", "203.0.113.8", 53, 1001)}
    assert all(one["open_before"] for one in events(outcome, "socket"))


def test_whoever_looks_on_is_told_each_event_when_it_happens() -> None:
    """The live view and the recording see the same."""
    told: list[Event] = []
    outcome, _ = watched(TalkingUnit(sockets=[Spell(socket(), 1, 2)]), Ask(seconds=3), on_event=told.append)
    assert [one["kind"] for one in told] == [one["kind"] for one in events(outcome)]
    assert [dict(one) for one in told if one["kind"] == "socket"] == events(outcome, "socket")


def test_logs_and_counters_are_read_when_it_begins_and_when_it_ends() -> None:
    """Each says which of the two it is, so that the reader can subtract."""
    outcome, _ = watched(TalkingUnit(sockets=[Spell(socket(), 1, 2)]), Ask(seconds=3))
    dumps = [one for one in outcome.artifacts if one.kind is not Kind.OBSERVATIONS]
    expected = [one.look.value for one in DUMPS if one.look is not Look.COUNTERS]
    assert [one.origin for one in dumps] == [
        *(line + WHEN_IT_BEGAN for line in expected),
        *(line + WHEN_IT_ENDED for line in expected),
    ]
    assert gave(outcome, "dumps") == (
        "7 answers when it began, 7 when it ended; 1 question for names in the resolver's log;"
        " counters of 1 user id changed; no counters of the kernel (no such file or directory)"
    )


def test_an_android_without_a_log_of_names_has_no_gap() -> None:
    """What was never there is not missing; the rung says that it was not there."""
    unit = TalkingUnit(
        answers={
            Look.QUERIES: Completed(stdout=b"Can't find service: dnsresolver\n", exit_code=20),
            Look.CLIENT_LOG: "--------- beginning of main\n",
        }
    )
    outcome, _ = watched(unit, Ask(seconds=1))
    assert outcome.gaps == ()
    assert Kind.DNSRESOLVER not in [one.kind for one in outcome.artifacts]
    assert "no log of names asked for (can't find service)" in gave(outcome, "dumps")
    assert "no line of the known client's log tags (none was logged)" in gave(outcome, "dumps")


def test_a_log_that_begins_while_it_is_watched_is_read_at_the_end() -> None:
    """The client's first line may be the one that matters."""

    class Late(TalkingUnit):
        async def run(self, command: str, *, timeout_s: float) -> Completed:
            answer = await super().run(command, timeout_s=timeout_s)
            quiet = command == Look.CLIENT_LOG and self.now < 1
            return Completed(stdout=b"--------- beginning of main\n", exit_code=0) if quiet else answer

    outcome, _ = watched(Late(), Ask(seconds=3))
    logs = [one.origin for one in outcome.artifacts if one.origin.startswith(Look.CLIENT_LOG)]
    assert logs == [Look.CLIENT_LOG + WHEN_IT_ENDED]
    assert "none was logged" not in gave(outcome, "dumps")


def test_a_refused_list_is_a_gap_and_the_next_rung_goes_on() -> None:
    """The unit is asked once, not for the whole window; logs and counters are still read."""
    unit = TalkingUnit(answers={Look.SOCKETS: REFUSED})
    outcome, took = watched(unit, Ask(seconds=10))
    assert took >= 10
    assert [line for _, line in unit.asked].count(Look.SOCKETS) == 1
    (gap,) = outcome.gaps
    assert gap.topic is Topic.FLOWS
    assert "Permission denied" in gap.reason
    assert "sink" in gap.fix
    assert gave(outcome, "sockets").startswith("nothing: the unit does not show its sockets")
    assert gave(outcome, "dumps").startswith("7 answers when it began, 7 when it ended")
    assert events(outcome, "closed")[0]["why"].startswith("the unit does not show its sockets")


def test_a_list_that_is_refused_in_part_is_watched_in_part() -> None:
    """IPv4 without IPv6: what there is counts, and what there is not is a gap, once."""
    partly = Completed(
        stdout=proc_net_lists([socket()]).encode(),
        stderr=b"cat: /proc/net/tcp6: Permission denied\n",
        exit_code=1,
    )
    outcome, _ = watched(TalkingUnit(answers={Look.SOCKETS: partly}), Ask(seconds=5))
    assert len(events(outcome, "socket")) == 1
    (gap,) = outcome.gaps
    assert "tcp6: Permission denied" in gap.reason


@pytest.mark.parametrize(
    "said", [b"cat: /proc/net/tcp6: No such file or directory\n", b"WARNING: linker: unused DT entry\n"]
)
def test_a_kernel_without_ipv6_hides_nothing(said: bytes) -> None:
    """Neither does a linker that grumbles: no gap of either."""
    answer = Completed(stdout=proc_net_lists([socket()]).encode(), stderr=said, exit_code=1)
    outcome, _ = watched(TalkingUnit(answers={Look.SOCKETS: answer}), Ask(seconds=2))
    assert len(events(outcome, "socket")) == 1
    assert outcome.gaps == ()


def test_a_unit_that_goes_away_leaves_what_was_recorded() -> None:
    """The recording is closed with why, the window ends at once, and what is missing is said."""
    said: list[str] = []
    unit = TalkingUnit(sockets=[Spell(socket(), 1, 2)], lost_after_s=4)
    outcome, took = watched(unit, Ask(seconds=60), said=said)
    assert took < 6
    assert len(events(outcome, "socket")) == 1
    (closed,) = events(outcome, "closed")
    assert closed["why"] == "the unit went away: the unit went away (pulled)"
    assert 4 <= closed["seconds"] < 6
    gap, again = outcome.gaps
    assert "ended after 4" in gap.reason
    assert gap.fix == "Plug it in again."
    assert "not read again (when the watch ended): the unit was gone" in again.reason
    assert gave(outcome, "dumps").startswith("7 answers when it began, 0 when it ended")
    assert any("went away" in one for one in said)


def test_a_slow_unit_is_asked_less_often_and_never_twice_at_once() -> None:
    """Looks stretch to what it can answer; how many there were is told."""
    unit = TalkingUnit(
        sockets=[Spell(socket(), 3, 20)], takes_s=lambda line: 2.0 if line == Look.SOCKETS else 0.1
    )
    outcome, _ = watched(unit, Ask(seconds=20))
    looks = [at for at, line in unit.asked if line == Look.SOCKETS]
    assert all(after - before >= 2.0 for before, after in pairwise(looks))
    assert "10 looks, one every 2.00 s" in gave(outcome, "sockets")
    assert len(events(outcome, "socket")) == 1
    assert unit.most_at_once <= 6


def test_a_unit_that_stops_answering_is_given_up() -> None:
    """After three looks without an answer, each within its limit."""
    unit = TalkingUnit(takes_s=lambda line: 1e9 if line == Look.SOCKETS else 0.0)
    outcome, took = watched(unit, Ask(seconds=60))
    assert 60 <= took < 75
    assert [line for _, line in unit.asked].count(Look.SOCKETS) == 3
    assert "given up after 3 looks without an answer" in outcome.gaps[0].reason
    assert len(events(outcome, "trouble")) == 3


def test_one_look_that_fails_does_not_end_the_watch() -> None:
    """The next one may be answered again."""

    class Once(TalkingUnit):
        async def run(self, command: str, *, timeout_s: float) -> Completed:
            answer = await super().run(command, timeout_s=timeout_s)
            if command == Look.SOCKETS and 2 <= self.now < 2.5:
                raise ProtocolError("the unit has no service “shell”")
            return answer

    outcome, _ = watched(Once(sockets=[Spell(socket(), 3, 4)]), Ask(seconds=5))
    assert len(events(outcome, "socket")) == 1
    assert outcome.gaps == ()
    assert "no service" in events(outcome, "trouble")[0]["what"]


def test_looks_that_fail_now_and_then_do_not_add_up() -> None:
    """Three in a row give up; two, an answer and two more do not."""

    class Flaky(TalkingUnit):
        async def run(self, command: str, *, timeout_s: float) -> Completed:
            answer = await super().run(command, timeout_s=timeout_s)
            looks = [line for _, line in self.asked].count(Look.SOCKETS)
            if command == Look.SOCKETS and looks % 3:
                raise ProtocolError("the unit has no service “shell”")
            return answer

    outcome, _ = watched(Flaky(sockets=[Spell(socket(), 3, 5)]), Ask(seconds=6))
    assert (len(events(outcome, "socket")), outcome.gaps) == (1, ())


def test_a_unit_that_goes_away_is_not_asked_for_the_rest() -> None:
    """What was not read any more is missing, each piece by its name."""
    unit = TalkingUnit(takes_s=lambda line: 0.0 if line == Look.SOCKETS else 1.0, lost_after_s=1.5)
    outcome, _ = watched(unit, Ask(seconds=60))
    assert max(at for at, _ in unit.asked) <= 1.5
    missing = {gap.origin for gap in outcome.gaps if gap.topic is Topic.ACTIVITY}
    assert missing == {
        Look.LOG.value,
        Look.BROADCASTS.value,
        Look.PROCESSES.value,
        Look.CONNECTIVITY.value,
        "watch (dumps)",
    }


def test_a_device_that_keeps_to_no_limit_is_left() -> None:
    """The watch has a limit of its own for each command."""

    class Stuck(TalkingUnit):
        async def run(self, command: str, *, timeout_s: float) -> Completed:
            if command in (Look.LOG, Look.UPTIME):
                await asyncio.sleep(1e9)
            return await super().run(command, timeout_s=timeout_s)

    outcome, took = watched(Stuck(), Ask(seconds=5))
    assert took < 60
    assert [gap.origin for gap in outcome.gaps] == [Look.LOG.value] * 2


def test_a_log_without_end_is_cut() -> None:
    """So much is kept of one answer, and said to be cut."""
    unit = TalkingUnit(answers={Look.LOG: LOG * (MOST_DUMP_BYTES // len(LOG) + 9)})
    outcome, _ = watched(unit, Ask(seconds=1))
    logs = [one for one in outcome.artifacts if one.origin.startswith(Look.LOG.value)]
    assert [(len(one.data), one.truncated) for one in logs] == [(MOST_DUMP_BYTES, True)] * 2


def test_a_dump_that_does_not_end_is_a_gap_of_its_own() -> None:
    """The sockets are watched meanwhile; the end of the watch waits for it no longer than its limit."""
    unit = TalkingUnit(takes_s=lambda line: 1e9 if line == Look.BROADCASTS else 0.0)
    outcome, took = watched(unit, Ask(seconds=30))
    assert took < 60
    assert [gap.origin for gap in outcome.gaps] == [Look.BROADCASTS.value] * 2
    assert all(gap.topic is Topic.ACTIVITY for gap in outcome.gaps)
    assert len([line for _, line in unit.asked if line == Look.SOCKETS]) >= 55


@pytest.mark.parametrize(("cancels", "ended"), [((5.0,), 7), ((5.0, 5.5), 0)])
def test_a_watch_that_is_cancelled_returns_what_it_has(cancels: tuple[float, ...], ended: int) -> None:
    """The first time it stops and reads the logs; the second time it leaves even those."""

    async def stopped() -> Watched:
        unit = TalkingUnit(
            sockets=[Spell(socket(), 1, 2)], takes_s=lambda line: 0.0 if line == Look.SOCKETS else 1.0
        )
        task = asyncio.create_task(watch(unit, Ask(seconds=60), clock=clock, key=KEY))
        for at in cancels:
            asyncio.get_running_loop().call_at(at, task.cancel)
        outcome = await task
        assert task.cancelling() == 0
        return outcome

    outcome, took = timed(stopped())
    assert took < 10
    assert len(events(outcome, "socket")) == 1
    (closed,) = events(outcome, "closed")
    assert (closed["why"], closed["seconds"]) == ("it was stopped", 5.0)
    assert gave(outcome, "dumps").startswith(f"7 answers when it began, {ended} when it ended")
    assert [gap.topic for gap in outcome.gaps] == [Topic.ACTIVITY] * (len(cancels) - 1)


def test_owners_that_are_known_already_are_not_asked_for() -> None:
    """Whoever has read the unit knows them better."""
    unit = TalkingUnit(sockets=[Spell(socket())])
    outcome, _ = watched(unit, Ask(seconds=1, owners={1001: ("com.example.known",)}))
    assert Look.OWNERS not in [line for _, line in unit.asked]
    assert events(outcome, "socket")[0]["packages"] == ["com.example.known"]


def test_a_unit_that_does_not_tell_owners_is_watched_by_id() -> None:
    """Android 7 lists packages without their ids."""
    said: list[str] = []
    unit = TalkingUnit(
        sockets=[Spell(socket())],
        answers={Look.OWNERS: Completed(stdout=b"Error: Unknown option: -U\n", exit_code=255)},
    )
    outcome, _ = watched(unit, Ask(seconds=1), said=said)
    assert gave(outcome, "sockets").startswith("1 socket (1 of uid 1001)")
    assert any("by id alone" in one for one in said)


def test_the_operator_is_told_what_silence_does_not_mean() -> None:
    """A short window, a late start, a SIM the client knows, an id that is shared."""
    said: list[str] = []
    unit = TalkingUnit(answers={Look.UPTIME: "11520.77 100.00\n"})
    watched(unit, Ask(seconds=30, packages=("com.example.register", "com.example.app")), said=said)
    text = "\n".join(said)
    assert "30 s is short" in text
    assert "waits 60 s after the start" in text
    assert "started 3 h ago" in text
    assert "put in a SIM this unit has not seen" in text
    assert "com.example.register runs as uid 1001 (shared by com.android.phone, com.example.register)" in text
    assert "com.example.app runs as" not in text


def test_every_rung_says_what_it_proves_and_what_it_does_not() -> None:
    """In the order of what they prove; those that were not used say how they would be."""
    outcome, _ = watched(TalkingUnit(), Ask(seconds=1))
    assert [one.name for one in outcome.rungs] == list(LADDER)
    assert all(one.gave and one.proves and one.leaves_open for one in outcome.rungs)
    unused = [one for one in outcome.rungs if one.name not in ("sockets", "dumps")]
    assert all(one.gave.startswith("not used: ") for one in unused)


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 0},
        {"seconds": float("nan")},
        {"seconds": 1e9},
        {"seconds": 1, "poll_s": 0},
        {"seconds": 1, "patience": 0},
    ],
)
def test_what_cannot_be_asked_is_refused(wrong: dict[str, float]) -> None:
    """Before a unit is bothered."""
    with pytest.raises(UsageError):
        Ask(**wrong)  # type: ignore[arg-type]  # a table of keywords


def test_only_reading_commands_are_sent() -> None:
    """Every line a unit gets is one of the closed list."""
    unit = TalkingUnit()
    watched(unit, Ask(seconds=2))
    assert {line for _, line in unit.asked} == {one.value for one in Look} - {Look.PROCESSES_OLD.value}


def test_a_toolbox_is_asked_for_processes_in_its_own_words() -> None:
    """Android 7 takes the option for a name, and lists what is called so: nothing."""
    unit = TalkingUnit(answers={Look.PROCESSES: "USER PID PPID VSIZE RSS WCHAN PC NAME\n"})
    outcome, _ = watched(unit, Ask(seconds=1))
    processes = [one.origin for one in outcome.artifacts if one.kind is Kind.PROCESSES]
    assert processes == [Look.PROCESSES_OLD + WHEN_IT_BEGAN, Look.PROCESSES_OLD + WHEN_IT_ENDED]


def test_a_unit_with_endless_new_sockets_is_bounded() -> None:
    """What cannot be remembered is counted, and that is said."""

    async def looked() -> tuple[SocketWatch, Tape]:
        unit = TalkingUnit(sockets=[Spell(socket(local=1000 + n)) for n in range(40)])
        tape = Tape("sockets", "", key=KEY, clock=clock, window_s=1, on_event=lambda _: None)
        calls = Calls(unit, patience=1, on_lost=lambda _: None)
        watching = SocketWatch(calls, tape, poll_s=0.5, owners=Owners(), most_seen=10)
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(1, over.set)
        await watching.run(over)
        watching.close("the time was over")
        return watching, tape

    (watching, tape), _ = timed(looked())
    recorded = [one for _, one in read_lines(tape.artifact().data) if not isinstance(one, str)]
    assert [one["kind"] for one in recorded].count("socket") == 10
    assert "60 more than can be remembered" in watching.gave
    assert any("60 sockets were more than can be remembered" in str(one.get("what")) for one in recorded)


_ANSWERS = st.builds(
    Completed,
    stdout=st.one_of(
        st.binary(max_size=200),
        st.sampled_from([proc_net_lists([socket()]), OWNERS, QUERIES, LOG, "1e9 1\n", "package:" * 50]).map(
            str.encode
        ),
        st.binary(max_size=30).map(lambda tail: proc_net_lists([socket()]).encode()[:400] + tail),
    ),
    stderr=st.binary(max_size=60),
    exit_code=st.sampled_from([0, 1, 255, None]),
    truncated=st.booleans(),
    timed_out=st.booleans(),
)


@given(st.dictionaries(st.sampled_from(tuple(Look)), st.one_of(_ANSWERS, st.just(ProtocolError("junk")))))
def test_whatever_a_unit_says_a_watch_ends_and_can_be_read(
    answers: dict[str, Completed | AuditError | str],
) -> None:
    """In its time, with every rung told; and what it kept is evidence that reads."""
    outcome, took = watched(TalkingUnit(answers=answers), Ask(seconds=2))
    assert took < 30
    assert all(one.gave for one in outcome.rungs)
    assert events(outcome, "closed")
    source = Source(kind=SourceKind.LIVE)
    read_facts(
        Snapshot(
            unit=UnitId(), source=source, acquired_at=None, tool_version="0", artifacts=outcome.artifacts
        )
    )
