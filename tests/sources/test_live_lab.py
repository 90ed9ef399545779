from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import PHONE_LATENCY_MS, Lab, shipped_unit, shipped_units
from audit.model.evidence import Kind, Snapshot, Topic
from audit.rulebook import load
from audit.sources.live import acquire

RULEBOOK = load()
READABLE = [unit.id for unit in shipped_units() if unit.auth.value == "none" and not unit.faults]


def read(name: str, home: Path, latency: Mapping[str, int] | None = None) -> tuple[Snapshot, float]:
    """A virtual unit's snapshot over TCP, and the seconds that reading took."""

    async def over_tcp() -> tuple[Snapshot, float]:
        async with Lab([replace(shipped_unit(name))], latency=latency) as lab:
            options = ConnectOptions(
                transport=Transport.TCP, addresses=(lab.units[0].address,), environment={}, home=home
            )
            device = await open_unit(options)
            began = time.monotonic()
            snapshot = await acquire(
                device,
                packages=RULEBOOK.clients,
                users=None,
                full=False,
                clock=lambda: datetime(2025, 1, 1, tzinfo=UTC),
            )
            took = time.monotonic() - began
            await device.close()
            return snapshot, took

    return asyncio.run(over_tcp())


@pytest.mark.parametrize("name", READABLE)
def test_a_virtual_unit_is_read_with_every_command_understood(tmp_path: Path, name: str) -> None:
    """The plan fits the unit's Android version: nothing was refused, every answer came whole."""
    snapshot, _ = read(name, tmp_path)
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
    snapshot, _ = read("drops-halfway", tmp_path)
    assert Kind.GETPROP in {artifact.kind for artifact in snapshot.artifacts}
    assert any(gap.topic is Topic.PACKAGES and "went away" in gap.reason for gap in snapshot.gaps)


def test_two_readings_of_one_unit_are_equal(tmp_path: Path) -> None:
    """Several streams at once change nothing about the snapshot, apart from the address."""
    first, second = (read("incident-2019", tmp_path)[0] for _ in range(2))
    assert first.artifacts == second.artifacts
    assert first.gaps == second.gaps


def test_with_the_delays_of_a_phone_one_unit_takes_its_longest_chain(tmp_path: Path) -> None:
    """At most 1.15 times: getprop tells the version, then known packages, then their details."""
    readings = [read("incident-2019", tmp_path, PHONE_LATENCY_MS) for _ in range(3)]
    snapshot, took = min(readings, key=lambda reading: reading[1])  # the others had a busy machine
    details = [a.origin for a in snapshot.artifacts if a.kind is Kind.PACKAGE_DETAILS]
    assert details
    chain_ms = (
        PHONE_LATENCY_MS["getprop"]
        + PHONE_LATENCY_MS["cmd package"]
        + PHONE_LATENCY_MS["dumpsys -t 60 package "]
    )
    assert took <= 1.15 * chain_ms / 1000
