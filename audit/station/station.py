"""A bench that works one crate after the other, with or without anybody looking on."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Coroutine
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from audit.asked import Asked
from audit.clock import now
from audit.crate import beginning
from audit.crate.backoff import BackOff
from audit.crate.beginning import Begun
from audit.crate.board import Tile
from audit.crate.manifest.read import read_manifest
from audit.errors import AuditError, UsageError
from audit.model.crate import CrateHead, CrateReport, Manifest
from audit.model.text import clean_line
from audit.signoff.waivers import parse_waivers, read_bytes
from audit.station.bench import Choices, Ended, Past, Unit, Wish
from audit.station.faults import fault_of, pause
from audit.station.news import News, Notices
from audit.station.past import Shelf
from audit.station.place import Place
from audit.station.setup import StationSetup
from audit.station.working import Working

T = TypeVar("T")

_NOT_TAKEN_UP = "the crate that was on the bench cannot be gone on with"
_NAME = re.compile(r"\w(?:[\w .+-]{0,62}[\w+-])?")


class Station:
    """One bench; see `audit.station.bench.Bench`. Nothing happens before `run`, and all in its event loop."""

    def __init__(self, setup: StationSetup) -> None:
        self._setup = setup
        self._news = News()
        self._notices = Notices(self._news)
        self._ways = setup.ways(lambda text: self._notices.say(text, about="units"))
        self._place = Place(setup.folder)
        self._shelf = Shelf(self._place, setup.key)
        self._turn = asyncio.Lock()
        self._work: Working | None = None
        self._taking_up: asyncio.Task[None] | None = None
        self._open = False
        self._tried = asyncio.Event()
        self._stuck = False
        self._last: set[asyncio.Task[Any]] = set()

    # Looking

    @property
    def version(self) -> int:
        """Of what can be seen now."""
        return self._news.version

    async def changed(self, after: int) -> int:
        """Wait until `version` is more than *after*, and return it."""
        return await self._news.changed(after)

    @property
    def head(self) -> CrateHead | None:
        """What the crate on the bench was begun with; None = there is none."""
        return None if self._work is None else self._work.head

    @property
    def notices(self) -> tuple[str, ...]:
        """What whoever stands there should know, the newest last."""
        return self._notices.all

    def tiles(self) -> tuple[Tile, ...]:
        """Every unit of the crate as it stands, in the order they came."""
        return () if self._work is None else self._work.shown()

    def choices(self) -> Choices:
        """What a crate may be begun with."""
        return self._setup.choices()

    async def standing(self) -> CrateReport | None:
        """The report of the crate as it stands; None = there is none."""
        return None if self._work is None else (await self._work.closed()).report

    async def unit(self, name: str) -> Unit:
        """A unit that is done; its report is in the history when this returns."""
        return await self._there().unit(name)

    async def past(self) -> tuple[Past, ...]:
        """Crates that were on the bench, the last begun first."""
        return await asyncio.to_thread(self._shelf.past)

    async def ended(self, name: str) -> Ended:
        """One of them as it was when it was ended."""
        return await asyncio.to_thread(self._shelf.ended, name)

    # Doing

    async def run(self, stop: asyncio.Event) -> None:
        """Work until *stop*: first the crate that was on the bench when the last program ended, if one was.

        Raises UsageError where another station has the folder, or it cannot be written.
        """
        try:
            with self._place.held():
                self._open = True
                self._taking_up = asyncio.create_task(self._take_up(stop))
                try:
                    await stop.wait()
                finally:
                    self._open = False
                    stop.set()
                    await self._wind_up()
        finally:
            self._tried.set()

    async def ready(self) -> bool:
        """Wait until the crate that was on the bench was tried to be gone on with; whether one may be begun.

        False where there is a crate, also one that cannot be gone on with yet and that `begin` would put
        aside, and where the station works no more.
        """
        await self._tried.wait()
        return self._open and self._work is None and not self._stuck

    async def begin(self, wish: Wish) -> CrateHead:
        """Begin a crate. Raises UsageError where there is one or *wish* makes no sense, and BadInput."""
        return await self._whole(self._begin(wish))

    async def end(self) -> CrateReport:
        """End the crate: finish what is being judged, hold all against each other, write the reports.

        Raises UsageError where there is none; and AuditError where reports or the history cannot be written:
        then the crate goes on, and can be ended later.
        """
        return await self._whole(self._end())

    async def again(self, name: str) -> None:
        """Audit a unit that is done and still there once more. Raises UsageError where that cannot be."""
        self._there().again(name)

    def _there(self) -> Working:
        if self._work is None:
            raise UsageError("there is no crate on the bench", fix="begin one")
        return self._work

    async def _whole(self, work: Coroutine[Any, Any, T]) -> T:
        """*work*, to its end, also where who asked for it goes away."""
        task = asyncio.create_task(work)
        self._last.add(task)
        task.add_done_callback(self._last.discard)
        return await asyncio.shield(task)

    # Beginning

    async def _begin(self, wish: Wish) -> CrateHead:
        if not self._open:
            raise UsageError("the station is not working", fix="start it")
        await self._tried.wait()
        async with self._turn:
            if not self._open:
                raise UsageError("the station is ending", fix="start it again")
            if self._work is not None:
                raise UsageError(
                    f"there is a crate on the bench: {self._work.head.name}", fix="end it, then begin another"
                )
            begun = await asyncio.to_thread(self._begun, wish)
            left = await asyncio.to_thread(self._put, begun)
            self._stuck = False
            if left is not None:
                self._notices.say(
                    f"the crate {left}, which could not be gone on with, was put aside as it is;"
                    f" `adb-audit crate --resume {self._setup.folder / left}` goes on with it",
                    about=_NOT_TAKEN_UP,
                )
            self._set_up(begun)
            return begun.store.head

    def _put(self, begun: Begun) -> str | None:
        """In a thread: it is on the bench from now on, or nowhere. The name of one that could not be."""
        put = False
        try:
            left = self._place.put(begun.store.head.name)
            put = True
        finally:
            if not put:
                begun.store.discard()
        return left

    def _begun(self, wish: Wish) -> Begun:
        """In a thread: a new crate in its folder."""
        began = now()
        asked = self._setup.terms(wish)
        manifest = _manifest(wish, asked)
        return beginning.begin(
            self._place.unused(_name(wish.name, began), chosen=bool(wish.name)),
            asked,
            key=self._setup.key,
            at=began,
            reads=self._setup.reads,
            manifest=manifest,
            waivers=self._waivers(),
        )

    def _waivers(self) -> bytes | None:
        """What the file of waivers holds; None = there is none. Raises BadWaivers."""
        file = self._setup.waivers
        if file is None or not file.exists():
            return None
        data = read_bytes(file)
        parse_waivers(data, clean_line(str(file)), self._setup.checks)
        return data

    def _set_up(self, begun: Begun) -> None:
        manifest = begun.store.head.manifest
        for told in (*begun.store.problems, *(manifest.notes if manifest else ())):
            self._notices.say(told)
        self._work = Working(begun, self._setup, self._ways, self._news, self._notices)
        self._work.start()
        self._news.rise()

    # Going on

    async def _take_up(self, stop: asyncio.Event) -> None:
        """Go on with the crate of the last program, as soon as that is possible."""
        back_off, failures = BackOff(), 0
        while not stop.is_set():
            fault = await fault_of(self._taken_up())
            self._stuck = fault is not None
            self._tried.set()
            if fault is None:
                return
            failures += 1
            after = "It is tried again; beginning another crate puts this one aside as it is."
            if isinstance(fault, AuditError):
                self._notices.trouble(_NOT_TAKEN_UP, fault, after)
            else:
                self._notices.fault(_NOT_TAKEN_UP, fault, after)
            await pause(stop, back_off.pause_s(failures, 0.0))

    async def _taken_up(self) -> None:
        async with self._turn:
            folder = await asyncio.to_thread(self._place.now)
            if self._work is None and folder is not None:
                self._set_up(await asyncio.to_thread(self._gone_on, folder))

    def _gone_on(self, folder: Path) -> Begun:
        """In a thread: the crate in *folder*, by the rules it was begun with."""

        def terms(head: CrateHead) -> Asked:
            return self._setup.terms(
                Wish(name=head.name, market=head.expectation.market, policy=head.expectation.policy)
            )

        return beginning.go_on(folder, terms, key=self._setup.key)

    # Ending

    async def _end(self) -> CrateReport:
        async with self._turn:
            work = self._there()
            await asyncio.to_thread(work.waivers)  # a file that does not hold is told before anything stops
            await work.halt()
            ended = False
            try:
                closed = await work.published()
                await asyncio.to_thread(self._place.clear)
                ended = True
            finally:
                if not ended:
                    work.go_on()
            self._work = None
            await work.let_go()
            self._news.rise()
            return closed.report

    async def _wind_up(self) -> None:
        """Leave the crate as it is: the next program goes on with it."""
        if self._taking_up is not None:
            await self._taking_up
        async with self._turn:  # what was asked for is finished
            if self._work is not None:
                await self._work.let_go()
                self._work = None
        self._news.rise()


def _name(wanted: str, began: datetime) -> str:
    """The name of a crate's folder; by the time where none is *wanted*."""
    name = wanted.strip()
    if not name:
        return f"crate-{began:%Y%m%d-%H%M%S}"
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{clean_line(name)[:80]!r} is no name for a crate",
            fix="take letters, digits, spaces and . + - _, at most 64, beginning with a letter or digit",
        )
    return name


def _manifest(wish: Wish, asked: Asked) -> Manifest | None:
    """The one of *wish*, by its name alone: where it lay is not where it stays."""
    if wish.manifest is None:
        return None
    read = read_manifest(wish.manifest, asked.rulebook.markets)
    return replace(read, path=clean_line(wish.manifest.name))
