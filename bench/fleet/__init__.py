"""Ten thousand inputs: how many a second, on one core and two, here and through Dask, in what memory."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import pickle
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from tabulate import tabulate

from audit import codec
from audit.asked import Asked
from audit.fleet.judging import Judged, Setup, Task, judged
from audit.history import History
from audit.history.recording import Prepared
from audit.model.evidence import Snapshot
from audit.model.record import record
from audit.model.report import Expectation
from audit.rulebook import load
from bench.history import read_unit
from bench.measure import environment

INPUTS, RATED, PREPARED = 10_000, 400, 200
_MARKS = (1_000, 5_000, 10_000)
_EVERY = 10
_BATCH = 32
_GITHUB: dict[str, Any] = {"tablefmt": "github", "disable_numparse": True}
_PROGRAM = str(Path(sys.executable).with_name("adb-audit"))
_MB = 1 << 20


def measured(folder: Path) -> str:
    """The tables, and what was wanted."""
    _say(f"writing {INPUTS:,} snapshots")
    snapshots = tuple(asyncio.run(read_unit(name, folder)) for name in ("incident-2019", "clean-global"))
    _written(snapshots, folder / "few", RATED)
    _written(snapshots, folder / "many", INPUTS)
    rates = [
        ("this machine, 1 process", *_rate(folder, "local-1", "--workers", "1")),
        ("this machine, 2 processes", *_rate(folder, "local-2", "--workers", "2")),
    ]
    for workers in (1, 2):
        with _dask(folder / f"dask-{workers}", workers) as address:
            told = _rate(folder, f"dask-{workers}", "--scheduler", address)
        rates.append((f"Dask on loopback, {workers} worker{'s' if workers > 1 else ''}", *told))
    memory, whole = _memory(folder)
    one, batch, sizes = _kept(folder)
    about = (
        f"{RATED} saved snapshots of units as talkative as phones ({sizes.input / 1024:.0f} KiB each), read,"
        f" judged and kept with their evidence. Kept one at a time: {one:,.0f} a second,"
        f" {_BATCH} a transaction:"
        f" {batch:,.0f}. A result is {sizes.answer / 1024:.0f} KiB on its way back, and takes"
        f" {sizes.kept / 1024:.0f} KiB in the history. {INPUTS:,} on 2 processes: {whole:,.0f} a second."
    )
    speed = [[what, f"{rate:.1f}", f"{cpu * 1000:.0f} ms"] for what, rate, cpu in rates]
    shown = [
        [f"{count:,}", f"{mine / _MB:.0f} MB", f"{theirs / _MB:.0f} MB"] for count, mine, theirs in memory
    ]
    flat = memory[-1][1] / memory[0][1]
    scaling = rates[1][1] / rates[0][1]
    targets = [
        ["memory at the end against that at 1,000 inputs", f"{flat:.2f}x", "≤ 1.25x", _met(flat <= 1.25)],
        ["2 processes against 1", f"{scaling:.2f}x", "≥ 1.60x", _met(scaling >= 1.6)],
    ]
    heads = ["", "inputs a second", "CPU of the command and its children, each"]
    return "\n\n".join(
        (
            about,
            tabulate(speed, headers=heads, **_GITHUB),
            tabulate(shown, headers=["inputs done", "memory of the command", "of its workers"], **_GITHUB),
            tabulate(targets, headers=["", "measured", "wanted", ""], **_GITHUB),
        )
    )


def _met(right: bool) -> str:
    return "met" if right else "missed"


def _written(snapshots: tuple[Snapshot, ...], folder: Path, count: int) -> None:
    for number in range(count):
        place = folder / f"{number // 1000:03d}"
        place.mkdir(parents=True, exist_ok=True)
        data = codec.to_json(_of_its_own(snapshots[bool(number % _EVERY)], number)).encode()
        (place / f"{number:06d}.json.gz").write_bytes(gzip.compress(data, 1, mtime=0))


def _of_its_own(snapshot: Snapshot, number: int) -> Snapshot:
    artifacts = tuple(
        replace(one, data=one.data.replace(b"[ro.serialno]: [", b"[ro.serialno]: [%d-" % number))
        for one in snapshot.artifacts
    )
    return replace(snapshot, artifacts=artifacts)


def _rate(folder: Path, name: str, *options: str) -> tuple[float, float]:
    """Inputs a second, and CPU seconds of the command and its own children for each."""
    _say(f"judging {RATED} inputs: {name}")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    words = ("judge", str(folder / "few"), "--market", "NO", "--db", str(folder / f"{name}.sqlite"))
    done = subprocess.run(
        [_PROGRAM, *words, *options],
        env=environment(), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return _told_rate(done.stderr), cpu / RATED


def _told_rate(text: str) -> float:
    told = re.search(r"\(([\d,.]+) a second\)", text)
    if told is None:
        raise SystemExit(f"no rate was told: {text[-300:]}")
    return float(told[1].replace(",", ""))


@contextmanager
def _dask(folder: Path, workers: int) -> Iterator[str]:
    folder.mkdir()
    told = folder / "scheduler.json"
    words = [
        [
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--no-dashboard",
            "--no-show",
        ],
        *(
            ["distributed.cli.dask_worker", "--nthreads", "1", "--no-dashboard", "--no-nanny"]
            for _ in range(workers)
        ),
    ]
    own = os.environ | {"HOME": str(folder)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", *line, "--scheduler-file", str(told)],
            env=own, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        for line in words
    ]  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not (told.is_file() and told.read_text()):
            if time.monotonic() > until:
                raise SystemExit("the scheduler did not start")
            time.sleep(0.1)
        time.sleep(5)  # all workers are there before anything is measured
        yield json.loads(told.read_text())["address"]
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in processes:
            process.wait(20)


def _memory(folder: Path) -> tuple[list[tuple[int, int, int]], float]:
    """(inputs done, bytes of the command, bytes of its workers), and inputs a second."""
    _say(f"judging {INPUTS:,} inputs, and looking at the memory")
    out = folder / "many.csv"
    with subprocess.Popen(
        [_PROGRAM, "judge", str(folder / "many"), "--market", "NO", "--db", str(folder / "many.sqlite"),
         "--workers", "2", "-o", str(out)],
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stderr is not None
        said: list[str] = []
        reading = threading.Thread(target=lambda: said.extend(process.stderr or ()), daemon=True)
        reading.start()
        seen = list(_watched(process, out.with_name(out.name + ".part")))
        reading.join(10)
    marks = [max((one for one in seen if one[0] <= mark), default=(0, 0, 0)) for mark in _MARKS]
    return marks, _told_rate("".join(said))


def _watched(process: subprocess.Popen[str], rows: Path) -> Iterator[tuple[int, int, int]]:
    while process.poll() is None:
        time.sleep(1.0)
        if rows.exists():
            done = max(rows.read_bytes().count(b"\r\n") - 1, 0)
            children = [int(one) for one in _text(f"/proc/{process.pid}/task/{process.pid}/children").split()]
            yield done, _rss(process.pid), sum(map(_rss, children))


def _rss(pid: int) -> int:
    found = re.search(r"VmRSS:\s+(\d+) kB", _text(f"/proc/{pid}/status"))
    return int(found[1]) * 1024 if found else 0


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""


@record
class _Sizes:
    """Bytes of one input: its file, a worker's answer, what it takes in the history."""

    input: float
    answer: float
    kept: float


