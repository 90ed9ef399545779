"""A crate that is watched: phones come and go at somebody's bench, through the command itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contracts.crates import Bench, Live, Ran, bench, connects, done, live, results, run, unit

Move = Callable[[int], None]
SLOWLY_MS = {"": 200}


def stop(going: Live) -> Ran:
    """Ctrl-C, as a terminal does it."""
    os.killpg(going.process.pid, signal.SIGINT)
    return going.ended()


def says(*words: str) -> Callable[[str], bool]:
    """Whether a line holds all of *words*."""
    return lambda line: all(word in line for word in words)


def day_at_the_bench(going: Live, rig: Bench, plug: Move, unplug: Move, gone: str) -> Ran:
    """One is audited and unplugged; another is unplugged half-way and comes back; the first comes back, too.

    gone: what is told of the one that is unplugged half-way
    """
    one, other = rig.addresses
    plug(0)
    going.until(says("PASS", one))
    unplug(0)
    going.until(says(one, "unplugged"))
    plug(1)
    going.until(says(other, "reading"))
    unplug(1)
    going.until(says(other, gone))
    plug(0)
    going.until(says(one, "audited already"))
    plug(1)
    going.until(says("FAIL", other))
    return stop(going)


def hold(ran: Ran, rig: Bench, folder: Path) -> None:
    """Each was audited once, to its end, and what ended it was no trouble."""
    one, other = rig.addresses
    assert (ran.code, ran.told) == (3, [("PASS", one), ("FAIL", other)])
    assert "Traceback" not in ran.err
    assert "interrupted" not in ran.err
    kept = results(folder)
    assert {slot: result["decision"] for slot, result in kept.items()} == {one: "PASS", other: "FAIL"}
    assert kept[other]["tries"] > 1
    assert "2 units: 1 FAIL, 1 PASS" in ran.out


def test_plugged_in_audited_unplugged_the_next_one(tmp_path: Path) -> None:
    """What is done is not done again; what was unplugged half-way is audited from the start."""
    folder = tmp_path / "crate"
    specs = [unit("clean-global", 1), unit("incident-2019", 2, latency_ms=SLOWLY_MS)]
    with bench(specs, unplugged=(0, 1)) as rig:
        words: list[str | Path] = ["--market", "NO", "--watch", "-o", folder, *connects(rig.addresses)]
        with live(tmp_path / "home", *words, start_new_session=True) as going:
            ran = day_at_the_bench(going, rig, rig.plug, rig.unplug, "try 2")
    hold(ran, rig, folder)


@pytest.mark.slow  # twice a unit through the command; tests/crate/test_again.py has the engine's part
def test_again_is_audited_again_and_is_one_unit(tmp_path: Path) -> None:
    """With --again a unit that comes back is audited once more, and its result takes the former's place."""
    folder = tmp_path / "crate"
    with bench([unit("clean-global", 1)]) as rig:
        words: list[str | Path] = [
            "--market",
            "NO",
            "--watch",
            "--again",
            "-o",
            folder,
            *connects(rig.addresses),
        ]
        with live(tmp_path / "home", *words, start_new_session=True) as going:
            going.until(says("PASS"))
            rig.unplug(0)
            going.until(says("unplugged"))
            rig.plug(0)
            going.until(says("PASS"), 2)
            ran = stop(going)
    assert ran.code == 0, ran.err
    assert len(done(folder)) == len(results(folder)) == 1
    assert len(list(folder.glob("units/*/earlier-*/entry.json"))) == 1


def test_nobody_came(tmp_path: Path) -> None:
    """An empty bench that is watched in vain is no pass, and leaves nothing that says so."""
    with bench([unit("clean-global", 1)], unplugged=[0]) as rig:
        words: list[str | Path] = [
            "--market",
            "NO",
            "--watch",
            "-o",
            tmp_path / "crate",
            *connects(rig.addresses),
        ]
        with live(tmp_path / "home", *words, start_new_session=True) as going:
            going.until(says("watching"))
            ran = stop(going)
    assert ran.code in {5, 130}
    assert "PASS" not in ran.out
    assert "Traceback" not in ran.err


def test_all_of_a_crate_once_more(tmp_path: Path) -> None:
    """Resumed with --again, every unit is audited again; what was there before is kept beside it."""
    folder, home = tmp_path / "crate", tmp_path / "home"
    with bench([unit("clean-global", 1), unit("fixed-2019", 2)]) as rig:
        where = connects(rig.addresses)
        assert run(home, "--market", "NO", "-o", folder, *where).code == 0
        ran = run(home, "--resume", folder, "--again", *where)
    assert (ran.code, sorted(slot for _, slot in ran.told)) == (0, sorted(rig.addresses))
    assert len(results(folder)) == 2
    assert len(list(folder.glob("units/*/earlier-1/entry.json"))) == 2
