"""The ways to work a crate that are compared, each in a process of its own with all it starts.

`python -m bench.crate.clients NAME SPEC.json` prints {"wall_s", "whole_s", "start_cpu_s"}: time from a
program that was started to its last unit done, and to its end; the CPU it took to be started.
"""

from __future__ import annotations

import json
import os
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
Work = Callable[[], float]
"""Works the crate; when the last unit was done, by the station's clock."""

_LIMIT_S = 300


def ours(units: Sequence[Unit], spec: Spec) -> Work:
    """`adb-audit crate`: each unit read, judged and kept, then all held against each other, and reports."""
    from audit.cli.main import collect_rarely, run

    collect_rarely()  # as the program itself does when it starts
    os.environ.update({"HOME": spec["home"], "ADB_SERVER_SOCKET": spec["server"]})
    folder = Path(spec["crate"])
    words = ["crate", "--market", "NO", "--folder", str(folder), "--transport", spec["way"]]
    words += ["--format", "json", "--output", str(folder.with_suffix(".json"))]
    words += ["--full"] if spec["full"] else []
    if spec["way"] == "tcp":
        words += [word for host, port in units for word in ("--connect", f"{host}:{port}")]

    def work() -> float:
        code = run(words)
        entries = [path.stat().st_mtime for path in folder.glob("units/*/entry.json")]
        if code != spec["code"] or len(entries) != len(units):
            raise SystemExit(f"{len(entries)} of {len(units)} units were done, exit code {code}")
        return max(entries)

    return work


def adb(units: Sequence[Unit], spec: Spec) -> Work:
    """`adb`, a process for each command, a thread for each unit; nothing is judged or kept."""

    def one(unit: Unit) -> int:
        words = [*spec["adb"], "-s", f"{unit[0]}:{unit[1]}", "shell"]
        return sum(len(_output([*words, line], spec["environment"])) for line in spec["commands"])

    return lambda: _in_threads(one, units, spec["bytes"])


def _output(words: Sequence[str], environment: Mapping[str, str]) -> bytes:
    done = subprocess.run(
        words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_LIMIT_S, check=False
    )
    return done.stdout


def adb_shell(units: Sequence[Unit], spec: Spec) -> Work:
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

    return lambda: _in_threads(one, units, spec["bytes"])


def _in_threads(one: Callable[[Unit], int], units: Sequence[Unit], least: int) -> float:
    with ThreadPoolExecutor(len(units)) as pool:
        sizes = list(pool.map(one, units))
    if min(sizes) < least:
        raise SystemExit(f"a unit answered {min(sizes)} bytes, less than {least}")
    return time.time()


CLIENTS: Mapping[str, Callable[[Sequence[Unit], Spec], Work]] = {
    "ours": ours,
    "adb": adb,
    "adb-shell": adb_shell,
}


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(name: str, path: str) -> None:
    """Work one crate once."""
    spec = json.loads(Path(path).read_text(encoding="utf-8"))
    units = [(host, port) for host, port in spec["units"]]
    run = CLIENTS[name](units, spec)
    start_cpu_s, began = _cpu_s(), time.time()
    wall_s = run() - began
    print(json.dumps({"wall_s": wall_s, "whole_s": time.time() - began, "start_cpu_s": start_cpu_s}))


if __name__ == "__main__":
    main(*sys.argv[1:])
