"""Hands units to workers, and stands in for a worker that fell over one: every unit gets its entry."""

from __future__ import annotations

import asyncio
import os
import pickle
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

from audit.crate import files, keeping
from audit.crate.judging import (
    Handed,
    Publish,
    Setup,
    Task,
    entry_of,
    load,
    remove_spooled,
    with_spooled,
    worker,
)
from audit.crate.pool import Died, Pool, TookTooLong
from audit.crate.store import SPOOL
from audit.crate.unread import unjudged_snapshot
from audit.model.crate import UnitResult

if TYPE_CHECKING:
    from types import TracebackType

LIMIT_S = 120.0
"""For judging one unit; the largest real snapshot takes a hundredth of it."""
_CRASH = "crash.txt"


class Judges:
    """Workers for one crate: ``async with Judges(setup) as judges: await judges.judge(task)``.

    workers: as `Pool` has it; limit_s: for one unit
    """

    def __init__(self, setup: Setup, workers: int | None = None, *, limit_s: float = LIMIT_S) -> None:
        self._setup, self._limit_s = setup, limit_s
        self._pool = Pool(worker, setup, workers)
        self._again = asyncio.Lock()

    async def __aenter__(self) -> Self:
        await self.warm()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def warm(self) -> None:
        """Start the workers, while the first unit is read."""
        await self._pool.warm()

    async def close(self) -> None:
        """End them; `warm` starts others."""
        await self._pool.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes there are."""
        return self._pool.pids

    async def judge(self, task: Task) -> UnitResult:
        """Judge *task*; when this returns, its entry is kept in the crate.

        The evidence waits on the disk for its turn, not in memory; whoever calls should not hold it either.
        Raises UsageError where the crate cannot be written.
        """
        path = self._setup.folder / SPOOL / f"{task.name}.task"
        await asyncio.to_thread(_spool, path, Handed(task=task, at_s=time.monotonic()))
        del task
        try:
            return await self._judged(path)
        finally:
            path.unlink(missing_ok=True)

    async def publish(self, task: Publish) -> str:
        """Write the reports on a unit that is done; what went wrong, "" = nothing. Its entry is kept.

        Raises UsageError where the crate cannot be written.
        """
        answer = await self._pool.run(task, limit_s=self._limit_s)
        return _said(answer) if isinstance(answer, Died | TookTooLong) else ""

    async def _judged(self, path: Path) -> UnitResult:
        answer = await self._pool.run(str(path), limit_s=self._limit_s)
        if isinstance(answer, Died):
            # by another's fault, perhaps: once more, while no other unit has its second try
            async with self._again:
                kept = await asyncio.to_thread(_kept, path, self._setup)
                answer = kept or await self._pool.run(str(path), limit_s=self._limit_s, fresh=True)
        if isinstance(answer, UnitResult):
            return answer
        if isinstance(answer, Died | TookTooLong):
            return await asyncio.to_thread(_give_up, path, self._setup, answer)
        raise TypeError(f"no result: {type(answer).__name__}")


def _spool(path: Path, handed: Handed) -> None:
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123 - by number
            pickle.dump(handed, file, pickle.HIGHEST_PROTOCOL)
    except OSError as error:
        raise files.cannot(path, error) from error


def _kept(path: Path, setup: Setup) -> UnitResult | None:
    """The result, where the worker died after it had kept it and before it could say so."""
    task = load(path).task
    keeping.finish(setup.folder, task.name)
    if not keeping.is_done(setup.folder, task.name):
        return None
    result = keeping.read_entry(setup.folder, task.name).result
    return result if (result.started_at, result.slot) == (task.started_at, task.slot) else None


def _give_up(path: Path, setup: Setup, why: Died | TookTooLong) -> UnitResult:
    """An entry that says that nobody could judge the unit, beside its evidence."""
    handed = load(path)
    task = with_spooled(handed.task)
    keeping.keep_snapshot(setup.folder, task.name, task.snapshot)
    unit = keeping.unit_folder(setup.folder, task.name)
    if isinstance(why, Died) and why.trace:
        files.write(unit / _CRASH, why.trace.encode(errors="replace"))
    snapshot = unjudged_snapshot(
        task.snapshot,
        f"What was read of it could not be judged: {_said(why)}.",
        f"Audit it again; if it is the same, report it with {unit / keeping.SNAPSHOT}"
        " (it holds identifiers of the unit).",
    )
    entry = entry_of(replace(task, snapshot=snapshot), setup, handed_at_s=handed.at_s)
    keeping.commit(setup.folder, task.name, entry)
    remove_spooled(task)
    return entry.result


def _said(why: Died | TookTooLong) -> str:
    if isinstance(why, TookTooLong):
        return f"that took more than {why.limit_s:g} seconds"
    return f"the process that judged it {why.how}" + (f" ({why.said[:200]})" if why.said else "")
