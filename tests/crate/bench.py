"""What tests of the engine share: a bench of virtual units, listed as an adb server does, and its judges."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from audit.adb.connect import ConnectOptions, Listing, Transport, open_row
from audit.adb.device import Device, DeviceRow, State
from audit.crate.backoff import BackOff, Time
from audit.crate.engine import Options, Outcome, run
from audit.crate.events import Ended, Event, Known, Left, Moved
from audit.crate.judging import Setup, Task, entry_of, remove_spooled, with_spooled
from audit.crate.noted import NotedDevice
from audit.crate.one_unit import Attempt, Read
from audit.crate.presence import Ways
from audit.crate.store import Store
from audit.lab.unit import VirtualUnit
from audit.model.crate import CrateHead, Entry, Phase, UnitResult
from audit.model.evidence import Snapshot
from audit.model.report import Expectation
from audit.rulebook import load
from audit.sources import plan
from audit.sources.live import acquire

EXPECTED = Expectation(market="NO")
RULEBOOK = load()


class _Listed(NotedDevice):
    """An open unit under the name it is listed by."""

    def __init__(self, device: Device, row: DeviceRow) -> None:
        super().__init__(device)
        self._listed = row

    @property
    def row(self) -> DeviceRow:
        return self._listed


class Bench:
    """Slots with virtual units in them; what is plugged in is told to whoever follows.

    opened: serial numbers (or slots) in the order in which they were connected to
    """

    def __init__(self, home: Path, *, wait_s: float = 0.0, handshake_s: float = 0.5) -> None:
        self.opened: list[str] = []
        self._home, self._wait_s, self._handshake_s = home, wait_s, handshake_s
        self._units: dict[str, VirtualUnit] = {}
        self._rows: dict[str, DeviceRow] = {}
        self._news = asyncio.Event()

    def plug(
        self, unit: VirtualUnit, slot: str, *, serial: str | None = None, state: State = State.DEVICE
    ) -> DeviceRow:
        """Put *unit* in *slot*. serial: as ADB has it, None = its own"""
        row = DeviceRow(
            serial=unit.spec.serial if serial is None else serial,
            state=state,
            transport="server",
            slot=slot,
            fix="" if state is State.DEVICE else f"end {state.value}",
        )
        self._units[slot], self._rows[slot] = unit, row
        self._tell()
        return row

    def unplug(self, slot: str) -> None:
        """Take the unit out of *slot*, as a hand does."""
        del self._rows[slot]
        self._units.pop(slot).drop()
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def changes(self) -> AsyncGenerator[tuple[DeviceRow, ...], None]:
        """All that is plugged in, now and after each change."""
        while True:
            news = self._news
            yield tuple(self._rows.values())
            await news.wait()

    async def open(self, row: DeviceRow, say: Callable[[DeviceRow], None] | None = None) -> Device:
        """Connect to the unit in the slot of *row*."""
        self.opened.append(row.serial or row.slot)
        address = self._units[row.slot].address
        options = ConnectOptions(
            transport=Transport.TCP,
            addresses=(address,),
            environment={},
            home=self._home,
            wait_s=self._wait_s,
            handshake_s=self._handshake_s,
        )
        listed = DeviceRow(serial=address, slot=address, state=State.CONNECTING, transport="tcp")
        listing = Listing(rows=(listed,), transport=Transport.TCP, because="")

        def named(seen: DeviceRow) -> None:
            if say is not None:
                say(replace(row, state=seen.state, fix=seen.fix))

        return _Listed(await open_row(options, listing, listed, named), row)


async def read(device: Device, attempt: Attempt) -> Snapshot:
    """All that an audit reads, and what names the unit."""
    return await acquire(
        device,
        packages=RULEBOOK.clients,
        users=None,
        full=attempt.spool is not None,
        clock=lambda: datetime.now(UTC),
        on_step=attempt.on_step,
        limit_s=attempt.limit_s,
        spool=attempt.spool,
        more=plan.identity_steps,
    )


class Judges:
    """Judges in this process, and keeps what it found in a list. gate: nothing is kept before it opens"""

    def __init__(self, folder: Path) -> None:
        self.entries: list[Entry] = []
        self.gate = asyncio.Event()
        self.gate.set()
        self._setup = Setup(folder=folder, rulebook=RULEBOOK, expectation=EXPECTED)

    async def judge(self, task: Task) -> UnitResult:
        """The result of *task*."""
        await self.gate.wait()
        entry = entry_of(with_spooled(task), self._setup, handed_at_s=time.monotonic())
        remove_spooled(task)
        self.entries.append(entry)
        return entry.result


@dataclass
class Clock:
    """Time that passes at once where somebody sleeps. slept: how long, in order"""

    slept: list[float] = field(default_factory=list)

    def time(self) -> Time:
        """As the engine takes it; chance takes nothing away."""
        return Time(
            now=asyncio.get_running_loop().time,
            sleep=self._sleep,
            wall=lambda: datetime(2026, 11, 22, tzinfo=UTC),
            chance=lambda: 0.0,
        )

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        for _ in range(20):  # so that what was plugged or unplugged meanwhile is told
            await asyncio.sleep(0)


class Crate:
    """A crate on a bench: runs the engine and notes what it tells."""

    def __init__(self, folder: Path, **bench: float) -> None:
        self.bench = Bench(folder / "home", **bench)
        self.ways: Ways = self.bench
        self.judges = Judges(folder)
        self.clock = Clock()
        self.events: list[Event] = []
        self.read: Read = read
        self.store = Store.create(
            folder / "crate",
            CrateHead(
                name="crate",
                began_at="2026-11-22T00:00:00Z",
                tool_version="0",
                expectation=EXPECTED,
                rulebook_sha256=RULEBOOK.sha256,
            ),
            key=b"k" * 32,
        )
        self._heard = asyncio.Event()

    async def run(self, options: Options | None = None, stop: asyncio.Event | None = None) -> Outcome:
        """One run over what is plugged in."""
        return await run(
            self.ways,
            self.read,
            self.judges,
            self.store,
            options or Options(),
            self.tell,
            time=self.clock.time(),
            stop=stop,
        )

    def tell(self, event: Event) -> None:
        """Note *event*."""
        self.events.append(event)
        heard, self._heard = self._heard, asyncio.Event()
        heard.set()

    async def until(self, what: Callable[[Event], bool], times: int = 1) -> None:
        """Wait until *what* was told so many times; a test that waits in vain fails here."""
        async with asyncio.timeout(30):
            while sum(map(what, self.events)) < times:
                await self._heard.wait()

    def results(self) -> dict[str, UnitResult]:
        """By serial number, the last one told."""
        return {event.result.serial: event.result for event in self.events if isinstance(event, Ended)}

    def told(self, kind: type[Ended | Left | Known | Moved]) -> Sequence[Event]:
        """Events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


def ended(event: Event) -> bool:
    """A unit has its result."""
    return isinstance(event, Ended)


def known(event: Event) -> bool:
    """A unit had its result before."""
    return isinstance(event, Known)


def left(event: Event) -> bool:
    """A unit was unplugged."""
    return isinstance(event, Left)


def waits(event: Event) -> bool:
    """A unit waits for something."""
    return isinstance(event, Moved) and event.phase is Phase.WAITING


def reads(event: Event) -> bool:
    """A command of a unit was answered."""
    return isinstance(event, Moved) and event.phase is Phase.READING and bool(event.detail)


NO_PAUSE = BackOff(first_s=0.0, longest_s=0.0)
"""For what waits by the loop's own clock."""
