"""Crates through Google's own adb server: as right, and as much each unit's own, as without it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.lab.spec import AnswerSpec
from tests.contracts.crates import Bench, bench, live, run, unit
from tests.contracts.test_crate_faults import FAULTY, Fails, faulty, hold, sound
from tests.contracts.test_crate_watched import SLOWLY_MS, day_at_the_bench
from tests.contracts.test_crate_watched import hold as hold_watched
from tests.peers.adb_server import Adb, adb_program, adb_server

pytestmark = pytest.mark.peer

NAMES = ("drops", "hangs", "is not allowed", "refuses", "answers rubbish")
MORE = ("is silent", "drops at once", "ends half-way", "hangs late", "answers nothing")
THROUGH: dict[str, Fails] = {
    # the server tells of a unit that hung up that it is offline; it compares no checksums
    "drops": (FAULTY["drops"][0], "the unit is offline"),
    "drops at once": (FAULTY["drops at once"][0], "the unit is offline"),
    "refuses": (FAULTY["refuses"][0], "Refused: closed"),
    "answers rubbish": (
        {"answers": (AnswerSpec(command="cmd package list packages", stdout="\x00\ufffd{]%s" * 500),)},
        "not understood",
    ),
    "answers nothing": ({"answers": (AnswerSpec(command="getprop"),)}, ""),
}


@pytest.fixture
def adb(tmp_path: Path) -> Iterator[Adb]:
    """A server of this test's own: other tests' units are no part of the crate."""
    program = adb_program()
    if program is None:
        pytest.skip("no adb program: the adbutils wheel is not installed for this platform")
    home = tmp_path / "adb"
    home.mkdir()
    with adb_server(program, home) as running:
        yield running


def plugged(adb: Adb, rig: Bench) -> dict[str, str]:
    """Connect the server to every unit; the surroundings in which the program finds it."""
    for one in rig.units:
        adb("connect", one.address)
    return {"ADB_SERVER_SOCKET": f"tcp:{adb.address}"}


@pytest.mark.parametrize(
    ("right", "names"),
    [
        pytest.param(15, NAMES, marks=pytest.mark.slow),
        pytest.param(90, NAMES + MORE, marks=[pytest.mark.slow, pytest.mark.timeout(300)]),
    ],
)
def test_a_unit_that_fails_costs_itself_and_no_other(
    adb: Adb, tmp_path: Path, right: int, names: tuple[str, ...]
) -> None:
    """Of twenty units five go wrong, of a hundred ten: all others have their documented verdicts."""
    ways = {**FAULTY, **THROUGH}
    with bench([*sound(right), *faulty(names, ways)]) as rig:
        env = plugged(adb, rig)
        words = ("--market", "NO", "--unit-limit", "8", "--wait", "1")
        ran = run(tmp_path / "home", *words, "-o", tmp_path / "crate", env=env)
        hold(tmp_path / "crate", ran, rig, names, ways)


# ten seconds of two parts that are quick each: a server that is followed (tests/adb/test_tracking.py),
# and the same day without one (tests/contracts/test_crate_watched.py)
@pytest.mark.slow
def test_plugged_in_audited_unplugged_the_next_one(adb: Adb, tmp_path: Path) -> None:
    """What the server sees come and go is audited as it comes, and once."""
    folder = tmp_path / "crate"
    with bench([unit("clean-global", 1), unit("incident-2019", 2, latency_ms=SLOWLY_MS)]) as rig:

        def plug(number: int) -> None:
            adb("connect", rig.addresses[number])

        def unplug(number: int) -> None:
            adb("disconnect", rig.addresses[number])

        env = {"ADB_SERVER_SOCKET": f"tcp:{adb.address}"}
        words: list[str | Path] = ["--market", "NO", "--watch", "-o", folder]
        with live(tmp_path / "home", *words, start_new_session=True, env=env) as going:
            going.until(lambda line: "watching" in line)
            ran = day_at_the_bench(going, rig, plug, unplug, "unplugged before it was done")
    hold_watched(ran, rig, folder)
