"""What workers and processes that are killed do in tests; importable, since they are other processes."""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import Any

from audit.crate import keeping
from audit.crate.pool import Pool
from audit.crate.store import Store
from audit.model.crate import CrateHead, Entry, UnitResult
from audit.model.evidence import Artifact, Kind, Snapshot, Source, SourceKind, UnitId
from audit.model.report import Decision, Expectation, Identity, RegionReading, Report, Verdict
from tests.crate.results import result

KEY = b"the key of a test"
_PROPERTIES = b"[ro.product.model]: [Nokia 7 plus]\n"
HEAD = CrateHead(
    name="crate",
    began_at="2026-01-31T12:00:00Z",
    tool_version="1",
    expectation=Expectation(market="NO"),
    rulebook_sha256="0" * 64,
)


def snapshot(data: bytes = _PROPERTIES) -> Snapshot:
    """What was read of a unit: its properties and nothing else."""
    return Snapshot(
        unit=UnitId(serial="B2NGAA8831234567", model="Nokia 7 plus"),
        source=Source(kind=SourceKind.LIVE),
        acquired_at="2026-01-31T12:00:00Z",
        tool_version="1",
        artifacts=(Artifact(kind=Kind.GETPROP, origin="getprop", data=data, exit_code=0),),
    )


def report() -> Report:
    """As short as one may be."""
    return Report(
        schema="adb-audit/report/1",
        tool_version="1",
        judged_at="2026-01-31T12:00:00Z",
        acquired_at=None,
        unit=UnitId(),
        identity=Identity(),
        source=Source(kind=SourceKind.LIVE),
        expectation=Expectation(),
        region=RegionReading(region=None, markets=frozenset()),
        findings=(),
        verdict=Verdict(decision=Decision.PASS, because=()),
        coverage=(),
        unread=(),
        limits=(),
        rulebook_sha256="0" * 64,
        snapshot_sha256="0" * 64,
    )


def entry(name: str, **changed: object) -> Entry:
    """What is kept of a unit called *name*."""
    return Entry(result=result(name, **changed), report=report(), portrait=None)


def keep(folder: Path, name: str, evidence: bytes = _PROPERTIES, **changed: object) -> UnitResult:
    """A unit that is read, judged and kept."""
    keeping.keep_snapshot(folder, name, snapshot(evidence))
    made = entry(name, **changed)
    keeping.commit(folder, name, made)
    return made.result


# In a pool


def make(argument: object) -> Callable[[object], object]:
    """A worker that does as it is told."""
    assert argument == "argument"
    return _do


def make_nothing(_argument: object) -> Callable[[object], object]:
    """A worker that cannot be made."""
    raise LookupError("no way to begin")


def _do(task: object) -> object:
    assert isinstance(task, tuple)
    what, value = task
    return DOINGS[what](value)


def _print(text: object) -> object:
    print(text, flush=True)  # noqa: T201 - what a library might do
    print(text, file=sys.stderr)  # noqa: T201 - the same
    return "printed"


def _fall(error: object) -> object:
    assert isinstance(error, BaseException)
    raise error


DOINGS: Mapping[str, Callable[[Any], object]] = {
    "say": lambda said: said,
    "pid": lambda _: os.getpid(),
    "sleep": time.sleep,
    "kill": lambda number: os.kill(os.getpid(), number),
    "exit": os._exit,
    "segfault": ctypes.string_at,
    "fall": _fall,
    "print": _print,
    "hang": lambda text: re.match(r"(a+)+$", text),  # one call of C that holds the interpreter
}


# Processes that are killed


def is_there(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] not in "ZX"


def commit_for_ever(folder: Path) -> None:
    """Keep units, and every other one again, saying the name of each once it is kept."""
    with Store.open(folder, key=KEY) as store:
        done = [one.name for one in store.results()]
        while True:
            name = store.reserve("Phone", f"SERIAL{len(done)}", "") if len(done) % 2 == 0 else done[0]
            tries = 1 + max((one.tries for one in store.results() if one.name == name), default=0)
            store.took(keep(folder, name, tries=tries))
            done.append(name)
            sys.stdout.write(f"{name} {tries}\n")
            sys.stdout.flush()


AGAIN = b"[ro.product.model]: [Nokia 7 plus]\n[a]: [b]\n"
_CHANGES = frozenset({"os.rename", "os.mkdir", "os.rmdir", "os.remove", "open"})


def die_at_every_step(folder: Path, name: str) -> None:
    """In crates 0, 1, 2 … in *folder*: audit a unit again, and be killed before the first, second … change.

    Ends with the first crate in which nothing was left to be killed before.
    """
    for step in count():
        crate = folder / str(step)
        with Store.create(crate, HEAD, key=KEY) as store:
            keep(store.folder, name)
        if (child := os.fork()) == 0:
            _die_at(step)
            keep(crate, name, AGAIN, tries=2)
            os._exit(0)
        if os.waitpid(child, 0)[1] == 0:
            return


def _die_at(step: int) -> None:
    left = iter(range(step))

    def kill(event: str, _: object) -> None:
        if event in _CHANGES and next(left, None) is None:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(kill)


def hold(folder: Path) -> None:
    """Hold a crate until killed."""
    with Store.open(folder, key=KEY):
        sys.stdout.write("held\n")
        sys.stdout.flush()
        time.sleep(60)


async def _pool(doing: str) -> None:
    """Two workers, one of them idle, whose numbers are told; then wait to be killed."""
    named = importlib.import_module("tests.crate.work").make  # here it is called __main__.make
    async with Pool(named, "argument", workers=2) as pool:
        await asyncio.gather(*(pool.run(("sleep", 0.1), limit_s=30) for _ in range(2)))
        busy = asyncio.create_task(pool.run((doing, "a" * 64 + "b" if doing == "hang" else 60), limit_s=1))
        await asyncio.sleep(0.1)
        sys.stdout.write(" ".join(map(str, pool.pids)) + "\n")
        sys.stdout.flush()
        time.sleep(60)  # noqa: ASYNC251 - it shall do nothing at all, also not end the one that hangs
        await busy


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["commit", place]:
            commit_for_ever(Path(place))
        case ["die", place, unit]:
            die_at_every_step(Path(place), unit)
        case ["hold", place]:
            hold(Path(place))
        case ["pool", doing]:
            asyncio.run(_pool(doing))
