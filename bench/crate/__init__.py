"""A crate of units: read, judged and kept at once, beside `adb` and adb-shell, which only read."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from os import cpu_count
from pathlib import Path
from typing import Any

from tabulate import tabulate

from bench.crate.costs import Cost, cost
from bench.crate.lab import bench
from bench.crate.reading import commands
from bench.measure import environment

UNIT = "incident-2019"
COUNTS = (1, 10, 50, 100)
MOST = COUNTS[-1]
SPREAD, SLOWEST, EQUAL = "phone:1-4", "phone:4", "phone"
"""Of the lab's ``--latency``: as quick as `PHONE_LATENCY_MS` to four times as slow; the slowest; alike."""
RUNS = 3
FULL = 50
_FAIL = 3
"""Exit code: the unit is for another market, as it should be found."""
_LEAST_BYTES = 100_000
_DIRECT, _SERVER, _ADB, _SHELL = "adb-audit, direct", "adb-audit, through the adb server", "adb", "adb-shell"
_WAYS = (
    (_DIRECT, "ours", "tcp", RUNS),
    (_SERVER, "ours", "server", RUNS),
    (_ADB, "adb", "server", 1),
    (_SHELL, "adb-shell", "tcp", 1),
)
_NAMES = {
    _ADB: "`adb`, a process a command, a thread a unit (reads only)",
    _SHELL: "adb-shell 0.4.4, a thread a unit, direct (reads only)",
}
_GITHUB: dict[str, Any] = {"tablefmt": "github", "disable_numparse": True}

Costs = dict[tuple[str, int], Cost]


def measured(folder: Path) -> str:
    """The tables, and what was wanted."""
    lines, size = _asked(folder / "first")
    costs = {(name, count): one for count in COUNTS for name, one in _of(count, lines, folder / f"{count}")}
    equal = {count: _ours(count, EQUAL, folder / f"equal-{count}", RUNS) for count in (1, MOST)}
    full = _ours(FULL, SPREAD, folder / "full", 1, full=True)
    about = (
        f"Measured {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on"
        f" {platform.system()} {platform.machine()}, {cpu_count()} processors, which the lab shares. Virtual"
        f" units as talkative as phones ({len(lines)} commands, {size / 1024:.0f} KiB, and the code of"
        " suspects), with phone-like delays: the first as quick as assumed of a phone, the last four times as"
        " slow, the others between; a crate of one is the slowest alone. adb-audit reads, judges and keeps"
        " each unit; `adb` and adb-shell run the same commands, read no code, and throw the answers away."
        f" Wall: to the last unit done. CPU and memory: of all processes. Medians of {RUNS}; the others once."
    )
    parts = [about, _table(costs), _targets(costs, equal, full), *_notes(costs, equal, full), _stages(folder)]
    return "\n\n".join(parts)


def _spec(home: Path, units: object, adb: Any) -> dict[str, Any]:  # noqa: ANN401 - of the tests' peers
    return {
        "units": units,
        "home": str(home),
        "server": f"tcp:{adb.address}",
        "adb": adb.words,
        "environment": adb.environment,
        "code": _FAIL,
        "bytes": _LEAST_BYTES,
        "full": False,
    }


def _asked(folder: Path) -> tuple[list[str], int]:
    """What is asked of a unit; one crate is worked before, so that all modules are compiled."""
    folder.mkdir()
    with bench(UNIT, 1, "0", folder / "home", served=False) as (units, adb):
        cost("ours", _spec(folder / "home", units, adb) | {"way": "tcp"}, folder, 1)
        return commands(units[0], folder / "home")


def _of(count: int, lines: list[str], folder: Path) -> Iterator[tuple[str, Cost]]:
    folder.mkdir()
    home = folder / "home"
    with bench(UNIT, count, SPREAD if count > 1 else SLOWEST, home) as (units, adb):
        spec = _spec(home, units, adb) | {"commands": lines}
        for name, client, way, runs in _WAYS:
            _say(f"a crate of {count}: {name}")
            yield name, cost(client, spec | {"way": way}, folder, runs)


def _ours(count: int, latency: str, folder: Path, runs: int, *, full: bool = False) -> Cost:
    _say(f"a crate of {count}, {latency}{', --full' if full else ''}")
    folder.mkdir()
    with bench(UNIT, count, latency, folder / "home", served=False) as (units, adb):
        spec = _spec(folder / "home", units, adb) | {"way": "tcp", "full": full}
        return cost("ours", spec, folder, runs)


