"""The crate on a bench: worked until it is halted, whatever goes wrong; its units held against each other."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from audit import codec
from audit.clock import now, stamp
from audit.crate import engine, keeping
from audit.crate.backoff import BackOff
from audit.crate.beginning import Begun
from audit.crate.board import Tile
from audit.crate.closing import Closed, close
from audit.crate.events import Ended, Event
from audit.crate.judges import Judges
from audit.crate.publishing import publish
from audit.crate.reading import Reading
from audit.crate.remembered import remembered_by
from audit.crate.store import SPOOL
from audit.errors import AuditError, UsageError
from audit.history.troubles import HistoryError
from audit.model.crate import CrateHead, Entry, UnitResult
from audit.model.record import record
from audit.model.report import Report
from audit.model.waivers import Waiver
from audit.sources import saved
from audit.station import past, waiving
from audit.station.bench import Unit
from audit.station.faults import fault_of, pause
from audit.station.news import News, Notices
from audit.station.recorder import Recorder
from audit.station.setup import NamedWays, StationSetup
from audit.station.standing import Standing
from audit.station.tiles import Tiles

if TYPE_CHECKING:
    from audit.history import History

_WELL_S = 60.0
"""What went well for so long did not fail before."""
_TORN, _TORN_S = 5, 0.2
"""So often what is kept of a unit may take its new place while it is read."""
_BROKEN_OFF = "reading units was broken off"


@record
class _State:
    """What a report of the crate is made of, apart from the crate itself.

    done: how many results there were; waivers: what tells one file from another; day: ISO date
    """

    done: int
    waiting: tuple[str, ...]
    waivers: tuple[int, ...]
    day: str


class Working:
    """One crate that is worked. `start` once, then `halt` and `go_on`, at last `let_go`."""

    def __init__(
        self, begun: Begun, setup: StationSetup, ways: NamedWays, news: News, notices: Notices
    ) -> None:
        self.store = begun.store
        self.tiles = Tiles(begun.store.results())
        self._begun, self._setup, self._ways = begun, setup, ways
        self._news, self._notices = news, notices
        self._judges = Judges(begun.setup(setup.options), setup.workers)
        self._once_more = engine.OnceMore()
        self._recorder = Recorder(setup.archive, begun.store.folder, begun.store.head, notices)
        self._stop = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._recording: asyncio.Task[None] | None = None
        self._done, self._troubled = 0, False
        self._closing = asyncio.Lock()
        self._closed: tuple[_State, Closed] | None = None
        self._standing = Standing(self.closed, self._due, news, notices)
        self._holding: asyncio.Task[None] | None = None

    def shown(self) -> tuple[Tile, ...]:
        """The tiles, with the verdicts that units have among the others."""
        return self._standing.of(self.tiles.all)

    @property
    def head(self) -> CrateHead:
        """What it was begun with."""
        return self.store.head

    def start(self) -> None:
        """Work it from now on; what was kept before and is not in the history comes first."""
        self._recorder.add(one.name for one in sorted(self.store.results(), key=lambda one: one.started_at))
        self._recording = self._begun_task(self._recorder.run())
        self._holding = self._begun_task(self._standing.run())
        self.go_on()

    def go_on(self) -> None:
        """Work it, after `halt`."""
        self._stop.clear()
        self._work = self._begun_task(self._whole())
        self._news.rise()

    def _begun_task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """One that does not end in silence."""
        task = asyncio.create_task(work)

        def ended(done: asyncio.Task[None]) -> None:
            fault = None if done.cancelled() else done.exception()
            if fault is not None:
                self._notices.fault(
                    "the crate is worked no more", fault, "End the station and start it again."
                )

        task.add_done_callback(ended)
        return task

    async def halt(self) -> None:
        """Finish what is being judged, and begin nothing more."""
        self._stop.set()
        if self._work is not None:
            await asyncio.wait((self._work,))

    async def let_go(self) -> None:
        """Leave it as it is, for whoever goes on with it."""
        await self.halt()
        await self._recorder.last()
        tasks = [task for task in (self._work, self._recording, self._holding) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._judges.close()
        await asyncio.to_thread(self.store.close)

    # Reading and judging

    async def _whole(self) -> None:
        """Until it is halted; what fails is begun anew, a while later."""
        failures, back_off = 0, BackOff()
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            began_s = loop.time()
            fault = await fault_of(self._run())
            if fault is None:
                continue
            failures = 1 if loop.time() - began_s > _WELL_S else failures + 1
            self._tell(fault)
            await pause(self._stop, back_off.pause_s(failures, 0.0))

    async def _run(self) -> None:
        self.tiles = Tiles(self.store.results())
        self._news.rise()
        await self._judges.warm()
        await engine.run(
            self._ways,
            Reading(self._begun.asked, self.head, lambda: self._ways.because),
            self._judges,
            self.store,
            replace(
                self._setup.pace,
                watch=True,
                again=False,
                spool=self.store.folder / SPOOL if self.head.full else None,
            ),
            self._heard,
            stop=self._stop,
            once_more=self._once_more,
        )

    def _heard(self, event: Event) -> None:
        self.tiles.fold(event)
        if isinstance(event, Ended):
            self._done += 1
            if self._troubled:
                self._troubled = False
                self._notices.say("units are read again", about=_BROKEN_OFF)
            self._recorder.add((event.result.name,))
            self._standing.stir()
        self._news.rise()

    def _tell(self, fault: Exception) -> None:
        self._troubled = True
        after = "What was kept stays; it is begun anew by itself."
        if isinstance(fault, AuditError):
            self._notices.trouble(_BROKEN_OFF, fault, after)
        else:
            self._notices.fault(_BROKEN_OFF, fault, after)

    def again(self, name: str) -> None:
        """Audit a unit once more. Raises UsageError where that cannot be."""
        self._result(name)
        if not self._once_more.ask(name):
            raise UsageError(
                f"{name} is not plugged in, or is being audited",
                fix="plug it in, wait until it is told as done, then ask once more",
            )

    def _result(self, name: str) -> UnitResult:
        found = next((one for one in self.store.results() if one.name == name), None)
        if found is None:
            raise UsageError(f"no unit {name[:80]!r} is done in this crate", fix="take one of its tiles")
        return found

    # What it says

    async def closed(self) -> Closed:
        """Its units held against each other as they are now; made anew only where something changed."""
        async with self._closing:
            for tries in range(_TORN, 0, -1):
                state = self._state()
                if self._closed is not None and self._closed[0] == state:
                    return self._closed[1]
                made: list[Closed] = []
                fault = await fault_of(self._close(state, made))
                if fault is None:
                    self._closed = (state, made[0])
                    self._standing.take(made[0].report)
                    return made[0]
                await asyncio.sleep(_TORN_S)  # an entry that takes another's place is told of a moment later
                if self._done == state.done or tries == 1:
                    raise fault
        raise AssertionError  # pragma: no cover - the last try returns or raises

    def _due(self) -> bool:
        """Whether units may have other verdicts among each other than when they were last held."""
        now_ = self._state()
        return self._closed is None or replace(self._closed[0], waiting=()) != replace(now_, waiting=())

    async def _close(self, state: _State, made: list[Closed]) -> None:
        waivers = await asyncio.to_thread(self.waivers)
        try:
            made.append(await self._setup.archive.ask(lambda history: self._held(state, waivers, history)))
        except HistoryError as error:
            self._notices.trouble("the history was not asked about the units", error)
            made.append(await asyncio.to_thread(self._held, state, waivers, None))

    def _held(self, state: _State, waivers: tuple[Waiver, ...], history: History | None) -> Closed:
        """In a thread."""
        return close(
            self.store,
            self._begun.asked.rulebook.policies,
            ended_at=stamp(now()),
            waiting=state.waiting,
            waivers=waivers,
            remembered=(lambda _: ()) if history is None else remembered_by(history),
        )

    def _state(self) -> _State:
        return _State(
            done=self._done,
            waiting=self.tiles.waiting(),
            waivers=_mark(self._setup.waivers),
            day=stamp(now())[:10],
        )

    def waivers(self) -> tuple[Waiver, ...]:
        """Those that count now. Raises BadWaivers."""
        file = self._setup.waivers
        return () if file is None else waiving.read(file, self._setup.checks)

    async def unit(self, name: str) -> Unit:
        """A unit that is done, as it stands; see `audit.station.bench.Bench.unit`."""
        self._result(name)
        closed = await self.closed()
        entry = await asyncio.to_thread(keeping.read_entry, self.store.folder, name)
        report = closed.others[name].to(entry.report)
        id_ = await self._setup.archive.ask(lambda history: self._record(history, entry, report))
        return Unit(
            entry=entry,
            report=report,
            id=id_,
            golden=self._begun.asked.baseline,
            volatile=self._begun.asked.rulebook.volatile,
        )

    def _record(self, history: History, entry: Entry, report: Report) -> str:
        """In a thread."""
        snapshot = saved.load(keeping.unit_folder(self.store.folder, entry.result.name) / keeping.SNAPSHOT)
        return history.record(
            report,
            snapshot,
            crate=self._recorder.ref,
            identifiers=entry.result.identifiers,
            portrait=entry.portrait,
        )

    async def published(self) -> Closed:
        """Once it is halted: its reports written, and all of it in the history.

        Raises AuditError where one of the two cannot be; then it can be gone on with.
        """
        await self._recorder.flush()
        closed = await self.closed()
        closed = replace(closed, report=replace(closed.report, ended_at=stamp(now())))
        for trouble in await publish(self.store, closed, self._setup.options, self._judges):
            self._notices.say(f"no report on {trouble}")
        ids = await self._setup.archive.ask(lambda history: self._record_all(history, closed))
        await asyncio.to_thread(past.keep, self.store.folder, self._recorder.ref, closed.report, ids)
        return closed

    def _record_all(self, history: History, closed: Closed) -> dict[str, str]:
        """In a thread: the reports that say more than those of the units alone; ids of all, by unit."""
        ids: dict[str, str] = {}
        for entry in self.store.entries():
            name = entry.result.name
            report = closed.others[name].to(entry.report)
            alone = report == entry.report  # it was recorded when it came
            ids[name] = codec.sha256(report) if alone else self._record(history, entry, report)
        return ids


def _mark(path: Path | None) -> tuple[int, ...]:
    """What tells a file from what was there before; () = there is none."""
    if path is None:
        return ()
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_ino, found.st_mtime_ns, found.st_size