def _kept(folder: Path) -> tuple[float, float, _Sizes]:
    """Reports kept a second, one at a time and in batches, and what they take."""
    _say("keeping results")
    setup = Setup(asked=Asked(rulebook=load(), expectation=Expectation(market="NO")), key=b"k" * 32)
    paths = sorted((folder / "few").rglob("*.json.gz"))[:PREPARED]
    results = (judged(Task(path=str(path)), setup) for path in paths)
    answers = [result for result in results if isinstance(result, Judged)]
    prepared = [answer.prepared for answer in answers if answer.prepared is not None]
    one, _ = _timed(folder / "one.sqlite", prepared, 1)
    batch, kept = _timed(folder / "batch.sqlite", prepared, _BATCH)
    sizes = _Sizes(
        input=sum(path.stat().st_size for path in paths) / len(paths),
        answer=sum(len(pickle.dumps(answer)) for answer in answers) / len(answers),
        kept=kept,
    )
    return one, batch, sizes


def _timed(path: Path, prepared: list[Prepared], size: int) -> tuple[float, float]:
    with History.open(str(path)) as history:
        began = time.perf_counter()
        for at in range(0, len(prepared), size):
            history.add(prepared[at : at + size], once=True)
        took = time.perf_counter() - began
        return len(prepared) / took, history.size().per_report_bytes


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)
