"""A crate whose program is killed: what was told to be done is done, once, and the rest is done later."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from audit.model.report import Decision
from tests.contracts.crates import PROGRAM, command, connects, done, report, surroundings, units

_TOLD = re.compile(rf"^\s*[\d.]+s  \S+ (?:{'|'.join(Decision)})  (\S+)  ", re.MULTILINE)
_UNITS = ("incident-2019", "--count", "12", "--latency", "phone")
_LIMIT_S = 60


def _killed(folder: Path, home: Path, addresses: tuple[str, ...], rng: random.Random) -> None:
    """Begin a crate, kill it at a random moment again and again, and see it through."""
    words: list[str | Path] = ["--market", "NO", "-o", folder]
    for _ in range(2):
        process = command(home, *words, *connects(addresses), start_new_session=True)
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.2, 2.5))
        process.send_signal(signal.SIGKILL)
        _out, told = process.communicate(timeout=_LIMIT_S)
        assert set(_TOLD.findall(told)) <= set(done(folder))
        words = ["--resume", folder] if (folder / "crate.json").exists() else words
    process = command(home, *words, *connects(addresses))
    _out, err = process.communicate(timeout=_LIMIT_S)
    assert process.returncode == 3, err
    assert len(_TOLD.findall(err)) + err.count("audited already") == len(addresses)


@pytest.mark.parametrize("number", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 20))])
def test_every_unit_is_in_the_result_exactly_once(tmp_path: Path, number: int) -> None:
    """Kill -9 at any moment, then --resume: nothing told to be done is lost, nothing is done twice."""
    folder = tmp_path / "crate"
    with units(*_UNITS) as addresses:
        _killed(folder, tmp_path / "home", addresses, random.Random(number))  # noqa: S311 - to be repeated
    assert done(folder) == sorted(addresses)
    kept = report(folder)
    assert len(kept["units"]) == len({unit["name"] for unit in kept["units"]}) == 12
    assert kept["complete"]
    remembered = _in_history(tmp_path / "home")
    assert len(set(remembered)) == len(remembered) == len(addresses)
    assert {unit["decision"] for unit in kept["units"]} == {"FAIL"}
    left = [path.name for path in folder.glob("**/*") if path.name.startswith(".") and ".json" in path.name]
    assert left == []


def _in_history(home: Path) -> list[str]:
    """The units that the station's history has, each once."""
    words = [PROGRAM, "history", "search", "--newest", "--show-identifiers", "--format", "json"]
    found = subprocess.run(words, env=surroundings(home), capture_output=True, timeout=_LIMIT_S, check=True)
    return sorted(row["serial"] for row in json.loads(found.stdout))


def test_workers_end_with_the_program(tmp_path: Path) -> None:
    """Nobody is left judging for a program that is gone."""
    with units("slow", "incident-2019") as addresses:
        process = command(tmp_path / "home", "--market", "NO", "-o", tmp_path / "crate", *connects(addresses))
        time.sleep(1.5)
        process.kill()
        process.communicate(timeout=_LIMIT_S)
        until = time.monotonic() + 10
        while (left := _working(tmp_path)) and time.monotonic() < until:
            time.sleep(0.1)
    assert left == []


def _working(home: Path) -> list[str]:
    """Processes of ours whose home is *home*."""
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        try:
            if str(home).encode() in place.read_bytes():
                found.append(place.parent.name)
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
    return found
