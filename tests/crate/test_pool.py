"""Workers side by side: whatever happens to one costs its own task and nothing else."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from audit.crate.pool import Died, Pool, TookTooLong
from audit.errors import UsageError
from tests.crate.work import is_there, make, make_nothing

LIMIT_S = 30.0


def done(*tasks: tuple[str, object], workers: int = 2, limit_s: float = LIMIT_S) -> list[object]:
    """What came of tasks that were given to a pool at once."""

    async def run() -> list[object]:
        async with Pool(make, "argument", workers=workers) as pool:
            return list(await asyncio.gather(*(pool.run(task, limit_s=limit_s) for task in tasks)))

    return asyncio.run(run())


def test_every_task_gets_its_own_answer() -> None:
    """More tasks than workers, in any order of ending; large ones too."""
    answers = done(*(("say", n) for n in range(20)), ("say", b"x" * 3_000_000), workers=3)
    assert answers == [*range(20), b"x" * 3_000_000]


def test_workers_are_started_when_there_is_something_to_do() -> None:
    """One after the other needs one; as many as allowed at once, and never more."""

    async def run() -> tuple[int, int, int]:
        async with Pool(make, "argument", workers=2) as pool:
            none = len(pool.pids)
            for _ in range(3):
                await pool.run(("say", 1), limit_s=LIMIT_S)
            one = len(pool.pids)
            await asyncio.gather(*(pool.run(("sleep", 0.05), limit_s=LIMIT_S) for _ in range(5)))
            return none, one, len(pool.pids)

    assert asyncio.run(run()) == (0, 1, 2)


@pytest.mark.parametrize(
    ("task", "how", "said"),
    [
        (("kill", signal.SIGKILL), "was killed by SIGKILL", ""),
        (("segfault", 0), "was killed by SIGSEGV", ""),
        (("exit", 0), "ended with exit code 0", ""),
        # another number, another exception: a process to start for each
        pytest.param(("exit", 7), "ended with exit code 7", "", marks=pytest.mark.slow),
        pytest.param(
            ("fall", MemoryError()), "ended with exit code 1", "MemoryError", marks=pytest.mark.slow
        ),
        (
            ("fall", RecursionError("too deep\x1b[2J")),
            "ended with exit code 1",
            "RecursionError: too deep[2J",
        ),
        pytest.param(("fall", SystemExit(3)), "ended with exit code 3", "", marks=pytest.mark.slow),
    ],
)
def test_a_worker_that_dies_costs_its_own_task(task: tuple[str, object], how: str, said: str) -> None:
    """However it dies; the tasks beside and after it are done, and its last words are kept, made safe."""
    first, died, *others = done(("say", 1), task, *(("say", n) for n in range(6)))
    assert (first, others) == (1, [*range(6)])
    assert isinstance(died, Died)
    assert (died.how, died.said) == (how, said)
    assert "\x1b" not in died.trace


def test_a_crash_of_the_interpreter_tells_where() -> None:
    """The trace holds the Python lines that led to it."""
    (died,) = done(("segfault", 0))
    assert isinstance(died, Died)
    assert "ctypes" in died.trace, died.trace


def test_a_worker_that_is_killed_with_nothing_to_do_is_replaced() -> None:
    """Its death is nobody's."""

    async def run() -> list[object]:
        async with Pool(make, "argument", workers=2) as pool:
            await asyncio.gather(*(pool.run(("sleep", 0.05), limit_s=LIMIT_S) for _ in range(2)))
            for pid in pool.pids:
                os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.3)
            return [await pool.run(("say", n), limit_s=LIMIT_S) for n in range(3)]

    assert asyncio.run(run()) == [0, 1, 2]


def test_a_task_that_takes_too_long_is_ended_with_its_worker() -> None:
    """Also one that never gives the interpreter back; others go on meanwhile."""

    async def run() -> tuple[list[object], list[object], tuple[int, ...]]:
        async with Pool(make, "argument", workers=3) as pool:
            await asyncio.gather(*(pool.run(("sleep", 0.1), limit_s=LIMIT_S) for _ in range(3)))
            before = pool.pids
            slow = [pool.run(("sleep", 60), limit_s=0.5), pool.run(("hang", "a" * 64 + "b"), limit_s=0.5)]
            late = asyncio.gather(*slow)
            quick = [await pool.run(("say", n), limit_s=LIMIT_S) for n in range(3)]
            return list(await late), quick, tuple(pid for pid in before if is_there(pid))

    late, quick, left = asyncio.run(run())
    assert late == [TookTooLong(limit_s=0.5)] * 2
    assert quick == [0, 1, 2]
    assert len(left) == 1


