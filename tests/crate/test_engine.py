from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audit.adb.device import Device, State
from audit.crate.engine import Options
from audit.crate.events import Ended, Known, Moved
from audit.crate.judging import Task
from audit.crate.one_unit import Attempt
from audit.digest import digest
from audit.errors import NoUnit, UsageError
from audit.lab import Lab, copies, shipped_unit
from audit.lab.living import IdentitySpec
from audit.lab.spec import Auth, Fault, FaultSpec, UnitSpec
from audit.model.crate import Phase, UnitResult
from audit.model.evidence import Snapshot
from audit.model.report import Decision
from tests.crate.bench import Crate, read, reads, waits

CLEAN, INCIDENT = shipped_unit("clean-global"), shipped_unit("incident-2019")
CLONED = "0123456789ABCDEF"


def faulty(name: str, *faults: FaultSpec, auth: Auth = Auth.NONE) -> UnitSpec:
    """A clean unit with something wrong with it."""
    return replace(CLEAN, serial=name, faults=faults, auth=auth)


FAULTY = (
    faulty("DROPS", FaultSpec(kind=Fault.DROP, command="list packages", after_bytes=10)),
    faulty("SILENT", FaultSpec(kind=Fault.OFFLINE)),
    faulty("REFUSES", FaultSpec(kind=Fault.CLOSE_OPEN)),
    faulty("GARBLES", FaultSpec(kind=Fault.BADSUM)),
    faulty("ASKS", auth=Auth.NEVER),
)
REASONS = {
    "DROPS": ("went away", "Plug it in again", 3),
    "SILENT": ("the unit is offline", "Replug it", 1),
    "REFUSES": ("no service", "Reboot the phone", 3),
    "GARBLES": ("checksum", "Try another cable", 3),
    "ASKS": ("unauthorized", "Allow USB debugging", 1),
}


def test_faulty_units_cost_no_other_its_verdict(tmp_path: Path) -> None:
    """Of twelve units five are faulty, each its own way: seven right verdicts, five that say why not."""

    async def work() -> Crate:
        async with Lab([*FAULTY, *copies(CLEAN, 4), *copies(INCIDENT, 3)]) as lab:
            crate = Crate(tmp_path, wait_s=0.3)
            for number, unit in enumerate(lab.units):
                crate.bench.plug(unit, f"usb:1-{number}", serial=unit.spec.serial + str(number))
            outcome = await crate.run(Options(wait_s=0.3))
            assert outcome.waiting == ()
            assert list(outcome.results) == [e.result for e in crate.events if isinstance(e, Ended)]
            return crate

    crate = asyncio.run(work())
    results = crate.results()
    assert len(results) == 12
    for number, spec in enumerate(FAULTY):
        result = results[spec.serial + str(number)]
        reason, fix, tries = REASONS[spec.serial]
        assert result.decision is Decision.INCONCLUSIVE
        said = " ".join(f"{one.message} {one.fix}" for one in result.telling)
        assert reason in said
        assert fix in said
        assert (spec.serial, result.tries) == (spec.serial, tries)
        assert result.reached is (spec.serial == "DROPS")
    right = [result.decision for serial, result in results.items() if serial.startswith("TEST")]
    decisions = [one.decision for one in results.values()]
    assert (decisions.count(Decision.PASS), decisions.count(Decision.FAIL)) == (4, 3), right


def test_no_unit_waits_for_a_faulty_one(tmp_path: Path) -> None:
    """Every healthy unit has its result before the silent one has had its first answer."""

    async def work() -> Crate:
        async with Lab([FAULTY[1], *copies(CLEAN, 3)]) as lab:
            crate = Crate(tmp_path, handshake_s=1.0)
            for number, unit in enumerate(lab.units):
                crate.bench.plug(unit, f"usb:1-{number}")
            await crate.run(Options(at_once=1))
            return crate

    crate = asyncio.run(work())
    assert [event.result.serial for event in crate.events if isinstance(event, Ended)][-1] == "SILENT"
    told = [event for event in crate.events if waits(event) and event.key == "1"]
    healthy = [crate.events.index(event) for event in crate.told(Ended)][:3]
    assert max(healthy) < crate.events.index(told[0])


def test_pauses_double_and_end_with_the_tries(tmp_path: Path) -> None:
    """A unit that refuses everything is asked three times, after 1 and 2 seconds; a person is told why."""
    crate = one_unit(tmp_path, FAULTY[2])
    assert crate.clock.slept == [1.0, 2.0]
    assert len(crate.bench.opened) == 3
    first = next(event for event in crate.events if waits(event))
    assert isinstance(first, Moved)
    assert "no service" in first.detail
    assert "tried again in 1 s" in first.detail
    assert first.fix.startswith("Reboot the phone")


