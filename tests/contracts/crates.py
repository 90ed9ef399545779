"""Crates as a person works them: virtual units in a process of their own, the command in another."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from audit.lab import FaultSpec, Lab, UnitSpec, VirtualUnit, shipped_unit
from audit.lab.living import IdentitySpec
from audit.model.report import Decision

T = TypeVar("T")

LIMIT_S = 90
"""For one run of the program; none comes near it."""

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


class Bench:
    """Virtual units in a thread of their own, listening; each can be unplugged and plugged in again."""

    def __init__(self, loop: asyncio.AbstractEventLoop, lab: Lab) -> None:
        self._loop = loop
        self.units: tuple[VirtualUnit, ...] = lab.units

    @property
    def addresses(self) -> tuple[str, ...]:
        """Where the units listen, in their order."""
        return tuple(unit.address for unit in self.units)

    def unplug(self, number: int) -> None:
        """Hang up, and answer no more."""
        self.do(self.units[number].stop())

    def plug(self, number: int) -> None:
        """Answer at the same address again."""
        self.do(self.units[number].start())

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the units' own thread do *work*."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    def called(self, number: int) -> int:
        """How many hosts are connected to a unit now."""
        return len(self.units[number].connections)


@contextmanager
def bench(
    specs: Iterable[UnitSpec],
    *,
    unplugged: Iterable[int] = (),
    ports: Sequence[int] = (),
    **more: Any,  # noqa: ANN401 - Lab's own
) -> Iterator[Bench]:
    """The units described, each listening except those that are *unplugged*.

    ports: where, in their order; () = anywhere
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="bench", daemon=True)
    thread.start()
    lab = Lab(specs, **more)
    if ports:
        lab.units = tuple(
            VirtualUnit(one.spec, port=port) for one, port in zip(lab.units, ports, strict=True)
        )
    rig = Bench(loop, lab)
    try:
        rig.do(lab.__aenter__())
        for number in unplugged:
            rig.unplug(number)
        yield rig
    finally:
        rig.do(lab.__aexit__())
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def unit(name: str, number: int = 0, *faults: FaultSpec, **more: Any) -> UnitSpec:  # noqa: ANN401 - UnitSpec's own
    """A shipped unit with an identity of its own, told by *number*, and with *faults*."""
    spec = shipped_unit(name)
    serial = more.pop("serial", f"{spec.serial}{number:04d}")
    own = dict.fromkeys(("ro.serialno", "ro.boot.serialno"), serial)
    imeis = (imei(35_201_109_000_000 + number), imei(86_783_502_000_000 + number))
    identity = IdentitySpec(imei=imeis, wlan_mac=f"02:00:5e:10:{number >> 8:02x}:{number & 255:02x}")
    settings = {
        **spec.settings,
        "secure": {**spec.settings.get("secure", {}), "android_id": f"9b3c5{number:011x}"},
    }
    return replace(
        spec,
        serial=serial,
        properties={**spec.properties, **own, **more.pop("properties", {})},
        settings=more.pop("settings", settings),
        identity=more.pop("identity", identity),
        faults=(*spec.faults, *faults),
        **more,
    )


def imei(number: int) -> str:
    """The IMEI with *number* in its first digits and a right check digit (3GPP TS 23.003, annex B)."""
    digits = str(number)
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(digits))]
    return digits + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


class Ran:
    """What a run of the program left. told: (decision, slot) of each verdict, as it was told"""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err
        self.told = _TOLD.findall(err)


_TOLD = re.compile(rf"^\s*[\d.]+s  (?:\S+ )?({'|'.join(Decision)})  (\S+)", re.MULTILINE)


def run(home: Path, *words: str | Path, **more: Any) -> Ran:  # noqa: ANN401 - Popen's own
    """``adb-audit crate`` with *words*, to its end."""
    process = command(home, *words, **more)
    try:
        out, err = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
    return Ran(process.returncode, out, err)


def entries(folder: Path) -> dict[str, dict[str, Any]]:
    """The result in each unit's entry, by slot: as it was before the units were compared."""
    found = [json.loads(path.read_text("utf-8"))["result"] for path in folder.glob("units/*/entry.json")]
    return {result["slot"]: result for result in found}


def results(folder: Path) -> dict[str, dict[str, Any]]:
    """The units of the crate's report, by slot."""
    return {unit["slot"]: unit for unit in report(folder)["units"]}


class Live:
    """A run of the program that goes on; what it tells is read as it comes."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._news = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()

    def until(self, wanted: Callable[[str], bool], count: int = 1) -> None:
        """Wait until *count* lines were told that are *wanted*."""
        with self._news:
            there = self._news.wait_for(lambda: sum(map(wanted, self.lines)) >= count, LIMIT_S / 3)
        assert there, "".join(self.lines)

    def ended(self) -> Ran:
        """Wait for its end."""
        assert self.process.stdout is not None
        try:
            out = self.process.stdout.read()
            code = self.process.wait(LIMIT_S)
        finally:
            self.process.kill()
        self._reader.join(10)
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return Ran(code, out, "".join(self.lines))


@contextmanager
def live(home: Path, *words: str | Path, **more: Any) -> Iterator[Live]:  # noqa: ANN401 - Popen's own
    """``adb-audit crate`` with *words*, running; it is ended at the latest with the block."""
    process = command(home, *words, **more)
    going = Live(process)
    try:
        yield going
    finally:
        process.kill()
        process.wait()
