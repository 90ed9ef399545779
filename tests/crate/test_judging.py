"""Units to entries: judged in a worker, kept, and told of where nobody could judge them."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit import codec
from audit.adb.device import DeviceRow, State
from audit.crate import keeping
from audit.crate.judges import Judges
from audit.crate.judging import Setup, Task, expectation_of, unread_snapshot
from audit.crate.keeping import ENTRY, SNAPSHOT
from audit.crate.store import Store
from audit.digest import digest
from audit.errors import UsageError
from audit.model.crate import Entry, Manifest, ManifestRow, UnitResult
from audit.model.portrait import Baseline, Portrait
from audit.model.profiles import Outcome, Rulebook
from audit.model.report import Decision, Expectation
from audit.pipeline import audit_snapshot
from audit.reports import Options
from audit.rulebook import load
from audit.sources import saved
from tests.crate.work import HEAD, KEY, is_there, snapshot

NAME = "phone-1"
STARTED_AT = "2026-01-31T12:00:00Z"
WHEN = "2026-01-31T12:34:56Z"
ROW = DeviceRow(serial="B2NGAA8831234567", state=State.UNAUTHORIZED, transport="usb", model="Nokia 7 plus")


def clock() -> datetime:
    """Always the same moment."""
    return datetime(2026, 1, 31, 12, 34, 56, tzinfo=UTC)


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    """The shipped one."""
    return load()


@pytest.fixture
def setup(tmp_path: Path, rulebook: Rulebook) -> Iterator[Setup]:
    """A new crate, and what its units are judged by."""
    folder = tmp_path / "crate"
    with Store.create(folder, HEAD, key=KEY):
        yield Setup(folder=folder, rulebook=rulebook, expectation=Expectation(market="NO"), clock=clock)


def task(name: str = NAME, **changed: object) -> Task:
    """A unit that was read."""
    made = Task(
        name=name,
        snapshot=snapshot(),
        serial=ROW.serial,
        slot="usb:1-4",
        started_at=STARTED_AT,
        reading_s=2.5,
        tries=2,
    )
    return replace(made, **changed)  # type: ignore[arg-type]  # a table of fields has no types


def judged(setup: Setup, *tasks: Task, workers: int = 2, limit_s: float = 60.0) -> list[UnitResult]:
    """What came of units that were handed over at once."""

    async def run() -> list[UnitResult]:
        async with Judges(setup, workers, limit_s=limit_s) as ours:
            return list(await asyncio.gather(*map(ours.judge, tasks)))

    return asyncio.run(run())


def kept(setup: Setup, name: str = NAME) -> Entry:
    """The entry of a unit, read back."""
    return keeping.read_entry(setup.folder, name)


def unit(setup: Setup, name: str = NAME) -> Path:
    """The folder of a unit."""
    return keeping.unit_folder(setup.folder, name)


# Judged


def test_a_unit_is_judged_as_by_itself_and_kept(setup: Setup) -> None:
    """The entry holds the report one audit makes; the result is its short form; the evidence lies beside."""
    (result,) = judged(setup, task())
    entry = kept(setup)
    report = audit_snapshot(snapshot(), setup.rulebook, setup.expectation, judged_at=WHEN)
    assert entry.report == report
    assert entry.result == result
    assert entry.portrait is not None
    assert saved.load(unit(setup) / SNAPSHOT) == snapshot()
    assert result.snapshot_sha256 == digest(snapshot())
    assert (result.name, result.serial, result.slot, result.tries) == (NAME, ROW.serial, "usb:1-4", 2)
    assert (result.model, result.decision) == ("Nokia 7 plus", report.verdict.decision)
    assert (result.started_at, result.reached) == (STARTED_AT, True)
    assert result.took_s >= 2.5


def test_a_result_tells_what_a_person_must_know(setup: Setup) -> None:
    """Each check once with its worst outcome, in the report's order; what is not in order, whole."""
    (result,) = judged(setup, task())
    findings = kept(setup).report.findings
    assert [check for check, _ in result.checks] == list(dict.fromkeys(one.check for one in findings))
    wrong = {Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.REVIEW}
    assert result.telling == tuple(one for one in findings if one.outcome in wrong)
    assert {one.check for one in result.telling} == {c for c, outcome in result.checks if outcome in wrong}


def test_many_units_are_judged_side_by_side(setup: Setup) -> None:
    """Each gets its own entry; nothing stays behind in the spool."""
    names = [f"phone-{n}" for n in range(12)]
    results = judged(setup, *map(task, names))
    assert [one.name for one in results] == names
    assert [kept(setup, name).result for name in names] == results
    assert list((setup.folder / "spool").iterdir()) == []


