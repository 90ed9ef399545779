from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from audit.adb.device import Device, DeviceRow, State
from audit.crate.engine import Options, Outcome
from audit.crate.events import Ended, Event, Known, Left, Moved
from audit.crate.one_unit import Attempt
from audit.errors import TransportError
from audit.lab import Lab, copies, shipped_unit
from audit.lab.living import IdentitySpec
from audit.lab.spec import Auth, Fault, FaultSpec, UnitSpec
from audit.lab.unit import VirtualUnit
from audit.model.crate import Phase
from audit.model.evidence import Snapshot
from audit.model.report import Decision
from tests.crate.bench import NO_PAUSE, Crate, ended, known, left, read, reads, waits

CLEAN = shipped_unit("clean-global")
SLOW = replace(CLEAN, latency_ms={"": 150, "getprop": 0})
CLONED = "0123456789ABCDEF"
WATCH = Options(watch=True, back_off=NO_PAUSE)


def watch(
    folder: Path,
    units: list[UnitSpec],
    work: Callable[[Crate, tuple[VirtualUnit, ...]], Awaitable[None]],
    options: Options = WATCH,
    wait_s: float = 0.0,
) -> tuple[Crate, Outcome]:
    """Watch an empty bench while *work* plugs and unplugs; the crate, and what came of it once stopped."""

    async def whole() -> tuple[Crate, Outcome]:
        async with Lab(units) as lab:
            crate, stop = Crate(folder, wait_s=wait_s), asyncio.Event()
            running = asyncio.create_task(crate.run(options, stop))
            try:
                await work(crate, lab.units)
            finally:
                stop.set()
            return crate, await running

    return asyncio.run(whole())


def kinds(crate: Crate) -> list[type[Event]]:
    """What was told, without the steps in between."""
    return [type(event) for event in crate.events if not isinstance(event, Moved)]


def test_one_after_the_other_is_audited_as_it_is_plugged_in(tmp_path: Path) -> None:
    """Plug, result, unplug, the next one; each is told as gone only once, and as done."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        for number, unit in enumerate(units, 1):
            crate.bench.plug(unit, "usb:1-1")
            await crate.until(ended, number)
            crate.bench.unplug("usb:1-1")
            await crate.until(left, number)

    crate, outcome = watch(tmp_path, list(copies(CLEAN, 3)), work)
    assert kinds(crate) == [Ended, Left] * 3
    assert all(event.done for event in crate.events if isinstance(event, Left))
    assert len(outcome.results) == 3
    assert outcome.waiting == ()


def test_a_done_unit_is_not_audited_again(tmp_path: Path) -> None:
    """Plugged in once more, in another slot, it is known, and nobody connects to it."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        crate.bench.plug(units[0], "usb:1-1")
        await crate.until(ended)
        crate.bench.unplug("usb:1-1")
        await crate.until(left)
        crate.bench.plug(units[0], "usb:1-2")
        await crate.until(known)

    crate, outcome = watch(tmp_path, [CLEAN], work)
    assert len(crate.bench.opened) == 1
    assert kinds(crate) == [Ended, Left, Known]
    assert len(outcome.known) == 1


def test_a_done_unit_is_audited_again_if_asked(tmp_path: Path) -> None:
    """With `again` every plugging-in is an audit, of one unit of the crate."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        for number in (1, 2):
            crate.bench.plug(units[0], "usb:1-1")
            await crate.until(ended, number)
            crate.bench.unplug("usb:1-1")
            await crate.until(left, number)

    crate, _ = watch(tmp_path, [CLEAN], work, replace(WATCH, again=True))
    assert kinds(crate) == [Ended, Left] * 2
    assert len(crate.store.results()) == 1


def test_unplugged_half_way_it_is_not_done_and_begins_again(tmp_path: Path) -> None:
    """A unit pulled while it is read has no result; back in another slot it is audited from the start."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        crate.bench.plug(units[0], "usb:1-1")
        await crate.until(reads)
        crate.bench.unplug("usb:1-1")
        await crate.until(left)
        assert not crate.judges.entries
        crate.bench.plug(units[0], "usb:1-2")
        await crate.until(ended)

    crate, outcome = watch(tmp_path, [SLOW], work)
    gone = next(event for event in crate.events if isinstance(event, Left))
    last = next(event for event in crate.events if isinstance(event, Ended))
    assert (gone.done, gone.key) == (False, last.key)
    assert (last.result.decision, last.result.slot) == (Decision.PASS, "usb:1-2")
    assert last.result.tries == 2
    assert outcome.waiting == ()


