"""The other end of `audit.crate.pool`: a process that does one task after the other.

It is sent two things first: *make*, called once, and what to call it with; what that returns does every task.
Frames on standard input and output are a length of 8 bytes and a pickle. It ends when its input does, so that
none is left behind when the program is killed. Whatever goes wrong in a task, other than an `AuditError`,
ends it, too, with the traceback on standard error, which the other side keeps: a process in which something
fell over is not trusted with the next task.
"""

from __future__ import annotations

import gc
import os
import pickle
import signal
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO

from audit.errors import AuditError

HEAD = struct.Struct(">Q")
_MARGIN_S = 5.0
"""The other side ends a task that takes too long; where that is gone, and the interpreter hangs, an alarm."""


def main() -> None:
    """Work until standard input ends."""
    _keep_quiet()
    tasks = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    arrived: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_receive, args=(tasks, arrived), daemon=True).start()
    make, argument = pickle.loads(arrived.get())  # noqa: S301 - from the process that started this one
    work = make(argument)
    gc.collect()
    gc.freeze()  # the rulebook stays to the end
    while True:
        limit_s, task = pickle.loads(arrived.get())  # noqa: S301 - see above
        _alarm(limit_s + _MARGIN_S)
        _send(answers, _done(work, task))
        _alarm(0.0)


def _done(work: Callable[[object], object], task: object) -> tuple[bool, object]:
    """What came of it, and whether it is an answer or an error that was raised on purpose."""
    try:
        return True, work(task)
    except AuditError as error:
        return False, error


def _keep_quiet() -> None:
    """Ctrl-C is for the other side; and the kernel, short of memory, shall take this process first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(50_000)  # as `audit.cli.main.collect_rarely`
    score = Path("/proc/self/oom_score_adj")
    if os.access(score, os.W_OK):
        score.write_text("500", encoding="ascii")


def _receive(tasks: BinaryIO, arrived: SimpleQueue[bytes]) -> None:
    """Take tasks in, also while one is done, so that the end of the other side is seen at once."""
    while len(head := tasks.read(HEAD.size)) == HEAD.size:
        arrived.put(tasks.read(HEAD.unpack(head)[0]))
    os._exit(0)


def _send(answers: BinaryIO, answer: object) -> None:
    data = pickle.dumps(answer)
    answers.write(HEAD.pack(len(data)) + data)
    answers.flush()


def _alarm(after_s: float) -> None:
    """End this process by the kernel's hand; 0 = do not."""
    if sys.platform != "win32":
        signal.setitimer(signal.ITIMER_REAL, after_s)