def test_what_was_spooled_is_put_in_and_removed_once_it_is_kept(setup: Setup, tmp_path: Path) -> None:
    """What was too large to carry about is judged and kept as if it had been carried."""
    large = tmp_path / "large"
    large.write_bytes(snapshot().artifacts[0].data)
    hollow = replace(snapshot(), artifacts=(replace(snapshot().artifacts[0], data=b""),))
    (result,) = judged(setup, task(snapshot=hollow, spooled=((0, str(large)),)))
    assert result.snapshot_sha256 == digest(snapshot())
    assert saved.load(unit(setup) / SNAPSHOT) == snapshot()
    assert not large.exists()


def test_a_unit_is_expected_to_be_what_its_row_says(setup: Setup) -> None:
    """The row that fits by the serial number decides the market; the default stays for the others."""
    row = ManifestRow(line=2, serial=ROW.serial, market="DE", build="00WW_3_39B")
    manifest = Manifest(path="m.csv", sha256="0" * 64, rows=(row,))
    results = judged(replace(setup, manifest=manifest), task(), task("other", serial="ANOTHERSERIAL1"))
    assert [one.row for one in results] == [row, None]
    assert [one.expectation.market for one in results] == ["DE", "NO"]
    assert results[0].expectation.build == "00WW_3_39B"


def test_a_row_without_a_word_on_something_leaves_the_default() -> None:
    """Also for the golden unit and the policy, of which no manifest speaks."""
    default = Expectation(market="NO", model="M", build="B", policy="strict", baseline="0" * 64)
    assert expectation_of(None, default) is default
    assert expectation_of(ManifestRow(line=1), default) == default
    row = ManifestRow(line=1, market="DE", model="N", build="C")
    assert expectation_of(row, default) == replace(default, market="DE", model="N", build="C")


def test_units_are_held_against_the_golden_one(setup: Setup) -> None:
    """Workers have it, too."""
    golden = Baseline(
        name="golden",
        made_at=WHEN,
        tool_version="1",
        rulebook_sha256="0" * 64,
        snapshot_sha256="0" * 64,
        portrait=Portrait(model="Another model", build="", traits=()),
    )
    (result,) = judged(replace(setup, baseline=golden), task())
    outcomes = dict(result.checks)
    assert outcomes["baseline"] is not Outcome.NOT_APPLICABLE


# Not read


def test_a_unit_nobody_could_read_never_passes_and_says_why(setup: Setup) -> None:
    """By the normal way: a report whose verdict is INCONCLUSIVE, with the reason once and the fix."""
    reason, fix = "the unit is unauthorised", "unlock it and tap Allow"
    empty = unread_snapshot(ROW, reason, fix, acquired_at=STARTED_AT)
    (result,) = judged(setup, task(snapshot=empty, reached=False))
    entry = kept(setup)
    assert result.decision is Decision.INCONCLUSIVE
    assert result.because == (f"Nothing was read of it: {reason}.",)
    assert {one.fix for one in result.telling} == {fix}
    assert (result.model, result.reached, entry.portrait) == ("Nokia 7 plus", False, None)
    assert entry.report.unit.serial == ROW.serial
    assert all(outcome is not Outcome.PASS for _, outcome in result.checks)


@pytest.mark.parametrize("market", [None, "NO", "CN"])
@pytest.mark.parametrize("policy", ["default", "strict"])
def test_nothing_can_be_said_for_any_market(rulebook: Rulebook, market: str | None, policy: str) -> None:
    """Whatever was asked for, no check passes without evidence."""
    empty = unread_snapshot(ROW, "it is offline", "plug it in again", acquired_at=STARTED_AT)
    report = audit_snapshot(empty, rulebook, Expectation(market=market, policy=policy), judged_at=WHEN)
    assert report.verdict.decision is Decision.INCONCLUSIVE
    assert not any(one.outcome in {Outcome.PASS, Outcome.FAIL} for one in report.findings)


# Not judged


async def until(happened: Callable[[], object]) -> None:
    """Wait for something of which nobody tells."""
    while not happened():  # noqa: ASYNC110 - see above
        await asyncio.sleep(0.01)


