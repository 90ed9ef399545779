"""Starts every virtual unit, audits it over TCP, and compares the verdict with the documented one."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from audit.adb.connect import ConnectOptions, Transport
from audit.adb.device import DeviceRow, State
from audit.asked import Asked
from audit.cli import config, judging
from audit.cli.auditing import Looks, Read, Unreached, read_units
from audit.cli.reach import Reach
from audit.cli.tables import columns
from audit.clock import now
from audit.lab import Expect, Lab, UnitSpec, shipped_units
from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Report

UNAUTHORIZED = "unauthorized"


@record
class Result:
    """What came of one unit under one expectation. got: the verdict, or the state it stayed in."""

    unit: UnitSpec
    expect: Expect
    got: str
    right: bool


async def perform(units: Sequence[UnitSpec] | None = None) -> tuple[Result, ...]:
    """Audit *units*, by itself all that are shipped, and judge each by all it is documented for."""
    asked = judging.asked(None, None, None, config.Config())
    looks = Looks(
        packages=asked.packages,
        files=asked.files,
        users=None,
        full=False,
        clock=now,
        suspects=asked.suspects,
    )
    # a home of its own: no key of the user's is offered to a virtual phone, none is made for it
    with tempfile.TemporaryDirectory(prefix="adb-audit-demo-") as home:
        async with Lab(shipped_units() if units is None else units) as lab:
            ways = Reach(_options([unit.address for unit in lab.units], Path(home)))
            rows = {row.slot: row for row in await ways.rows()}
            ordered = [rows.get(unit.address) or _absent(unit.address) for unit in lab.units]
            readings = await read_units(ways, ordered, looks, lambda _row, _step: None)
            specs = [unit.spec for unit in lab.units]
    return tuple(
        _result(spec, expect, reading, asked)
        for spec, reading in zip(specs, readings, strict=True)
        for expect in spec.expect
    )


def _options(addresses: Sequence[str], home: Path) -> ConnectOptions:
    return ConnectOptions(
        transport=Transport.TCP, addresses=tuple(addresses), environment={}, home=home, user="demo"
    )


def _absent(address: str) -> DeviceRow:
    return DeviceRow(serial=address, state=State.UNKNOWN, transport="tcp", slot=address)


def _result(spec: UnitSpec, expect: Expect, reading: Read | Unreached, asked: Asked) -> Result:
    if isinstance(reading, Unreached):
        state = reading.row.state.value
        return Result(unit=spec, expect=expect, got=state, right=expect.verdict == state == UNAUTHORIZED)
    report = asked.under(market=expect.market, policy=expect.policy).judge(reading.snapshot)
    got = report.verdict.decision.value
    right = expect.verdict in {"", got} and _names_right(report, expect)
    return Result(unit=spec, expect=expect, got=got, right=right)


def _names_right(report: Report, expect: Expect) -> bool:
    failing = {finding.subject for finding in report.findings if finding.outcome is Outcome.FAIL}
    return failing.issuperset(expect.fails) and failing.isdisjoint(expect.spares)


def _count(names: Sequence[str]) -> str:
    return "1 package" if len(names) == 1 else f"{len(names)} packages"


def text(results: Sequence[Result]) -> str:
    """A table of what was expected and what came, and a last line that counts."""
    rows = [
        (
            result.unit.id,
            result.expect.market or "-",
            result.expect.policy,
            result.expect.verdict or f"no FAIL by {_count(result.expect.spares)}",
            result.got,
            "ok" if result.right else "WRONG",
        )
        for result in results
    ]
    right = sum(result.right for result in results)
    table = columns(("virtual unit", "market", "policy", "expected", "got", ""), rows)
    return f"{table}\n\n{right} of {len(results)} verdicts are the documented ones"
