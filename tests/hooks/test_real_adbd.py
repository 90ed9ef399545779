"""Hooking through Google's own adbd: a real shell, real files, and a unit that tidies up by itself."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.hooks.house import needs_frida
from tests.peers.debian_adbd import Unavailable, unpacked

PROJECT = Path(__file__).parents[2]
pytestmark = [pytest.mark.peer, needs_frida, pytest.mark.timeout(420)]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What hooking through the real adbd led to; skips, saying why, where it cannot be had."""
    if shutil.which("gcc") is None:
        pytest.skip("what stands for frida-server is compiled with gcc, which this machine lacks")
    try:
        root = unpacked(PROJECT / ".tools" / "adbd")
    except Unavailable as reason:
        pytest.skip(str(reason))
    own = ["unshare", "--net", "--mount"]
    probe = subprocess.run([*own, "true"], capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        pytest.skip(f"this machine allows no namespaces: {probe.stderr.strip()}")
    folder = tmp_path_factory.mktemp("adbd")
    done = subprocess.run(
        [*own, sys.executable, "-m", "tests.hooks.against_adbd", str(root), str(folder)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_client_is_hooked_through_the_real_daemon(seen: dict[str, Any]) -> None:
    """Push, checksum, start, forward and token hold against the real thing."""
    assert seen["whole"]["cannot"] is None
    assert seen["whole"]["gaps"] == []
    assert {"hooks", "connect", "data", "closed"} <= set(seen["whole"]["kinds"])


def test_nothing_is_left_on_the_unit(seen: dict[str, Any]) -> None:
    """The file is gone, and the server was ended by its own signal."""
    assert seen["left"] == []
    assert seen["servers"] == ["started", "ended"]


def test_a_unit_whose_host_goes_away_tidies_up_by_itself(seen: dict[str, Any]) -> None:
    """Pulled out in the middle, the unit ends the server and removes the file without anybody's help."""
    assert seen["pulled"]["ended"] == "the unit was unplugged"
    assert any("by itself" in reason for reason in seen["pulled"]["gaps"])
    assert seen["left_pulled"] == []
    assert seen["servers_pulled"] == ["started", "ended"]
