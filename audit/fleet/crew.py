"""Processes on one machine that do a job's tasks, each twice before it is given up."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

from audit.crate.pool import Died, Pool, TookTooLong
from audit.errors import AuditError
from audit.fleet.engine import Job, Trouble, trouble_of

if TYPE_CHECKING:
    from types import TracebackType


class Crew:
    """A `Pool` for one `Job`; an input that ends its process ends nothing else.

    limit_s: for one task
    """

    def __init__(self, job: Job, workers: int, limit_s: float) -> None:
        self._pool = Pool(job.make, job.setup, workers)
        self._limit_s = limit_s
        self._again = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self._pool.warm()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes there are."""
        return self._pool.pids

    async def run(self, task: object) -> object:
        """What the worker answers, or a `Trouble`: one it told, or its end."""
        try:
            answer = await self._pool.run(task, limit_s=self._limit_s)
            if isinstance(answer, Died):
                # by another's fault, perhaps (memory): once more, while no other task has its second try
                async with self._again:
                    answer = await self._pool.run(task, limit_s=self._limit_s, fresh=True)
        except AuditError as error:
            return Trouble(what=error.what, fix=error.fix)
        except OSError as error:  # too many processes, too little memory
            why = f"no process could be started for it: {error.strerror or error}"
            return Trouble(what=why, fix="make room on that machine, and judge it again")
        return trouble_of(answer) if isinstance(answer, Died | TookTooLong) else answer

    async def close(self) -> None:
        """End the processes; the next task starts new ones."""
        await self._pool.close()
