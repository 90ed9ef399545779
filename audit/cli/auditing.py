"""Which units, and what was read of each: the part of ``scan`` and ``capture`` that is not printing.

A unit that cannot be read is an answer of its own (`Unreached`), with what to do about it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from audit.adb.device import Device, DeviceRow, State
from audit.errors import AuditError, NoUnit, UsageError
from audit.model.evidence import Snapshot
from audit.model.record import record
from audit.sources.live import Clock, Progress, StepsFor, acquire
from audit.sources.spool import Spool

AT_ONCE = 8
"""Units read at the same time; one adb server and one USB hub carry that many without trouble."""

_POLL_S = 0.5
_WORTH_OPENING = frozenset(
    {State.DEVICE, State.UNAUTHORIZED, State.AUTHORIZING, State.CONNECTING, State.OFFLINE}
)
"""Ready, or in a state that a person or a little time ends."""


class Ways(Protocol):
    """The ways to units, however they are connected."""

    async def rows(self) -> tuple[DeviceRow, ...]:
        """All units there are, in whatever state."""

    async def open(self, row: DeviceRow) -> Device:
        """Connect to one of them, waiting as long as was asked for it to become ready.

        Raises UnitError or TransportError where that cannot be.
        """


@record
class Choice:
    """Which units. names: serial numbers or addresses; every: all there are."""

    names: tuple[str, ...] = ()
    every: bool = False


@record
class Looks:
    """What to read of each unit; see `audit.sources.live.acquire`."""

    packages: Collection[str]
    files: Collection[str]
    users: tuple[int, ...] | None
    full: bool
    clock: Clock
    how: str = ""
    suspects: Collection[str] = ()
    inspect: Collection[str] = ()
    limit_s: float | None = None
    more: StepsFor = lambda _: ()
    spool: Spool | None = None


@record
class Read:
    """A unit and what was read of it."""

    row: DeviceRow
    snapshot: Snapshot


@record
class Unreached:
    """A unit that could not be read."""

    row: DeviceRow
    reason: str
    fix: str


OnStep = Callable[[DeviceRow, Progress], None]


def choose(rows: Sequence[DeviceRow], choice: Choice) -> tuple[DeviceRow, ...]:
    """The units that are meant. Raises NoUnit where there is none, UsageError where it could be several."""
    if choice.names:
        return tuple(_named(name, rows) for name in dict.fromkeys(choice.names))
    if not rows:
        raise NoUnit(
            "no unit is connected",
            fix="plug in a phone with USB debugging on, or give --connect HOST:PORT; see `adb-audit doctor`",
        )
    if len(rows) > 1 and not choice.every:
        raise UsageError(
            f"{len(rows)} units are connected and none was chosen: {_listed(rows)}",
            fix="name one, or give --all",
        )
    return tuple(rows)


def _named(name: str, rows: Sequence[DeviceRow]) -> DeviceRow:
    for row in rows:
        if name in (row.serial, row.slot):
            return row
    there = f"connected: {_listed(rows)}" if rows else "none is connected"
    raise NoUnit(f"no unit is called {name!r}; {there}", fix="`adb-audit devices` lists serials and states")


def _listed(rows: Sequence[DeviceRow]) -> str:
    return ", ".join(f"{name_of(row)} ({row.state.value})" for row in rows)


def name_of(row: DeviceRow) -> str:
    """What to call a unit: its serial number, or where it is plugged in when that cannot be read."""
    return row.serial or row.slot or "a unit without a name"


async def await_choice(ways: Ways, choice: Choice, *, wait_s: float) -> tuple[DeviceRow, ...]:
    """The chosen units; for one that is not connected yet, wait until it is plugged in.

    Raises NoUnit when the time is over, UsageError where it could be several.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + wait_s
    while True:
        try:
            return choose(await ways.rows(), choice)
        except NoUnit:
            if loop.time() >= until:
                raise
        await asyncio.sleep(_POLL_S)


async def read_units(
    ways: Ways, rows: Sequence[DeviceRow], looks: Looks, on_step: OnStep
) -> tuple[Read | Unreached, ...]:
    """Read *rows*, several at once, in their order."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(row: DeviceRow) -> Read | Unreached:
        async with free:
            return await _read(ways, row, looks, on_step)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(row)) for row in rows]
    return tuple(task.result() for task in tasks)


async def _read(ways: Ways, row: DeviceRow, looks: Looks, on_step: OnStep) -> Read | Unreached:
    if row.state not in _WORTH_OPENING:
        return Unreached(row=row, reason=row.detail, fix=row.fix)
    try:
        device = await ways.open(row)
    except AuditError as error:
        return Unreached(row=row, reason=error.what, fix=error.fix)
    try:
        snapshot = await read_device(device, looks, lambda step: on_step(row, step))
    finally:
        await device.close()
    return Read(row=row, snapshot=snapshot)


async def read_device(device: Device, looks: Looks, on_step: Callable[[Progress], None]) -> Snapshot:
    """What an open connection gives; it stays open."""
    return await acquire(
        device,
        packages=looks.packages,
        users=looks.users,
        full=looks.full,
        clock=looks.clock,
        on_step=on_step,
        files=looks.files,
        how=looks.how,
        suspects=looks.suspects,
        inspect=looks.inspect,
        limit_s=looks.limit_s,
        more=looks.more,
        spool=looks.spool,
    )
