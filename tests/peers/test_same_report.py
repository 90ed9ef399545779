"""Directly or through Google's adb server, a unit gets the same report."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, list_units, open_unit
from audit.asked import Asked
from audit.codec import to_json
from audit.lab import Lab, shipped_units
from audit.model.evidence import Source, SourceKind
from audit.model.profiles import Rulebook
from audit.model.report import Expectation, Report
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources.live import acquire
from tests.peers.adb_server import Adb

pytestmark = pytest.mark.peer
NAMES = sorted(unit.id for unit in shipped_units() if unit.id not in {"unauthorized", "drops-halfway"})


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The shipped rulebook."""
    return load()


async def audited(options: ConnectOptions, serial: str, rulebook: Rulebook) -> Report:
    """One default audit for Norway."""
    device = await open_unit(options, serial)
    try:
        snapshot = await acquire(
            device,
            packages=rulebook.clients,
            users=None,
            full=False,
            clock=lambda: datetime(2026, 11, 22, tzinfo=UTC),
            suspects=Asked(rulebook=rulebook, expectation=Expectation()).suspects,
        )
    finally:
        await device.close()
    report = audit_snapshot(snapshot, rulebook, Expectation(market="NO"), judged_at="2026-11-22T00:00:00Z")
    return replace(report, source=Source(kind=SourceKind.LIVE))


@pytest.mark.parametrize("name", NAMES)
def test_the_report_does_not_depend_on_the_way(
    adb: Adb, rulebook: Rulebook, name: str, tmp_path: Path
) -> None:
    """Byte for byte, apart from how the unit was reached."""

    async def both() -> tuple[Report, Report]:
        async with Lab([name]) as lab:
            address = lab.units[0].address
            await asyncio.to_thread(adb.connect, address)
            server = ConnectOptions(
                transport=Transport.SERVER,
                environment={"ADB_SERVER_SOCKET": f"tcp:{adb.address}"},
                home=tmp_path,
            )
            listing = await list_units(server)
            assert address in {row.serial for row in listing.rows}
            through = await audited(server, address, rulebook)
            await asyncio.to_thread(adb, "disconnect", address)
            direct = ConnectOptions(
                transport=Transport.TCP, addresses=(address,), environment={}, home=tmp_path
            )
            return through, await audited(direct, address, rulebook)

    through, direct = asyncio.run(both())
    assert to_json(through, indent=1) == to_json(direct, indent=1)
