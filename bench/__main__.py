"""`make bench`: one run, side by side; prints the table and writes it into README."""

from __future__ import annotations

import asyncio
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tabulate import tabulate

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import PHONE_LATENCY_MS
from audit.model.evidence import Snapshot
from audit.rulebook import load
from audit.sources.live import acquire
from bench.measure import client, command_cpu_s, lab
from tests.peers.adb_server import adb_program, adb_server

UNIT = "incident-2019"
UNITS = 25
README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def main() -> None:
    """Measure, print, and keep."""
    program = adb_program()
    if program is None:
        raise SystemExit("no adb program: the adbutils wheel is not installed for this platform")
    with tempfile.TemporaryDirectory() as name:
        text = _measured(program, Path(name))
    print(text)
    readme = README.read_text(encoding="utf-8")
    head, _, rest = readme.partition(BEGIN)
    _, _, tail = rest.partition(END)
    README.write_text(f"{head}{BEGIN}\n{text}\n{END}{tail}", encoding="utf-8")


def _measured(program: Path, folder: Path) -> str:
    rulebook = load()
    home = folder / "home"
    home.mkdir()
    spec: dict[str, Any] = {"packages": sorted(rulebook.clients), "home": str(home), "way": "tcp"}
    with lab(UNIT, UNITS) as units, adb_server(program, home) as adb:
        snapshot = _snapshot(units[0], home)
        commands = [artifact.origin for artifact in snapshot.artifacts]
        spec |= {"units": units, "commands": commands, "adb": adb.words, "environment": adb.environment}
        spec |= {"server": f"tcp:{adb.address}"}
        for host, port in units:
            adb.connect(f"{host}:{port}")
        _say("raw sockets")
        floor = client("floor", spec, folder)
        _say("raw sockets through the server")
        floor_server = client("floor-server", spec, folder)
        _say("adb-audit over TCP")
        tcp = client("ours", spec, folder)
        _say("adb-audit through the server")
        server = client("ours", spec | {"way": "server"}, folder)
        _say("adb, one process per command")
        per_command = client("adb", spec, folder, runs=3)
        _say("adb-shell")
        shell = client("adb-shell", spec, folder, runs=3)
        _say("a whole audit")
        whole = client("whole", spec | {"units": units[:1]}, folder)
    _say("phone-like delays")
    with lab(UNIT, 1, "phone") as units:
        slow = client("ours", spec | {"units": units}, folder, runs=3)
        slow_adb_shell = client("adb-shell", spec | {"units": units}, folder, runs=1)
    chain_s = _longest_chain_s(commands)
    _say("--help")
    bare = command_cpu_s([sys.executable, "-c", "pass"])
    helped = command_cpu_s([str(Path(sys.executable).with_name("adb-audit")), "--help"])
    kib = sum(len(a.data) for a in snapshot.artifacts) / 1024
    rows = [
        _row("raw sockets, direct TCP (the floor)", floor, floor, per_command),
        _row("adb-audit, direct TCP", tcp, floor, per_command),
        _row("adb-shell 0.4.4 as shipped, direct TCP", shell, floor, per_command),
        _row("raw sockets, through the adb server (its floor)", floor_server, floor_server, per_command),
        _row("adb-audit, through the adb server", server, floor_server, per_command),
        _row("adb, one process per command", per_command, floor_server, per_command),
    ]
    worst = max(tcp["cpu_s"] / floor["cpu_s"], server["cpu_s"] / floor_server["cpu_s"])
    wholes = whole["cpu_s"] * 1000
    targets = [
        _target("client CPU per unit against the floor, worse of both ways", worst, 4.0, "x"),
        _target(
            "client CPU per unit against `adb`",
            max(tcp["cpu_s"], server["cpu_s"]) / per_command["cpu_s"],
            1 / 3,
            "x",
        ),
        _target(
            "one unit with phone-like delays against its longest chain", slow["wall_s"] / chain_s, 1.15, "x"
        ),
        _target("whole audit, connect to rendered report: CPU", wholes, 80, " ms"),
        _target(
            "the same and every import, less a bare interpreter",
            (whole["process_cpu_s"] - bare) * 1000,
            None,
            " ms",
        ),
        _target("`adb-audit --help`: CPU", helped, 0.35, " s"),
    ]
    return "\n".join(
        [
            (
                f"Measured {datetime.now(UTC):%Y-%m-%d} with Python {platform.python_version()} on"
                f" {platform.system()} {platform.machine()}: {len(commands)} commands, {kib:.0f} KiB a unit,"
                f" {UNITS} virtual units one after the other, medians."
            ),
            "",
            tabulate(
                rows,
                headers=["acquisition", "wall per unit", "client CPU per unit", "x floor", "x adb"],
                tablefmt="github",
                disable_numparse=True,
            ),
            "",
            tabulate(
                targets, headers=["", "measured", "wanted", ""], tablefmt="github", disable_numparse=True
            ),
            "",
            (
                f"With phone-like delays one unit takes {slow['wall_s']:.2f} s; adb-shell, one command"
                f" after the other, takes {slow_adb_shell['wall_s']:.2f} s."
            ),
        ]
    )


def _snapshot(unit: tuple[str, int], home: Path) -> Snapshot:
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
                full=False,
                clock=lambda: datetime.now(UTC),
            )
        finally:
            await device.close()

    return asyncio.run(read())


def _delay_s(command: str) -> float:
    matching = [begin for begin in PHONE_LATENCY_MS if command.startswith(begin)]
    return PHONE_LATENCY_MS[max(matching, key=len)] / 1000 if matching else 0.0


def _longest_chain_s(commands: list[str]) -> float:
    """Properties, then the list of known packages, then the slowest of the details that wait for it."""

    def longest(begin: str, part: str = "") -> float:
        return max((_delay_s(c) for c in commands if c.startswith(begin) and part in c), default=0.0)

    return longest("getprop") + longest("cmd package list packages", " -u") + longest("dumpsys")


def _row(name: str, got: dict[str, float], floor: dict[str, float], adb: dict[str, float]) -> list[str]:
    return [
        name,
        f"{got['wall_s'] * 1000:.1f} ms",
        f"{got['cpu_s'] * 1000:.1f} ms",
        f"{got['cpu_s'] / floor['cpu_s']:.1f}",
        f"{got['cpu_s'] / adb['cpu_s']:.2f}",
    ]


def _target(name: str, got: float, wanted: float | None, unit: str) -> list[str]:
    if wanted is None:
        return [name, f"{got:.2f}{unit}", "", ""]
    return [name, f"{got:.2f}{unit}", f"≤ {wanted:.2f}{unit}", "met" if got <= wanted else "missed"]


def _say(what: str) -> None:
    sys.stderr.write(f"measuring {what} ...\n")


if __name__ == "__main__":
    main()
