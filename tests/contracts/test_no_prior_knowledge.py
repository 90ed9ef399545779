"""The batch of 2019 is found by counting alone, by a program that has never heard of what is on it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.crate.outliers import CHECK, Census
from audit.lab import Lab, UnitSpec, VirtualUnit, shipped_unit, unit_from_table
from audit.lab.lab import copies
from audit.model.evidence import Snapshot
from audit.model.portrait import Portrait
from audit.model.profiles import Outcome, Rulebook
from audit.model.report import Decision, Expectation, Finding
from audit.pipeline import also, examine
from audit.rulebook import load
from audit.sources.live import acquire

CLIENT = "com.qualcomm.qti.autoregistration"
WORLDWIDE = "Nokia/Onyx_00WW/B2N_sprout:9/PPR1.180610.011/00WW_3_22C:user/release-keys"
CHINESE = "Nokia/Onyx_00CN/B2N_sprout:9/PPR1.180610.011/00CN_3_33C:user/release-keys"
AT_ONCE = 8


@cache
def shipped() -> Rulebook:
    """The rulebook as it ships."""
    return load()


@cache
def emptied() -> Rulebook:
    """Markets and policies: nothing about any maker, package, property or incident."""
    return Rulebook(
        markets=shipped().markets,
        regions=(),
        tables={},
        clients={},
        advisories=(),
        policies=shipped().policies,
        sha256="0" * 64,
    )


def unit(name: str, **table: Any) -> UnitSpec:  # noqa: ANN401  # a table of TOML
    """A Nokia 7 Plus, unless *table* says otherwise."""
    return unit_from_table(
        {"title": name, "base": "nokia-7-plus", "serial": f"LAB{name.upper()}", **table}, name=name
    )


CLEAN = unit("clean", without=[CLIENT])
SAME_BUILD = unit("samebuild")
OTHER_BUILD = unit(
    "otherbuild",
    fingerprint=CHINESE,
    properties={"ro.boot.skuid": "600CN", "ro.product.locale": "zh-CN"},
    packages={f"com.evenwell.china{n}": {"path": f"/system/app/China{n}"} for n in range(12)},
    without=["com.android.framework.base.s600ww"],
    overlays={"com.android.framework.base.s600ww": {"target": "android", "enabled": False}},
)


def crate(*kinds: tuple[UnitSpec, int]) -> tuple[UnitSpec, ...]:
    """So many units of each kind, each with things of its own that no other has."""
    specs = [spec for kind, count in kinds for spec in copies(kind, count)]
    return tuple(_own(spec, number) for number, spec in enumerate(specs))


def _own(spec: UnitSpec, number: int) -> UnitSpec:
    """What is different on each phone: identifiers, and what its use has left behind."""
    own = {
        "ro.serialno": spec.serial,
        "ro.boot.wifimacaddr": f"02:00:00:00:00:{number:02x}",
        "ro.runtime.firstboot": str(1_500_000_000_000 + number * 7919),
        "ro.boottime.init": str(2_000_000_000 + number * 104_729),
        "persist.sys.lastboot": f"{number * 37 % 101}",
        "sys.usb.state": "mtp,adb" if number % 3 else "adb",
    }
    return replace(spec, properties={**spec.properties, **own})


async def _read(virtual: VirtualUnit, home: Path, gate: asyncio.Semaphore) -> Snapshot:
    async with gate:
        options = ConnectOptions(
            transport=Transport.TCP,
            addresses=(virtual.address,),
            environment={},
            home=home,
            wait_s=0.0,
            handshake_s=10.0,
        )
        device = await open_unit(options)
        try:
            return await acquire(device, packages=(), users=None, full=False, clock=lambda: datetime.now(UTC))
        finally:
            await device.close()


def read_all(specs: Sequence[UnitSpec], home: Path) -> list[Snapshot]:
    """Every unit, over the real protocol, without looking closer at any package."""

    async def run() -> list[Snapshot]:
        gate = asyncio.Semaphore(AT_ONCE)
        async with Lab(specs) as lab:
            return await asyncio.gather(*(_read(virtual, home, gate) for virtual in lab.units))

    return asyncio.run(run())


def portraits(snapshots: Sequence[Snapshot], rulebook: Rulebook) -> list[Portrait]:
    """What is compared of each unit."""
    return [_examined(snapshot, rulebook).portrait for snapshot in snapshots]


def _examined(snapshot: Snapshot, rulebook: Rulebook) -> Any:  # noqa: ANN401  # Examined, which tests read
    return examine(
        snapshot, rulebook, lambda _facts: Expectation(market="NO"), judged_at="2026-02-01T00:00:00Z"
    )


def compared(made: Sequence[Portrait]) -> tuple[list[tuple[Finding, ...]], tuple[Finding, ...]]:
    """What comparing says of each, in their order, and of the crate."""
    census = Census()
    for portrait in made:
        census.count(portrait)
    policy = shipped().policies["default"]
    found = [census.findings_for(one, policy, name=f"phone-{n:02}") for n, one in enumerate(made)]
    return found, census.crate_findings()


def blamed(found: Sequence[tuple[Finding, ...]]) -> list[int]:
    """Positions of the units a person is asked to look at."""
    return [n for n, one in enumerate(found) if any(f.outcome is Outcome.REVIEW for f in one)]


def names_the_client(findings: Sequence[Finding], counts: str) -> bool:
    """Whether one of *findings* says in its message how many units have the client, or in its evidence."""
    return any(
        f.check == CHECK
        and f.outcome is Outcome.REVIEW
        and (
            (CLIENT in f.message and counts in f.message)
            or any(CLIENT in e.what and counts in e.value for e in f.evidence)
        )
        for f in findings
    )


@pytest.mark.parametrize("rulebook", [emptied, shipped])
@pytest.mark.parametrize("batch", [SAME_BUILD, OTHER_BUILD], ids=["same build", "other build"])
def test_a_batch_of_four_in_thirty(batch: UnitSpec, rulebook: Callable[[], Rulebook], tmp_path: Path) -> None:
    """The four units with the client, and no others, are named for it, with "4 of 30"."""
    made = portraits(read_all(crate((CLEAN, 26), (batch, 4)), tmp_path), rulebook())
    found, _ = compared(made)
    assert blamed(found) == [26, 27, 28, 29]
    for findings in found[26:]:
        assert names_the_client(findings, "4 of 30")
        assert len(findings) <= 8
    assert all(len(findings) <= 2 for findings in found[:26])


def test_another_build_is_told_first_and_once(tmp_path: Path) -> None:
    """Region and build stand before packages, with both values and counts, what its build changes once."""
    made = portraits(read_all(crate((CLEAN, 26), (OTHER_BUILD, 4)), tmp_path), shipped())
    findings = compared(made)[0][29]
    assert [f.subject for f in findings if f.outcome is Outcome.REVIEW] == [
        "region",
        "build",
        "more packages",
        "com.android.framework.base.s600ww",
        "com.android.framework.base.s600ww, user 0",
    ]
    region, build, packages = (f.message for f in findings[:3])
    assert "600CN; 600WW on 26 of 30" in region
    assert build.startswith("26 of 30 units of this model are 00WW_3_22C, this is 00CN_3_33C")
    assert "all 4 units with this build agree on them" in build
    assert "13 packages are on this unit but not on most" in packages
    assert "All are like this on all 4 units with build 00CN_3_33C." in packages


def test_a_verdict_follows(tmp_path: Path) -> None:
    """A unit that passed all that was known of it is for a person to look at once it was compared."""
    snapshots = read_all(crate((CLEAN, 26), (SAME_BUILD, 4)), tmp_path)
    reports = [_examined(one, emptied()).report for one in snapshots]
    assert {r.verdict.decision for r in reports} == {Decision.REVIEW}, "an emptied rulebook knows no region"
    found, _ = compared(portraits(snapshots, emptied()))
    because = [also(r, f).verdict.because for r, f in zip(reports, found, strict=True)]
    assert [n for n, b in enumerate(because) if any(CLIENT in sentence for sentence in b)] == [26, 27, 28, 29]


def test_among_units_of_another_model(tmp_path: Path) -> None:
    """Ten units of another model change neither who is named nor the counts."""
    other = shipped_unit("clean-global")
    specs = crate((other, 5), (CLEAN, 26), (SAME_BUILD, 4), (other, 5))
    found, _ = compared(portraits(read_all(specs, tmp_path), emptied()))
    assert blamed(found) == [31, 32, 33, 34]
    assert all(names_the_client(found[n], "4 of 30") for n in blamed(found))


def test_half_and_half_blames_nobody(tmp_path: Path) -> None:
    """With the client on 15 of 30 no unit is blamed; the crate says so with both counts and examples."""
    specs = crate((CLEAN, 15), (SAME_BUILD, 15))
    found, of_crate = compared(portraits(read_all(specs, tmp_path), emptied()))
    assert blamed(found) == []
    (split,) = (f for f in of_crate if f.outcome is Outcome.REVIEW)
    assert f"{CLIENT} is installed on 15, not there on 15 of 30" in split.message
    assert "no unit is blamed" in split.message
    values = [e.value for e in split.evidence]
    assert any(v.startswith("installed on 15 of 30") and "phone-15, phone-16, phone-17" in v for v in values)
    assert any(v.startswith("not there on 15 of 30") and "phone-00, phone-01, phone-02" in v for v in values)


def test_too_few_to_tell(tmp_path: Path) -> None:
    """Four units are not compared, whatever is on one of them, and that is said."""
    found, of_crate = compared(portraits(read_all(crate((CLEAN, 3), (SAME_BUILD, 1)), tmp_path), emptied()))
    assert found == [(), (), (), ()]
    assert ["4 of Nokia 7 plus" in f.message for f in of_crate] == [True]
