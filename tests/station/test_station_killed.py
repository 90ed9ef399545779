"""A station whose program is killed: what was told to be done is done, and is in the history once."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from audit import codec
from audit.crate import keeping
from audit.history import History
from audit.model.history import Query
from audit.station.station import Station
from tests.contracts.crates import bench, unit
from tests.station.benches import done, play, recorded, setup_of, until

COUNT = 12
PROJECT = Path(__file__).parents[2]
_LIMIT_S = 60


def killed(folder: Path, addresses: Sequence[str], after_s: float) -> set[str]:
    """Let a station work in *folder*, and kill it so long after a crate was begun; units it told as done."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.station.worker", str(folder), *addresses],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until_s = time.monotonic() + _LIMIT_S
    while not (folder / "crates" / "bench.json").exists() and time.monotonic() < until_s:
        time.sleep(0.02)
    time.sleep(after_s)
    process.kill()
    out, err = process.communicate(timeout=_LIMIT_S)
    assert "Traceback" not in err
    # the last line may be cut where the pipe was
    return set(out.splitlines() if out.endswith("\n") else out.splitlines()[:-1])


def kept(folder: Path) -> dict[str, str]:
    """Every unit that is done, with the id of its report."""
    places = [path.parent for path in (folder / "crates").glob("*/units/*/entry.json")]
    entries = [keeping.read_audit(place) for place in places]
    return {entry.result.name: codec.sha256(entry.report) for entry in entries}


@pytest.mark.parametrize("number", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 20))])
def test_nothing_lost_nothing_partial_each_once(tmp_path: Path, number: int) -> None:
    """Kill -9 at random moments; then the station sees the crate through."""
    rng = random.Random(number)  # noqa: S311 - to be repeated
    before: dict[str, str] = {}

    async def work(station: Station) -> None:
        await until(station, lambda: len(done(station)) == COUNT)
        stored = await recorded(history, COUNT)
        after = kept(tmp_path)
        assert before.items() <= after.items()
        assert sorted(one.id for one in stored) == sorted(after.values())
        assert max(Counter(one.serial for one in stored).values()) == 1
        report = await station.end()
        assert (len(report.units), report.complete) == (COUNT, True)

    specs = [unit("incident-2019", n, latency_ms={"": rng.choice((5, 20))}) for n in range(COUNT)]
    with bench(specs) as rig:
        for _ in range(2):
            told = killed(tmp_path, rig.addresses, rng.uniform(0.0, 3.0))
            before |= kept(tmp_path)
            assert told <= before.keys()
        with History.open(str(tmp_path / "history.sqlite")) as history:
            setup = setup_of(tmp_path, history, rig.addresses)
            recorded_before = {one.id for one in history.search(Query())}
            assert recorded_before <= set(before.values())
            play(setup, work)
            assert all(
                history.snapshot(one.snapshot_sha256, one.id) is not None for one in history.search(Query())
            )
