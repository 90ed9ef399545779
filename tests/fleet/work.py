"""What workers do in tests; importable, since they are other processes, and on a cluster other machines."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

from tests.crate import work


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
