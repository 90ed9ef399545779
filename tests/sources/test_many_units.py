"""A hundred units at once: nobody waits for, loses or mixes up anybody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import Lab, copies, shipped_unit
from audit.model.evidence import Snapshot
from audit.model.report import Decision, Expectation
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources.live import acquire

UNITS = 100


@pytest.mark.slow
@pytest.mark.parametrize("latency", ["0", "phone"])
def test_a_hundred_units_at_once_get_their_own_verdicts(latency: str, tmp_path: Path) -> None:
    """Half are the incident's, half are clean; every report is about the unit that was asked."""
    rulebook = load()
    incident = copies(shipped_unit("incident-2019"), UNITS // 2)
    clean = copies(shipped_unit("clean-global"), UNITS // 2)

    async def one(address: str) -> Snapshot:
        options = ConnectOptions(transport=Transport.TCP, addresses=(address,), environment={}, home=tmp_path)
        device = await open_unit(options)
        try:
            return await acquire(
                device,
                packages=rulebook.clients,
                users=None,
                full=False,
                clock=lambda: datetime(2026, 11, 22, tzinfo=UTC),
            )
        finally:
            await device.close()

    async def everybody() -> list[tuple[str, Snapshot]]:
        async with Lab([*incident, *clean], latency=latency) as lab:
            snapshots = await asyncio.gather(*(one(unit.address) for unit in lab.units))
            return [(unit.spec.serial, s) for unit, s in zip(lab.units, snapshots, strict=True)]

    wrong = []
    for number, (serial, snapshot) in enumerate(asyncio.run(everybody())):
        report = audit_snapshot(
            snapshot, rulebook, Expectation(market="NO"), judged_at="2026-11-22T00:00:00Z"
        )
        expected = Decision.FAIL if number < UNITS // 2 else Decision.PASS
        if (report.identity.serial, report.verdict.decision) != (serial, expected):
            wrong.append((serial, report.identity.serial, report.verdict))
    assert wrong == []
