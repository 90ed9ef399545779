"""The processors of this machine."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Self

from audit.fleet.crew import Crew
from audit.fleet.engine import Job

if TYPE_CHECKING:
    from types import TracebackType

LIMIT_S = 600.0
"""For one input; a firmware package of some gigabytes takes minutes."""


class Local:
    """Processes here, one for each processor unless *workers* says otherwise."""

    def __init__(self, job: Job, workers: int | None = None, *, limit_s: float = LIMIT_S) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._crew = Crew(job, self._workers, limit_s)

    async def __aenter__(self) -> Self:
        await self._crew.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._crew.close()

    @property
    def width(self) -> int:
        """One for each process, and one that waits: none is idle while the next task is found."""
        return self._workers + 1

    @property
    def name(self) -> str:
        """For people."""
        return f"{self._workers} process{'es' if self._workers > 1 else ''}"

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes there are."""
        return self._crew.pids

    async def run(self, task: object) -> object:
        """See `audit.fleet.engine.Engine.run`."""
        return await self._crew.run(task)