def test_a_unit_that_was_knocked_at_as_long_as_was_asked_is_given_up(tmp_path: Path) -> None:
    """One that is silent is tried again where nobody waits; where connecting waited, that was it."""
    crate = one_unit(tmp_path / "0", FAULTY[1])
    assert (crate.results()["SILENT"].tries, crate.clock.slept) == (3, [1.0, 2.0])
    crate = one_unit(tmp_path / "1", FAULTY[1], Options(wait_s=0.6), wait_s=0.6)
    assert (crate.results()["SILENT"].tries, crate.clock.slept) == (1, [])


@pytest.mark.parametrize(
    "spec", [faulty("WIRELESS", FaultSpec(kind=Fault.STLS)), FAULTY[4]], ids=["tls", "unauthorized"]
)
def test_a_state_found_by_connecting_that_no_time_ends_is_tried_once(tmp_path: Path, spec: UnitSpec) -> None:
    """Listed as ready, it wants TLS, or a person nobody waits for: no second try raises its dialog."""
    crate = one_unit(tmp_path, spec)
    [result] = crate.results().values()
    assert (result.tries, result.reached, crate.clock.slept) == (1, False, [])


def test_no_pause_is_longer_than_the_time_that_is_left(tmp_path: Path) -> None:
    """A unit whose time does not reach to the next try is given up before it."""
    crate = one_unit(tmp_path, FAULTY[2], Options(tries=10, unit_limit_s=3.0))
    assert crate.clock.slept == [1.0, 2.0]
    assert crate.results()["REFUSES"].tries == 3


@pytest.mark.parametrize("state", [State.RECOVERY, State.NO_PERMISSIONS, State.TLS_ONLY])
def test_a_hopeless_state_ends_at_once(tmp_path: Path, state: State) -> None:
    """Nobody connects to a unit in recovery; its result says what a person must do."""
    crate = one_unit(tmp_path, CLEAN, state=state)
    [result] = crate.results().values()
    assert (result.decision, result.reached, result.tries) == (Decision.INCONCLUSIVE, False, 0)
    assert state.value in result.because[0]
    assert result.telling[0].fix == f"end {state.value}"
    assert crate.bench.opened == []


def test_a_person_is_told_what_to_do_while_the_unit_waits(tmp_path: Path) -> None:
    """A unit that asks on its screen is told as waiting, with the fix, and read once it was allowed."""
    spec = replace(CLEAN, auth=Auth.PROMPT, allow_after_s=0.2)
    crate = one_unit(tmp_path, spec, wait_s=10.0)
    waited = next(event for event in crate.events if waits(event))
    assert isinstance(waited, Moved)
    assert "Allow USB debugging" in waited.fix
    assert [result.decision for result in crate.results().values()] == [Decision.PASS]


def one_unit(
    folder: Path,
    spec: UnitSpec,
    options: Options | None = None,
    *,
    state: State = State.DEVICE,
    wait_s: float = 0.0,
    before: Callable[[Crate], None] = lambda _: None,
) -> Crate:
    """A crate of one."""

    async def work() -> Crate:
        async with Lab([spec]) as lab:
            crate = Crate(folder, wait_s=wait_s)
            before(crate)
            crate.bench.plug(lab.units[0], "usb:1-1", state=state)
            await crate.run(options)
            return crate

    return asyncio.run(work())


def test_at_the_deadline_what_was_read_is_judged(tmp_path: Path) -> None:
    """A unit whose package manager hangs keeps its properties; what is missing says its time was over."""
    spec = replace(CLEAN, faults=(FaultSpec(kind=Fault.HANG_SHELL, command="list packages"),))
    crate = one_unit(tmp_path, spec, Options(unit_limit_s=1.5))
    [entry] = crate.judges.entries
    assert entry.result.reached
    assert entry.result.decision is Decision.INCONCLUSIVE
    assert entry.report.identity.model == "Nokia X20"
    assert any("its time was over (1.5" in one.message for one in entry.result.telling)
    assert entry.result.tries == 1


def test_a_worse_try_takes_no_better_ones_place(tmp_path: Path) -> None:
    """A unit lost near the end, then again near the beginning, is judged by the first of the two."""
    tries: list[Snapshot] = []

    async def worse_each_time(device: Device, attempt: Attempt) -> Snapshot:
        snapshot = await read(device, attempt)
        if tries:
            snapshot = replace(snapshot, artifacts=snapshot.artifacts[:1], gaps=snapshot.gaps * 2)
        tries.append(snapshot)
        return snapshot

    def change(crate: Crate) -> None:
        crate.read = worse_each_time

    crate = one_unit(tmp_path, FAULTY[0], before=change)
    assert len(tries) == 3
    [result] = crate.results().values()
    assert result.snapshot_sha256 == digest(tries[0])


