"""A crate of twenty of Google's own daemons, some of which end in the middle."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.contracts.crates import connects, entries, live, results, unit
from tests.contracts.test_crate_faults import DOCUMENTED
from tests.contracts.test_crate_watched import says
from tests.peers.adbd_units import PROJECT, daemons
from tests.peers.debian_adbd import Unavailable, unpacked

pytestmark = [pytest.mark.peer, pytest.mark.timeout(420)]

DYING = 3
BY_CODE = {"ungated-eu"}
"""Units whose verdicts need the code of a package, which the daemons do not have."""


@pytest.fixture(scope="module")
def adbd() -> Path:
    """The folder of a runnable adbd; skips, saying why, where it cannot be had."""
    try:
        root = unpacked(PROJECT / ".tools" / "adbd")
    except Unavailable as reason:
        pytest.skip(str(reason))
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"this machine allows no network namespace: {probe.stderr.strip()}")
    return root


@pytest.mark.slow
def test_twenty_real_daemons_three_of_which_die(adbd: Path, tmp_path: Path) -> None:
    """Seventeen documented verdicts; the three that end in the middle are told as gone, and cost no other."""
    names = [name for name in DOCUMENTED if name not in BY_CODE]
    specs = [unit(names[number % len(names)], number) for number in range(20)]
    folder = tmp_path / "crate"
    with daemons(adbd, specs, tmp_path) as units:
        where = connects([one.address for one in units])
        # the daemons' answers are recorded ones, and none has an APK
        words: list[str | Path] = ["--market", "NO", "--no-inspect", "--wait", "2", "-o", folder]
        with live(tmp_path / "home", *words, *where) as going:
            for one in units[:DYING]:
                going.until(says(one.address, "reading"))
                one.die()
            ran = going.ended()
    assert ran.code == 3, ran.err
    kept, shown = entries(folder), results(folder)
    assert len(kept) == len(shown) == 20
    for spec, one in list(zip(specs, units, strict=True))[DYING:]:
        assert kept[one.address]["decision"] == DOCUMENTED[spec.id], spec.id
    for one in units[:DYING]:
        result = shown[one.address]
        assert result["decision"] == "INCONCLUSIVE"
        assert any("connect" in because or "went away" in because for because in result["because"]), result
