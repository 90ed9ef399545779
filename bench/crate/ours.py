"""Stand-in for the engine of a crate, until there is one: read, keep, judge."""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.cli.judging import Asked
from audit.codec import to_json
from audit.model.evidence import Snapshot
from audit.model.report import Expectation
from audit.pipeline import examine
from audit.rulebook import load
from audit.sources.live import acquire

RULEBOOK: list[Any] = []


def _ready() -> None:
    from audit.cli.main import collect_rarely

    collect_rarely()
    RULEBOOK.append(load())


def _kept(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _judge(snapshot: Snapshot, folder: Path) -> None:
    folder.mkdir()
    _kept(folder / "snapshot.json.gz", gzip.compress(to_json(snapshot).encode(), 3))
    now = datetime.now(UTC).isoformat()
    got = examine(snapshot, RULEBOOK[0], lambda _facts: Expectation(market="NO"), judged_at=now)
    _kept(folder / "entry.json", (to_json(got.report) + to_json(got.portrait)).encode())


def crate(units: Sequence[tuple[str, int]], spec: Mapping[str, Any]) -> Callable[[], tuple[int, int]]:
    """The crate."""
    from audit.cli.main import collect_rarely

    collect_rarely()
    asked = Asked(rulebook=load(), expectation=Expectation(market="NO"))

    def options(unit: tuple[str, int]) -> ConnectOptions:
        home = Path(spec["home"])
        if spec["way"] == "server":
            return ConnectOptions(
                transport=Transport.SERVER, environment={"ADB_SERVER_SOCKET": spec["server"]}, home=home
            )
        address = f"{unit[0]}:{unit[1]}"
        return ConnectOptions(transport=Transport.TCP, addresses=(address,), environment={}, home=home)

    async def every() -> int:
        loop = asyncio.get_running_loop()
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["bench.crate.ours"])
        with ProcessPoolExecutor(2, mp_context=context, initializer=_ready) as pool:

            async def one(number: int, unit: tuple[str, int]) -> int:
                device = await open_unit(options(unit), f"{unit[0]}:{unit[1]}")
                try:
                    snapshot = await acquire(
                        device,
                        packages=asked.packages,
                        users=None,
                        full=spec["full"],
                        clock=lambda: datetime.now(UTC),
                        suspects=asked.suspects,
                        files=asked.files,
                    )
                finally:
                    await device.close()
                await loop.run_in_executor(pool, _judge, snapshot, Path(spec["crate"]) / str(number))
                return sum(len(a.data) for a in snapshot.artifacts)

            return sum(await asyncio.gather(*(one(number, unit) for number, unit in enumerate(units))))

    return lambda: (len(units), asyncio.run(every()))
