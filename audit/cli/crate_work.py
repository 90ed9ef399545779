"""The units of a crate, read and judged while somebody looks on: between the command and the engine."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from audit.cli import reach, scanning
from audit.cli.crate_view import CrateView
from audit.cli.output import note
from audit.cli.stopping import CRATE, until_stopped
from audit.crate.beginning import Begun
from audit.crate.closing import Closed
from audit.crate.engine import Options as Pace
from audit.crate.engine import run
from audit.crate.events import Ended, Event
from audit.crate.judges import Judges
from audit.crate.judging import Publish
from audit.crate.publishing import publish
from audit.crate.reading import Reading
from audit.crate.store import SPOOL
from audit.model.record import record
from audit.reports import Options

_MOST_FILES = 8192
_WATCHING_S = 300.0
"""Somebody stands there who has just plugged it in, and the dialog goes away with the connection."""


@record
class Working:
    """A crate to be worked; see `audit.cli.crating.Crating`. options: of the reports on its units"""

    begun: Begun
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
    allow_files()
    return asyncio.run(_work(working, close))


def allow_files() -> None:
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
        ways = reach.Told(asked, view.say, watch=working.watch)
        stop = asyncio.Event()
        async with Judges(working.begun.setup(working.options)) as judges:
            papers = _Papers(judges)

            def tell(event: Event) -> None:
                view.tell(event)
                if working.watch and isinstance(event, Ended):  # who stands there may want to read it
                    papers.begin(event)

            engine = run(
                ways,
                Reading(working.begun.asked, working.begun.store.head, lambda: ways.because),
                judges,
                store=working.begun.store,
                options=_pace(working, wait_s),
                tell=tell,
                stop=stop,
            )
            outcome = await until_stopped(engine, view, CRATE, stop=stop)
            view.stop()
            await papers.done()
            closed = close(tuple(row.slot or row.serial for row in outcome.waiting))
            for trouble in await publish(working.begun.store, closed, working.options, judges):
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
        spool=working.begun.store.folder / SPOOL if working.begun.store.head.full else None,
        wait_s=wait_s,
        watch=working.watch,
        again=working.again,
        names=scanning.chosen(working.units, working.addresses, every=True),
    )
