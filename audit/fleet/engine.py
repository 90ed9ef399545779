"""What an engine is, and how tasks are streamed through one: so many at once, however many there are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TYPE_CHECKING, Protocol, Self

from audit.crate.pool import Died, TookTooLong
from audit.errors import AuditError
from audit.model.record import record

if TYPE_CHECKING:
    from types import TracebackType


class FleetLost(AuditError):
    """The engine itself is gone or has nobody left to work; what was answered until then holds."""


@record
class Job:
    """What workers do. It is sent to each of them once.

    make: importable by its name; it is called with *setup* in each worker, and what it returns with each task
    """

    make: Callable[[object], Callable[[object], object]]
    setup: object


@record
class Trouble:
    """Why a task has no answer, in words that follow "could not be judged: "."""

    what: str
    fix: str = ""


@record
class Done:
    """A task, and what came of it: what the worker answered, or a `Trouble`."""

    task: object
    answer: object


class Engine(Protocol):
    """Does tasks somewhere; entered and left once."""

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def width(self) -> int:
        """How many tasks are worth handing over at once; it may change while tasks are done."""
        ...

    @property
    def name(self) -> str:
        """What does the work, in words: "2 processes"."""
        ...

    async def run(self, task: object) -> object:
        """What the worker answers to *task*, or the `Trouble` it is in. Raises FleetLost."""
        ...


async def results(
    engine: Engine, tasks: Iterator[object], stop: asyncio.Event | None = None
) -> AsyncGenerator[Done, None]:
    """What comes of *tasks*, in the order in which they are done.

    A task is taken when there is room for it, in a thread: finding the next may take a while. After *stop* no
    more are taken, and those under way are ended. Close it (`contextlib.aclosing`) when it is left early.
    """
    running: set[asyncio.Task[Done]] = set()
    more = True
    try:
        while more or running:
            while more and len(running) < max(engine.width, 1) and not (stop and stop.is_set()):
                task = await asyncio.to_thread(next, tasks, _END)
                if task is _END:
                    more = False
                else:
                    running.add(asyncio.create_task(_done(engine, task)))
            if not running:
                return
            ready, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            failed = [error for one in ready if (error := one.exception()) is not None]
            for one in ready:
                if one.exception() is None:
                    yield one.result()
            if failed:
                raise failed[0]
    finally:
        for one in running:
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)


async def _done(engine: Engine, task: object) -> Done:
    return Done(task=task, answer=await engine.run(task))


_END = object()


def trouble_of(why: Died | TookTooLong) -> Trouble:
    """A worker's end, in words."""
    if isinstance(why, TookTooLong):
        return Trouble(
            what=f"that took more than {why.limit_s:g} seconds",
            fix="judge it alone, or give it more time with --timeout",
        )
    said = f" ({why.said[:200]})" if why.said else ""
    return Trouble(
        what=f"the process that judged it {why.how}, twice{said}",
        fix="judge it alone to see why; if it is the same, report it",
    )
