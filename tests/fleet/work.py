"""What workers do in tests; importable, since they are other processes, and on a cluster other machines."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress

from tests.crate import work


class Fatal:
    """A part of a job that ends the first worker it is sent to. flag: a file, there once one was ended"""

    def __init__(self, flag: str) -> None:
        self.flag = flag

    def __setstate__(self, state: dict[str, str]) -> None:
        self.flag = state["flag"]
        with suppress(FileExistsError):
            os.close(os.open(self.flag, os.O_CREAT | os.O_EXCL))
            os.kill(os.getpid(), signal.SIGKILL)


def make(argument: object) -> Callable[[object], object]:
    """A worker that does as it is told, and may take the Dask worker down that it belongs to."""
    simple = work.make(argument)

    def do(task: object) -> object:
        if isinstance(task, tuple) and task[0] == "sleep_say":
            time.sleep(0.02)
            return task[1]
        if task == ("kill-worker", 0):
            os.kill(os.getppid(), signal.SIGKILL)
        return simple(task)

    return do


def make_of_any(_argument: object) -> Callable[[object], object]:
    """The same, whatever the job holds."""
    return make("argument")
