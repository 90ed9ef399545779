"""What the tests of commands share: a home of their own, a command to run, evidence to judge."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from audit.cli.main import run
from audit.lab import answer, shipped_unit
from audit.model.evidence import Kind
from audit.model.record import record
from audit.sources import plan
from audit.sources.names import slug


@record
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


Cli = Callable[..., Ran]
_VARIABLES = (
    "ADB_AUDIT_MARKET",
    "ANDROID_SERIAL",
    "ADB_VENDOR_KEYS",
    "ANDROID_ADB_SERVER_ADDRESS",
    "NO_COLOR",
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home, so that no test reads or writes its user's configuration, keys or state."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    for name in ("CONFIG", "STATE", "CACHE", "DATA"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(folder / name.lower()))
    for name in _VARIABLES:
        monkeypatch.delenv(name, raising=False)
    # a port nobody listens on: the adb server of whoever runs the tests is left alone
    monkeypatch.setenv("ADB_SERVER_SOCKET", "tcp:127.0.0.1:1")
    return folder


@pytest.fixture
def cli(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs one command line in this process."""
    assert home.is_dir()

    def command(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = run([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Ran(code=code, out=captured.out, err=captured.err)

    return command


def record_unit(name: str, folder: Path) -> Path:
    """Write what a virtual unit answers to the commands of the plan into files named after them."""
    unit = shipped_unit(name)
    kinds = (Kind.PACKAGES_KNOWN, Kind.PACKAGES, Kind.PACKAGES_DISABLED)
    steps = [
        plan.getprop_step(),
        plan.users_step(),
        *(plan.list_step(kind, 0, unit.sdk) for kind in kinds),
        *plan.settings_steps(),
        plan.overlays_step(0, unit.sdk),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    for step in steps:
        if step is not None:
            line = step.commands[0].line
            (folder / f"{slug(line)}.txt").write_bytes(answer(unit, line).stdout)
    return folder


@pytest.fixture
def recorded(tmp_path: Path) -> Callable[[str], Path]:
    """The folder of one virtual unit's outputs, by the unit's name."""
    return lambda name: record_unit(name, tmp_path / name)


@pytest.fixture(scope="module")
def lab() -> Iterator[dict[str, str]]:
    """Virtual units in a process of their own: name to address."""
    names = ("incident-2019", "clean-global", "dormant-eu", "unauthorized", "drops-halfway")
    with subprocess.Popen(
        [sys.executable, "-m", "audit.lab", *names], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        lines = iter(process.stdout.readline, "\n")
        rows = [line.split("\t") for line in lines]
        yield {name: address for address, name, _serial in rows}
        process.stdin.close()
        process.wait(timeout=20)