def test_cloned_serials_are_two_units(tmp_path: Path) -> None:
    """Two units with one serial number both have a result, and events that tell them apart."""

    async def work() -> Crate:
        async with Lab([CLEAN, INCIDENT]) as lab:
            crate = Crate(tmp_path)
            crate.bench.plug(lab.units[0], "usb:1-1", serial=CLONED)
            crate.bench.plug(lab.units[1], "usb:1-2", serial=CLONED)
            await crate.run()
            return crate

    crate = asyncio.run(work())
    results = {(e.key, e.result.slot, e.result.decision) for e in crate.events if isinstance(e, Ended)}
    assert results == {("1", "usb:1-1", Decision.PASS), ("2", "usb:1-2", Decision.FAIL)}
    assert len({entry.result.name for entry in crate.judges.entries}) == 2


def with_imei(spec: UnitSpec, imei: str, android_id: str) -> UnitSpec:
    """*spec* with identifiers of its own."""
    settings = {**spec.settings, "secure": {**spec.settings.get("secure", {}), "android_id": android_id}}
    return replace(spec, identity=IdentitySpec(imei=(imei,)), settings=settings)


def test_a_run_that_is_taken_up_does_only_the_rest(tmp_path: Path) -> None:
    """Units with a result are told as known and not connected to; the others are audited."""

    async def work() -> Crate:
        async with Lab(copies(CLEAN, 3)) as lab:
            crate = Crate(tmp_path)
            for number, unit in enumerate(lab.units[:2]):
                crate.bench.plug(unit, f"usb:1-{number}")
            await crate.run()
            crate.bench.plug(lab.units[2], "usb:1-2")
            crate.bench.opened.clear()
            crate.events.clear()
            outcome = await crate.run()
            assert [one.serial for one in outcome.known] == [one.spec.serial for one in lab.units[:2]]
            assert crate.bench.opened == [lab.units[2].spec.serial]
            return crate

    crate = asyncio.run(work())
    assert len(crate.told(Known)) == 2
    assert len(crate.results()) == 1


def test_again_takes_the_place_of_the_former_result(tmp_path: Path) -> None:
    """A unit audited once more keeps its name, so that it is in the crate once."""

    async def work() -> Crate:
        async with Lab([CLEAN]) as lab:
            crate = Crate(tmp_path)
            crate.bench.plug(lab.units[0], "usb:1-1")
            await crate.run()
            await crate.run(Options(again=True))
            return crate

    crate = asyncio.run(work())
    assert len(crate.told(Ended)) == 2
    assert len({entry.result.name for entry in crate.judges.entries}) == 1
    assert len(crate.store.results()) == 1


def test_a_unit_that_could_not_be_read_is_tried_again_by_the_next_run(tmp_path: Path) -> None:
    """What nobody could read is not done: its new result takes the place of that it had."""

    async def work() -> Crate:
        async with Lab([CLEAN]) as lab:
            crate = Crate(tmp_path)
            crate.bench.plug(lab.units[0], "usb:1-1", state=State.RECOVERY)
            await crate.run()
            crate.bench.unplug("usb:1-1")
            crate.bench.plug(lab.units[0], "usb:1-2")
            await crate.run()
            return crate

    crate = asyncio.run(work())
    decisions = [entry.result.decision for entry in crate.judges.entries]
    assert decisions == [Decision.INCONCLUSIVE, Decision.PASS]
    assert [one.decision for one in crate.store.results()] == [Decision.PASS]


def test_a_placeholder_serial_is_told_by_what_else_names_the_unit(tmp_path: Path) -> None:
    """Of two units with a cloned serial number the one that is done is known, the other is audited."""
    one = with_imei(CLEAN, "356938035643809", "aaaa0000bbbb1111")
    other = with_imei(CLEAN, "490154203237518", "cccc2222dddd3333")

    async def work() -> Crate:
        async with Lab([one, other]) as lab:
            crate = Crate(tmp_path)
            crate.bench.plug(lab.units[0], "usb:1-1", serial=CLONED)
            await crate.run()
            crate.bench.plug(lab.units[1], "usb:1-2", serial=CLONED)
            await crate.run()
            return crate

    crate = asyncio.run(work())
    assert [event.result.slot for event in crate.events if isinstance(event, Ended)] == ["usb:1-1", "usb:1-2"]
    assert [event.slot for event in crate.events if isinstance(event, Known)] == ["usb:1-1"]


