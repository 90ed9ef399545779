"""A real Dask scheduler and its workers, as processes on loopback; inputs made of virtual units."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Self

import pytest

from audit.model.evidence import Snapshot
from audit.sources import open_source, saved
from tests.cli.conftest import cli, home, record_unit

__all__ = ["cli", "home"]

PROJECT = Path(__file__).parents[2]
_START_S = 40.0


class Dask:
    """A scheduler and workers that are killed when the block is left. environment: more of it, for all"""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.address = ""
        self.workers: list[subprocess.Popen[bytes]] = []
        self._environment = os.environ | {"HOME": str(folder), "PYTHONWARNINGS": "ignore"} | environment
        self._stack = ExitStack()
        self.scheduler: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        told = self.folder / "scheduler.json"
        self.scheduler = self.start(
            "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
            "--no-show", "--scheduler-file", str(told),
        )  # fmt: skip
        until = time.monotonic() + _START_S
        while not self.address:
            assert time.monotonic() < until, self.said()
            if told.is_file() and (text := told.read_text()):
                self.address = json.loads(text)["address"]
            time.sleep(0.05)
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def worker(self, *options: str, threads: int = 1, nanny: bool = False) -> subprocess.Popen[bytes]:
        """One more; without a nanny the process is the worker itself, and is not started again."""
        made = self.start(
            "distributed.cli.dask_worker", self.address, "--nthreads", str(threads), "--no-dashboard",
            "--nanny" if nanny else "--no-nanny", "--local-directory", str(self.folder), *options,
        )  # fmt: skip
        self.workers.append(made)
        return made

    def start(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        """A process of the cluster; what it says is in a file."""
        log = self._stack.enter_context((self.folder / "said.log").open("ab"))
        process = subprocess.Popen(
            [sys.executable, "-m", module, *words],
            cwd=PROJECT, env=self._environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        self._stack.callback(_end, process)
        return process

    def said(self) -> str:
        """The last of what the cluster wrote."""
        return (self.folder / "said.log").read_text(encoding="utf-8", errors="replace")[-2000:]


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def kill(process: subprocess.Popen[bytes]) -> None:
    """As a machine that loses its power."""
    process.send_signal(signal.SIGKILL)
    process.wait(10)


@pytest.fixture(scope="session")
def units(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Snapshot]:
    """What a bad and a good virtual unit answer."""
    folder = tmp_path_factory.mktemp("units")
    names = ("incident-2019", "clean-global")
    bad, good = (open_source(record_unit(name, folder / name)) for name in names)
    return bad, good


Many = Callable[[Path, int], Path]


@pytest.fixture(scope="session")
def many(units: tuple[Snapshot, Snapshot]) -> Many:
    """Writes so many snapshots of units of their own into a folder; the first of every ten is bad."""

    def made(folder: Path, count: int) -> Path:
        folder.mkdir(parents=True)
        for number in range(count):
            saved.save(numbered(units[bool(number % 10)], number), folder / f"{number:04d}.json.gz")
        return folder

    return made


def numbered(snapshot: Snapshot, number: int) -> Snapshot:
    """The same of another unit."""
    artifacts = tuple(
        replace(one, data=one.data.replace(b"[ro.serialno]: [", b"[ro.serialno]: [%d-" % number))
        for one in snapshot.artifacts
    )
    return replace(snapshot, artifacts=artifacts)


@contextmanager
def cluster(folder: Path, workers: int = 2) -> Iterator[Dask]:
    """A scheduler and so many workers."""
    with Dask(folder) as dask:
        for _ in range(workers):
            dask.worker()
        yield dask


@pytest.fixture(scope="module")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dask]:
    """One for all tests of a module, which leave it as it was."""
    with cluster(tmp_path_factory.mktemp("dask")) as made:
        yield made
