from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.agents import clients, running

HOOKS = running.PROJECT / "hooks"


@pytest.mark.parametrize("agent", ["native", "java"])
def test_the_bundles_are_what_their_sources_give(agent: str) -> None:
    """Whoever changes a source builds it too: the committed bundle is the one the compiler makes."""
    running.the_frida()
    if agent == "java" and not (HOOKS / "node_modules" / "frida-java-bridge").is_dir():
        pytest.skip("frida-java-bridge is not installed: npm ci --ignore-scripts in hooks/")
    done = _build("--check", agent)
    assert done.returncode == 0, done.stderr


def test_a_source_that_is_wrong_or_newer_than_its_bundle_is_named(tmp_path: Path) -> None:
    """The check fails where the sources give something else, and where they give nothing, with the line."""
    running.the_frida()
    for name in ("src", "agents", "build.py", "tsconfig.json", "package.json", "package-lock.json"):
        place = HOOKS / name
        copy = shutil.copytree if place.is_dir() else shutil.copy
        copy(place, tmp_path / name)
    changed = tmp_path / "src" / "common" / "config.ts"
    text = changed.read_text(encoding="utf-8")
    changed.write_text(text.replace("firstBytes: 4096", "firstBytes: 4095"), encoding="utf-8")
    stale = _build("--check", "native", folder=tmp_path)
    assert stale.returncode == 1
    assert "native.js is not what its sources give" in stale.stderr
    changed.write_text(text.replace("firstBytes: 4096", 'firstBytes: "4096"'), encoding="utf-8")
    wrong = _build("native", folder=tmp_path)
    assert wrong.returncode == 1
    assert re.search(r"src/common/config\.ts:\d+: ", wrong.stderr)
    absent = _build("java", folder=tmp_path)
    assert absent.returncode == 1
    assert "npm ci --ignore-scripts" in absent.stderr


def test_no_file_of_the_agents_names_a_registry_and_the_lock_pins_by_hash() -> None:
    """The lock says what, by its hash, and never from where; what it lets in has its licence here."""
    lock = (HOOKS / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    assert "://" not in lock
    packages = json.loads(lock)["packages"]
    assert set(packages) == {"", "node_modules/frida-java-bridge"}
    assert packages["node_modules/frida-java-bridge"]["integrity"].startswith("sha512-")
    notice = (HOOKS / "NOTICE").read_text(encoding="utf-8")
    assert f"frida-java-bridge {packages['node_modules/frida-java-bridge']['version']}" in notice
    for name in re.findall(r"LICENSES/[\w.-]+\.txt", notice):
        assert (HOOKS / name).stat().st_size > 500, name


def test_the_parts_that_need_no_frida_hold(tmp_path: Path) -> None:
    """hooks/test, by node's own runner: addresses, answers, buffers, connections, the queue, settings."""
    frida = running.the_frida()
    node = clients.program("node")
    made = frida.Compiler().build(
        "test/units.test.ts",
        project_root=str(HOOKS),
        bundle_format="esm",
        platform="neutral",
        type_check="none",  # of node's own types, which are not installed
        source_maps="omitted",
        externals=["node:test", "node:assert/strict"],
    )
    bundle = tmp_path / "units.test.mjs"
    bundle.write_text(made.partition("\N{WHITE SCISSORS}\n")[2], encoding="utf-8")
    done = subprocess.run(
        [node, "--test", str(bundle)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    counted = re.search(r"# pass (\d+)", done.stdout) or re.search(r"pass (\d+)", done.stdout)
    assert counted is not None
    assert int(counted[1]) >= 12


def _build(*words: str, folder: Path = HOOKS) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(folder / "build.py"), *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
