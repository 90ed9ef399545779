"""Both engines do the same with tasks: every one has its answer or its trouble, and so many are under way."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any, Self

import pytest
from distributed import Client

from audit.errors import AuditError, UsageError
from audit.fleet import Done, Engine, Job, Local, Trouble, results
from audit.fleet.cluster import Cluster, checked_address
from tests.crate.work import make, make_nothing
from tests.fleet.conftest import Dask

JOB = Job(make=make, setup="argument")
LIMIT_S = 30.0


@pytest.fixture(params=["local", "cluster"])
def kind(request: pytest.FixtureRequest) -> str:
    """Each engine."""
    return str(request.param)


def engine(kind: str, dask: Dask, job: Job = JOB, limit_s: float = LIMIT_S) -> Engine:
    """Two processes of that kind."""
    return Local(job, 2, limit_s=limit_s) if kind == "local" else Cluster(dask.address, job, limit_s=limit_s)


def done(made: Engine, *tasks: object) -> list[Done]:
    """What comes of *tasks*."""

    async def run() -> list[Done]:
        async with made, aclosing(results(made, iter(tasks))) as stream:
            return [one async for one in stream]

    return asyncio.run(run())


def test_every_task_gets_its_own_answer(kind: str, dask: Dask) -> None:
    """More tasks than workers, and one answer larger than a message."""
    tasks = [*(("say", n) for n in range(30)), ("say", b"x" * 3_000_000)]
    answers = {one.task: one.answer for one in done(engine(kind, dask), *tasks)}
    assert answers == {task: task[1] for task in tasks}


def test_a_task_that_ends_its_process_is_one_trouble(kind: str, dask: Dask) -> None:
    """It is tried twice; its neighbours are done by the same workers."""
    tasks = [("say", 1), ("kill", signal.SIGKILL), *(("say", n) for n in range(2, 8))]
    answers = {one.task: one.answer for one in done(engine(kind, dask), *tasks)}
    trouble = answers.pop(("kill", signal.SIGKILL))
    assert isinstance(trouble, Trouble)
    assert trouble.what == "the process that judged it was killed by SIGKILL, twice"
    assert answers == {("say", n): n for n in range(1, 8)}


def test_a_task_that_takes_too_long_or_is_refused_is_one_trouble(kind: str, dask: Dask) -> None:
    """The process that hangs is ended; an error that was raised on purpose is told with its fix."""
    refused = ("fall", AuditError("no", fix="do"))
    found = done(engine(kind, dask, limit_s=4.0), ("sleep", 60), refused, ("say", 1))
    answers = [one.answer for one in found]
    assert len(answers) == 3
    assert 1 in answers
    assert Trouble(what="no", fix="do") in answers
    assert any(isinstance(one, Trouble) and "more than 4 seconds" in one.what for one in answers)


def test_a_worker_that_cannot_begin_is_told(kind: str, dask: Dask) -> None:
    """Every task has a trouble that says why; nothing hangs."""
    job = Job(make=make_nothing, setup=None)
    (one,) = done(engine(kind, dask, job), ("say", 1))
    assert isinstance(one.answer, Trouble)
    assert "no way to begin" in one.answer.what


class Slow:
    """An engine that counts how many tasks are under way."""

    width = 3
    name = "slow"

    def __init__(self) -> None:
        self.now = self.most = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        return None

    async def run(self, task: object) -> object:
        """Take a moment."""
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0.002)
        self.now -= 1
        return task


def test_no_more_are_taken_than_there_is_room_for() -> None:
    """Tasks are made when they are wanted: never more than the engine's width ahead of what is done."""
    slow, taken, ended, ahead = Slow(), 0, 0, 0

    def tasks() -> Iterator[object]:
        nonlocal taken, ahead
        for number in range(200):
            taken += 1
            ahead = max(ahead, taken - ended)
            yield number

    async def run() -> None:
        nonlocal ended
        async with aclosing(results(slow, tasks())) as stream:
            async for _ in stream:
                ended += 1

    asyncio.run(run())
    assert (taken, ended, slow.most) == (200, 200, 3)
    assert ahead <= 2 * slow.width


def test_after_a_stop_what_is_under_way_is_ended() -> None:
    """No more is taken; everything that was taken has its answer."""
    slow, stop, taken = Slow(), asyncio.Event(), 0

    def tasks() -> Iterator[object]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    async def run() -> int:
        ended = 0
        async with aclosing(results(slow, tasks(), stop)) as stream:
            async for _ in stream:
                ended += 1
                if ended == 10:
                    stop.set()
        return ended

    assert asyncio.run(run()) == taken


def test_left_early_nothing_goes_on() -> None:
    """What is under way is cancelled."""
    slow = Slow()

    async def run() -> None:
        async with aclosing(results(slow, iter(range(100)))) as stream:
            async for _ in stream:
                break
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(run())


@pytest.mark.slow
def test_nothing_stays_on_the_cluster(dask: Dask) -> None:
    """Neither answers once they were delivered, nor the job when it is left."""
    client_of: Any = Client

    async def run() -> tuple[Any, ...]:
        made = Cluster(dask.address, JOB)
        async with client_of(dask.address, asynchronous=True, set_as_default=False) as client:
            async with made, aclosing(results(made, iter([("say", n) for n in range(50)]))) as stream:
                async for _ in stream:
                    pass
                await asyncio.sleep(0.3)
                held = await client.run_on_scheduler(_tasks)
            await asyncio.sleep(0.3)
            return held, await client.run(_plugins)

    held, plugins = asyncio.run(run())
    assert held == 0
    assert [name for names in plugins.values() for name in names if name.startswith("adb-audit")] == []


def _tasks(dask_scheduler: Any) -> int:  # noqa: ANN401 - distributed gives it by this name
    return len(dask_scheduler.tasks)


def _plugins(dask_worker: Any) -> list[str]:  # noqa: ANN401 - as above
    return list(dask_worker.plugins)


@pytest.mark.parametrize(
    "address", ["", "tcp://", "127.0.0.1:1", "http://h:1", "tcp://a b:1", "tcp://h:1\x1b"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    """Before anything is connected, with what to write."""
    with pytest.raises(UsageError, match="no scheduler's address"):
        checked_address(address)


def test_where_nobody_answers_is_told() -> None:
    """No traceback, and no long wait."""

    async def run() -> None:
        async with Cluster("tcp://127.0.0.1:1", JOB, connect_s=0.5):
            pass

    with pytest.raises(AuditError, match="no Dask scheduler answers"):
        asyncio.run(run())


def test_tls_without_certificates_is_told() -> None:
    """What Dask's configuration lacks is named."""

    async def run() -> None:
        async with Cluster("tls://127.0.0.1:1", JOB):
            pass

    with pytest.raises(AuditError, match="cannot be used") as caught:
        asyncio.run(run())
    assert "distributed.comm.tls" in caught.value.fix
