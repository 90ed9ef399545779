"""Connected units in, entries out: every one at once, each by itself, now or as they are plugged in.

What goes wrong with a unit is its own result. A fault of this program, or of what it runs on (a full disk),
in one unit costs no other its result: the others are finished and kept, then it is raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from errno import EMFILE, ENFILE
from itertools import count

from audit.adb.device import DeviceRow
from audit.adb.tracking import Place, placed
from audit.crate.backoff import Time, real_time
from audit.crate.events import Event
from audit.crate.ledger import is_placeholder
from audit.crate.one_unit import Read
from audit.crate.presence import Ways
from audit.crate.visiting import Before, Given, Judges, Kept, OnceMore, Options, Staying, Visit
from audit.errors import AuditError, NoUnit, UsageError
from audit.model.crate import UnitResult
from audit.model.record import record


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
    once_more: OnceMore | None = None,
) -> Outcome:
    """Read and judge every connected unit; each is told of when its result is kept.

    stop: ends it early: what is being judged is finished and kept, units half read are not done. So does
        cancelling, a second time without finishing
    once_more: by which single units are audited again while it watches
    Raises NoUnit where there is none, or not one that was named, TransportError where no way is open; and,
    when all others are done, what went wrong here rather than with a unit.
    """
    given = Given(
        ways=ways,
        read=read,
        judges=judges,
        store=store,
        options=options,
        tell=tell,
        time=time or real_time(),
        once_more=once_more,
    )
    return await _Run(given).whole(stop)


class _Run:
    """One run of `run`."""

    def __init__(self, given: Given) -> None:
        self._options, self._time, self._once_more = given.options, given.time, given.once_more
        self._staying = Staying(given, self._settle)
        self._presence = self._staying.presence
        self._keys = count(1)
        self._visits: dict[Place, Visit] = {}
        self._tasks: dict[asyncio.Task[None], Visit] = {}
        self._before: dict[str, Before] = {}
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
            results=tuple(self._staying.results),
            known=tuple(self._staying.known.values()),
            waiting=self._waiting(),
        )

    async def _all(self) -> None:
        rows = _chosen(await self._presence.look(), self._options.names)
        self._staying.ledger.seen(rows)
        for place, row in placed(rows).items():
            self._begin(place, row)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _watch(self) -> None:
        """Until a fault of this program; the rest is finished then."""
        following = self._presence.start()
        if self._once_more is not None:
            self._once_more.to(self._again)
        closing = asyncio.create_task(self._closing.wait())
        try:
            await asyncio.wait((following, closing), return_when=asyncio.FIRST_COMPLETED)
            if following.done():
                following.result()
        finally:
            if self._once_more is not None:
                self._once_more.to(None)
            closing.cancel()
            await asyncio.gather(closing, return_exceptions=True)
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _wind_up(self, *others: asyncio.Task[object]) -> None:
        """Finish what is being judged, break off everything else."""
        self._closing.set()
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
        undone = (visit for visit in self._visits.values() if (visit.result or visit.former) is None)
        there = [visit.row for visit in undone]
        serials = {row.serial for row in there}
        return (*there, *(one.row for name, one in self._before.items() if name not in serials))

    # Coming and going

    def _settle(self, now: Mapping[Place, DeviceRow]) -> None:
        """What is plugged in at this moment, while watching."""
        if not self._options.watch or self._closing.is_set():
            return
        meant = {place: row for place, row in now.items() if _is_meant(row, self._options.names)}
        self._staying.ledger.seen(meant.values())
        for place in [place for place in self._visits if place not in meant]:
            self._leave(self._visits.pop(place))
        for place, row in meant.items():
            if place in self._visits:
                self._visits[place].row = row
            else:
                self._begin(place, row)

    def _begin(self, place: Place, row: DeviceRow) -> None:
        before = None if is_placeholder(row.serial) else self._before.pop(row.serial, None)
        self._start(place, row, before.key if before else str(next(self._keys)), before=before)

    def _again(self, name: str) -> bool:
        """Begin anew with a unit that is done and there."""
        found = [
            (place, one) for place, one in self._visits.items() if one.result and one.result.name == name
        ]
        for place, done in found[:1]:
            self._start(place, done.row, done.key, former=done.result)
        return bool(found)

    def _start(
        self,
        place: Place,
        row: DeviceRow,
        key: str,
        *,
        before: Before | None = None,
        former: UnitResult | None = None,
    ) -> None:
        visit = Visit(
            key,
            row,
            before=before,
            others=lambda other: other != place and other in self._visits,
            former=former,
        )
        self._visits[place] = visit
        visit.task = asyncio.create_task(self._stay(visit))
        self._tasks[visit.task] = visit
        visit.task.add_done_callback(self._finished)

    async def _stay(self, visit: Visit) -> None:
        serial = visit.row.serial
        judged = [task for task, one in self._tasks.items() if one.judging and one.row.serial == serial]
        if judged:  # it was unplugged after it was read: its result is on its way
            await asyncio.wait(judged)
        await self._staying.stay(visit)

    def _leave(self, visit: Visit) -> None:
        visit.gone = True
        if visit.judging:
            return  # it has been read: its result comes, then it is told
        if visit.task is not None:
            visit.task.cancel()
        if visit.former is not None and visit.result is None:
            self._staying.tell_known(visit, visit.former)  # nothing came of auditing it once more
        if visit.result is None:
            self._before[visit.row.serial or visit.key] = Before(
                key=visit.key,
                row=visit.row,
                tries=visit.unit.tries if visit.unit else 0,
                left_s=self._time.now(),
            )
        self._staying.tell_left(visit)

    def _finished(self, task: asyncio.Task[None]) -> None:
        """A visit ended; what it failed at is nobody else's trouble, and raised once all others are done."""
        del self._tasks[task]
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, Exception):
            self._faults.append(_understood(fault))
            self._closing.set()


def _understood(fault: Exception) -> Exception:
    """What went wrong in words, where it is what the machine lacks and may show up anywhere."""
    if isinstance(fault, OSError) and fault.errno in {EMFILE, ENFILE}:
        return UsageError(
            f"the system lets this program open no more files: {fault.strerror}",
            fix="allow more (`ulimit -n 4096`) or name fewer units, then go on with --resume",
        )
    return fault


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


__all__ = ["Judges", "Kept", "OnceMore", "Options", "Outcome", "run"]
