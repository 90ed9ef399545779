"""Direct connections: knock at a unit, see in which state it answers, wait until it lets us in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from audit.adb.connection import WAITING, Keys, Link, Receiver, WireConnection
from audit.adb.device import Device, DeviceRow, State
from audit.adb.opened import OpenedDevice
from audit.adb.states import with_fix
from audit.errors import AuditError, NotReady, TransportError, UnitLost
from audit.model.record import record

Say = Callable[[DeviceRow], None]
"""Told each time a unit that is waited for is seen in another state; the row says what to do."""

HOPELESS = frozenset({State.HOST, State.TLS_ONLY})
"""States that no waiting ends."""

_ASKING = WAITING | {State.UNAUTHORIZED}
_PAUSE_S, _LONGEST_PAUSE_S = 0.5, 5.0


@record
class Target:
    """A unit to knock at.

    row: what is known of it; connect: brings a byte transport up; key: what the phone is to allow, for people
    """

    row: DeviceRow
    connect: Callable[[Receiver], Awaitable[Link]]
    keys: Keys
    key: Callable[[], str]
    max_data: int
    handshake_s: float


async def look(target: Target) -> DeviceRow:
    """The state in which the unit answers; one that does not is a row, too."""
    try:
        connection, row = await _dial(target)
    except AuditError as error:
        return _unreachable(target, error)
    await connection.close()
    return row


async def open_direct(target: Target, *, wait_s: float, say: Say) -> Device:
    """Connect to the unit, for up to *wait_s* again and again; raises what keeps it from being read."""
    loop = asyncio.get_running_loop()
    deadline, pause, seen = loop.time() + wait_s, _PAUSE_S, State.DEVICE
    while True:
        error: AuditError | None = None
        try:
            connection, row = await _dial(target)
            if row.state in _ASKING and wait_s:
                say(row)
                seen = row.state
                row = await _settled(target, connection, deadline)
            if row.state is State.DEVICE:
                return OpenedDevice(row, connection.wire.features, connection)
            await connection.close()
        except (TransportError, UnitLost) as trouble:
            error, row = trouble, _unreachable(target, trouble)
        if row.state in HOPELESS or loop.time() + pause > deadline:
            said = f"the unit is {row.state.value}"
            raise error or NotReady(said, where=row.slot, fix=row.fix, state=row.state.value)
        if row.state is not seen:
            say(row)
            seen = row.state
        await asyncio.sleep(pause)
        pause = min(2 * pause, _LONGEST_PAUSE_S)


async def _dial(target: Target) -> tuple[WireConnection, DeviceRow]:
    connection = WireConnection(target.row.slot, target.keys, max_data=target.max_data)
    connection.attach(await target.connect(connection))
    deadline = asyncio.get_running_loop().time() + target.handshake_s
    try:
        row = await _settled(target, connection, deadline, WAITING)
    except AuditError:
        await connection.close()
        raise
    return connection, row


async def _settled(
    target: Target, connection: WireConnection, deadline: float, passing: frozenset[State] = _ASKING
) -> DeviceRow:
    """The row once the unit left the *passing* states, or at *deadline*."""
    try:
        async with asyncio.timeout_at(deadline):
            state = await connection.leave(passing)
    except TimeoutError:
        state = State.OFFLINE if connection.state is State.CONNECTING else connection.state
    peer = connection.wire.peer
    row = (
        target.row
        if peer is None
        else replace(target.row, product=peer.product, model=peer.model, device=peer.device)
    )
    return with_fix(replace(row, state=state), key=target.key() if state in _ASKING else "")


def _unreachable(target: Target, error: AuditError) -> DeviceRow:
    return replace(target.row, state=State.OFFLINE, detail=error.what, fix=error.fix)