def test_a_fault_of_this_program_in_one_unit_loses_no_other(tmp_path: Path) -> None:
    """Two units are read, one trips over a bug: the two are kept, then it is raised."""

    async def broken(device: Device, attempt: Attempt) -> Snapshot:
        if device.row.slot == "usb:1-0":
            raise ZeroDivisionError("a bug")
        return await read(device, attempt)

    async def work() -> None:
        async with Lab(copies(CLEAN, 3)) as lab:
            crate = Crate(tmp_path)
            crate.read = broken
            for number, unit in enumerate(lab.units):
                crate.bench.plug(unit, f"usb:1-{number}")
            with pytest.raises(ExceptionGroup) as raised:
                await crate.run()
            assert raised.group_contains(ZeroDivisionError)
            assert len(crate.results()) == 2

    asyncio.run(work())


def test_a_full_disk_is_said_once_and_plainly(tmp_path: Path) -> None:
    """What kept every unit from being kept is one error with its fix, not a group of them."""

    class Full:
        async def judge(self, task: Task) -> UnitResult:
            raise UsageError("cannot be written: no space", where=task.name, fix="make room")

    async def work() -> None:
        async with Lab(copies(CLEAN, 2)) as lab:
            crate = Crate(tmp_path)
            crate.judges = Full()  # type: ignore[assignment]  # judges as the engine takes them
            for number, unit in enumerate(lab.units):
                crate.bench.plug(unit, f"usb:1-{number}")
            with pytest.raises(UsageError, match="no space"):
                await crate.run()

    asyncio.run(work())


def test_stopped_it_finishes_what_is_being_judged(tmp_path: Path) -> None:
    """The unit that was read is kept, the one half read is not done and is named."""

    async def work() -> None:
        slow = replace(CLEAN, serial="SLOW", latency_ms={"": 5000, "getprop": 0})
        async with Lab([CLEAN, slow]) as lab:
            crate = Crate(tmp_path)
            crate.judges.gate.clear()
            for number, unit in enumerate(lab.units):
                crate.bench.plug(unit, f"usb:1-{number}")
            stop = asyncio.Event()
            running = asyncio.create_task(crate.run(stop=stop))
            await crate.until(lambda e: isinstance(e, Moved) and e.phase is Phase.JUDGING)
            await crate.until(lambda e: reads(e) and e.key == "2")
            stop.set()
            await asyncio.sleep(0)
            crate.judges.gate.set()
            outcome = await running
            assert [one.serial for one in outcome.results] == [CLEAN.serial]
            assert [row.serial for row in outcome.waiting] == ["SLOW"]

    asyncio.run(work())


def test_cancelled_it_finishes_what_is_being_judged(tmp_path: Path) -> None:
    """Ctrl-C comes while a result is being kept: it is kept, and told, before the program ends."""

    async def work() -> None:
        async with Lab([CLEAN]) as lab:
            crate = Crate(tmp_path)
            crate.judges.gate.clear()
            crate.bench.plug(lab.units[0], "usb:1-1")
            running = asyncio.create_task(crate.run())
            await crate.until(lambda e: isinstance(e, Moved) and e.phase is Phase.JUDGING)
            running.cancel()
            await asyncio.sleep(0)
            crate.judges.gate.set()
            with pytest.raises(asyncio.CancelledError):
                await running
            assert len(crate.results()) == 1

    asyncio.run(work())


def test_a_unit_that_comes_back_in_another_slot_is_read_there(tmp_path: Path) -> None:
    """Unplugged half-way and plugged in elsewhere, it is found by its serial number."""

    async def work() -> None:
        async with Lab([replace(CLEAN, latency_ms={"": 200, "getprop": 0})]) as lab:
            crate = Crate(tmp_path)
            unit = lab.units[0]
            crate.bench.plug(unit, "usb:1-1")
            running = asyncio.create_task(crate.run())
            await crate.until(reads)
            crate.bench.unplug("usb:1-1")
            await crate.until(lambda event: waits(event) and "went away" in getattr(event, "detail", ""))
            crate.bench.plug(unit, "usb:1-7")
            outcome = await running
            [result] = outcome.results
            assert (result.decision, result.slot, result.tries) == (Decision.PASS, "usb:1-7", 2)

    asyncio.run(work())


