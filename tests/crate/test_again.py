"""A single unit that is done and plugged in is audited once more while others go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from audit.crate.engine import OnceMore, Options, Outcome, run
from audit.crate.events import Ended, Event, Known, Left, Moved
from audit.lab import Lab, copies, shipped_unit
from audit.lab.spec import UnitSpec
from audit.lab.unit import VirtualUnit
from tests.crate.bench import NO_PAUSE, Crate, ended, known, left, reads

CLEAN = shipped_unit("clean-global")
WATCH = Options(watch=True, back_off=NO_PAUSE)
Work = Callable[[Crate, OnceMore, tuple[VirtualUnit, ...]], Awaitable[None]]


def watch(folder: Path, units: list[UnitSpec], work: Work) -> tuple[Crate, Outcome]:
    """Watch a bench while *work* goes on, which may ask for units once more."""

    async def whole() -> tuple[Crate, Outcome]:
        async with Lab(units) as lab:
            crate, stop, once_more = Crate(folder), asyncio.Event(), OnceMore()
            running = asyncio.create_task(
                run(
                    crate.ways,
                    crate.read,
                    crate.judges,
                    crate.store,
                    WATCH,
                    crate.tell,
                    time=crate.clock.time(),
                    stop=stop,
                    once_more=once_more,
                )
            )
            assert not once_more.ask("anything")
            try:
                await work(crate, once_more, lab.units)
            finally:
                stop.set()
            outcome = await running
            assert not once_more.ask("anything")
            return crate, outcome

    return asyncio.run(whole())


def kinds(crate: Crate) -> list[type[Event]]:
    """What was told, without the steps in between."""
    return [type(event) for event in crate.events if not isinstance(event, Moved)]


def test_its_new_result_takes_the_place_of_the_former(tmp_path: Path) -> None:
    """Under the same name and the same key; the other unit is left alone."""

    async def work(crate: Crate, once_more: OnceMore, units: tuple[VirtualUnit, ...]) -> None:
        for number, unit in enumerate(units):
            crate.bench.plug(unit, f"usb:1-{number}")
        await crate.until(ended, 2)
        name = crate.store.results()[0].name
        assert once_more.ask(name)
        assert not once_more.ask(name)
        await crate.until(ended, 3)
        first, last = (e for e in crate.events if isinstance(e, Ended) and e.result.name == name)
        assert first.key == last.key

    crate, outcome = watch(tmp_path, list(copies(CLEAN, 2)), work)
    assert len(crate.bench.opened) == 3
    assert len(crate.store.results()) == 2
    assert outcome.waiting == ()


def test_one_of_several_with_a_serial_number_that_names_none(tmp_path: Path) -> None:
    """It is the one that is plugged in there, and is not asked which it is."""

    async def work(crate: Crate, once_more: OnceMore, units: tuple[VirtualUnit, ...]) -> None:
        for number, unit in enumerate(units):
            crate.bench.plug(unit, f"usb:1-{number}", serial="0123456789ABCDEF")
        await crate.until(ended, 2)
        slots = {one.name: one.slot for one in crate.store.results()}
        assert len(slots) == 2
        done = [event.result.name for event in crate.events if isinstance(event, Ended)]
        for number, name in enumerate(reversed(done), 3):
            assert once_more.ask(name)
            await crate.until(ended, number)
            assert {one.name: one.slot for one in crate.store.results()} == slots

    watch(tmp_path, list(copies(CLEAN, 2)), work)


def test_unplugged_half_way_it_has_its_former_result(tmp_path: Path) -> None:
    """Nothing came of it: it is as done as it was, nobody waits for it, and plugged in it is known."""

    async def work(crate: Crate, once_more: OnceMore, units: tuple[VirtualUnit, ...]) -> None:
        crate.bench.plug(units[0], "usb:1-1")
        await crate.until(ended)
        crate.events.clear()
        assert once_more.ask(crate.store.results()[0].name)
        await crate.until(reads)
        crate.bench.unplug("usb:1-1")
        await crate.until(left)
        assert kinds(crate) == [Known, Left]
        crate.bench.plug(units[0], "usb:1-2")
        await crate.until(known, 2)

    slow = replace(CLEAN, latency_ms={"": 150, "getprop": 0})
    crate, outcome = watch(tmp_path, [slow], work)
    assert all(event.done for event in crate.events if isinstance(event, Left))
    assert outcome.waiting == ()
    assert len(outcome.results) == 1


def test_stopped_half_way_it_has_its_former_result(tmp_path: Path) -> None:
    """The crate is as whole as it was."""

    async def work(crate: Crate, once_more: OnceMore, units: tuple[VirtualUnit, ...]) -> None:
        crate.bench.plug(units[0], "usb:1-1")
        await crate.until(ended)
        assert once_more.ask(crate.store.results()[0].name)

    crate, outcome = watch(tmp_path, [CLEAN], work)
    assert kinds(crate) == [Ended]
    assert outcome.waiting == ()
