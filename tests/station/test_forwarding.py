from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from audit.errors import UsageError
from audit.history import History
from audit.history.engine import database
from audit.history.forwarding import Forwarded, forward
from audit.history.schema import VERSION_TABLE, StoredSignOff
from audit.model.history import Query
from audit.station.archive import Archive
from audit.station.forwarding import Forwarder, Lag, State
from audit.station.signing import Decided, sign_off
from tests.history import old
from tests.history.conftest import emptied, postgresql, server  # noqa: F401 - fixtures
from tests.history.test_forwarding import fill
from tests.history.union import assert_union, reads
from tests.signoff.made import pair, report
from tests.station import centre
from tests.station.centre import Network

pytestmark = pytest.mark.peer
PROJECT = Path(__file__).parents[2]
_PATIENCE_S = 60.0


@pytest.fixture
def url(postgresql: str) -> str:  # noqa: F811 - the fixture
    """An empty database on a real server."""
    return emptied(postgresql)


@pytest.fixture
def local(tmp_path: Path) -> Iterator[History]:
    """A station's own history."""
    with History.open(str(tmp_path / "local.sqlite"), station="bench 1") as opened:
        yield opened


async def _until(forwarder: Forwarder, holds: Callable[[Lag], bool]) -> Lag:
    until = time.monotonic() + _PATIENCE_S
    while not holds(forwarder.lag()):
        assert time.monotonic() < until, forwarder.lag()
        await asyncio.sleep(0.02)
    return forwarder.lag()


def _quick(
    local: History,
    url: str,
    *,
    look_s: float = 0.1,
    silent_s: float = 10.0,
    changed: Callable[[Lag], None] = lambda _lag: None,
) -> Forwarder:
    return Forwarder(
        Archive(local),
        url,
        look_s=look_s,
        longest_wait_s=0.3,
        silent_s=silent_s,
        reads=reads,
        changed=changed,
    )


@asynccontextmanager
async def _running(forwarder: Forwarder) -> AsyncIterator[Forwarder]:
    stop = asyncio.Event()
    task = asyncio.create_task(forwarder.run(stop))
    try:
        yield forwarder
    finally:
        stop.set()
        await asyncio.wait_for(task, _PATIENCE_S)


async def _all_there(forwarder: Forwarder, local: History) -> Lag:
    """Wait until nothing is left of what is recorded by now, and it says so."""
    until = time.monotonic() + _PATIENCE_S
    while (await asyncio.to_thread(local.waiting)).items:
        assert time.monotonic() < until, forwarder.lag()
        await asyncio.sleep(0.02)
    return await _until(forwarder, lambda lag: lag.state is State.UP_TO_DATE)


def test_what_is_recorded_is_at_the_centre_at_once(local: History, url: str) -> None:
    """Nobody waits for the next look around: recording wakes."""
    fill(local, "A", 2)

    async def go() -> None:
        async with _running(_quick(local, url, look_s=1000.0)) as forwarder:
            await _all_there(forwarder, local)
            await asyncio.to_thread(fill, local, "B", 2)
            lag = await _all_there(forwarder, local)
            assert (lag.pending, lag.oldest_s, lag.what) == (0, None, "")
            assert lag.succeeded_at

    asyncio.run(go())
    with History.open(url) as central:
        assert_union(central, local)


