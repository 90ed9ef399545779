"""Crates made up for tests, of units that are not: each was read from a virtual unit and judged."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from itertools import cycle, islice
from pathlib import Path

from audit import codec
from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import FaultSpec, Lab, UnitSpec, shipped_unit
from audit.lab.spec import Fault
from audit.model.crate import (
    CrateHead,
    CrateReport,
    Duplicate,
    Group,
    Manifest,
    ManifestRow,
    Reconciliation,
    UnitResult,
)
from audit.model.evidence import Gap, Snapshot, Source, SourceKind, Topic, UnitId
from audit.model.flows import IdentifierKind, OwnIdentifier
from audit.model.profiles import Outcome, Rulebook
from audit.model.report import Decision, Evidence, Expectation, Finding, Report, Severity
from audit.pipeline import audit_snapshot
from audit.reports.crate.totals import WORST_FIRST
from audit.rulebook import load
from audit.sources.live import acquire
from tests.reports import samples

DAY = "2026-02-01T10:00:00Z"
LATER = "2026-02-01T10:04:12Z"
KEY = samples.KEY
_SOURCE = Source(kind=SourceKind.LIVE, detail="adb server at 127.0.0.1:5037, because one answers there")
_CUT = FaultSpec(kind=Fault.HALF_EXIT, command="list packages", after_bytes=700)
_UNITS = ("clean-global", "incident-2019", "fixed-2019", "dormant-eu", "cn-build", "work-profile", "hostile")
# How a crate is mixed: most units are well.
_MIX = (
    *("fixed-2019",) * 4,
    "clean-global",
    "incident-2019",
    "fixed-2019",
    "dormant-eu",
    *("fixed-2019",) * 2,
    "half-read",
    "clean-global",
    "incident-2019",
    *("clean-global",) * 3,
    "fixed-2019",
    "cn-build",
    "unreached",
    "clean-global",
)


@cache
def reports() -> Mapping[str, Report]:
    """A report of each kind of unit, by name."""
    rulebook = load()
    specs = {name: shipped_unit(name) for name in _UNITS}
    specs["half-read"] = replace(specs["clean-global"], faults=(_CUT,))
    with tempfile.TemporaryDirectory() as home:
        read = asyncio.run(_read(specs, rulebook, Path(home)))
    return {
        name: _judged(snapshot, rulebook) for name, snapshot in (read | {"unreached": _NOT_REACHED}).items()
    }


_NOT_REACHED = Snapshot(
    unit=UnitId(serial="LABSTALLS", model=None),
    source=_SOURCE,
    acquired_at=DAY,
    tool_version="0.1.0",
    artifacts=(),
    gaps=tuple(
        Gap(
            topic=topic,
            reason="The unit did not answer within 60 s; it was tried 3 times.",
            fix="Try another cable and port, restart the unit, then resume the crate.",
            origin="connect",
        )
        for topic in Topic
        if topic in {Topic.PROPERTIES, Topic.PACKAGES, Topic.USERS, Topic.OVERLAYS}
    ),
)


async def _read(specs: Mapping[str, UnitSpec], rulebook: Rulebook, home: Path) -> dict[str, Snapshot]:
    return {name: await _acquired(spec, rulebook, home) for name, spec in specs.items()}


async def _acquired(spec: UnitSpec, rulebook: Rulebook, home: Path) -> Snapshot:
    async with Lab([spec]) as lab:
        device = await open_unit(
            ConnectOptions(
                transport=Transport.TCP,
                addresses=(lab.units[0].address,),
                environment={},
                home=home,
                handshake_s=5.0,
            )
        )
        try:
            snapshot = await acquire(
                device,
                packages=set(rulebook.clients),
                users=None,
                full=False,
                clock=lambda: datetime(2026, 2, 1, 10, tzinfo=UTC),
            )
        finally:
            await device.close()
    # the port it was reached at is another every time
    return replace(
        snapshot, source=_SOURCE, unit=replace(snapshot.unit, serial=spec.serial), tool_version="0.1.0"
    )


def _judged(snapshot: Snapshot, rulebook: Rulebook) -> Report:
    report = audit_snapshot(snapshot, rulebook, Expectation(market="NO"), judged_at=DAY)
    return replace(report, rulebook_sha256="5f" * 32)


def result(report: Report, number: int, *, model: str = "") -> UnitResult:
    """What a crate says of a unit with *report*, plugged in as its *number*-th."""
    serial = f"LAB{number:03}{(report.identity.serial or 'STALLS').removeprefix('LAB')}"
    reached = any(row.count for row in report.coverage)
    outcomes: dict[str, list[Outcome]] = {}
    for finding in report.findings:
        outcomes.setdefault(finding.check, []).append(finding.outcome)
    named = model or report.identity.model
    return UnitResult(
        name=f"{named.replace(' ', '_') or 'unit'}-serial-{number:06x}",
        serial=serial,
        slot=f"usb:1-{1 + number // 8}.{1 + number % 8}",
        model=named,
        build=report.identity.build or report.identity.incremental,
        region=report.region.region,
        source=report.source,
        expectation=report.expectation,
        decision=report.verdict.decision,
        because=report.verdict.because,
        telling=tuple(f for f in report.findings if f.outcome in _WORST[:3]),
        checks=tuple((check, min(given, key=_WORST.index)) for check, given in outcomes.items()),
        reached=reached,
        started_at=DAY,
        took_s=2.0 + number % 7 / 10 if reached else 60.0,
        tries=1 if reached else 3,
        snapshot_sha256=report.snapshot_sha256,
        identifiers=(OwnIdentifier(kind=IdentifierKind.IMEI, value=imei(number), origin="service call"),)
        if reached
        else (),
    )


_WORST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.REVIEW, Outcome.PASS, Outcome.NOT_APPLICABLE)


def imei(number: int) -> str:
    """An IMEI with its check digit, another for each number."""
    body = f"35693803{number:06}"
    doubled = [int(d) * (2 if i % 2 == 0 else 1) for i, d in enumerate(reversed(body))]
    return body + str(-sum(d - 9 if d > 9 else d for d in doubled) % 10)


def crate(count: int, *, manifest: bool = True, findings: bool = True) -> CrateReport:
    """A crate of *count* units, mostly well; held against a manifest that lacks one and has two too many."""
    made = [result(reports()[name], number) for number, name in enumerate(islice(cycle(_MIX), count))]
    if count > 2:  # a cloned serial number
        made[1] = replace(made[1], serial=made[0].serial, name=f"{made[0].name}-2")
    held = _held(made) if manifest else None
    said = _findings(made, held) if findings else ()
    return closed(made, said, held)


def closed(
    units: Sequence[UnitResult], findings: tuple[Finding, ...] = (), held: Reconciliation | None = None
) -> CrateReport:
    """The report of a crate with *units*."""
    worst = {Outcome.FAIL: Decision.FAIL, Outcome.REVIEW: Decision.REVIEW}
    decisions = {unit.decision for unit in units} | {worst[f.outcome] for f in findings if f.outcome in worst}
    head = CrateHead(
        name="lot-17",
        began_at=DAY,
        tool_version="0.1.0",
        expectation=Expectation(market="NO"),
        rulebook_sha256="5f" * 32,
        manifest=None if held is None else Manifest(path=held.path, sha256=held.sha256, rows=_rows(units)),
    )
    return CrateReport(
        head=head,
        ended_at=LATER,
        complete=True,
        decision=next((d for d in WORST_FIRST if d in decisions), Decision.INCONCLUSIVE),
        units=tuple(sorted(units, key=lambda unit: unit.name)),
        findings=findings,
        groups=_groups(units),
        reconciliation=held,
    )


def _rows(units: Sequence[UnitResult]) -> tuple[ManifestRow, ...]:
    expected = [
        ManifestRow(line=2 + n, serial=unit.serial, model=unit.model, market="NO", lot="17")
        for n, unit in enumerate(units[:-1])
    ]
    missing = ManifestRow(
        line=2 + len(expected),
        serial="LABMISSING0017",
        imeis=(imei(900001),),
        model="Nokia X20",
        market="NO",
        lot="17",
    )
    return (*expected, missing)


def _held(units: Sequence[UnitResult]) -> Reconciliation:
    rows = _rows(units)
    return Reconciliation(
        path="lot-17.csv",
        sha256="3c" * 32,
        present=tuple((row.line, unit.name) for row, unit in zip(rows[:-1], units[:-1], strict=True)),
        missing=rows[-1:],
        unexpected=(units[-1].name,),
        duplicates=(
            Duplicate(
                what="serial number",
                value=units[0].serial,
                units=(units[0].name, units[1].name),
                why="Their IMEIs differ, so they are two units.",
            ),
        )
        if len(units) > 2
        else (),
    )


def _groups(units: Sequence[UnitResult]) -> tuple[Group, ...]:
    keys = sorted({(unit.model, unit.build) for unit in units})
    counted = ((key, sum((unit.model, unit.build) == key for unit in units)) for key in keys)
    return tuple(
        Group(model=model, build=build, units=count, compared=count >= 5) for (model, build), count in counted
    )


def _findings(units: Sequence[UnitResult], held: Reconciliation | None) -> tuple[Finding, ...]:
    split = Finding(
        check="outliers",
        outcome=Outcome.REVIEW,
        severity=Severity.MEDIUM,
        subject="region",
        message="Nokia 7 plus: 6 of 12 say WW and 6 of 12 say CN. Neither half is blamed.",
        why="Units of one order are of one build; two halves mean that two orders were mixed.",
        fix="Ask the supplier which of the two was ordered, and give it as --build.",
        evidence=tuple(Evidence(what="says WW", value=unit.slot, origin=unit.name) for unit in units[:6]),
    )
    of_all = (split,) if len(units) >= 12 else ()
    if held is None:
        return of_all
    return (
        Finding(
            check="manifest",
            outcome=Outcome.FAIL,
            severity=Severity.HIGH,
            subject="missing",
            message=f"1 line of {held.path} has no unit: line {held.missing[0].line} (LABMISSING0017).",
            why="What was paid for is not there, or was not plugged in.",
            fix="Look for it in the crate, plug it in, then resume the crate.",
        ),
        Finding(
            check="manifest",
            outcome=Outcome.REVIEW,
            severity=Severity.MEDIUM,
            subject="unexpected",
            message=f"1 unit is in no line of {held.path}: {units[-1].slot}.",
            fix="Set it aside, or add its line to the manifest.",
        ),
        *of_all,
        Finding(
            check="outliers",
            outcome=Outcome.PASS,
            severity=Severity.INFO,
            subject="too few",
            message="Models of which there are fewer than 5 units were not compared.",
        ),
    )


def wide(count: int = 5) -> CrateReport:
    """Units whose names take two columns a character."""
    names = (
        "小米 11 Lite 5G NE 中国版",
        "華為 Mate 三十",
        "갤럭시 S21 팬에디션",
        "Nokia 七 plus",
        "ノキア X20",
    )
    made = [
        result(reports()["cn-build" if n % 2 else "clean-global"], n, model=names[n % len(names)])
        for n in range(count)
    ]
    return closed([replace(unit, name=f"unit-{n}", build=f"构建-{n}") for n, unit in enumerate(made)])


def hostile() -> CrateReport:
    """Units that say markup, formulas and identifiers wherever they can say something."""
    made = [result(reports()["hostile"], n) for n in range(3)]
    told = samples.HOSTILE.findings
    return closed(
        [
            replace(
                unit,
                name=f"unit-{n}",
                model=(samples.MARKUP, samples.FORMULA, "x" * 400)[n],
                build="[/]\\[red]",
                because=(told[0].message, *unit.because),
                telling=(*told, *unit.telling),
            )
            for n, unit in enumerate(made)
        ],
        findings=told,
    )


def written(made: CrateReport) -> str:
    """The crate as JSON, unmasked."""
    return codec.to_json(made, indent=2)
