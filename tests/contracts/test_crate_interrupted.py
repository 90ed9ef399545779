"""Crates that are broken off: by a person, by the disk, by somebody who goes on with them otherwise."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.lab import Fault, FaultSpec
from tests.contracts.crates import (
    LIMIT_S,
    PROGRAM,
    bench,
    connects,
    done,
    live,
    report,
    results,
    run,
    surroundings,
    unit,
)

NEVER_MS = {"getprop": 60_000}


def test_ctrl_c_ends_with_a_report_and_going_on_ends_the_rest(tmp_path: Path) -> None:
    """What was told to be done is kept and reported, exit code 130; then only the others are audited."""
    folder, home = tmp_path / "crate", tmp_path / "home"
    specs = [unit("clean-global", 1), unit("incident-2019", 2), unit("slow", 3, latency_ms=NEVER_MS)]
    with bench(specs) as rig:
        where = connects(rig.addresses)
        with live(home, "--market", "NO", "-o", folder, *where, start_new_session=True) as going:
            going.until(lambda line: "PASS" in line or "FAIL" in line, 2)
            second = run(home, "--resume", folder, *where)
            os.killpg(going.process.pid, signal.SIGINT)  # as a terminal does it: to everybody
            ran = going.ended()
        assert (second.code, "another program is working on this crate" in second.err) == (2, True)
        assert (ran.code, "Traceback" in ran.err) == (130, False)
        assert "--resume" in ran.err
        assert sorted(ran.told) == [("FAIL", rig.addresses[1]), ("PASS", rig.addresses[0])]
        assert done(folder) == sorted(rig.addresses[:2])
        assert "not complete" in ran.out
        assert (report(folder)["complete"], report(folder)["waiting"]) == (False, [rig.addresses[2]])
        before = {path: path.read_bytes() for path in folder.glob("units/*/entry.json")}
    with bench([*specs[:2], unit("slow", 3)], ports=[one.port for one in rig.units]) as rig:
        after = run(home, "--resume", folder, *where)
    assert (after.code, after.err.count("audited already")) == (3, 2)
    assert after.told == [("PASS", rig.addresses[2])]
    assert len(results(folder)) == 3
    assert report(folder)["complete"]
    assert all(path.read_bytes() == kept for path, kept in before.items())


def test_a_service_manager_ends_it_as_ctrl_c_does(tmp_path: Path) -> None:
    """SIGTERM is no reason to leave without a report."""
    folder = tmp_path / "crate"
    specs = [unit("clean-global", 1), unit("slow", 2, latency_ms=NEVER_MS)]
    with bench(specs) as rig:
        words: list[str | Path] = ["--market", "NO", "-o", folder, *connects(rig.addresses)]
        with live(tmp_path / "home", *words) as going:
            going.until(lambda line: "PASS" in line)
            going.process.terminate()
            ended = going.ended()
    assert ended.code == 130
    assert not report(folder)["complete"]


def test_two_ctrl_c_give_up_and_lose_nothing_that_was_told(tmp_path: Path) -> None:
    """A second one ends at once; what was told to be done is done, and can be gone on with."""
    folder, home = tmp_path / "crate", tmp_path / "home"
    specs = [unit("clean-global", 1), unit("clean-global", 2, latency_ms=NEVER_MS)]
    with bench(specs) as rig:
        words: list[str | Path] = ["--market", "NO", "--watch", "-o", folder, *connects(rig.addresses)]
        with live(home, *words, start_new_session=True) as going:
            going.until(lambda line: "PASS" in line)
            os.killpg(going.process.pid, signal.SIGINT)
            os.killpg(going.process.pid, signal.SIGINT)
            ran = going.ended()
        assert ran.code in {0, 5, 130}
        assert "Traceback" not in ran.err
        assert done(folder) == [rig.addresses[0]]


def test_what_was_broken_off_is_read_once_more(tmp_path: Path) -> None:
    """A unit whose cable was bad is told so; over a better one it is audited, and the others are not."""
    folder, home = tmp_path / "crate", tmp_path / "home"
    bad = FaultSpec(kind=Fault.DROP, command="list packages", after_bytes=100)
    with bench([unit("clean-global", 1, bad), unit("clean-global", 2)]) as rig:
        where = connects(rig.addresses)
        assert run(home, "--market", "NO", "-o", folder, *where).code == 5
    with bench(
        [unit("clean-global", 1), unit("clean-global", 2)], ports=[one.port for one in rig.units]
    ) as rig:
        ran = run(home, "--resume", folder, *where)
    assert (ran.code, ran.told) == (0, [("PASS", rig.addresses[0])])
    assert f"{rig.addresses[1]} Nokia X20: audited already" in ran.err
    assert len(results(folder)) == 2


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a crate of one unit, done."""
    place = tmp_path_factory.mktemp("kept")
    with bench([unit("clean-global", 1)]) as rig:
        ran = run(place / "home", "--market", "NO", "-o", place / "crate", *connects(rig.addresses))
    assert ran.code == 0, ran.err
    return place / "crate"