def test_a_loose_plug_is_no_tight_loop(tmp_path: Path) -> None:
    """A unit that comes and goes before it is done is begun again only after a growing pause."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        for number in range(1, 4):
            crate.bench.plug(units[0], "usb:1-1")
            await crate.until(lambda e: isinstance(e, Moved) and e.phase is Phase.READING, number)
            crate.bench.unplug("usb:1-1")
            await crate.until(left, number)

    options = Options(watch=True)
    crate, outcome = watch(tmp_path, [SLOW], work, options)
    assert [round(pause_s) for pause_s in crate.clock.slept] == [1, 2]
    assert [row.serial for row in outcome.waiting] == [CLEAN.serial]


def test_unplugged_while_it_is_judged_it_is_done(tmp_path: Path) -> None:
    """A unit pulled after it was read gets its result; that it left is told then; back, it is known."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        crate.judges.gate.clear()
        crate.bench.plug(units[0], "usb:1-1")
        await crate.until(lambda e: isinstance(e, Moved) and e.phase is Phase.JUDGING)
        crate.bench.unplug("usb:1-1")
        await asyncio.sleep(0)
        crate.bench.plug(units[0], "usb:1-1")
        for _ in range(5):
            await asyncio.sleep(0)
        crate.judges.gate.set()
        await crate.until(known)

    crate, _ = watch(tmp_path, [CLEAN], work)
    assert kinds(crate) == [Ended, Left, Known]
    assert len(crate.judges.entries) == 1


def test_a_unit_that_is_not_ready_waits_for_a_person(tmp_path: Path) -> None:
    """In recovery it has no result, only what to do; once it is in Android it is audited."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        crate.bench.plug(units[0], "usb:1-1", state=State.RECOVERY)
        await crate.until(waits)
        assert not crate.judges.entries
        crate.bench.plug(units[0], "usb:1-1")
        await crate.until(ended)

    crate, _ = watch(tmp_path, [CLEAN], work)
    waited = next(event for event in crate.events if waits(event))
    assert isinstance(waited, Moved)
    assert waited.fix == "end recovery"
    assert [result.decision for result in crate.results().values()] == [Decision.PASS]


def test_what_is_waited_for_is_named_at_the_end(tmp_path: Path) -> None:
    """A unit that was never ready is no result, and is not forgotten either."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        crate.bench.plug(units[0], "usb:1-1", state=State.RECOVERY)
        await crate.until(waits)

    _, outcome = watch(tmp_path, [CLEAN], work)
    assert outcome.results == ()
    assert [row.slot for row in outcome.waiting] == ["usb:1-1"]


def test_a_unit_that_cannot_be_read_though_it_is_ready_is_inconclusive(tmp_path: Path) -> None:
    """It refuses every command: that is its result, and the next time it is plugged in it is tried again."""
    spec = replace(CLEAN, faults=(FaultSpec(kind=Fault.CLOSE_OPEN),))

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        for number in (1, 2):
            crate.bench.plug(units[0], "usb:1-1")
            await crate.until(ended, number)
            crate.bench.unplug("usb:1-1")
            await crate.until(left, number)

    crate, _ = watch(tmp_path, [spec], work)
    assert kinds(crate) == [Ended, Left] * 2
    assert [one.decision for one in crate.store.results()] == [Decision.INCONCLUSIVE]


LOOSE = replace(CLEAN, faults=(FaultSpec(kind=Fault.DROP, command="list packages", after_bytes=10),))


def test_lost_again_and_again_though_plugged_in_it_is_inconclusive_and_worth_another_plug(
    tmp_path: Path,
) -> None:
    """A bad cable's unit has a result after its tries; plugged in once more, as told, it is audited again."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        for number in (1, 2):
            crate.bench.plug(units[0], "usb:1-1")
            await crate.until(ended, number)
            crate.bench.unplug("usb:1-1")
            await crate.until(left, number)

    crate, _ = watch(tmp_path, [LOOSE], work)
    assert kinds(crate) == [Ended, Left] * 2
    assert len(crate.bench.opened) == 6
    assert [(one.decision, one.reached) for one in crate.store.results()] == [(Decision.INCONCLUSIVE, True)]


def test_a_unit_told_as_gone_after_its_last_try_is_not_done(tmp_path: Path) -> None:
    """That the connection ended is known before that the unit was unplugged: no result in between."""
    tries = 0

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        async def last(device: Device, attempt: Attempt) -> Snapshot:
            nonlocal tries
            tries += 1
            snapshot = await read(device, attempt)
            if tries == 3:
                asyncio.get_running_loop().call_soon(crate.bench.unplug, "usb:1-1")
            return snapshot

        crate.read = last
        crate.bench.plug(units[0], "usb:1-1")
        await crate.until(left)

    spool = tmp_path / "spool"
    spool.mkdir()
    spec = replace(LOOSE, latency_ms={"list packages": 200})  # so that its large answer came before
    crate, outcome = watch(tmp_path, [spec], work, replace(WATCH, spool=spool))
    assert list(spool.iterdir()) == []
    assert kinds(crate) == [Left]
    assert [event.done for event in crate.events if isinstance(event, Left)] == [False]
    assert [row.serial for row in outcome.waiting] == [CLEAN.serial]


def test_a_unit_nobody_allows_is_asked_again_after_a_pause_only(tmp_path: Path) -> None:
    """Listed as connecting, it turns out to be unauthorised: its dialog is not raised again at once."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        crate.bench.plug(units[0], "usb:1-1", state=State.CONNECTING)
        await crate.until(waits)
        await asyncio.sleep(0.3)

    spec = replace(CLEAN, auth=Auth.NEVER)
    crate, outcome = watch(tmp_path, [spec], work, Options(watch=True))
    assert len(crate.bench.opened) == 1
    assert len(outcome.waiting) == 1


