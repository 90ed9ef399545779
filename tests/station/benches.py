"""What tests of a station share: one over virtual units on loopback, with a history of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

from audit import codec
from audit.adb.connect import ConnectOptions, Transport
from audit.adb.device import DeviceRow
from audit.asked import Asked
from audit.cli.reach import Told
from audit.cli.waiving import known_checks
from audit.crate.board import Tile
from audit.crate.engine import Options as Pace
from audit.errors import UsageError
from audit.history import History
from audit.model.history import Query, Stored
from audit.model.portrait import Baseline
from audit.model.report import Expectation
from audit.reports import Options
from audit.rulebook import load
from audit.station.archive import Archive
from audit.station.bench import Choices, Wish
from audit.station.setup import StationSetup
from audit.station.station import Station

KEY = b"k" * 32
RULEBOOK = load()
LIMIT_S, _POLL_S = 60.0, 0.05


def terms(baselines: dict[str, Baseline]) -> Callable[[Wish], Asked]:
    """As a command line has them: markets of the rulebook, and *baselines* by name."""

    def asked(wish: Wish) -> Asked:
        market = wish.market or "NO"
        if market not in RULEBOOK.markets.countries:
            raise UsageError(f"unknown market {market!r}", fix="take one there is")
        golden = baselines.get(wish.baseline) if wish.baseline else None
        expectation = Expectation(
            market=market,
            policy=wish.policy or "default",
            baseline=None if golden is None else codec.sha256(golden),
        )
        return Asked(rulebook=RULEBOOK, expectation=expectation, baseline=golden)

    return asked


class Failing(Told):
    """Ways that fail before they work. faults: how, one after the other"""

    faults: tuple[Exception, ...] = ()

    async def changes(self) -> AsyncGenerator[tuple[DeviceRow, ...], None]:
        """All units there are, or what goes wrong."""
        if self.faults:
            fault, *rest = self.faults
            self.faults = tuple(rest)
            raise fault
        async with aclosing(super().changes()) as changes:
            async for rows in changes:
                yield rows


def setup_of(
    folder: Path,
    history: History,
    addresses: Sequence[str],
    *,
    baselines: dict[str, Baseline] | None = None,
    waivers: Path | None = None,
    faults: tuple[Exception, ...] = (),
) -> StationSetup:
    """A station in *folder* that dials *addresses*, once its ways have had *faults*."""
    reached = ConnectOptions(
        transport=Transport.TCP,
        addresses=tuple(addresses),
        environment={},
        home=folder / "home",
        wait_s=5.0,
    )

    def ways(say: Callable[[str], None]) -> Failing:
        found = Failing(reached, say, watch=True, ends="")
        found.faults = faults
        return found

    return StationSetup(
        folder=folder / "crates",
        archive=Archive(history),
        key=KEY,
        terms=terms({} if baselines is None else baselines),
        choices=lambda: Choices(
            markets=tuple(RULEBOOK.markets.countries.items()),
            policies=tuple(RULEBOOK.policies),
            baselines=tuple(baselines or ()),
            market="NO",
            policy="default",
        ),
        ways=ways,
        options=Options(key=KEY),
        waivers=waivers,
        checks=known_checks(),
        pace=Pace(wait_s=5.0),
        workers=1,
    )


@asynccontextmanager
async def working(setup: StationSetup) -> AsyncIterator[Station]:
    """A station that runs, until the block ends."""
    station, stop = Station(setup), asyncio.Event()
    running = asyncio.create_task(station.run(stop))
    try:
        await asyncio.wait((running, asyncio.create_task(asyncio.sleep(0))), return_when="FIRST_COMPLETED")
        if running.done():
            running.result()
        yield station
    finally:
        stop.set()
        await running


async def until(station: Station, wanted: Callable[[], bool]) -> None:
    """Wait for what can be seen of *station*; a test that waits in vain fails here."""
    seen = 0
    try:
        async with asyncio.timeout(LIMIT_S):
            while not wanted():
                seen = await station.changed(seen)
    except TimeoutError:
        raise AssertionError((station.notices, station.tiles())) from None


def done(station: Station) -> tuple[Tile, ...]:
    """The units that have their result and are plugged in."""
    return tuple(tile for tile in station.tiles() if tile.result is not None and not tile.gone)


def notices(station: Station) -> str:
    """All of them, a line each."""
    return "\n".join(station.notices)


async def recorded(history: History, count: int) -> list[Stored]:
    """What the history holds, once it is so much; a test that waits in vain fails here."""
    found: list[Stored] = []
    for _ in range(int(LIMIT_S / _POLL_S)):
        found = await asyncio.to_thread(_all, history)
        if len(found) >= count:
            break
        await asyncio.sleep(_POLL_S)
    assert len(found) == count
    return found


def _all(history: History) -> list[Stored]:
    return list(history.search(Query()))


def play(setup: StationSetup, work: Callable[[Station], Awaitable[None]]) -> None:
    """Let a station run while *work* goes on."""

    async def whole() -> None:
        async with working(setup) as station:
            await work(station)

    asyncio.run(whole())
