"""A few processes that do tasks side by side; one that dies takes its own task with it and nothing else.

Each worker has pipes of its own, and no lock is shared, so there is nothing a killed one can leave broken.
They are started when there is something to do for them, or before (`Pool.warm`), are no part of the group of
the terminal (Ctrl-C does not reach them), write nothing there, and end with the program, however it ends.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Self

from audit.crate.worker import HEAD
from audit.errors import AuditError
from audit.model.record import record
from audit.model.text import clean

if TYPE_CHECKING:
    from types import TracebackType

MOST_WORKERS = 4
"""Each takes some 30 MB, and two judge a unit in the time one takes to be plugged in."""
_LARGEST_ANSWER_BYTES = 64 * 1024 * 1024
_TAIL_BYTES, _TAIL_LINES, _LONGEST_LINE = 16 * 1024, 30, 400
_END_S = 2.0
# -I: neither the current folder nor the user's own is looked at for modules; the path is the program's
_START = "import sys; sys.path[:] = {path!r}; from audit.crate.worker import main; main()"


@record
class Died:
    """The process ended before the task did. how: "was killed by SIGSEGV", "ended with exit code 1".

    said: the last line of what it wrote on standard error; trace: the last lines
    """

    how: str
    said: str = ""
    trace: str = ""


@record
class TookTooLong:
    """The task was given up."""

    limit_s: float


class Pool:
    """Processes that make something of *argument* once and then do tasks with it; see `run`.

    make: importable by its name; what it returns is called with each task
    workers: how many at most; None = as many as there are processors, no more than `MOST_WORKERS`
    """

    def __init__(
        self,
        make: Callable[[object], Callable[[object], object]],
        argument: object,
        workers: int | None = None,
    ) -> None:
        self._first = pickle.dumps((make, argument))
        self._most = workers or min(os.cpu_count() or 1, MOST_WORKERS)
        self._turns = asyncio.Semaphore(self._most)
        self._idle: list[_Worker] = []
        self._all: set[_Worker] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes there are."""
        return tuple(worker.pid for worker in self._all)

    async def warm(self) -> None:
        """Start all workers, so that they are ready when there is a task; what they load takes a while."""
        while len(self._all) < self._most:
            self._idle.append(await self._started())

    async def run(self, task: object, *, limit_s: float, fresh: bool = False) -> object | Died | TookTooLong:
        """What the worker answers to *task*; `Died` or `TookTooLong` where it never will.

        limit_s: from when it is handed to a worker; fresh: to one that did nothing else before
        Raises the AuditError the worker raised. A task that is cancelled is ended with its worker.
        """
        async with self._turns:
            worker = await (self._fresh() if fresh else self._worker())
            answered = False
            try:
                answer = await worker.ask((limit_s, task), limit_s)
                answered = not isinstance(answer, Died | TookTooLong)
            finally:
                if answered:
                    self._idle.append(worker)
                else:
                    await self._forget(worker)
        if isinstance(answer, _Refused):
            raise answer.error
        return answer

    async def close(self) -> None:
        """End all workers."""
        self._idle.clear()
        while self._all:
            await self._all.pop().end()

    async def _worker(self) -> _Worker:
        """One that is idle, else a new one; one that ended while it had nothing to do is forgotten."""
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            await self._forget(worker)
        return await self._fresh()

    async def _fresh(self) -> _Worker:
        """A new one, in the place of one that is idle."""
        if self._idle:
            await self._forget(self._idle.pop())
        return await self._started()

    async def _started(self) -> _Worker:
        worker = await _Worker.start(self._first)
        self._all.add(worker)
        return worker

    async def _forget(self, worker: _Worker) -> None:
        self._all.discard(worker)
        await worker.end()


@record
class _Refused:
    error: AuditError


class _Worker:
    """One process, its pipes and what it wrote on standard error."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._tail = b""
        self._listening = asyncio.create_task(self._listen())

    @classmethod
    async def start(cls, first: bytes) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-I", "-X", "faulthandler", *(["-B"] if sys.dont_write_bytecode else [])),
            *("-c", _START.format(path=[place for place in sys.path if place])),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Windows takes no notice; there the worker ignores Ctrl-C by itself
        )
        worker = cls(process)
        worker._write(first)
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, task: object, limit_s: float) -> object:
        try:
            async with asyncio.timeout(limit_s):
                self._write(pickle.dumps(task))
                right, answer = await self._answer()
        except TimeoutError:
            return TookTooLong(limit_s=limit_s)
        except (asyncio.IncompleteReadError, ConnectionError):
            return await self._died()
        if right:
            return answer
        return _Refused(error=answer if isinstance(answer, AuditError) else AuditError(str(answer)))

    async def end(self) -> None:
        """End it, whatever it is doing, and close its pipes."""
        if self.alive:
            self._process.kill()
        await self._process.wait()
        await self._listening
        if self._process.stdin is not None:
            self._process.stdin.close()

    def _write(self, data: bytes) -> None:
        """Into the transport's buffer: at most one task waits there, and the loop writes it out."""
        if self._process.stdin is not None:
            self._process.stdin.write(HEAD.pack(len(data)) + data)

    async def _answer(self) -> tuple[bool, object]:
        out = self._process.stdout
        if out is None:
            raise ConnectionError
        length = HEAD.unpack(await out.readexactly(HEAD.size))[0]
        if length > _LARGEST_ANSWER_BYTES:
            raise ConnectionError
        right, answer = pickle.loads(await out.readexactly(length))  # noqa: S301 - from a process of this program
        return bool(right), answer

    async def _died(self) -> Died:
        if self.alive:
            try:
                async with asyncio.timeout(_END_S):
                    await self._process.wait()
            except TimeoutError:
                self._process.kill()
        code = await self._process.wait()
        await self._listening
        lines = clean(self._tail.decode(errors="replace")).splitlines()[-_TAIL_LINES:]
        lines = [line[:_LONGEST_LINE].rstrip() for line in lines]
        # a signal says enough; what comes before it is the interpreter's own report, if it could write one
        said = next((line.strip() for line in reversed(lines) if line), "") if code >= 0 else ""
        return Died(how=_how(code), said=said, trace="\n".join(lines))

    async def _listen(self) -> None:
        """Keep the last of what it writes on standard error."""
        while self._process.stderr is not None and (data := await self._process.stderr.read(_TAIL_BYTES)):
            self._tail = (self._tail + data)[-_TAIL_BYTES:]


def _how(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was killed by {signal.Signals(-code).name}"
    except ValueError:
        return f"was killed by signal {-code}"