def with_imei(imei: str) -> UnitSpec:
    """A clean unit with an identity of its own."""
    return replace(CLEAN, identity=IdentitySpec(imei=(imei,)))


def test_cloned_serials_one_after_the_other_are_two_units(tmp_path: Path) -> None:
    """The same placeholder in the same slot, by turns: two audits, and the third time one is known."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        for number, unit in enumerate((*units, units[0]), 1):
            crate.bench.plug(unit, "usb:1-1", serial=CLONED)
            await crate.until(lambda event: ended(event) or known(event), number)
            crate.bench.unplug("usb:1-1")
            await crate.until(left, number)

    crate, _ = watch(tmp_path, [with_imei("356938035643809"), with_imei("490154203237518")], work)
    assert kinds(crate) == [Ended, Left, Ended, Left, Known, Left]
    first = next(event.result for event in crate.events if isinstance(event, Ended))
    again = next(event.result for event in crate.events if isinstance(event, Known))
    assert again.name == first.name


def test_an_ordinary_serial_in_two_slots_at_once_names_no_unit(tmp_path: Path) -> None:
    """The second is audited though the first is done; both are in the crate."""

    async def work(crate: Crate, units: tuple[VirtualUnit, ...]) -> None:
        crate.bench.plug(units[0], "usb:1-1", serial="R58M12ABCDE")
        await crate.until(ended)
        crate.bench.plug(units[1], "usb:1-2", serial="R58M12ABCDE")
        await crate.until(ended, 2)

    crate, _ = watch(tmp_path, [with_imei("356938035643809"), with_imei("490154203237518")], work)
    assert len(crate.store.results()) == 2


def test_a_fault_of_this_program_ends_the_watch_once_the_others_are_done(tmp_path: Path) -> None:
    """It is raised, and not before the unit beside it has its result."""

    async def broken(device: Device, attempt: Attempt) -> Snapshot:
        if device.row.slot == "usb:1-1":
            raise ZeroDivisionError
        return await read(device, attempt)

    async def work() -> Crate:
        async with Lab(list(copies(CLEAN, 2))) as lab:
            crate = Crate(tmp_path)
            crate.read = broken
            crate.bench.plug(lab.units[0], "usb:1-1")
            crate.bench.plug(lab.units[1], "usb:1-2")
            with pytest.raises(ExceptionGroup):
                await crate.run(WATCH)
            return crate

    assert len(asyncio.run(work()).results()) == 1


def test_a_way_that_closes_for_a_while_is_looked_at_again(tmp_path: Path) -> None:
    """An adb server that goes away ends no watch; one that never was there is an error at once."""

    class Closing:
        """Ways that fail first, or once after a look."""

        def __init__(self, crate: Crate, *, seen: bool) -> None:
            self._crate, self._looks, self._seen = crate, 0, seen

        async def open(self, row: DeviceRow, say: Callable[[DeviceRow], None] | None = None) -> Device:
            return await self._crate.bench.open(row, say)

        async def changes(self) -> AsyncGenerator[tuple[DeviceRow, ...], None]:
            self._looks += 1
            if self._seen:
                yield ()
            if self._looks == 1:
                raise TransportError("the adb server went away")
            async for rows in self._crate.bench.changes():
                yield rows

    async def work(*, seen: bool) -> Crate:
        async with Lab([CLEAN]) as lab:
            crate, stop = Crate(tmp_path / str(seen)), asyncio.Event()
            crate.bench.plug(lab.units[0], "usb:1-1")
            crate.ways = Closing(crate, seen=seen)
            running = asyncio.create_task(crate.run(WATCH, stop))
            ending = asyncio.create_task(crate.until(ended))
            await asyncio.wait((running, ending), return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            ending.cancel()
            await running
            return crate

    assert len(asyncio.run(work(seen=True)).results()) == 1
    with pytest.raises(TransportError, match="went away"):
        asyncio.run(work(seen=False))