def interrupted(setup: Setup, *, kills: int) -> list[UnitResult]:
    """Results of six units; the worker of the first is killed while it has it, so many times.

    Its evidence is a pipe to which nobody writes at first: a worker that takes it in waits there.
    """
    pipe = setup.folder / "spool" / "pipe"
    os.mkfifo(pipe)

    async def run() -> list[UnitResult]:
        async with Judges(setup, 2, limit_s=60.0) as ours:
            waiting = asyncio.create_task(ours.judge(task("phone-0", spooled=((0, str(pipe)),))))
            others = await asyncio.gather(*(ours.judge(task(f"phone-{n}")) for n in range(1, 6)))
            for _ in range(kills):
                await until(lambda: any(map(is_there, ours.pids)))
                there = ours.pids
                for pid in there:  # one of them has it, the other has nothing to do
                    os.kill(pid, signal.SIGKILL)
                await until(lambda: not any(map(is_there, there)))  # noqa: B023 - awaited at once
            await asyncio.to_thread(pipe.write_bytes, snapshot().artifacts[0].data)
            return [await waiting, *others]

    return asyncio.run(run())


def test_a_worker_that_dies_once_is_bad_luck(setup: Setup) -> None:
    """The unit is judged by another, as if nothing had been."""
    results = interrupted(setup, kills=1)
    assert [one.name for one in results] == [f"phone-{n}" for n in range(6)]
    assert len({one.decision for one in results}) == 1
    assert results[0].because == results[1].because
    assert kept(setup, "phone-0").report.findings == kept(setup, "phone-1").report.findings


def test_a_unit_that_workers_die_of_is_inconclusive_and_its_evidence_kept(setup: Setup) -> None:
    """The verdict says how they died and where the evidence lies; the other units do not notice."""
    first, *others = interrupted(setup, kills=2)
    assert first.decision is Decision.INCONCLUSIVE
    assert first.because == (
        "What was read of it could not be judged: the process that judged it was killed by SIGKILL.",
    )
    assert str(unit(setup, "phone-0") / SNAPSHOT) in first.telling[0].fix
    assert all(outcome is not Outcome.PASS for _, outcome in first.checks)
    assert (first.model, first.reached) == ("Nokia 7 plus", True)
    assert saved.load(unit(setup, "phone-0") / SNAPSHOT) == snapshot()
    entry = kept(setup, "phone-0")
    assert (entry.result, entry.portrait) == (first, None)
    assert [kept(setup, one.name).result for one in others] == others
    assert list((setup.folder / "spool").iterdir()) == []


def test_a_unit_that_takes_too_long_is_inconclusive(setup: Setup, tmp_path: Path) -> None:
    """Its evidence waits on a pipe that nobody writes to."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    async def run() -> UnitResult:
        async with Judges(setup, 1, limit_s=1.5) as ours:
            waiting = asyncio.create_task(ours.judge(task(spooled=((0, str(pipe)),))))
            await until(lambda: ours.pids)
            await until(lambda: not ours.pids)
            await asyncio.to_thread(pipe.write_bytes, snapshot().artifacts[0].data)  # who keeps it reads, too
            return await waiting

    result = asyncio.run(run())
    assert result.decision is Decision.INCONCLUSIVE
    assert result.because == ("What was read of it could not be judged: that took more than 1.5 seconds.",)
    assert saved.load(unit(setup) / SNAPSHOT) == snapshot()


def test_a_worker_that_was_killed_after_it_kept_the_entry_did_its_work(setup: Setup) -> None:
    """The unit is not judged twice, nor does its entry move aside: it hangs in writing a report to a pipe."""
    unit(setup).mkdir()
    os.mkfifo(unit(setup) / "report.html")

    async def run() -> UnitResult:
        async with Judges(replace(setup, options=Options(key=KEY)), 1, limit_s=60.0) as ours:
            waiting = asyncio.create_task(ours.judge(task()))
            await until((unit(setup) / ENTRY).exists)
            os.kill(ours.pids[0], signal.SIGKILL)
            return await waiting

    result = asyncio.run(run())
    assert kept(setup).result == result
    assert {path.name for path in unit(setup).iterdir()} == {ENTRY, SNAPSHOT, "report.html"}


def test_a_crate_that_cannot_be_written_is_said(setup: Setup) -> None:
    """What a worker met is raised where it was asked to judge, with what to do."""
    (setup.folder / "units").rename(setup.folder / "gone")
    with pytest.raises(UsageError, match="cannot be written") as caught:
        judged(setup, task())
    assert str(setup.folder / "units") in caught.value.where
    assert "put it back" in caught.value.fix


def test_entries_read_back_as_they_were_written(setup: Setup) -> None:
    """The file is the record in JSON, whole."""
    judged(setup, task())
    text = (unit(setup) / ENTRY).read_text()
    assert codec.to_json(codec.from_json(Entry, text, where="")) == text
