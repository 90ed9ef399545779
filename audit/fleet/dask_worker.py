"""What runs inside a Dask worker: the job, sent there once, and its tasks.

The work itself is done in processes of the worker's own (`Crew`), one for each of its threads. So an input
that ends its process does not end the worker and what else that is doing, a task that hangs can be ended, and
Python code is not done by threads that wait for one another.
"""

from __future__ import annotations

import asyncio
import pickle
from typing import Any

from distributed import WorkerPlugin, get_worker

from audit.fleet.crew import Crew
from audit.fleet.engine import Job

IDLE_S = 60.0
"""After so long without a task the processes are ended: whoever sent the job may be gone without a word."""


class Hands(WorkerPlugin):
    """A job on one worker; pickled by whoever sends it, and made whole there."""

    def __init__(self, job: Job, limit_s: float) -> None:
        self._job, self._limit_s = pickle.dumps(job), limit_s
        self._crew: Crew | None = None
        self._busy = 0
        self._idle: asyncio.TimerHandle | None = None

    async def setup(self, worker: Any) -> None:  # noqa: ANN401 - distributed ships no types
        """Called once where a worker gets the job, also by one that joins later."""
        job = pickle.loads(self._job)  # noqa: S301 - who may talk to the scheduler may run code here anyway
        self._crew = Crew(job, worker.state.nthreads, self._limit_s)
        await self._crew.__aenter__()  # what they load is loaded before the first input's time begins

    async def teardown(self, worker: Any) -> None:  # noqa: ANN401 - see above
        """End the processes."""
        del worker
        if self._idle is not None:
            self._idle.cancel()
        if self._crew is not None:
            await self._crew.close()

    async def run(self, task: object) -> object:
        """As `Crew.run` has it."""
        if self._crew is None:
            raise RuntimeError("not set up")
        if self._idle is not None:
            self._idle.cancel()
        self._busy += 1
        try:
            return await self._crew.run(task)
        finally:
            self._busy -= 1
            if not self._busy:
                loop = asyncio.get_running_loop()
                self._idle = loop.call_later(IDLE_S, lambda: loop.create_task(self._rest()))

    async def _rest(self) -> None:
        if not self._busy and self._crew is not None:
            await self._crew.close()


async def work(job: str, task: bytes) -> bytes:
    """Do a pickled task of the job of this name; the pickled answer."""
    hands = get_worker().plugins.get(job)
    if not isinstance(hands, Hands):  # None where it is not there
        raise LookupError(f"this worker was never sent the job {job}")  # noqa: TRY004 - no wrong type
    return pickle.dumps(await hands.run(pickle.loads(task)))  # noqa: S301 - as above
