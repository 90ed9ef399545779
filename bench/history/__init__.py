"""A history of ten thousand reports: what is searched, judged again, and taken on disk."""

from __future__ import annotations

import asyncio
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tabulate import tabulate

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.digest import digest
from audit.history import History
from audit.lab import Lab, phone_sized, shipped_unit
from audit.model.evidence import Snapshot
from audit.model.history import Query
from audit.model.report import Expectation
from audit.pipeline import Examined, examine
from audit.rulebook import load
from audit.sources.live import acquire
from bench.measure import environment

REPORTS, JUDGED, RUNS = 10_000, 300, 7
_EVERY = 10
"""One in so many is of the build with the client that is looked for."""
_CLIENT = "com.qualcomm.qti.autoregistration"
_GITHUB: dict[str, Any] = {"tablefmt": "github", "disable_numparse": True}


def measured(folder: Path) -> str:
    """The tables, and what was wanted."""
    _say("reading two units")
    snapshots = [asyncio.run(read_unit(name, folder)) for name in ("incident-2019", "clean-global")]
    examined = [_examined(one) for one in snapshots]
    _say(f"recording {REPORTS:,} reports")
    with History.open(str(folder / "reports.sqlite")) as history:
        began = time.perf_counter()
        for number in range(REPORTS):
            one = _like(examined[bool(number % _EVERY)], number)
            history.record(one.report, None, portrait=one.portrait)
        rate = REPORTS / (time.perf_counter() - began)
        _say("searching")
        rows = [(what, *_timed(ask)) for what, ask in _questions(history)]
        bare = history.size().per_report_bytes
    whole, again = _judged_again(folder / "evidence.sqlite", snapshots)
    about = (
        f"{REPORTS:,} reports on units as talkative as phones, one in {_EVERY} of another build, in SQLite;"
        f" medians of {RUNS}. Recorded at {rate:.0f} a second. A report takes {bare / 1024:.1f} KiB on disk,"
        f" with evidence of its own {whole / 1024:.0f} KiB. {JUDGED} units judged again on all processors:"
        f" {again}."
    )
    shown = [[what, f"{found:,}", f"{middle:.1f} ms", f"{most:.1f} ms"] for what, found, middle, most in rows]
    worst = max(middle for _, _, middle, _ in rows[:2])
    target = ["search by serial number, and by package", f"{worst:.0f} ms", "≤ 100 ms"]
    parts = (
        about,
        tabulate(shown, headers=["question", "found", "median", "longest"], **_GITHUB),
        tabulate(
            [[*target, "met" if worst <= 100 else "missed"]],
            headers=["", "measured", "wanted", ""],
            **_GITHUB,
        ),
    )
    return "\n\n".join(parts)


async def read_unit(name: str, home: Path) -> Snapshot:
    """What a virtual unit as talkative as a phone answers."""
    async with Lab([phone_sized(shipped_unit(name))]) as lab:
        options = ConnectOptions(
            transport=Transport.TCP, addresses=(lab.units[0].address,), environment={}, home=home
        )
        device = await open_unit(options)
        try:
            return await acquire(
                device, packages=load().clients, users=None, full=False, clock=lambda: datetime.now(UTC)
            )
        finally:
            await device.close()


def _examined(snapshot: Snapshot) -> Examined:
    return examine(
        snapshot,
        load(),
        lambda _: Expectation(market="NO"),
        judged_at=datetime.now(UTC).isoformat()[:19] + "Z",
    )


def _like(one: Examined, number: int) -> Examined:
    """The same of another unit, on another day."""
    report, serial = one.report, f"SN{number:08d}"
    return replace(
        one,
        report=replace(
            report,
            judged_at=f"2026-{1 + number % 9:02d}-{1 + number % 28:02d}T{number % 24:02d}:00:00Z",
            unit=replace(report.unit, serial=serial),
            identity=replace(report.identity, serial=serial),
        ),
    )


def _questions(history: History) -> Iterator[tuple[str, Callable[[], int]]]:
    def found(query: Query) -> Callable[[], int]:
        return lambda: sum(1 for _ in history.search(query))

    yield "a serial number", found(Query(serial="SN00004242"))
    yield "a package on one in ten, all of them", found(Query(package=_CLIENT))
    yield "a package on every unit, the newest 100", found(Query(package="android", limit=100))
    yield "a package on none", found(Query(package="com.example.nobody"))
    yield "how many there are", lambda: history.count(Query())


def _timed(ask: Callable[[], int]) -> tuple[int, float, float]:
    """What it found, and its median and longest time in ms."""
    spent = []
    found = ask()
    for _ in range(RUNS):
        began = time.perf_counter()
        ask()
        spent.append((time.perf_counter() - began) * 1000)
    return found, statistics.median(spent), max(spent)


def _judged_again(path: Path, snapshots: list[Snapshot]) -> tuple[float, str]:
    """Bytes of a report with its evidence, and the rate of judging again."""
    _say(f"recording {JUDGED} units with their evidence, and judging them again")
    with History.open(str(path)) as history:
        for number in range(JUDGED):
            snapshot = _of_its_own(snapshots[bool(number % _EVERY)], number)
            one = _examined(snapshot)
            history.record(
                replace(one.report, snapshot_sha256=digest(snapshot)), snapshot, portrait=one.portrait
            )
        size = history.size().per_report_bytes
    done = subprocess.run(
        [str(Path(sys.executable).with_name("adb-audit")), "history", "rejudge", "--db", str(path)],
        env=environment() | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    told = re.search(r"\(([\d,.]+ a second)\)", done.stdout + done.stderr)
    return size, told[1] if told else f"not told ({done.returncode}): {done.stderr[-200:]}"


def _of_its_own(snapshot: Snapshot, number: int) -> Snapshot:
    """The same evidence with another serial number in it."""
    artifacts = tuple(
        replace(one, data=one.data.replace(b"[ro.serialno]: [", b"[ro.serialno]: [%d-" % number))
        for one in snapshot.artifacts
    )
    return replace(snapshot, artifacts=artifacts)


def _say(what: str) -> None:
    print(f"measuring {what} ...", file=sys.stderr)
