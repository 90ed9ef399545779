"""An event loop whose clock jumps to the next timer, so that durations are exact and cost nothing.

Only for tasks that wait for each other and for timers: what waits for a socket would be jumped over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Loop(asyncio.SelectorEventLoop):
    """Time stands still while anything is ready, and passes at once when nothing is."""

    _now = 0.0
    _ready: Any
    _scheduled: Any

    def time(self) -> float:
        return self._now

    def _run_once(self) -> None:
        # a timer that was cancelled stays in the heap for a while; waiting for it would be waiting for real
        if not self._ready and (due := [one.when() for one in self._scheduled if not one.cancelled()]):
            self._now = max(self._now, min(due))
        super()._run_once()  # type: ignore[misc] # asyncio's own turn, which typeshed leaves out


def timed(work: Coroutine[Any, Any, T]) -> tuple[T, float]:
    """What *work* returns, and the virtual seconds it took."""

    async def run() -> tuple[T, float]:
        began = asyncio.get_running_loop().time()
        return await work, asyncio.get_running_loop().time() - began

    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(run())
