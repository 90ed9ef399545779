"""Machines that go away in the middle: what is unfinished is done elsewhere, or that it was not is said."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from audit.errors import AuditError
from audit.fleet import FleetLost, Job, Trouble, results
from audit.fleet.cluster import Cluster
from tests.fleet import work
from tests.fleet.conftest import Dask, cluster, kill

JOB = Job(make=work.make, setup="argument")


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Dask]:
    """A scheduler and two workers, for one test."""
    with cluster(tmp_path / "dask") as made:
        yield made


def run(made: Cluster, count: int, each: Callable[[int], None]) -> Counter[object]:
    """How often each of so many short tasks was answered; *each* is told how many were before."""
    found: Counter[object] = Counter()

    async def all_of() -> None:
        tasks = iter([("sleep_say", n) for n in range(count)])
        async with made, aclosing(results(made, tasks)) as stream:
            async for one in stream:
                each(found.total())
                found[one.answer] += 1

    asyncio.run(all_of())
    return found


def test_a_worker_that_is_killed_costs_only_what_it_had(dask: Dask) -> None:
    """Killed half-way; every task is answered once all the same."""

    def at(number: int) -> None:
        if number == 30:
            kill(dask.workers[0])

    assert run(Cluster(dask.address, JOB), 100, at) == Counter(range(100))


def test_a_worker_that_is_killed_as_it_gets_the_job_costs_nothing(dask: Dask, tmp_path: Path) -> None:
    """Before the first task; the other does them all, and nobody sees a traceback."""
    flag = tmp_path / "one was ended"
    made = Cluster(dask.address, Job(make=work.make_of_any, setup=work.Fatal(str(flag))))
    assert run(made, 10, lambda _number: None) == Counter(range(10))
    assert flag.exists()
    assert [worker.poll() is None for worker in dask.workers].count(True) == 1


def test_a_scheduler_that_is_killed_before_the_job_was_sent_is_told(dask: Dask) -> None:
    """It answered once, and then no more."""

    class Going(Cluster):
        async def _first_workers(self) -> None:
            await super()._first_workers()
            assert dask.scheduler is not None
            kill(dask.scheduler)

    with pytest.raises(FleetLost, match="the scheduler is gone"):
        run(Going(dask.address, JOB, join_s=3.0), 10, lambda _number: None)


@pytest.mark.slow
def test_a_worker_that_joins_later_is_used(dask: Dask) -> None:
    """The job is sent to it by the scheduler, and it has tasks at once."""
    kill(dask.workers[0])
    made = Cluster(dask.address, JOB)
    wide: list[int] = []

    def at(number: int) -> None:
        wide.append(made.width)
        if number == 5:
            dask.worker(threads=3)
        if number > 5 and wide[-1] < 16:
            time.sleep(0.05)

    assert run(made, 400, at) == Counter(range(400))
    assert (wide[0], wide[-1]) == (4, 16)


@pytest.mark.slow
def test_a_scheduler_that_is_killed_is_told(dask: Dask) -> None:
    """What was answered holds; the error says how to go on, and nothing hangs."""
    seen: list[int] = []

    def at(number: int) -> None:
        seen.append(number)
        if number == 20 and dask.scheduler is not None:
            kill(dask.scheduler)

    with pytest.raises(FleetLost, match="the scheduler is gone") as caught:
        run(Cluster(dask.address, JOB), 5000, at)
    assert "repeat the command" in caught.value.fix
    assert len(seen) > 20


@pytest.mark.slow
def test_when_all_workers_are_gone_it_is_told(dask: Dask) -> None:
    """After a while in which one could have come back."""

    def at(number: int) -> None:
        if number == 20:
            for worker in dask.workers:
                kill(worker)

    with pytest.raises(FleetLost, match="all workers went away"):
        run(Cluster(dask.address, JOB, join_s=2.0), 5000, at)


def test_a_scheduler_without_workers_is_told(tmp_path: Path) -> None:
    """With the command that starts one."""

    async def enter(address: str) -> None:
        async with Cluster(address, JOB, join_s=0.5):
            pass

    with Dask(tmp_path / "dask") as dask, pytest.raises(AuditError, match="has had no worker") as caught:
        asyncio.run(enter(dask.address))
    assert f"dask worker {dask.address}" in caught.value.fix


def test_another_version_is_told_with_what_differs(tmp_path: Path) -> None:
    """A worker whose program is another one is named before it gets anything to do."""
    other = tmp_path / "other"
    info = other / "adb_audit-9.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: adb-audit\nVersion: 9.9\n")

    async def enter(address: str) -> None:
        async with Cluster(address, JOB):
            pass

    with Dask(tmp_path / "dask", PYTHONPATH=str(other)) as dask:
        dask.worker()
        with pytest.raises(AuditError, match="not all run the same") as caught:
            asyncio.run(enter(dask.address))
    assert "has adb-audit 9.9, here it is" in caught.value.what
    assert "same versions" in caught.value.fix


@pytest.mark.slow
def test_a_task_that_takes_whole_workers_down_is_one_trouble(tmp_path: Path) -> None:
    """After as many as the scheduler allows it is given up; the others are done by what was started again."""
    environment = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}

    async def all_of(address: str) -> list[object]:
        tasks = iter([("say", 1), ("kill-worker", 0), *(("say", n) for n in range(2, 10))])
        made = Cluster(address, JOB)
        async with made, aclosing(results(made, tasks)) as stream:
            return [one.answer async for one in stream]

    with Dask(tmp_path / "dask", **environment) as dask:
        for _ in range(2):
            dask.worker(nanny=True)
        answers = asyncio.run(all_of(dask.address))
    troubles = [one for one in answers if isinstance(one, Trouble)]
    assert any("workers of the cluster ended while they had it" in one.what for one in troubles)
    assert len(answers) == 10


def test_without_the_library_the_install_line_is_told(tmp_path: Path) -> None:
    """Dask is an extra."""
    (tmp_path / "distributed.py").write_text("raise ImportError('not here')\n")
    code = (
        "import asyncio\n"
        "from audit.fleet import Job\n"
        "from audit.fleet.cluster import Cluster\n"
        "async def main():\n"
        "    async with Cluster('tcp://127.0.0.1:1', Job(make=len, setup=None)): pass\n"
        "asyncio.run(main())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{code}"],
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    assert "pip install 'adb-audit[fleet]'" in done.stderr
