"""Runs a client in a process of its own against a lab in another, and keeps the median of several runs."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

RUNS = 5


@contextmanager
def lab(unit: str, count: int, latency: str = "0") -> Iterator[list[tuple[str, int]]]:
    """*count* copies of a virtual unit, as talkative as a phone, in a process of its own; their addresses."""
    words = [sys.executable, "-m", "audit.lab", unit, "--count", str(count), "--latency", latency]
    words.append("--phone-sized")
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        addresses = []
        for line in iter(process.stdout.readline, "\n"):
            host, port = line.split("\t", 1)[0].rsplit(":", 1)
            addresses.append((host, int(port)))
        try:
            yield addresses
        finally:
            process.stdin.close()
            process.wait(10)


def client(name: str, spec: Mapping[str, Any], folder: Path, runs: int = RUNS) -> dict[str, float]:
    """Median of *runs*, per unit: wall_s, cpu_s (with children), bytes; process_cpu_s of the process."""
    path = folder / "spec.json"
    path.write_text(json.dumps(spec), encoding="utf-8")
    words = [sys.executable, "-m", "bench.clients", name, str(path)]
    _once(words)  # the first run compiles modules and fills caches
    seen = [_once(words) for _ in range(runs)]
    units = len(spec["units"])
    return {
        "wall_s": statistics.median(s["wall_s"] for s in seen) / units,
        "cpu_s": statistics.median(s["cpu_s"] + s["children_cpu_s"] for s in seen) / units,
        "process_cpu_s": statistics.median(s["process_cpu_s"] for s in seen),
        "bytes": seen[0]["bytes"] / units,
    }


def _once(words: Sequence[str]) -> dict[str, float]:
    before = _children_cpu_s()
    done = subprocess.run(
        words, env=environment(), stdout=subprocess.PIPE, text=True, timeout=600, check=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    answer["process_cpu_s"] = _children_cpu_s() - before
    return answer


def environment() -> dict[str, str]:
    """Ours, but compiled modules are kept, as they are wherever a program is installed."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def command_cpu_s(words: Sequence[str], runs: int = RUNS) -> float:
    """Median CPU of a command, children included."""
    spent = []
    for _ in range(runs):
        before = _children_cpu_s()
        subprocess.run(
            words,
            env=environment() | {"COLUMNS": "80"},
            stdout=subprocess.DEVNULL,
            timeout=60,
            check=True,
        )
        spent.append(_children_cpu_s() - before)
    return statistics.median(spent)


def process_cpu_s(pid: int) -> float:
    """CPU another process has used so far (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def now_s() -> float:
    """Monotonic seconds."""
    return time.perf_counter()
