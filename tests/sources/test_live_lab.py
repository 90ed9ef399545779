from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import Lab, shipped_units
from audit.model.evidence import Kind, Snapshot, Topic
from audit.rulebook import load
from audit.sources.live import acquire

RULEBOOK = load()
READABLE = [unit.id for unit in shipped_units() if unit.auth.value == "none" and not unit.faults]


def read(name: str, home: Path) -> Snapshot:
    """A virtual unit's snapshot over TCP."""

    async def over_tcp() -> Snapshot:
        async with Lab([name]) as lab:
            options = ConnectOptions(
                transport=Transport.TCP, addresses=(lab.units[0].address,), environment={}, home=home
            )
            device = await open_unit(options)
            snapshot = await acquire(
                device,
                packages=RULEBOOK.clients,
                users=None,
                full=False,
                clock=lambda: datetime(2025, 1, 1, tzinfo=UTC),
            )
            await device.close()
            return snapshot

    return asyncio.run(over_tcp())


@pytest.mark.parametrize("name", READABLE)
def test_a_virtual_unit_is_read_with_every_command_understood(tmp_path: Path, name: str) -> None:
    """The plan fits the unit's Android version: nothing was refused, every answer came whole."""
    snapshot = read(name, tmp_path)
    codes = {artifact.origin: artifact.exit_code for artifact in snapshot.artifacts}
    refused = {line for line, code in codes.items() if code not in (0, None)}
    if name != "work-profile":
        assert refused == set()
        assert snapshot.gaps == ()
    assert not any(artifact.truncated for artifact in snapshot.artifacts)
    kinds = {artifact.kind for artifact in snapshot.artifacts}
    assert {Kind.GETPROP, Kind.USERS, Kind.PACKAGES, Kind.PACKAGES_KNOWN, Kind.SETTINGS_GLOBAL} <= kinds


def test_a_unit_that_hangs_up_half_way_keeps_what_came(tmp_path: Path) -> None:
    """Properties were read before the loss; the packages are a gap that says the unit went away."""
    snapshot = read("drops-halfway", tmp_path)
    assert Kind.GETPROP in {artifact.kind for artifact in snapshot.artifacts}
    assert any(gap.topic is Topic.PACKAGES and "went away" in gap.reason for gap in snapshot.gaps)


def test_two_readings_of_one_unit_are_equal(tmp_path: Path) -> None:
    """Several streams at once change nothing about the snapshot, apart from the address."""
    first, second = (read("incident-2019", tmp_path) for _ in range(2))
    assert first.artifacts == second.artifacts
    assert first.gaps == second.gaps
