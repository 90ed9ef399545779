"""The units of a crate, read and judged while somebody looks on: between the command and the engine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from audit.adb.connect import ConnectOptions
from audit.adb.device import Device, DeviceRow
from audit.asked import Asked
from audit.cli import reach, scanning
from audit.cli.auditing import Looks, read_device
from audit.cli.crate_view import CrateView
from audit.cli.output import note
from audit.cli.stopping import CRATE, until_stopped
from audit.clock import now
from audit.crate.closing import Closed
from audit.crate.engine import Options as Pace
from audit.crate.engine import run
from audit.crate.events import Ended, Event
from audit.crate.judges import Judges
from audit.crate.judging import Publish, Setup
from audit.crate.one_unit import Attempt
from audit.crate.publishing import publish
from audit.crate.store import SPOOL, Store
from audit.model.evidence import Snapshot
from audit.model.record import record
from audit.reports import Options
from audit.sources.identity import naming_steps

_MOST_FILES = 8192
_WATCHING_S = 300.0
"""Somebody stands there who has just plugged it in, and the dialog goes away with the connection."""


@record
class Working:
    """A crate to be worked; see `audit.cli.crating.Crating`. options: of the reports on its units"""

    store: Store
    asked: Asked
    units: tuple[str, ...]
    transport: str | None
    addresses: tuple[str, ...]
    wait_s: float | None
    watch: bool
    again: bool
    unit_limit_s: float
    at_once: int
    options: Options


@record
class Worked:
    """How it ended. stopped: before it was over"""

    closed: Closed
    stopped: bool


Close = Callable[[tuple[str, ...]], Closed]
"""Holds the units of the crate against each other, told the slots or serials of those that are not done."""


def work(working: Working, close: Close) -> Worked:
    """Read and judge the units that are connected, or that come, show how it goes, and write the reports."""
    _allow_files()
    return asyncio.run(_work(working, close))


def _allow_files() -> None:
    """Every unit takes a few sockets: have as many as this user may, where less is only what is usual."""
    if sys.platform == "win32":
        return  # has no such limit
    import resource

    usual, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_FILES if most == resource.RLIM_INFINITY else min(most, _MOST_FILES)
    if usual != resource.RLIM_INFINITY and usual < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


async def _work(working: Working, close: Close) -> Worked:
    with CrateView(lasting=working.watch) as view:
        usual_s = _WATCHING_S if working.watch else reach.DEFAULT_WAIT_S
        wait_s = usual_s if working.wait_s is None else working.wait_s
        asked = reach.options(working.transport, working.addresses, wait_s=wait_s)
        ways = _Ways(asked, view, watch=working.watch)
        stop = asyncio.Event()
        async with Judges(_setup(working)) as judges:
            papers = _Papers(judges)

            def tell(event: Event) -> None:
                view.tell(event)
                if working.watch and isinstance(event, Ended):  # who stands there may want to read it
                    papers.begin(event)

            engine = run(
                ways,
                _Reading(working, ways),
                judges,
                store=working.store,
                options=_pace(working, wait_s),
                tell=tell,
                stop=stop,
            )
            outcome = await until_stopped(engine, view, CRATE, stop=stop)
            view.stop()
            await papers.done()
            closed = close(tuple(row.slot or row.serial for row in outcome.waiting))
            for trouble in await publish(working.store, closed, working.options, judges):
                note(f"no report on {trouble}")
    return Worked(closed=closed, stopped=stop.is_set() and not working.watch)


class _Papers:
    """Reports on single units that are written while others are still read."""

    def __init__(self, judges: Judges) -> None:
        self._judges = judges
        self._begun: list[asyncio.Task[str]] = []

    def begin(self, event: Ended) -> None:
        """Write those on a unit that has its result."""
        paper = self._judges.publish(Publish(name=event.result.name))
        self._begun.append(asyncio.create_task(paper))

    async def done(self) -> None:
        """Until all are written. What could not be is tried again, and told, when the crate is closed."""
        await asyncio.gather(*self._begun)


def _pace(working: Working, wait_s: float) -> Pace:
    return Pace(
        at_once=working.at_once,
        unit_limit_s=working.unit_limit_s,
        spool=working.store.folder / SPOOL if working.store.head.full else None,
        wait_s=wait_s,
        watch=working.watch,
        again=working.again,
        names=scanning.chosen(working.units, working.addresses, every=True),
    )


class _Ways(reach.Reach):
    """Says how units are found, and what keeps them from being seen."""

    def __init__(self, asked: ConnectOptions, view: CrateView, *, watch: bool) -> None:
        super().__init__(asked)
        self._view, self._watch = view, watch
        self._said = ""

    async def changes(self) -> AsyncGenerator[tuple[DeviceRow, ...], None]:
        """All units there are, then all of them after each change."""
        async with aclosing(super().changes()) as changes:
            async for rows in changes:
                told = self.listing.trouble or self._how(len(rows))
                news = self._watch or self.listing.trouble or not self._said
                if news and told != self._said:
                    self._said = told
                    self._view.say(told)
                yield rows

    def _how(self, count: int) -> str:
        if self._watch:
            return f"watching by {self.listing.because}; Ctrl-C ends it"
        return f"{count} unit{'' if count == 1 else 's'} by {self.listing.because}"


def _setup(working: Working) -> Setup:
    head = working.store.head
    return Setup(
        folder=working.store.folder,
        rulebook=working.asked.rulebook,
        expectation=head.expectation,
        baseline=working.asked.baseline,
        manifest=head.manifest,
        destinations=working.asked.destinations,
        options=working.options,
    )


class _Reading:
    """How each unit is read: as `scan` does, and what tells it from units with the same serial number."""

    def __init__(self, working: Working, ways: reach.Reach) -> None:
        self._asked, self._head, self._ways = working.asked, working.store.head, ways

    async def __call__(self, device: Device, attempt: Attempt) -> Snapshot:
        head, asked = self._head, self._asked
        looks = Looks(
            packages=asked.packages,
            files=asked.files,
            users=head.users,
            full=head.full,
            clock=now,
            how=self._ways.listing.because,
            suspects=asked.suspects if head.suspects else (),
            inspect=head.inspect,
            limit_s=attempt.limit_s,
            more=naming_steps,
            spool=attempt.spool,
        )
        return await read_device(device, looks, attempt.on_step)