@pytest.mark.parametrize(
    "words",
    [
        ["--market", "CN"],
        ["--profiles", "PROFILES"],
        # each is a whole run of the program, which refuses them where it refuses the market
        pytest.param(["--policy", "strict"], marks=pytest.mark.slow),
        pytest.param(["--full"], marks=pytest.mark.slow),
        pytest.param(["--no-inspect"], marks=pytest.mark.slow),
        pytest.param(["-o", "elsewhere"], marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_a_crate_goes_on_with_what_it_was_begun_with(kept: Path, tmp_path: Path, words: list[str]) -> None:
    """Other options, and another rulebook, are refused before a unit is read."""
    if "PROFILES" in words:
        profiles = tmp_path / "profiles"
        shutil.copytree(Path(__file__).parents[2] / "profiles", profiles)
        first = min((profiles / "clients").glob("*.toml"))
        first.write_text(first.read_text("utf-8") + "\n# as somebody changed it\n", encoding="utf-8")
        words = ["--profiles", str(profiles)]
    ran = run(tmp_path / "home", "--resume", kept, *words, "--connect", "127.0.0.1:1")
    assert ran.code == 2, ran.err
    assert "connecting" not in ran.err
    assert "fix:" in ran.err


@pytest.mark.parametrize(
    "words",
    # to begin there is refused by the same look at the folder, as tests/crate/test_store.py has it
    [["--resume"], pytest.param(["--market", "NO", "-o"], marks=pytest.mark.slow)],
    ids=["gone on with", "begun"],
)
def test_a_folder_that_is_no_crate_is_let_be(tmp_path: Path, words: list[str]) -> None:
    """Neither gone on with nor begun in: what is in it stays as it is."""
    other = tmp_path / "photos"
    other.mkdir()
    (other / "one.jpg").write_bytes(b"\xff")
    ran = run(tmp_path / "home", *words, other, "--connect", "127.0.0.1:1")
    assert ran.code in {2, 5}
    assert "photos" in ran.err
    assert [path.name for path in other.iterdir()] == ["one.jpg"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for the evidence of few units."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {made.stderr.decode().strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_full_disk_is_told_and_loses_nothing(tmp_path: Path, small_disk: Path) -> None:
    """It says so and what to do; what was told to be done is there; with room, the rest is done."""
    folder, home = small_disk / "crate", tmp_path / "home"
    with bench([unit("incident-2019", number) for number in range(12)]) as rig:
        where = connects(rig.addresses)
        ran = run(home, "--market", "NO", "-o", folder, *where)
        assert ran.code == 2, ran.err
        assert "No space left" in ran.err
        assert "make room" in ran.err
        assert "Traceback" not in ran.err
        assert {slot for _, slot in ran.told} <= set(done(folder))
        assert len(done(folder)) < len(rig.units)
        subprocess.run(["mount", "-o", "remount,size=64m", str(small_disk)], check=True)
        after = run(home, "--resume", folder, *where)
        assert after.code == 3, after.err
        assert done(folder) == sorted(rig.addresses)
    assert len(results(folder)) == 12


def test_a_place_that_cannot_be_written_is_told_before_a_unit_is_read(tmp_path: Path) -> None:
    """No traceback, the place by its name, and what to do."""
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    ran = run(tmp_path / "home", "--market", "NO", "-o", blocked / "crate", "--connect", "127.0.0.1:1")
    assert ran.code == 2, ran.err
    assert str(blocked / "crate") in ran.err
    assert "connecting" not in ran.err


@pytest.mark.parametrize(("most", "code"), [(4096, 0), (32, 2)])
def test_a_limit_on_open_files_is_raised_or_told(tmp_path: Path, most: int, code: int) -> None:
    """More units than files may be open: the limit is raised where it may be, else it is named."""
    with bench([unit("clean-global", number, latency_ms={"": 20}) for number in range(20)]) as rig:
        words = ("--market", "NO", "-o", str(tmp_path / "crate"), *connects(rig.addresses))
        limit = f'ulimit -S -n 32; ulimit -H -n {most}; exec "$0" crate "$@"'
        ran = subprocess.run(
            ["sh", "-c", limit, PROGRAM, *words],
            env=surroundings(tmp_path / "home"),
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    assert ran.returncode == code, ran.stderr
    assert "Traceback" not in ran.stderr
    assert "ulimit -n" in ran.stderr or not code
