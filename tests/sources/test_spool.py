from __future__ import annotations

import asyncio
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Completed, run_into
from audit.errors import UnitLost
from audit.lab import Lab, shipped_unit
from audit.lab.spec import Fault, FaultSpec, UnitSpec
from audit.model.evidence import Kind, Snapshot, Topic
from audit.sources.live import acquire
from audit.sources.spool import Spool
from tests.sources.scripted import Answer, ScriptedDevice, ordinary

NOON = datetime(2026, 11, 22, tzinfo=UTC)
WHOLE = "dumpsys -t 60 package"


def read(spec: UnitSpec, home: Path, spool: Spool | None) -> Snapshot:
    """All a virtual unit says, in full."""

    async def over_tcp() -> Snapshot:
        async with Lab([spec]) as lab:
            address = lab.units[0].address
            options = ConnectOptions(transport=Transport.TCP, addresses=(address,), environment={}, home=home)
            device = await open_unit(options)
            try:
                return await acquire(
                    device, packages=(), users=None, full=True, clock=lambda: NOON, spool=spool
                )
            finally:
                await device.close()

    return asyncio.run(over_tcp())


def scripted(answer: Answer, spool: Spool) -> Snapshot:
    """The same of a unit in memory, which gives *answer* to the large question."""
    device = ScriptedDevice(ordinary() | {WHOLE: answer})
    return asyncio.run(acquire(device, packages=(), users=None, full=True, clock=lambda: NOON, spool=spool))


@pytest.mark.parametrize("name", ["clean-global", "incident-2019"])
def test_what_went_to_a_file_is_what_would_have_been_held(tmp_path: Path, name: str) -> None:
    """The snapshot is the same but for one artifact, whose data lie in a file that only its owner reads."""
    spec = replace(shipped_unit(name), dump_kb=600)
    spool = Spool(tmp_path)
    held, spooled = read(spec, tmp_path / "home", None), read(spec, tmp_path / "home", spool)
    [(index, path)] = spool.take(spooled)
    data = Path(path).read_bytes()
    assert spooled.artifacts[index].data == b""
    assert len(data) > 600_000
    artifacts = list(spooled.artifacts)
    artifacts[index] = replace(artifacts[index], data=data)
    assert tuple(artifacts) == held.artifacts
    assert spooled.gaps == held.gaps
    assert stat.S_IMODE(Path(path).stat().st_mode) == 0o600


@pytest.mark.parametrize("android", ["6", "13"])
def test_a_shell_of_either_version_pours(tmp_path: Path, android: str) -> None:
    """Before Android 7 the exit code stands at the end of the stream: it is no part of what is poured."""
    spec = shipped_unit("clean-global")
    spec = replace(spec, android=android)
    poured: list[bytes] = []

    async def over_tcp() -> tuple[Completed, Completed]:
        async with Lab([spec]) as lab:
            address = lab.units[0].address
            options = ConnectOptions(
                transport=Transport.TCP, addresses=(address,), environment={}, home=tmp_path
            )
            device = await open_unit(options)
            try:
                assert ("shell_v2" in device.features) is (android == "13")
                held = await device.run("getprop", timeout_s=10)
                sink = lambda data: poured.append(bytes(data))  # noqa: E731  # it must return nothing of note
                return held, await run_into(device, "getprop", sink, timeout_s=10)
            finally:
                await device.close()

    held, completed = asyncio.run(over_tcp())
    assert b"".join(poured) == held.stdout != b""
    assert completed == replace(held, stdout=b"")
    assert completed.exit_code == 0


def test_what_nobody_takes_is_removed(tmp_path: Path) -> None:
    """A reading that is not the best leaves no file."""
    spool = Spool(tmp_path)
    scripted("Packages:\n", spool)
    assert len(list(tmp_path.iterdir())) == 1
    spool.drop()
    assert list(tmp_path.iterdir()) == []


def test_a_unit_that_is_lost_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    """What is not part of the evidence does not stay on the disk either."""
    spec = shipped_unit("clean-global")
    spec = replace(spec, faults=(FaultSpec(kind=Fault.DROP, command=WHOLE, after_bytes=1000),), dump_kb=100)
    spool = Spool(tmp_path / "spool")
    (tmp_path / "spool").mkdir()
    snapshot = read(spec, tmp_path / "home", spool)
    assert any(gap.topic is Topic.DETAILS and "went away" in gap.reason for gap in snapshot.gaps)
    assert list((tmp_path / "spool").iterdir()) == []
    lost = scripted(UnitLost("the unit went away"), spool)
    assert any("went away" in gap.reason for gap in lost.gaps)
    assert list((tmp_path / "spool").iterdir()) == []


def test_what_came_until_the_time_limit_stays(tmp_path: Path) -> None:
    """Half a dump is an artifact that was cut, and a gap that says how much came."""
    spool = Spool(tmp_path)
    snapshot = scripted(Completed(stdout=b"Packages:\n", timed_out=True), spool)
    [(index, path)] = spool.take(snapshot)
    assert snapshot.artifacts[index].truncated
    assert Path(path).read_bytes() == b"Packages:\n"
    assert any("10 bytes came until then" in gap.reason for gap in snapshot.gaps)


def test_nothing_at_all_is_no_artifact(tmp_path: Path) -> None:
    """A dump that never said a word is a gap, and its empty file is removed."""
    spool = Spool(tmp_path)
    snapshot = scripted(Completed(stdout=b"", timed_out=True), spool)
    assert Kind.PACKAGE_DETAILS not in {one.kind for one in snapshot.artifacts}
    assert spool.take(snapshot) == ()
    assert list(tmp_path.iterdir()) == []


def test_no_room_is_a_gap_with_its_fix(tmp_path: Path) -> None:
    """Where this computer cannot keep it, the rest of the unit is read all the same."""
    snapshot = scripted("Packages:\n", Spool(tmp_path / "missing"))
    [gap] = snapshot.gaps
    assert gap.topic is Topic.DETAILS
    assert "could not be kept on this computer" in gap.reason
    assert "Make room" in gap.fix
    assert Kind.SETTINGS_GLOBAL in {one.kind for one in snapshot.artifacts}