def test_a_task_that_is_given_up_frees_its_place() -> None:
    """Cancelled, as by Ctrl-C; the one worker allowed is replaced."""

    async def run() -> object:
        async with Pool(make, "argument", workers=1) as pool:
            task = asyncio.create_task(pool.run(("sleep", 60), limit_s=90))
            await asyncio.sleep(0.3)
            task.cancel()
            await asyncio.wait([task])
            return await pool.run(("say", "next"), limit_s=LIMIT_S)

    assert asyncio.run(run()) == "next"


def test_an_error_raised_on_purpose_is_raised_again() -> None:
    """With where and fix; its worker goes on."""

    async def run() -> tuple[UsageError, tuple[int, ...], tuple[int, ...]]:
        async with Pool(make, "argument", workers=1) as pool:
            await pool.run(("say", 1), limit_s=LIMIT_S)
            before = pool.pids
            error = UsageError("cannot be written", where="/crate", fix="make room")
            with pytest.raises(UsageError) as caught:
                await pool.run(("fall", error), limit_s=LIMIT_S)
            return caught.value, before, pool.pids

    error, before, after = asyncio.run(run())
    assert (error.what, error.where, error.fix) == ("cannot be written", "/crate", "make room")
    assert before == after


def test_workers_that_cannot_begin_are_told_for_each_task() -> None:
    """No task waits for ever."""

    async def run() -> list[object]:
        async with Pool(make_nothing, "argument", workers=2) as pool:
            return list(await asyncio.gather(*(pool.run(("say", 1), limit_s=LIMIT_S) for _ in range(3))))

    for died in asyncio.run(run()):
        assert isinstance(died, Died)
        assert died.said == "LookupError: no way to begin"


def test_workers_write_nothing_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """What a library prints in one is neither shown nor taken for an answer."""
    assert done(("print", "noise"), ("say", 1), workers=1) == ["printed", 1]
    assert capfd.readouterr() == ("", "")


def test_ctrl_c_does_not_reach_workers() -> None:
    """They are no part of the terminal's group, and deaf to the signal if it comes."""

    async def run() -> tuple[bool, object]:
        async with Pool(make, "argument", workers=1) as pool:
            await pool.run(("say", 1), limit_s=LIMIT_S)
            answer = await pool.run(("kill", signal.SIGINT), limit_s=LIMIT_S)
            return os.getpgid(pool.pids[0]) == os.getpgid(0), answer

    assert asyncio.run(run()) == (False, None)


def test_modules_of_the_current_folder_are_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beside the operator is no part of the program."""
    (tmp_path / "audit.py").write_text("raise SystemExit(99)")
    (tmp_path / "pickle.py").write_text("raise SystemExit(99)")
    monkeypatch.chdir(tmp_path)
    assert done(("say", 1)) == [1]


def test_no_worker_is_left_when_the_pool_is_closed() -> None:
    """Busy or not."""

    async def run() -> tuple[int, ...]:
        async with Pool(make, "argument", workers=2) as pool:
            await pool.run(("say", 1), limit_s=LIMIT_S)
            busy = asyncio.create_task(pool.run(("sleep", 60), limit_s=90))
            await asyncio.sleep(0.2)
            pids = pool.pids
            busy.cancel()
            await asyncio.wait([busy])
            return pids

    pids = asyncio.run(run())
    assert pids
    assert not any(map(is_there, pids))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="looks at processes by /proc")
@pytest.mark.parametrize("doing", ["sleep", pytest.param("hang", marks=pytest.mark.slow)])
def test_no_worker_outlives_a_program_that_is_killed(doing: str) -> None:
    """An idle one and one in the middle of a task, even one that never gives the interpreter back."""
    command = [sys.executable, "-m", "tests.crate.work", "pool", doing]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        pids = [int(pid) for pid in program.stdout.readline().split()]
        there = [is_there(pid) for pid in pids]
        program.kill()
        said = program.stderr.read()  # until the last of them has let go of it
    assert there == [True, True]
    deadline = time.monotonic() + 30
    while any(map(is_there, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(map(is_there, pids))
    assert said == b""
