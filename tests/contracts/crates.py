"""Crates as a person works them: virtual units in a process of their own, the command in another."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PROGRAM = str(Path(sys.executable).with_name("adb-audit"))


@contextmanager
def units(*words: str) -> Iterator[tuple[str, ...]]:
    """The addresses of the units that ``python -m audit.lab`` starts with *words*."""
    command = [sys.executable, "-m", "audit.lab", *words]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        lines = iter(process.stdout.readline, "\n")
        addresses = tuple(line.split("\t")[0] for line in lines)
        try:
            yield addresses
        finally:
            process.stdin.close()
            process.wait(timeout=20)


def surroundings(home: Path) -> dict[str, str]:
    """A home of its own, and no adb server."""
    home.mkdir(exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    xdg = {f"XDG_{name}_HOME": str(home / name.lower()) for name in ("CONFIG", "STATE", "CACHE", "DATA")}
    return kept | xdg | {"HOME": str(home), "ADB_SERVER_SOCKET": "tcp:127.0.0.1:1"}


def connects(addresses: Sequence[str]) -> list[str]:
    """The options that reach *addresses*."""
    return [word for address in addresses for word in ("--connect", address)]


def command(home: Path, *words: str | Path, **more: Any) -> subprocess.Popen[str]:  # noqa: ANN401 - Popen's own
    """``adb-audit crate`` with *words*, started."""
    return subprocess.Popen(
        [PROGRAM, "crate", *map(str, words)],
        env=surroundings(home) | more.pop("env", {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **more,
    )


def done(folder: Path) -> list[str]:
    """The serial numbers of the units that a crate's folder says are done, in order."""
    entries = sorted(folder.glob("units/*/entry.json"))
    return sorted(json.loads(path.read_text("utf-8"))["result"]["serial"] for path in entries)


def report(folder: Path) -> dict[str, Any]:
    """The crate's report as it is kept."""
    found: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    return found
