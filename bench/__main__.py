"""`make bench`: one run, side by side; prints the tables and writes them into README.

``python -m bench PART`` measures one of `PARTS` alone.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tabulate import tabulate

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import PHONE_LATENCY_MS
from audit.model.evidence import Snapshot
from audit.rulebook import load
from audit.sources.live import acquire
from bench import captures, crate, destinations, files, fleet, history, hooks, identifiers, station
from bench.measure import client, command_cpu_s, lab
from tests.peers.adb_server import adb_program, adb_server

UNIT = "incident-2019"
UNITS = 25
README = Path(__file__).parents[1] / "README.md"


def main() -> None:
    """Measure, print, and keep."""
    parts = sys.argv[1:] or list(PARTS)
    if unknown := sorted(set(parts) - set(PARTS)):
        raise SystemExit(f"no part is called {unknown[0]!r}; there are: {', '.join(PARTS)}")
    for part in parts:
        with tempfile.TemporaryDirectory() as name:
            text = PARTS[part](Path(name)).strip()
        print(text)
        _keep(text, part)


def _keep(text: str, part: str) -> None:
    """Put *text* between the part's marks in README."""
    begin, end = f"<!-- bench {part} -->", f"<!-- /bench {part} -->"
    readme = README.read_text(encoding="utf-8")
    if begin not in readme:
        raise SystemExit(f"README has no {begin}")
    head, _, rest = readme.partition(begin)
    _, _, tail = rest.partition(end)
    README.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")


def _adb(folder: Path) -> str:
    program = adb_program()
    if program is None:
        raise SystemExit("no adb program: the adbutils wheel is not installed for this platform")
    return _measured(program, folder)


def _measured(program: Path, folder: Path) -> str:
    rulebook = load()
    home = folder / "home"
    home.mkdir()
    spec: dict[str, Any] = {"packages": sorted(rulebook.clients), "home": str(home), "way": "tcp"}
    with lab(UNIT, UNITS) as units, adb_server(program, home) as adb:
        spec |= {"units": units, "adb": adb.words, "environment": adb.environment}
        spec |= {"server": f"tcp:{adb.address}"}
        for host, port in units:
            adb.connect(f"{host}:{port}")
        default = _Acquisition(_read(units[0], home, full=False), spec | {"full": False}, folder)
        full = _Acquisition(_read(units[0], home, full=True), spec | {"full": True}, folder)
        _say("a whole audit")
        whole = client("whole", default.spec | {"units": units[:1]}, folder)
    _say("phone-like delays")
    with lab(UNIT, 1, "phone") as units:
        slow = client("ours", default.spec | {"units": units}, folder, runs=3)
        one_by_one = client("adb-shell", default.spec | {"units": units}, folder, runs=1)
    chain_s = _longest_chain_s(default.commands)
    _say("--help")
    bare = command_cpu_s([sys.executable, "-c", "pass"])
    helped = command_cpu_s([str(Path(sys.executable).with_name("adb-audit")), "--help"])
    targets = [
        *default.targets("default plan"),
        *full.targets("`--full`"),
        _target("phone-like delays: one unit against its longest chain", slow["wall_s"] / chain_s, 1.15, "x"),
        _target("whole audit, connect to rendered report: CPU", whole["cpu_s"] * 1000, 80, " ms"),
        _target("its process, imports and all: CPU", (whole["process_cpu_s"] - bare) * 1000, None, " ms"),
        _target("`adb-audit --help`: CPU", helped, 0.35, " s"),
    ]
    about = (
        f"Measured {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on"
        f" {platform.system()} {platform.machine()}, {UNITS} virtual units as talkative"
        " as phones, one after the other; medians."
    )
    took, alone = slow["wall_s"], one_by_one["wall_s"]
    waiting = (
        f"With phone-like delays one unit takes {took:.2f} s;"
        f" one command after the other takes {alone:.2f} s."
    )
    summary = tabulate(targets, headers=["", "measured", "wanted", ""], **_GITHUB)
    return "\n\n".join([about, default.table("Default plan"), full.table("With `--full`"), summary, waiting])


_GITHUB: dict[str, Any] = {"tablefmt": "github", "disable_numparse": True}