def test_a_unit_that_does_not_come_back_is_judged_by_what_was_read(tmp_path: Path) -> None:
    """When its time is over it is inconclusive, and what came before it left stays."""

    async def work() -> None:
        async with Lab([replace(CLEAN, latency_ms={"": 300, "getprop": 0})]) as lab:
            crate = Crate(tmp_path)
            crate.bench.plug(lab.units[0], "usb:1-1")
            running = asyncio.create_task(crate.run(Options(unit_limit_s=2.0)))
            await crate.until(reads)
            crate.bench.unplug("usb:1-1")
            [result] = (await running).results
            assert (result.decision, result.reached) == (Decision.INCONCLUSIVE, True)
            assert "went away" in result.because[0]

    asyncio.run(work())


def test_units_are_chosen_by_serial_or_slot(tmp_path: Path) -> None:
    """Only those named are audited; a name nobody has is an error before anything is read."""

    async def work() -> None:
        async with Lab(copies(CLEAN, 3)) as lab:
            crate = Crate(tmp_path)
            for number, unit in enumerate(lab.units):
                crate.bench.plug(unit, f"usb:1-{number}")
            await crate.run(Options(names=("usb:1-0", lab.units[2].spec.serial)))
            assert set(crate.results()) == {lab.units[0].spec.serial, lab.units[2].spec.serial}
            with pytest.raises(NoUnit, match="nobody"):
                await crate.run(Options(names=("nobody",)))

    asyncio.run(work())


def test_no_unit_at_all_is_an_error(tmp_path: Path) -> None:
    """An empty bench is said, with what to do."""

    async def work() -> None:
        with pytest.raises(NoUnit, match="no unit is connected"):
            await Crate(tmp_path).run()

    asyncio.run(work())


def test_what_is_too_large_to_hold_is_judged_from_a_file(tmp_path: Path) -> None:
    """Read in full, the verdict is that of the whole evidence, and no file of it is left behind."""
    spool = tmp_path / "spool"
    spool.mkdir()
    crate = one_unit(tmp_path, replace(INCIDENT, dump_kb=300), Options(spool=spool))
    [entry] = crate.judges.entries
    assert entry.result.decision is Decision.FAIL
    details = [one for one in entry.report.coverage if "details" in str(one.topic)]
    assert details
    assert list(spool.iterdir()) == []


def test_of_several_tries_only_the_best_leaves_a_file(tmp_path: Path) -> None:
    """A unit that is lost after its dump each time: two of the three files are removed, one is judged."""
    spool = tmp_path / "spool"
    spool.mkdir()
    seen: list[int] = []

    async def counted(device: Device, attempt: Attempt) -> Snapshot:
        snapshot = await read(device, attempt)
        seen.append(len(list(spool.iterdir())))
        return snapshot

    def change(crate: Crate) -> None:
        crate.read = counted

    spec = replace(CLEAN, latency_ms={"list packages": 300}, faults=FAULTY[0].faults)
    crate = one_unit(tmp_path, spec, Options(spool=spool), before=change)
    assert seen == [1, 2, 2]
    assert crate.results()[CLEAN.serial].tries == 3
    assert list(spool.iterdir()) == []


def test_stopped_it_leaves_no_large_file(tmp_path: Path) -> None:
    """A unit given up half-way takes its file with it."""
    spool = tmp_path / "spool"
    spool.mkdir()

    async def work() -> None:
        async with Lab([replace(CLEAN, latency_ms={"": 5000, "getprop": 0, "dumpsys": 0})]) as lab:
            crate = Crate(tmp_path)
            crate.bench.plug(lab.units[0], "usb:1-1")
            running = asyncio.create_task(crate.run(Options(spool=spool)))
            await crate.until(lambda event: isinstance(event, Moved) and "dumpsys" in event.detail)
            assert len(list(spool.iterdir())) == 1
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running

    asyncio.run(work())
    assert list(spool.iterdir()) == []


def test_cancelled_twice_it_waits_for_nothing(tmp_path: Path) -> None:
    """A second Ctrl-C gives up what is being judged as well: it is not done, and the next run does it."""

    async def work() -> None:
        async with Lab([CLEAN]) as lab:
            crate = Crate(tmp_path)
            crate.judges.gate.clear()
            crate.bench.plug(lab.units[0], "usb:1-1")
            running = asyncio.create_task(crate.run())
            await crate.until(lambda e: isinstance(e, Moved) and e.phase is Phase.JUDGING)
            for _ in range(2):
                running.cancel()
                await asyncio.sleep(0.01)
            with pytest.raises(asyncio.CancelledError):
                await running
            assert crate.results() == {}
            crate.judges.gate.set()
            await crate.run()
            assert len(crate.results()) == 1

    asyncio.run(work())
