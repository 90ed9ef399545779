"""Connected units in, entries out: every one at once, each by itself, now or as they are plugged in.

What goes wrong with a unit is its own result. A fault of this program, or of what it runs on (a full disk),
in one unit costs no other its result: the others are finished and kept, then it is raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from typing import Protocol

from audit.adb.device import DeviceRow
from audit.crate.backoff import BackOff, Time, real_time
from audit.crate.events import Ended, Event, Known, Left
from audit.crate.judging import Task
from audit.crate.ledger import Ledger, is_placeholder
from audit.crate.one_unit import HOPELESS, Means, OneUnit, Read, Taken
from audit.crate.presence import Place, Presence, Ways, placed
from audit.errors import AuditError, NoUnit
from audit.model.crate import Phase, UnitResult
from audit.model.record import record


class Judges(Protocol):
    """Who judges what was read, and keeps both."""

    async def judge(self, task: Task) -> UnitResult:
        """The result, once it is safely kept. Raises AuditError where it cannot be kept."""


class Kept(Protocol):
    """What is kept of a crate, as `audit.crate.store.Store` has it."""

    def results(self) -> tuple[UnitResult, ...]:
        """Of the units that are done."""

    def reserve(self, model: str, serial: str, slot: str) -> str:
        """A name for a unit that has none yet."""

    def took(self, result: UnitResult) -> None:
        """Know of a unit whose entry is kept."""


@record
class Options:
    """How a crate is read.

    at_once: units that are read and judged at the same time; connecting and waiting take no place
    unit_limit_s: for reading one unit, with all tries; tries: connections before it is given up
    wait_s: how long `Ways.open` waits for a person at the unit
    watch: go on with what is plugged in, until cancelled; again: also units that have their result
    names: serial numbers or slots of the units that are meant; () = all
    """

    at_once: int = 128
    unit_limit_s: float = 300.0
    tries: int = 3
    wait_s: float = 15.0
    watch: bool = False
    again: bool = False
    names: tuple[str, ...] = ()
    back_off: BackOff = BackOff()


@record
class Outcome:
    """What came of it.

    results: of units that were done now, in the order in which they were; known: of those done before
    waiting: units that were seen and are not done
    """

    results: tuple[UnitResult, ...]
    known: tuple[UnitResult, ...]
    waiting: tuple[DeviceRow, ...]


async def run(  # noqa: PLR0917 - a crate is these six
    ways: Ways,
    read: Read,
    judges: Judges,
    store: Kept,
    options: Options,
    tell: Callable[[Event], None],
    *,
    time: Time | None = None,
    stop: asyncio.Event | None = None,
) -> Outcome:
    """Read and judge every connected unit; each is told of when its result is kept.

    stop: ends it early: what is being judged is finished and kept, units half read are not done. So does
        cancelling, a second time without finishing
    Raises NoUnit where there is none, or not one that was named, TransportError where no way is open; and,
    when all others are done, what went wrong here rather than with a unit.
    """
    given = _Given(
        ways=ways, read=read, judges=judges, store=store, options=options, tell=tell, time=time or real_time()
    )
    return await _Run(given).whole(stop)


@record
class _Given:
    """What `run` was given."""

    ways: Ways
    read: Read
    judges: Judges
    store: Kept
    options: Options
    tell: Callable[[Event], None]
    time: Time


class _Visit:
    """A unit, for as long as it is plugged in. result: once it has one; judging: it is being judged now"""

    def __init__(self, key: str, row: DeviceRow) -> None:
        self.key = key
        self.row = row
        self.unit: OneUnit | None = None
        self.result: UnitResult | None = None
        self.judging = self.gone = False
        self.task: asyncio.Task[None] | None = None


@record
class _Before:
    """A unit that was unplugged before it was done. tries: connections it had; left_s: when, monotonic"""

    key: str
    row: DeviceRow
    tries: int
    left_s: float


class _Run:
    """One run of `run`."""

    def __init__(self, given: _Given) -> None:
        self._judges, self._store = given.judges, given.store
        self._options, self._tell, self._time = given.options, given.tell, given.time
        self._began_s = given.time.now()
        self._ledger = Ledger(given.store.results())
        self._presence = Presence(given.ways, given.time, self._settle)
        self._means = Means(
            ways=given.ways,
            read=given.read,
            presence=self._presence,
            turns=asyncio.Semaphore(given.options.at_once),
            time=given.time,
            tell=given.tell,
            began_s=self._began_s,
            unit_limit_s=given.options.unit_limit_s,
            tries=given.options.tries,
            wait_s=given.options.wait_s,
            back_off=given.options.back_off,
        )
        self._keys = count(1)
        self._visits: dict[Place, _Visit] = {}
        self._tasks: dict[asyncio.Task[None], _Visit] = {}
        self._before: dict[str, _Before] = {}
        self._results: list[UnitResult] = []
        self._known: dict[str, UnitResult] = {}
        self._faults: list[Exception] = []
        self._closing = asyncio.Event()

    # The whole

    async def whole(self, stop: asyncio.Event | None) -> Outcome:
        """Until there is nothing left to do, or nothing more is wanted."""
        work = asyncio.create_task(self._watch() if self._options.watch else self._all())
        stopping = asyncio.create_task((stop or asyncio.Event()).wait())
        try:
            await asyncio.wait((work, stopping), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            await self._wind_up(work, stopping)
        self._raise_faults()
        return Outcome(
            results=tuple(self._results),
            known=tuple(self._known.values()),
            waiting=self._waiting(),
        )

    async def _all(self) -> None:
        rows = _chosen(await self._presence.look(), self._options.names)
        self._ledger.seen(rows)
        for place, row in placed(rows).items():
            self._begin(place, row)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _watch(self) -> None:
        """Until a fault of this program; the rest is finished then."""
        following = self._presence.start()
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait((following, closing), return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
        finally:
            closing.cancel()
            await asyncio.gather(closing, return_exceptions=True)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _wind_up(self, *others: asyncio.Task[object]) -> None:
        """Finish what is being judged, break off everything else."""
        for task in others:
            task.cancel()
        for one, visit in self._tasks.items():
            if not visit.judging:
                one.cancel()
        try:
            await asyncio.gather(*others, *self._tasks, return_exceptions=True)
        finally:
            await self._presence.close()

    def _raise_faults(self) -> None:
        if not self._faults:
            return
        if all(isinstance(fault, AuditError) for fault in self._faults):
            raise self._faults[0]  # a full disk is one trouble, however many units met it
        raise ExceptionGroup("units that this program failed at; all others are kept", self._faults)

    def _waiting(self) -> tuple[DeviceRow, ...]:
        there = [visit.row for visit in self._visits.values() if visit.result is None]
        serials = {row.serial for row in there}
        return (*there, *(one.row for name, one in self._before.items() if name not in serials))

    @property
    def _now_s(self) -> float:
        return self._time.now() - self._began_s

    # Coming and going

    def _settle(self, now: Mapping[Place, DeviceRow]) -> None:
        """What is plugged in at this moment, while watching."""
        if not self._options.watch or self._closing.is_set():
            return
        meant = {place: row for place, row in now.items() if _is_meant(row, self._options.names)}
        self._ledger.seen(meant.values())
        for place in [place for place in self._visits if place not in meant]:
            self._leave(self._visits.pop(place))
        for place, row in meant.items():
            if place in self._visits:
                self._visits[place].row = row
            else:
                self._begin(place, row)

    def _begin(self, place: Place, row: DeviceRow) -> None:
        before = None if is_placeholder(row.serial) else self._before.pop(row.serial, None)
        visit = _Visit(before.key if before else str(next(self._keys)), row)
        self._visits[place] = visit
        visit.task = asyncio.create_task(self._visit(place, visit, before))
        self._tasks[visit.task] = visit
        visit.task.add_done_callback(self._finished)

    def _leave(self, visit: _Visit) -> None:
        visit.gone = True
        if visit.judging:
            return  # it has been read: its result comes, then it is told
        if visit.task is not None:
            visit.task.cancel()
        done = visit.result is not None
        if not done:
            self._before[visit.row.serial or visit.key] = _Before(
                key=visit.key,
                row=visit.row,
                tries=visit.unit.tries if visit.unit else 0,
                left_s=self._time.now(),
            )
        self._tell_left(visit)

    def _tell_left(self, visit: _Visit) -> None:
        done = visit.result is not None
        self._tell(
            Left(key=visit.key, slot=visit.row.slot, serial=visit.row.serial, done=done, at_s=self._now_s)
        )

    # One unit

    def _finished(self, task: asyncio.Task[None]) -> None:
        """A visit ended; what it failed at is nobody else's trouble, and raised once all others are done."""
        del self._tasks[task]
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, Exception):
            self._faults.append(fault)
            self._closing.set()

    async def _visit(self, place: Place, visit: _Visit, before: _Before | None) -> None:
        done = self._ledger.of(visit.row.serial)
        sure = not self._ledger.is_ambiguous(visit.row.serial)
        if done and sure and done[0].reached and not self._options.again:
            self._tell_known(visit, done[0])
            return
        taken = await self._take(place, visit, before, () if sure else tuple(r for r in done if r.reached))
        if isinstance(taken, UnitResult):
            self._tell_known(visit, taken)
            return
        visit.judging = True
        try:
            await self._judge(visit, taken, taken.former or _superseded(visit.row, done, sure=sure))
        finally:
            visit.judging = False
        if visit.gone:
            self._tell_left(visit)

    async def _take(
        self, place: Place, visit: _Visit, before: _Before | None, like: tuple[UnitResult, ...]
    ) -> Taken | UnitResult:
        """What was read of it. While watching, one that is not ready waits until it is, or is unplugged."""
        tries = before.tries if before else 0
        for rounds in count(1):
            unit = visit.unit = OneUnit(
                self._means,
                visit.row,
                visit.key,
                like=like,
                again=self._options.again,
                others=lambda other: other != place and other in self._visits,
                tries=tries,
            )
            if before is not None and rounds == 1:
                await self._hold(unit, before)
            taken = await unit.take()
            if isinstance(taken, UnitResult) or not self._options.watch or taken.reached:
                return taken
            if taken.trouble is None or not taken.trouble.unready:
                return taken
            tries = unit.tries
            await self._until_changed(visit, unit, taken, rounds)
        raise AssertionError  # pragma: no cover - count() does not end

    async def _hold(self, unit: OneUnit, before: _Before) -> None:
        """A plug that comes loose again and again is no reason to begin again and again at once."""
        pause_s = self._options.back_off.pause_s(before.tries, self._time.chance())
        pause_s -= self._time.now() - before.left_s
        if before.tries and pause_s > 0:
            unit.move(Phase.WAITING, f"it was unplugged before it was done; begun again in {pause_s:.0f} s")
            await self._time.sleep(pause_s)

    async def _until_changed(self, visit: _Visit, unit: OneUnit, taken: Taken, rounds: int) -> None:
        """Wait for the unit's state to change; for one that may be asked again, no longer than a pause."""
        trouble = taken.trouble
        unit.move(Phase.WAITING, trouble.reason if trouble else "", trouble.fix if trouble else "")
        hopeless = unit.row.state in HOPELESS
        pause_s = None if hopeless else self._options.back_off.pause_s(rounds, self._time.chance())
        try:
            async with asyncio.timeout(pause_s):
                while visit.row.state is unit.row.state or visit.row.state in HOPELESS:
                    await self._presence.changed()
        except TimeoutError:
            pass  # then it is asked again as it is

    async def _judge(self, visit: _Visit, taken: Taken, former: UnitResult | None) -> None:
        unit, row = visit.unit, taken.row
        if unit is not None:
            unit.move(Phase.JUDGING)
        model = taken.snapshot.unit.model or row.model
        name = former.name if former else self._store.reserve(model, row.serial, row.slot)
        result = await self._judges.judge(
            Task(
                name=name,
                snapshot=taken.snapshot,
                serial=row.serial,
                slot=row.slot,
                reached=taken.reached,
                tries=taken.tries,
                started_at=taken.started_at,
                reading_s=self._time.now() - taken.began_s,
            )
        )
        self._store.took(result)
        self._ledger.add(result)
        visit.result = result
        self._results.append(result)
        self._tell(Ended(key=visit.key, result=result, at_s=self._now_s))

    def _tell_known(self, visit: _Visit, result: UnitResult) -> None:
        visit.result = result
        self._known[result.name] = result
        row = visit.row
        self._tell(Known(key=visit.key, slot=row.slot, serial=row.serial, result=result, at_s=self._now_s))


def _superseded(row: DeviceRow, done: Sequence[UnitResult], *, sure: bool) -> UnitResult | None:
    """The result that a new one takes the place of, apart from what only its identifiers could tell.

    Where the serial number names no single unit: of what could not be read in the very same slot.
    """
    if sure:
        return done[0] if done else None
    return next((one for one in done if not one.reached and one.slot == row.slot), None)


def _is_meant(row: DeviceRow, names: Sequence[str]) -> bool:
    return not names or row.serial in names or row.slot in names


def _chosen(rows: tuple[DeviceRow, ...], names: Sequence[str]) -> tuple[DeviceRow, ...]:
    there = ", ".join(f"{row.serial or row.slot} ({row.state.value})" for row in rows)
    if not rows:
        raise NoUnit(
            "no unit is connected",
            fix="plug in a phone with USB debugging on, or give --connect HOST:PORT; see `adb-audit doctor`",
        )
    for name in names:
        if not any(name in (row.serial, row.slot) for row in rows):
            raise NoUnit(
                f"no unit is called {name!r}; connected: {there}",
                fix="`adb-audit devices` lists serials and states",
            )
    return tuple(row for row in rows if _is_meant(row, names))


__all__ = ["Judges", "Kept", "Options", "Outcome", "run"]