class _Acquisition:
    """One set of commands, fetched by every client."""

    def __init__(self, read: tuple[list[str], int], spec: dict[str, Any], folder: Path) -> None:
        self.commands, kept_bytes = read
        self.spec = spec | {"commands": self.commands}
        self._kib = kept_bytes / 1024
        self._got: dict[str, dict[str, float]] = {}
        for name, client_name, way, runs in _CLIENTS:
            _say(f"{name}, {self._kib:.0f} KiB")
            self._got[name] = client(client_name, self.spec | {"way": way}, folder, runs=runs)

    def table(self, title: str) -> str:
        """Every client beside the floor of its way, and adb."""
        rows = [self._row(name, way) for name, _, way, _ in _CLIENTS]
        head = f"{title}: {len(self.commands)} commands, {self._kib:.0f} KiB a unit."
        columns = ["acquisition", "wall per unit", "client CPU per unit", "x floor", "x adb"]
        return head + "\n\n" + tabulate(rows, headers=columns, **_GITHUB)

    def targets(self, title: str) -> list[list[str]]:
        """Our CPU against the floor of the same way, and against adb."""
        direct, server, adb = (self._got[name]["cpu_s"] for name in (_OURS, _OURS_SERVER, _ADB))
        floor, floor_server = self._floor("tcp"), self._floor("server")
        return [
            _target(f"{title}, direct: client CPU against the floor", direct / floor, 4.0, "x"),
            _target(f"{title}, server: client CPU against its floor", server / floor_server, 4.0, "x"),
            _target(f"{title}, server: client CPU against `adb`", server / adb, 1 / 3, "x"),
        ]

    def _floor(self, way: str) -> float:
        return self._got[_FLOOR if way == "tcp" else _FLOOR_SERVER]["cpu_s"]

    def _row(self, name: str, way: str) -> list[str]:
        got = self._got[name]
        return [
            name,
            f"{got['wall_s'] * 1000:.1f} ms",
            f"{got['cpu_s'] * 1000:.1f} ms",
            f"{got['cpu_s'] / self._floor(way):.1f}",
            f"{got['cpu_s'] / self._got[_ADB]['cpu_s']:.2f}",
        ]


_FLOOR, _FLOOR_SERVER = "raw sockets, direct (floor)", "raw sockets, through the adb server (its floor)"
_OURS, _OURS_SERVER = "adb-audit, direct", "adb-audit, through the adb server"
_ADB = "adb, one process per command"
_CLIENTS = (
    (_FLOOR, "floor", "tcp", 5),
    (_OURS, "ours", "tcp", 5),
    ("adb-shell 0.4.4 as shipped, direct", "adb-shell", "tcp", 1),
    (_FLOOR_SERVER, "floor-server", "server", 5),
    (_OURS_SERVER, "ours", "server", 5),
    (_ADB, "adb", "server", 1),
)


def _read(unit: tuple[str, int], home: Path, *, full: bool) -> tuple[list[str], int]:
    """The commands one acquisition asks, also those the unit refuses, and the bytes it keeps."""
    commands: list[str] = []

    async def read() -> Snapshot:
        options = ConnectOptions(
            transport=Transport.TCP, addresses=(f"{unit[0]}:{unit[1]}",), environment={}, home=home
        )
        device = await open_unit(options)
        try:
            return await acquire(
                device,
                packages=load().clients,
                users=None,
                full=full,
                clock=lambda: datetime.now(UTC),
                on_step=lambda step: commands.append(step.line),
            )
        finally:
            await device.close()

    snapshot = asyncio.run(read())
    return commands, sum(len(a.data) for a in snapshot.artifacts)


def _delay_s(command: str) -> float:
    matching = [begin for begin in PHONE_LATENCY_MS if command.startswith(begin)]
    return PHONE_LATENCY_MS[max(matching, key=len)] / 1000 if matching else 0.0


def _longest_chain_s(commands: list[str]) -> float:
    """Properties, then the list of known packages, then the slowest of the details that wait for it."""

    def longest(begin: str, part: str = "") -> float:
        return max((_delay_s(c) for c in commands if c.startswith(begin) and part in c), default=0.0)

    return longest("getprop") + longest("cmd package list packages", " -u") + longest("dumpsys")


def _target(name: str, got: float, wanted: float | None, unit: str) -> list[str]:
    if wanted is None:
        return [name, f"{got:.2f}{unit}", "", ""]
    return [name, f"{got:.2f}{unit}", f"≤ {wanted:.2f}{unit}", "met" if got <= wanted else "missed"]


def _say(what: str) -> None:
    sys.stderr.write(f"measuring {what} ...\n")


PARTS: Mapping[str, Callable[[Path], str]] = {
    "adb": _adb,
    "files": files.measured,
    "hooks": hooks.measured,
    "identifiers": identifiers.measured,
    "captures": captures.measured,
    "destinations": destinations.measured,
    "crate": crate.measured,
    "history": history.measured,
    "station": station.measured,
    "fleet": fleet.measured,
}


if __name__ == "__main__":
    main()
