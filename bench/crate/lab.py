"""Peers of a crate: units in a process of their own, perhaps with an adb server that is connected to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from bench.measure import lab
from tests.peers.adb_server import Adb, adb_program, adb_server

Unit = tuple[str, int]
"""Host and port."""


@contextmanager
def bench(
    unit: str, count: int, latency: str, home: Path, *, served: bool = True
) -> Iterator[tuple[list[Unit], Adb]]:
    """*count* copies of *unit*, and an adb that reaches them. served: its server is connected to each."""
    program = adb_program()
    if program is None:
        raise SystemExit("no adb program: the adbutils wheel is not installed for this platform")
    home.mkdir(exist_ok=True)
    with lab(unit, count, latency) as units, adb_server(program, home) as adb:
        if served:
            _connect(adb, units)
        yield units, adb


def _connect(adb: Adb, units: Sequence[Unit]) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda unit: adb.connect(f"{unit[0]}:{unit[1]}"), units))
