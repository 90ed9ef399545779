"""Whether the history answers, asked seldom however often one wants to know."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from audit.errors import AuditError
from audit.station.archive import Archive

FRESH_S = 2.0
PATIENCE_S = 5.0


class Pulse:
    """Asks *archive* at most once in `FRESH_S`, and one at a time: a history that hangs holds one thread."""

    def __init__(self, archive: Archive, *, now: Callable[[], float] = time.monotonic) -> None:
        self._archive, self._now = archive, now
        self._asking: asyncio.Task[None] | None = None
        self._known: tuple[float, bool] | None = None

    async def beats(self) -> bool:
        """Whether it answered, within `PATIENCE_S`."""
        if self._known is not None and self._now() - self._known[0] < FRESH_S:
            return self._known[1]
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        done, _ = await asyncio.wait((self._asking,), timeout=PATIENCE_S)
        if not done:
            return False
        self._asking.result()
        return self._known is not None and self._known[1]

    async def _ask(self) -> None:
        try:
            await self._archive.ask(lambda history: history.actions(1))
        except AuditError:
            self._known = (self._now(), False)
        else:
            self._known = (self._now(), True)
