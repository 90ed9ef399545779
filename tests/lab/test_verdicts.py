"""Every documented unit gets the verdict it is documented to get, read over the real protocol."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.asked import Asked
from audit.errors import NotReady
from audit.lab import Expect, FaultSpec, Lab, UnitSpec, shipped_unit, shipped_units
from audit.lab.spec import SDKS, Auth, Fault
from audit.model.evidence import Snapshot
from audit.model.profiles import Outcome, Rulebook
from audit.model.report import Expectation, Report
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources.live import acquire

DAY = "2026-02-01T00:00:00Z"
EXPECTATIONS = [(unit.id, expect) for unit in shipped_units() for expect in unit.expect]


@cache
def rulebook() -> Rulebook:
    """The shipped rulebook."""
    return load()


async def read(lab: Lab, home: Path, *, wait_s: float = 0.0, full: bool = False) -> Snapshot:
    """Everything the first unit of *lab* says, over TCP."""
    options = ConnectOptions(
        transport=Transport.TCP,
        addresses=(lab.units[0].address,),
        environment={},
        home=home,
        wait_s=wait_s,
        handshake_s=1.0,
    )
    device = await open_unit(options)
    try:
        return await acquire(
            device,
            packages=set(rulebook().clients),
            users=None,
            full=full,
            clock=lambda: datetime.now(UTC),
            suspects=Asked(rulebook=rulebook(), expectation=Expectation()).suspects,
        )
    finally:
        await device.close()


def judged(spec: UnitSpec, expect: Expect, home: Path, *, full: bool = False) -> Report:
    """What an audit says of a unit."""

    async def run() -> Snapshot:
        async with Lab([spec]) as lab:
            return await read(lab, home, full=full)

    expectation = Expectation(market=expect.market, policy=expect.policy)
    return audit_snapshot(asyncio.run(run()), rulebook(), expectation, judged_at=DAY)


@pytest.mark.parametrize(("name", "expect"), EXPECTATIONS)
def test_documented_verdicts(name: str, expect: Expect, tmp_path: Path) -> None:
    """Verdict, packages that must fail and packages that must not are as the unit's file says."""
    if expect.verdict == "unauthorized":
        with pytest.raises(NotReady):
            judged(shipped_unit(name), expect, tmp_path)
        return
    report = judged(shipped_unit(name), expect, tmp_path)
    failing = {finding.subject for finding in report.findings if finding.outcome is Outcome.FAIL}
    if expect.verdict:
        assert report.verdict.decision == expect.verdict, report.verdict.because
    assert set(expect.fails) <= failing
    assert not set(expect.spares) & failing - set(expect.fails)
    if report.verdict.decision != "INCONCLUSIVE":
        assert report.unread == ()


@pytest.mark.parametrize("android", [version for version, sdk in SDKS.items() if sdk >= 24])
def test_every_version_reads(android: str, tmp_path: Path) -> None:
    """A clean unit of any Android version is read without a gap or an unread line, and passes."""
    report = judged(of_version(android), Expect(market="NO", why=""), tmp_path, full=True)
    assert report.unread == ()
    assert [gap for part in report.coverage for gap in part.gaps] == []
    assert report.verdict.decision == "PASS"


def of_version(android: str) -> UnitSpec:
    """The clean unit with another Android version."""
    unit = shipped_unit("clean-global")
    properties = {
        **unit.properties,
        "ro.build.version.sdk": str(SDKS[android]),
        "ro.build.version.release": android,
    }
    return replace(unit, android=android, properties=properties)


@pytest.mark.parametrize(
    ("kind", "command"),
    [
        (Fault.HALF_EXIT, "list packages"),
        (Fault.HALF_EXIT, "getprop"),
        (Fault.CLOSE_OPEN, "list packages"),
        (Fault.DROP, "getprop"),
        (Fault.DROP, "overlay"),
    ],
)
def test_half_read_units_never_pass(kind: Fault, command: str, tmp_path: Path) -> None:
    """A unit of which a part is missing is inconclusive, whichever part and however it went missing."""
    unit = shipped_unit("clean-global")
    broken = replace(unit, faults=(FaultSpec(kind=kind, command=command, after_bytes=700),))
    report = judged(broken, Expect(market="NO", why=""), tmp_path)
    assert report.verdict.decision == "INCONCLUSIVE"


def test_waiting_for_the_tap(tmp_path: Path) -> None:
    """A unit on which somebody taps Allow in time is audited; a second audit needs no tap."""

    async def run() -> tuple[Snapshot, Snapshot]:
        async with Lab(["clean-global"], auth=Auth.PROMPT, allow_after_s=1.0) as lab:
            first = await read(lab, tmp_path, wait_s=10.0)
            return first, await read(lab, tmp_path)

    first, second = asyncio.run(run())
    assert first.artifacts == second.artifacts
    assert first.gaps == second.gaps == ()
