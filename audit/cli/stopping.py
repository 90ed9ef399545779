"""What Ctrl-C does to work that must lose nothing: a first one ends it early, a second gives up."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

_TICK_S = 0.5
T = TypeVar("T")


class View(Protocol):
    """What a person sees meanwhile."""

    def say(self, text: str) -> None:
        """Tell something."""

    def tick(self) -> None:
        """Time went by."""


WATCHING = (
    "ending early; what was seen until now is judged",
    "giving up; what was put on the unit is taken off first",
)
CRATE = (
    "ending early; what was read whole is kept",
    "giving up; what was told to be done is kept",
)


async def until_stopped(
    work: Coroutine[Any, Any, T],
    view: View,
    words: tuple[str, str] = WATCHING,
    *,
    stop: asyncio.Event | None = None,
) -> T:
    """The result of *work*, which a first Ctrl-C ends early and does not lose; a second one gives it up.

    words: said for the first, and for the second
    stop: what the first sets; None = *work* is cancelled
    Neither breaks off what is being taken off the unit, which has its own time limits; a third one does.
    Raises KeyboardInterrupt for a second one, and for one that came before anything was seen.
    """
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    asked = 0

    def interrupted() -> None:
        nonlocal asked
        asked += 1
        view.say(words[min(asked, len(words)) - 1])
        if asked == len(words):
            as_before()
        if stop is None or asked > 1:
            task.cancel()
        else:
            stop.set()

    def as_before() -> None:
        # the loop would put Python's own handler there, which breaks off whatever runs, with a traceback
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)

    # a service manager ends a program in this way
    ends = (signal.SIGINT,) if stop is None else (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.getsignal(number) for number in ends}
    for number in ends:
        loop.add_signal_handler(number, interrupted)
    try:
        while not task.done():
            await asyncio.wait((task,), timeout=_TICK_S)
            view.tick()
        if asked > 1 or task.cancelled():
            raise KeyboardInterrupt  # given up, or stopped before anything was watched: nothing to judge
        return task.result()
    finally:
        as_before()
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
