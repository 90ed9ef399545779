"""The clients that are compared: each fetches what one default audit asks of a unit, in a process of its own.

`python -m bench.clients NAME SPEC.json` prints {"wall_s", "cpu_s", "children_cpu_s", "bytes"} for all units
named there, CPU counted from after the imports: user and system time of this process, and of its children.
"""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

Unit = tuple[str, int]
"""Host and port."""


def _options(unit: Unit, spec: Mapping[str, Any]) -> Any:  # noqa: ANN401 - imported where it is used
    from audit.adb.connect import ConnectOptions, Transport

    if spec["way"] == "server":
        environment = {"ADB_SERVER_SOCKET": spec["server"]}
        return ConnectOptions(transport=Transport.SERVER, environment=environment, home=Path(spec["home"]))
    return ConnectOptions(
        transport=Transport.TCP,
        addresses=(f"{unit[0]}:{unit[1]}",),
        environment={},
        home=Path(spec["home"]),
    )


def ours(units: Sequence[Unit], spec: Mapping[str, Any]) -> Callable[[], int]:
    """This program's own acquisition, directly or through a server; several units one after the other."""
    from audit.adb.connect import open_unit
    from audit.sources.live import acquire

    packages = frozenset(spec["packages"])

    async def one(unit: Unit) -> int:
        device = await open_unit(_options(unit, spec), f"{unit[0]}:{unit[1]}")
        try:
            snapshot = await acquire(
                device, packages=packages, users=None, full=spec["full"], clock=lambda: datetime.now(UTC)
            )
        finally:
            await device.close()
        return sum(len(a.data) for a in snapshot.artifacts)

    async def every() -> int:
        return sum([await one(unit) for unit in units])

    return lambda: asyncio.run(every())


def whole(units: Sequence[Unit], spec: Mapping[str, Any]) -> Callable[[], int]:
    """A whole default audit: rulebook, connection, acquisition, code, judgement, rendered terminal report."""
    from audit.adb.connect import open_unit
    from audit.asked import Asked
    from audit.model.report import Expectation
    from audit.pipeline import audit_snapshot
    from audit.reports import Options, render
    from audit.rulebook import load
    from audit.sources.live import acquire

    expectation = Expectation(market="NO")

    async def one(unit: Unit) -> int:
        rulebook = load()
        device = await open_unit(_options(unit, spec), f"{unit[0]}:{unit[1]}")
        try:
            snapshot = await acquire(
                device,
                packages=rulebook.clients,
                users=None,
                full=False,
                clock=lambda: datetime.now(UTC),
                suspects=Asked(rulebook=rulebook, expectation=expectation).suspects,
            )
        finally:
            await device.close()
        now = datetime.now(UTC).isoformat()
        report = audit_snapshot(snapshot, rulebook, expectation, judged_at=now)
        return len(render("plain", [report], Options(key=b"bench")))

    return lambda: sum(asyncio.run(one(unit)) for unit in units)


def floor(units: Sequence[Unit], spec: Mapping[str, Any]) -> Callable[[], int]:
    """Raw sockets, the same commands, nothing checked."""
    from bench.floor import fetch

    return lambda: sum(fetch(host, port, spec["commands"]) for host, port in units)


def floor_server(units: Sequence[Unit], spec: Mapping[str, Any]) -> Callable[[], int]:
    """Raw sockets to the adb server, the same commands, nothing checked."""
    from bench.floor import fetch_through_server

    host, port = spec["server"].removeprefix("tcp:").rsplit(":", 1)
    server = (host, int(port))
    return lambda: sum(fetch_through_server(server, f"{h}:{p}", spec["commands"]) for h, p in units)


def adb(units: Sequence[Unit], spec: Mapping[str, Any]) -> Callable[[], int]:
    """`adb`, one process per command, through a server that already runs and is connected."""

    def run() -> int:
        total = 0
        for host, port in units:
            for line in spec["commands"]:
                done = subprocess.run(
                    [*spec["adb"], "-s", f"{host}:{port}", "shell", line],
                    env=spec["environment"],
                    capture_output=True,
                    timeout=120,
                    check=False,
                )
                total += len(done.stdout)
        return total

    return run


def adb_shell(units: Sequence[Unit], spec: Mapping[str, Any]) -> Callable[[], int]:
    """adb-shell as shipped, one command after the other."""
    from adb_shell.adb_device import AdbDeviceTcp

    def run() -> int:
        total = 0
        for host, port in units:
            device = AdbDeviceTcp(host, port, default_transport_timeout_s=60)
            device.connect(auth_timeout_s=5)
            for line in spec["commands"]:
                total += len(device.shell(line, decode=False, read_timeout_s=60))
            device.close()
        return total

    return run


CLIENTS = {
    "ours": ours,
    "whole": whole,
    "floor": floor,
    "floor-server": floor_server,
    "adb": adb,
    "adb-shell": adb_shell,
}


def _cpu_s(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def main(name: str, path: str) -> None:
    """Measure one client once."""
    spec = json.loads(Path(path).read_text(encoding="utf-8"))
    if name in {"ours", "whole"}:
        from audit.cli.main import collect_rarely

        collect_rarely()  # as the program itself does when it starts
    units = [(host, port) for host, port in spec["units"]]
    CLIENTS[name](units[:1], spec)()  # imports what is imported on first use, and connects once
    run = CLIENTS[name](units, spec)
    cpu, children, started = (
        _cpu_s(resource.RUSAGE_SELF),
        _cpu_s(resource.RUSAGE_CHILDREN),
        time.perf_counter(),
    )
    total = run()
    print(
        json.dumps(
            {
                "wall_s": time.perf_counter() - started,
                "cpu_s": _cpu_s(resource.RUSAGE_SELF) - cpu,
                "children_cpu_s": _cpu_s(resource.RUSAGE_CHILDREN) - children,
                "bytes": total,
            }
        )
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