def _table(costs: Costs) -> str:
    alone = costs[_DIRECT, 1].wall_s
    rows = [
        [
            _NAMES.get(name, name),
            str(count),
            f"{one.wall_s:.1f} s",
            f"{one.wall_s / alone:.2f}",
            f"{one.cpu_s:.1f} s",
            f"{_per_unit_ms(costs, name, count):.0f} ms" if count > 1 else "",
            f"{one.pss_mb:.0f} MB",
        ]
        for name, _, _, _ in _WAYS
        for count in COUNTS
        for one in (costs[name, count],)
    ]
    heads = ["", "units", "wall", "x slowest", "CPU", "CPU a further unit", "memory"]
    return tabulate(rows, headers=heads, **_GITHUB)


def _per_unit_ms(costs: Costs, name: str, count: int) -> float:
    """CPU of each unit beyond those of the row above; the second worker is started for the second unit."""
    fewer = COUNTS[COUNTS.index(count) - 1]
    return (costs[name, count].cpu_s - costs[name, fewer].cpu_s) / (count - fewer) * 1000


def _targets(costs: Costs, equal: Mapping[int, Cost], full: Cost) -> str:
    crate, alone = costs[_DIRECT, MOST], costs[_DIRECT, 1]
    server = costs[_SERVER, MOST]
    flat = _per_unit_ms(costs, _DIRECT, MOST) / _per_unit_ms(costs, _DIRECT, COUNTS[-2])
    rows = [
        _most(
            f"{MOST} units, direct: wall against the slowest unit's own",
            crate.wall_s / alone.wall_s,
            1.3,
            "x",
        ),
        _most(f"{MOST} units: memory of all processes", crate.pss_mb, 150, " MB"),
        _least(
            f"{MOST} units, through the server: times as fast as `adb`",
            costs[_ADB, MOST].wall_s / server.wall_s,
            2,
        ),
        _least(
            f"{MOST} units, direct: times as fast as adb-shell", costs[_SHELL, MOST].wall_s / crate.wall_s, 4
        ),
        _most(f"CPU of a further unit: up to {MOST} against up to {COUNTS[-2]}", flat, 1.2, "x"),
        _most(f"{FULL} units with `--full`: memory of all processes", full.pss_mb, 150, " MB"),
        [
            f"{MOST} equally quick units: wall against one's own",
            f"{equal[MOST].wall_s / equal[1].wall_s:.2f}x",
            "",
            "",
        ],
    ]
    return tabulate(rows, headers=["", "measured", "wanted", ""], **_GITHUB)


def _most(name: str, got: float, wanted: float, unit: str) -> list[str]:
    return [name, f"{got:.2f}{unit}", f"≤ {wanted:g}{unit}", "met" if got <= wanted else "missed"]


def _least(name: str, got: float, wanted: float) -> list[str]:
    return [name, f"{got:.2f}x", f"≥ {wanted:g}x", "met" if got >= wanted else "missed"]


def _notes(costs: Costs, equal: Mapping[int, Cost], full: Cost) -> Iterator[str]:
    crate, alone = costs[_DIRECT, MOST], costs[_DIRECT, 1]
    yield (
        f"One unit takes {alone.cpu_s:.1f} s of CPU, nearly all of it imports, the rulebook and a worker."
        f" The program's own process takes {crate.rss_mb:.0f} MB at {MOST} units, {alone.rss_mb:.0f} MB at"
        f" one. Holding {MOST} units against each other and writing the reports takes"
        f" {crate.whole_s - crate.wall_s:.1f} s after the last verdict."
    )
    yield (
        f"Harder: {MOST} units that are all as quick as the quickest take {equal[MOST].wall_s:.1f} s, one of"
        f" them {equal[1].wall_s:.1f} s: there is no slow one to wait for, and the CPU decides. {FULL} units"
        f" with `--full` (4.5 MB each) take {full.wall_s:.1f} s and {full.pss_mb:.0f} MB."
    )


def _stages(folder: Path) -> str:
    _say("where the time goes")
    place = folder / "stages"
    place.mkdir()
    path = place / "spec.json"
    with bench(UNIT, 20, "0", place / "home", served=False) as (units, adb):
        path.write_text(json.dumps(_spec(place / "home", units, adb) | {"folder": str(place)}), "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "bench.crate.stages", str(path)],
            env=environment(),
            stdout=subprocess.PIPE,
            text=True,
            timeout=300,
            check=True,
        )
    stages: dict[str, float] = json.loads(done.stdout)
    rows = [[name, f"{ms:.1f} ms"] for name, ms in stages.items()]
    rows.append(["together", f"{sum(stages.values()):.1f} ms"])
    return tabulate(rows, headers=["where the CPU of a unit goes, each stage alone", ""], **_GITHUB)


def _say(what: str) -> None:
    sys.stderr.write(f"measuring {what} ...\n")