@pytest.mark.parametrize("times", [2, pytest.param(10, marks=pytest.mark.slow)])
def test_a_centre_that_is_killed_loses_nothing(
    local: History,
    url: str,
    server: Any,  # noqa: ANN401, F811 - the fixture
    times: int,
) -> None:
    """Kill -9 in the middle of it; the station records on; after the restart all follows."""
    History.open(url).close()
    moments = random.Random(times)  # noqa: S311 - when to kill is no secret

    async def go() -> None:
        async with _running(_quick(local, url)) as forwarder:
            for turn in range(times):
                recording = asyncio.create_task(asyncio.to_thread(fill, local, f"T{turn}", 10))
                await asyncio.sleep(moments.uniform(0.0, 0.5))
                await asyncio.to_thread(centre.kill, server)
                try:
                    await recording
                    lag = await _until(forwarder, lambda lag: lag.state is State.OUTAGE)
                    assert lag.what
                    assert lag.fix
                finally:
                    await asyncio.to_thread(centre.restart, server)
                await _all_there(forwarder, local)

    asyncio.run(go())
    with History.open(url) as central:
        assert_union(central, local)


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_station_that_is_killed_loses_nothing(tmp_path: Path, url: str, times: int) -> None:
    """Kill -9 at random moments; whatever it was promised is at the centre after the next start, once."""
    History.open(url).close()
    path = tmp_path / "local.sqlite"
    moments = random.Random(times)  # noqa: S311 - when to kill is no secret
    promised: set[str] = set()
    for turn in range(times):
        promised |= _killed(path, url, f"K{turn}x", moments.uniform(0.0, 0.4))
    with History.open(str(path), station="K") as history, History.open(url) as central:
        before = central.count(Query())
        assert before > 0
        forward(history, central, reads=reads)
        assert_union(central, history)
        assert promised <= {one.serial for one in central.search(Query())}


