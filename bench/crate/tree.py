"""Runs one program and says what it cost with every process it started (Linux).

`python -m bench.crate.tree WORDS…` runs WORDS and prints what it printed, a JSON object, with "cpu_s",
"pss_mb" and "rss_mb" added: user and system time of the whole tree, its memory at its largest, and that of
the program's own process. Memory is the proportional set size: what processes share is counted once.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_SUBREAPER = 36
"""``PR_SET_CHILD_SUBREAPER`` (prctl(2)): orphans below come to this process, so that their CPU is counted."""
_LEAST_PAUSE_S, _SHARE = 0.05, 25
"""A look at all processes is followed by a pause that many times as long: 4 % of one core at most."""


class _Memory(threading.Thread):
    """Looks at the memory of a process and of all below it, until it is told to stop."""

    def __init__(self, root: int) -> None:
        super().__init__(daemon=True)
        self.pss_kb = 0
        self.rss_kb = 0
        self._root = root
        self._over = threading.Event()

    def run(self) -> None:
        """Look, again and again."""
        pause_s = 0.0
        while not self._over.wait(pause_s):
            began = time.perf_counter()
            sums = {pid: _rollup(pid) for pid in _below(self._root)}
            self.pss_kb = max(self.pss_kb, sum(one.get("Pss", 0) for one in sums.values()))
            self.rss_kb = max(self.rss_kb, sums.get(self._root, {}).get("Rss", 0))
            pause_s = max(_LEAST_PAUSE_S, _SHARE * (time.perf_counter() - began))

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()


def _below(root: int) -> Iterator[int]:
    """*root* and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdecimal():
            with suppress(OSError):  # it ended meanwhile
                parent = Path(entry.path, "stat").read_text().rsplit(")", 1)[1].split()[1]
                children.setdefault(int(parent), []).append(int(entry.name))
    left = [root]
    while left:
        yield (one := left.pop())
        left += children.get(one, ())


def _rollup(pid: int) -> dict[str, int]:
    """Sizes in KiB, by name; none where the process ended meanwhile."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
        return {name: int(size.split()[0]) for name, size in (line.split(":") for line in lines)}
    return {}


def _wait_for_orphans() -> None:
    with suppress(ChildProcessError):  # nobody is left
        while True:
            os.wait()


def main() -> None:
    """Run what the command line says."""
    if ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0) != 0:
        raise SystemExit("this system counts no orphans")
    with subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True) as process:
        memory = _Memory(process.pid)
        memory.start()
        said, _ = process.communicate()
        memory.stop()
    _wait_for_orphans()
    if process.returncode != 0:
        raise SystemExit(process.returncode)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cost = {
        "cpu_s": used.ru_utime + used.ru_stime,
        "pss_mb": memory.pss_kb / 1024,
        "rss_mb": memory.rss_kb / 1024,
    }
    print(json.dumps(json.loads(said) | cost))


if __name__ == "__main__":
    main()
