"""Google's own daemon answers our client."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.peers.debian_adbd import Unavailable, unpacked

PROJECT = Path(__file__).parents[2]
pytestmark = [pytest.mark.peer, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    """What our client saw of the real adbd; skips, saying why, where it cannot be had."""
    try:
        root = unpacked(PROJECT / ".tools" / "adbd")
    except Unavailable as reason:
        pytest.skip(str(reason))
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"this machine allows no network namespace: {probe.stderr.strip()}")
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-m", "tests.peers.against_adbd", str(root)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_exit_code_and_both_streams_arrive_apart(seen: dict[str, Any]) -> None:
    """Shell v2 keeps standard error out of the output and hands over the exit code."""
    assert "shell_v2" in seen["features"]
    assert (seen["stdout"], seen["stderr"], seen["exit_code"]) == ("out\n", "err\n", 7)


def test_a_command_past_its_deadline_ends_and_leaves_the_connection_usable(seen: dict[str, Any]) -> None:
    """What came before the deadline is kept, and the next command is answered."""
    assert seen["late"] == [True, "early\n", None]
    assert seen["waited_s"] < 5
    assert seen["after_timeout"] == "still here\n"


def test_twenty_commands_at_once_keep_their_answers_apart(seen: dict[str, Any]) -> None:
    """Each stream gets its own lines, all of them."""
    assert seen["at_once"] == [number * 1000 for number in range(1, 21)]
    assert set(seen["at_once_codes"]) == {0}


def test_64_mib_arrive_intact(seen: dict[str, Any]) -> None:
    """A pull of 64 MiB has the hash of the file, and its size is told before."""
    assert (seen["stat_size"], seen["pulled"], seen["intact"]) == (64 << 20, 64 << 20, True)


def test_files_are_listed_and_a_missing_one_is_missing(seen: dict[str, Any]) -> None:
    """LIST and STAT of the real sync service are understood."""
    assert seen["pulled_name"] in seen["listed"]
    assert seen["missing"]


def test_the_death_of_the_daemon_is_a_lost_unit(seen: dict[str, Any]) -> None:
    """A unit that goes away in the middle of a command is lost, not waited for."""
    assert seen["death"] == "UnitLost"
