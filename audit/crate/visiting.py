"""One unit's stay: known already or read, judged and kept; what all units of a run share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Protocol

from audit.adb.device import DeviceRow, State
from audit.adb.tracking import Place
from audit.crate.backoff import BackOff, Time
from audit.crate.events import Ended, Event, Known, Left
from audit.crate.judging import Task
from audit.crate.ledger import Ledger
from audit.crate.means import HOPELESS, Means, Read, Taken
from audit.crate.one_unit import OneUnit
from audit.crate.presence import Presence, Ways
from audit.model.crate import Phase, UnitResult
from audit.model.record import record
from audit.sources.spool import discard

_GONE_S = 5.0
"""Within this a unit that was unplugged is told as gone: until then its connection merely ended."""


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

    at_once: units that are read at the same time; connecting, waiting and being judged take no place
    unit_limit_s: for reading one unit, with all tries; tries: connections before it is given up
    wait_s: how long `Ways.open` waits for a person at the unit
    watch: go on with what is plugged in, until cancelled; again: also units that have their result
    names: serial numbers or slots of the units that are meant; () = all
    spool: folder for answers that are too large to be held, such as `Store`'s own; None = they are held
    """

    at_once: int = 128
    unit_limit_s: float = 300.0
    tries: int = 3
    wait_s: float = 15.0
    watch: bool = False
    again: bool = False
    names: tuple[str, ...] = ()
    spool: Path | None = None
    back_off: BackOff = BackOff()


@record
class Given:
    """What a run was given; see `audit.crate.engine.run`."""

    ways: Ways
    read: Read
    judges: Judges
    store: Kept
    options: Options
    tell: Callable[[Event], None]
    time: Time
    once_more: OnceMore | None = None


class OnceMore:
    """Asks an engine that watches to audit a unit that is done, and still plugged in, once more."""

    def __init__(self) -> None:
        self._begin: Callable[[str], bool] | None = None

    def ask(self, name: str) -> bool:
        """Begin with the unit called *name* (`UnitResult.name`) anew; its former result stays until it has
        another. False where it is not plugged in, is audited at this moment, or nobody watches.
        """
        return self._begin is not None and self._begin(name)

    def to(self, begin: Callable[[str], bool] | None) -> None:
        """Whom to ask from now on; None = nobody."""
        self._begin = begin


@record
class Before:
    """A unit that was unplugged before it was done. tries: connections it had; left_s: when, monotonic"""

    key: str
    row: DeviceRow
    tries: int
    left_s: float


class Visit:
    """A unit, for as long as it is plugged in.

    before: where it was here already and left undone; others: whether a place belongs to another unit
    former: the result it has, where it is to be audited once more
    result: once it has one; judging: it is being judged now; gone: it was unplugged
    """

    def __init__(
        self,
        key: str,
        row: DeviceRow,
        *,
        before: Before | None,
        others: Callable[[Place], bool],
        former: UnitResult | None = None,
    ) -> None:
        self.key = key
        self.row = row
        self.before = before
        self.former = former
        self.others = others
        self.unit: OneUnit | None = None
        self.result: UnitResult | None = None
        self.judging = self.gone = False
        self.task: asyncio.Task[None] | None = None


