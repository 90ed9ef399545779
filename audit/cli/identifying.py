"""Finds the unit that is meant, says what will be done to it, and ends it early on Enter or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from audit.adb.device import DeviceRow
from audit.cli import exits, reach
from audit.cli.output import note, station_key
from audit.cli.scanning import chosen
from audit.crate.called import called
from audit.crate.identify import identify
from audit.crate.identify_plan import Wanted, plan
from audit.model.record import record
from audit.model.text import clean_line

_ENDED = {False: "ended; what was done is undone", True: "ended; undo by hand what is named above"}
_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")


@record
class Identifying:
    """What ``identify`` was asked for. unit: None = the only one; wait_s: None = the usual"""

    unit: str | None
    wanted: Wanted
    transport: str | None
    addresses: tuple[str, ...]
    wait_s: float | None


def run(asked: Identifying) -> int:
    """Do it, and return the exit code."""
    return asyncio.run(_run(asked))


async def _run(asked: Identifying) -> int:
    wait_s = reach.DEFAULT_WAIT_S if asked.wait_s is None else asked.wait_s
    ways = reach.Reach(reach.options(asked.transport, asked.addresses, wait_s=wait_s), _waiting)
    names = chosen((asked.unit,) if asked.unit else (), asked.addresses)
    row = await called(ways, await ways.rows(), next(iter(names), None), key=station_key())
    device = await ways.open(row)
    try:
        planned = await plan(device, asked.wanted)
        for line in planned.says:
            note(f"{clean_line(row.slot or row.serial)}: {line}")
        with _stopping() as stop:
            left = await identify(device, planned, stop, note)
    finally:
        await device.close()
    note(_ENDED[bool(left)])
    return exits.INCONCLUSIVE if left else exits.PASS


def _waiting(row: DeviceRow) -> None:
    note(f"waiting for {row.serial or row.slot}: {row.state.value}. {row.fix}")


@contextmanager
def _stopping() -> Iterator[asyncio.Event]:
    """Set by Enter at a terminal, Ctrl-C, or whatever ends the program; what is undone is not broken off."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    before = {number: signal.getsignal(number) for number in _signals()}

    def end() -> None:
        if not stop.is_set():
            note("ending; what was done is undone first")
        stop.set()

    def entered() -> None:
        sys.stdin.readline()
        end()
        loop.remove_reader(sys.stdin)

    for number in before:
        loop.add_signal_handler(number, end)
    typing = sys.stdin is not None and sys.stdin.isatty()
    if typing:
        note("Enter or Ctrl-C ends it early")
        loop.add_reader(sys.stdin, entered)
    try:
        yield stop
    finally:
        if typing:
            loop.remove_reader(sys.stdin)
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)


def _signals() -> tuple[signal.Signals, ...]:
    return tuple(one for one in signal.Signals if one.name in _SIGNALS)
