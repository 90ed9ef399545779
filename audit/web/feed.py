"""What happens on the bench, to whoever looks on: everything at first, then what changed.

As HTML has server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). A message is
JSON of one shape; an event called ``beat`` comes in silence, so that a page knows when nobody talks to it. A
client that reads slowly gets less, never what is old: each message is made when the last one is gone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import Any

from starlette.responses import StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from audit.model.text import clean_line
from audit.station.bench import Bench
from audit.web.house import House
from audit.web.tiles import Drawn, counts, told

TOGETHER_S = 0.1
"""Changes are collected for this long."""
BEAT_S = 5.0
RETRY_MS = 1000
MOST_SUBSCRIBERS = 32
SEND_S = 30.0
"""How long a client may take to read a message."""
_MOST_NOTICES, _LONGEST_NOTICE = 10, 400
_LONGEST_NAME = 120


class Stream(StreamingResponse):
    """A stream of events, which counts among the subscribers of *house* and waits for nobody for ever."""

    def __init__(self, events: AsyncIterator[str], house: House) -> None:
        super().__init__(events, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""

        async def in_time(message: Message) -> None:
            async with asyncio.timeout(SEND_S):
                await send(message)

        self._house.subscribers += 1
        try:
            await super().__call__(scope, receive, in_time)
        finally:
            self._house.subscribers -= 1


class Watching:
    """One who looks on: what they were told. Everything at first, and where another crate begins."""

    def __init__(self, bench: Bench, house: House) -> None:
        self._bench, self._house = bench, house
        self._shown: Mapping[str, Drawn] = {}
        self._crate: str | None = None
        self.version = -1

    def news(self, at_s: float) -> str:
        """The next message. at_s: monotonic"""
        self.version = self._bench.version
        tiles = self._bench.tiles()
        head = self._bench.head
        crate = None if head is None else clean_line(head.name[: 4 * _LONGEST_NAME])[:_LONGEST_NAME]
        drawn = self._house.views.draw(tiles, at_s)
        before = self._shown if crate == self._crate else {}
        views = self._house.views
        changed = [views.now(one, at_s) for key, one in drawn.items() if one is not before.get(key)]
        gone = [key for key in self._shown if key not in drawn]
        self._shown, self._crate = drawn, crate
        notices = self._bench.notices[-_MOST_NOTICES:]
        return _message(
            self.version,
            {
                "version": self.version,
                "crate": crate,
                "counts": dict(counts(tiles)),
                "tiles": [told(view) for view in changed],
                "gone": gone,
                "notices": [clean_line(one[: 2 * _LONGEST_NOTICE])[:_LONGEST_NOTICE] for one in notices],
                "closed": False,
            },
        )


async def events(bench: Bench, house: House, holds: Callable[[], bool]) -> AsyncGenerator[str]:
    """What to send, until *holds* says that the visit has ended, or the server ends.

    The last message of a visit that ended has ``closed``: there is no use in coming back without a login.
    """
    loop = asyncio.get_running_loop()
    watching = Watching(bench, house)
    yield f"retry: {RETRY_MS}\n\n"
    while not house.stopping.is_set():
        if not holds():
            yield _message(watching.version, _closed(watching.version))
            return
        if bench.version != watching.version:
            yield watching.news(loop.time())
            await _pause(house, TOGETHER_S)
        elif not await _changed(bench, house, watching.version):
            yield f"event: beat\ndata: {watching.version}\n\n"


async def _changed(bench: Bench, house: House, version: int) -> bool:
    """Whether something changed before it is time for a sign of life."""
    tasks = (asyncio.create_task(bench.changed(version)), asyncio.create_task(house.stopping.wait()))
    try:
        done, _ = await asyncio.wait(tasks, timeout=BEAT_S, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return bool(done)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _pause(house: House, seconds: float) -> None:
    """Let time pass, but not longer than the server runs."""
    try:
        async with asyncio.timeout(seconds):
            await house.stopping.wait()
    except TimeoutError:
        return


def _closed(version: int) -> dict[str, Any]:
    empty: dict[str, Any] = {"crate": None, "counts": {}, "tiles": [], "gone": [], "notices": []}
    return {"version": version, **empty, "closed": True}


def _message(version: int, content: Mapping[str, Any]) -> str:
    """ASCII on one line: nothing in it can end it."""
    return f"id: {version}\ndata: {json.dumps(content, separators=(',', ':'))}\n\n"
