"""The ways to work a crate that are compared, each in a process of its own with all it starts.

`python -m bench.crate.clients NAME SPEC.json` prints {"wall_s", "start_cpu_s", "units", "bytes"}: time from a
program that is ready to the last unit done, and the CPU it took to become ready (imports and all).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

Unit = tuple[str, int]
"""Host and port."""
Spec = Mapping[str, Any]
Client = Callable[[Sequence[Unit], Spec], Callable[[], tuple[int, int]]]
"""Gets ready; what it returns works the crate: units done, bytes fetched."""

_LIMIT_S = 300


def ours(units: Sequence[Unit], spec: Spec) -> Callable[[], tuple[int, int]]:
    """This program's crate: read, kept, judged, its entry safe on disk."""
    from bench.crate.ours import crate

    return crate(units, spec)


def adb(units: Sequence[Unit], spec: Spec) -> Callable[[], tuple[int, int]]:
    """`adb`, a process for each command, a thread for each unit; nothing is judged or kept."""

    def one(unit: Unit) -> int:
        words = [*spec["adb"], "-s", f"{unit[0]}:{unit[1]}", "shell"]
        return sum(len(_output([*words, line], spec["environment"])) for line in spec["commands"])

    return lambda: _in_threads(one, units)


def _output(words: Sequence[str], environment: Mapping[str, str]) -> bytes:
    done = subprocess.run(
        words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=False
    )
    return done.stdout


def adb_shell(units: Sequence[Unit], spec: Spec) -> Callable[[], tuple[int, int]]:
    """adb-shell as shipped, a thread for each unit; nothing is judged or kept."""
    from adb_shell.adb_device import AdbDeviceTcp

    def one(unit: Unit) -> int:
        device = AdbDeviceTcp(*unit, default_transport_timeout_s=_LIMIT_S)
        device.connect(auth_timeout_s=_LIMIT_S)
        try:
            answers = (device.shell(line, decode=False, read_timeout_s=_LIMIT_S) for line in spec["commands"])
            return sum(len(answer) for answer in answers)
        finally:
            device.close()

    return lambda: _in_threads(one, units)


def _in_threads(one: Callable[[Unit], int], units: Sequence[Unit]) -> tuple[int, int]:
    with ThreadPoolExecutor(len(units)) as pool:
        sizes = list(pool.map(one, units))
    return len(sizes), sum(sizes)


CLIENTS: Mapping[str, Client] = {"ours": ours, "adb": adb, "adb-shell": adb_shell}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(name: str, path: str) -> None:
    """Work one crate once."""
    spec = json.loads(Path(path).read_text(encoding="utf-8"))
    units = [(host, port) for host, port in spec["units"]]
    run = CLIENTS[name](units, spec)
    start_cpu_s, began = _cpu_s(), time.perf_counter()
    done, size = run()
    told = {"wall_s": time.perf_counter() - began, "start_cpu_s": start_cpu_s, "units": done, "bytes": size}
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