class Staying:
    """What happens to a unit while it is plugged in.

    results: in the order in which they came; known: those of former runs, by name
    """

    def __init__(self, given: Given, on_change: Callable[[Mapping[Place, DeviceRow]], None]) -> None:
        self.results: list[UnitResult] = []
        self.known: dict[str, UnitResult] = {}
        self.ledger = Ledger(given.store.results())
        self.presence = Presence(given.ways, given.time, on_change)
        self._judges, self._store, self._options = given.judges, given.store, given.options
        self._tell, self._time = given.tell, given.time
        self._began_s = given.time.now()
        self._means = Means(
            ways=given.ways,
            read=given.read,
            presence=self.presence,
            turns=asyncio.Semaphore(given.options.at_once),
            time=given.time,
            tell=given.tell,
            began_s=self._began_s,
            unit_limit_s=given.options.unit_limit_s,
            tries=given.options.tries,
            wait_s=given.options.wait_s,
            spool=given.options.spool,
            back_off=given.options.back_off,
        )

    @property
    def _now_s(self) -> float:
        return self._time.now() - self._began_s

    async def stay(self, visit: Visit) -> None:
        """From its coming to its result."""
        row = visit.row
        done = self.ledger.of(row.serial) if visit.former is None else (visit.former,)
        sure = visit.former is not None or not self.ledger.is_ambiguous(row.serial)
        if done and sure and self.ledger.is_done(done[0]) and not self._is_again(visit):
            self.tell_known(visit, done[0])
            return
        taken = await self._take(visit, () if sure else tuple(filter(self.ledger.is_done, done)))
        if isinstance(taken, UnitResult):
            self.tell_known(visit, taken)
            return
        visit.judging = True
        handed = [self._task(visit, taken, taken.former or _superseded(row, done, sure=sure))]
        del taken  # who judges keeps the evidence on the disk until its turn comes; here it is let go
        try:
            await self._judge(visit, handed)
        finally:
            visit.judging = False
        if visit.gone:
            self.tell_left(visit)

    def _is_again(self, visit: Visit) -> bool:
        """Whether it is to be audited although it has its result."""
        return self._options.again or visit.former is not None

    async def _take(self, visit: Visit, like: tuple[UnitResult, ...]) -> Taken | UnitResult:
        """What was read of it. While watching, one that is not ready waits until it is, or is unplugged."""
        tries = visit.before.tries if visit.before else 0
        for rounds in count(1):
            unit = visit.unit = OneUnit(
                self._means,
                visit.row,
                visit.key,
                like=like,
                again=self._is_again(visit),
                others=visit.others,
                tries=tries,
            )
            if visit.before is not None and rounds == 1:
                await self._hold(unit, visit.before)
            listed = visit.row.state
            taken = await unit.take()
            if isinstance(taken, UnitResult) or not self._options.watch or taken.trouble is None:
                return taken
            if taken.reached or not taken.trouble.unready:
                unit.move(Phase.WAITING, taken.trouble.reason, taken.trouble.fix)
                return await self._still_there(taken)
            tries = unit.tries
            unit.move(Phase.WAITING, taken.trouble.reason, taken.trouble.fix)
            await self._until_changed(visit, listed, rounds)
        raise AssertionError  # pragma: no cover - count() does not end

    async def _still_there(self, taken: Taken) -> Taken:
        """*taken*, once it is sure that the unit was not unplugged: where it was, the visit ends here."""
        there = False
        try:
            await self._time.sleep(_GONE_S)
            there = True
        finally:
            if not there:
                discard(taken.spooled)
        return taken

    async def _hold(self, unit: OneUnit, before: Before) -> None:
        """A plug that comes loose again and again is no reason to begin again and again at once."""
        pause_s = self._options.back_off.pause_s(before.tries, self._time.chance())
        pause_s -= self._time.now() - before.left_s
        if before.tries and pause_s > 0:
            unit.move(Phase.WAITING, f"it was unplugged before it was done; begun again in {pause_s:.0f} s")
            await self._time.sleep(pause_s)

    async def _until_changed(self, visit: Visit, listed: State, rounds: int) -> None:
        """Wait until it is listed in another state; one that may be asked again, no longer than a pause."""
        pause_s = None if listed in HOPELESS else self._options.back_off.pause_s(rounds, self._time.chance())
        try:
            async with asyncio.timeout(pause_s):
                while visit.row.state is listed or visit.row.state in HOPELESS:
                    await self.presence.changed()
        except TimeoutError:
            pass  # then it is asked again as it is

    def _task(self, visit: Visit, taken: Taken, former: UnitResult | None) -> Task:
        unit, row = visit.unit, taken.row
        visit.unit = None
        if unit is not None:
            unit.move(Phase.JUDGING)
        model = taken.snapshot.unit.model or row.model
        return Task(
            name=former.name if former else self._store.reserve(model, row.serial, row.slot),
            snapshot=taken.snapshot,
            serial=row.serial,
            slot=row.slot,
            reached=taken.reached,
            whole=taken.trouble is None,
            tries=taken.tries,
            started_at=taken.started_at,
            reading_s=self._time.now() - taken.began_s,
            spooled=taken.spooled,
        )

    async def _judge(self, visit: Visit, handed: list[Task]) -> None:
        result = await self._judges.judge(handed.pop())
        self._store.took(result)
        self.ledger.add(result)
        visit.result = result
        self.results.append(result)
        self._tell(Ended(key=visit.key, result=result, at_s=self._now_s))

    def tell_known(self, visit: Visit, result: UnitResult) -> None:
        """It has its result already."""
        visit.result = result
        self.known[result.name] = result
        row = visit.row
        self._tell(Known(key=visit.key, slot=row.slot, serial=row.serial, result=result, at_s=self._now_s))

    def tell_left(self, visit: Visit) -> None:
        """It was unplugged."""
        done = visit.result is not None
        self._tell(
            Left(key=visit.key, slot=visit.row.slot, serial=visit.row.serial, done=done, at_s=self._now_s)
        )


def _superseded(row: DeviceRow, done: Sequence[UnitResult], *, sure: bool) -> UnitResult | None:
    """The result that a new one takes the place of, apart from what only its identifiers could tell.

    Where the serial number names no single unit: of what could not be read in the very same slot.
    """
    if sure:
        return done[0] if done else None
    return next((one for one in done if not one.reached and one.slot == row.slot), None)