def _killed(path: Path, url: str, name: str, after_s: float) -> set[str]:
    """Start a station, kill it some time after the centre had something of it; what it promised."""
    station = subprocess.Popen(
        [sys.executable, "-m", "tests.station.forwarding_station", str(path), url, name],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert station.stdout is not None
    lines: list[str] = []
    while not lines or lines[-1] != "handed\n":
        lines.append(station.stdout.readline())
        assert lines[-1]
    timer = threading.Timer(after_s, station.kill)
    timer.start()
    lines += station.stdout.readlines()
    timer.cancel()
    station.stdout.close()
    assert station.wait(timeout=30) == -9
    return {line.split()[1] for line in lines if line.startswith("recorded") and line.endswith("\n")}


@pytest.mark.parametrize("stalls", [False, True], ids=["cut", "silent"])
def test_a_network_that_breaks_off_anywhere_loses_nothing(local: History, url: str, *, stalls: bool) -> None:
    """In the middle of a transaction too; where it only goes silent, somebody gives up on it."""
    History.open(url).close()
    moments = random.Random(7)  # noqa: S311 - where to cut is no secret
    fill(local, "A", 6)

    async def go(network: Network) -> None:
        network.stalls = stalls
        forwarder = _quick(local, network.url, silent_s=1.5)
        async with _running(forwarder):
            for turn in range(2 if stalls else 6):
                before = network.broken
                network.allowed = moments.randrange(1, 20_000)
                await asyncio.to_thread(fill, local, f"N{turn}", 1)
                until = time.monotonic() + _PATIENCE_S
                while network.broken == before and time.monotonic() < until:
                    await asyncio.sleep(0.02)
                    if forwarder.lag().state is State.UP_TO_DATE:
                        await asyncio.to_thread(fill, local, f"M{turn}{time.monotonic_ns()}", 2)
                assert network.broken > before
                await _until(forwarder, lambda lag: lag.state is State.OUTAGE)
                network.allowed = None
            lag = await _all_there(forwarder, local)
            assert lag.what == ""

    with Network(url) as network:
        asyncio.run(go(network))
    with History.open(url) as central:
        assert_union(central, local)


def test_the_end_does_not_wait_for_a_silent_network(local: History, url: str) -> None:
    """Whoever ends a station is not held up by a centre that does not answer."""
    fill(local, "A", 1)
    History.open(url).close()

    async def go(network: Network) -> float:
        network.stalls, network.allowed = True, 2_000
        async with _running(_quick(local, network.url, silent_s=1000.0)):
            await asyncio.to_thread(network.until_broken)
            ended = time.monotonic()
        return time.monotonic() - ended

    with Network(url) as network:
        assert asyncio.run(go(network)) < _PATIENCE_S / 2


def test_two_programs_that_forward_one_history_at_once(local: History, url: str) -> None:
    """Whatever both send is kept once."""
    fill(local, "A", 15)
    with History.open(url) as central:
        pass

    def one() -> None:
        with History.open(local.where, station="bench 1") as history, History.open(url) as there:
            told.append(forward(history, there, batch=3, reads=reads))

    told: list[Forwarded] = []
    threads = [threading.Thread(target=one) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(timeout=_PATIENCE_S)
    assert len(told) == 3
    assert [each.chain for each in told] == ["", "", ""]
    assert sum(each.reports for each in told) == 15
    with History.open(url) as central:
        assert_union(central, local)
        (station,) = [each for each in central.stations() if each.role == "station"]
        assert station.items == 45


def test_a_user_and_a_password_are_shown_nowhere(local: History) -> None:
    """Not in what is said of an outage either."""
    url = "postgresql://somebody:geheim@127.0.0.1:1/x?password=auchgeheim"
    told: list[Lag] = []

    async def go() -> None:
        async with _running(_quick(local, url, changed=told.append)) as forwarder:
            await _until(forwarder, lambda lag: lag.state is State.OUTAGE)

    asyncio.run(go())
    fill(local, "A", 1)
    assert "127.0.0.1" in told[-1].line
    assert all("geheim" not in f"{lag}{lag.line}" for lag in told)


def test_what_is_no_database_is_refused_at_once(local: History) -> None:
    """Before the station starts."""
    with pytest.raises(UsageError):
        Forwarder(Archive(local), "://")


@pytest.mark.parametrize(("revision", "said"), [("0002", "older adb-audit"), ("9999", "newer adb-audit")])
def test_a_centre_of_another_program_is_left_as_it_is(
    local: History, url: str, revision: str, said: str
) -> None:
    """Nothing is upgraded by a station, nothing written into what it does not know; it says what to do."""
    fill(local, "A", 1)
    if revision == "9999":
        with History.open(url) as newer, newer.database.writing() as connection:
            connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - ours
    else:
        old.build(url, revision)

    async def go() -> None:
        async with _running(_quick(local, url)) as forwarder:
            lag = await _until(forwarder, lambda lag: lag.state is State.OUTAGE)
            assert said in lag.what
            assert lag.fix
            assert lag.pending == 3

    asyncio.run(go())
    opened = database(url)
    with opened.reading() as connection:
        found = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}").scalar()  # noqa: S608 - ours
    opened.close()
    assert found == revision


def test_signed_records_are_held_against_what_they_say(local: History, url: str, tmp_path: Path) -> None:
    """Real ones go; one that was moved to another place is told, and stays."""
    signer, _ = pair(tmp_path)
    id_ = local.record(report(), None)
    for _ in range(3):
        sign_off(local, id_, Decided(inspector="Kari", note="looked at"), signer, key=b"k" * 32)

    async def go(wanted: State) -> Lag:
        async with _running(Forwarder(Archive(local), url, look_s=0.1)) as forwarder:
            return await _until(forwarder, lambda lag: lag.state is wanted)

    asyncio.run(go(State.UP_TO_DATE))
    sign_off(local, id_, Decided(inspector="Kari", note="looked at"), signer, key=b"k" * 32)
    sign_off(local, id_, Decided(inspector="Kari", note="looked at"), signer, key=b"k" * 32)
    with local.database.writing() as connection:
        number = StoredSignOff.c.number
        connection.execute(delete(StoredSignOff).where(number == 4))
        connection.execute(update(StoredSignOff).where(number == 5).values(number=4))
    lag = asyncio.run(go(State.REFUSED))
    assert "signed record 4 of bench 1" in lag.what
    assert lag.pending == 1
    with History.open(url) as central:
        assert len(central.records_of(id_)) == 3
