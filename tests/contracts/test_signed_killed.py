"""Signing off while somebody pulls the plug: what was told to be signed is in the chain, which holds."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from audit.history import History
from audit.sources import saved
from tests.contracts.crates import PROGRAM, surroundings
from tests.contracts.kept import read_live

_RECORD = re.compile(r"record (\d+), ([0-9a-f]{12})")


def _run(home: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [PROGRAM, *map(str, words)],
        env=surroundings(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("kills", [1, pytest.param(20, marks=pytest.mark.slow)])
def test_no_signed_record_is_lost_and_none_is_half_there(tmp_path: Path, kills: int) -> None:
    """Killed at random moments of signing: every record that was told is there, and the chain verifies."""
    home, unit = tmp_path / "home", tmp_path / "unit.json.gz"
    saved.save(read_live("clean-global", tmp_path), unit)
    assert _run(home, "judge", unit, "--market", "NO").returncode == 0
    assert _run(home, "keys", "new", "bench", "--no-passphrase").returncode == 0
    (row,) = json.loads(_run(home, "history", "search", "--format", "json").stdout)
    rng = random.Random(kills)  # noqa: S311 - to be repeated
    told: dict[str, str] = {}
    for number in range(kills):
        words = [PROGRAM, "signoff", row["id"], "--inspector", f"I{number}"]
        process = subprocess.Popen(words, env=surroundings(home), stdout=subprocess.PIPE, text=True)
        with suppress(subprocess.TimeoutExpired):
            process.wait(rng.uniform(0.3, 2.0))
        process.send_signal(signal.SIGKILL)
        told |= dict(_RECORD.findall(process.communicate()[0]))
    told |= dict(_RECORD.findall(_run(home, "signoff", row["id"], "--inspector", "last").stdout))
    assert told
    checked = _run(home, "verify", "--log")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert max(map(int, told)) == len(told) + _untold(home, told)


def _untold(home: Path, told: dict[str, str]) -> int:
    """Records that are there and were not told: the program was killed before it could say so."""
    with History.open(str(home / "data" / "adb-audit" / "history.sqlite")) as history:
        records = {str(record.number): record.sha256[:12] for record in history.records()}
    assert told.items() <= records.items()
    return len(records) - len(told)
