"""Client of a running adb server: its units, their states, and a `audit.adb.device.Device` on each.

It never starts a server and never ends one: others may have phones on it.

Source: AOSP packages/modules/adb, docs/dev/services.md; adb.cpp (handle_host_request).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from typing import TypeVar

from audit.adb.device import DeviceRow, State
from audit.adb.opened import OpenedDevice
from audit.adb.smartsocket import ServerAddress, ServerFailed, SmartSocket, connect_server
from audit.adb.states import fix_for, parse_devices, state_named, state_of_failure
from audit.errors import AuditError, NotReady, NoUnit, ProtocolError, TransportError, UnitLost
from audit.model.text import clean

T = TypeVar("T")

CONNECT_S = 2.0
REPLY_S = 5.0
"""How long a server may take for an answer of its own; what a unit answers has the caller's deadline."""

_HANGS = "It hangs: `adb kill-server; adb start-server` helps, and breaks what other programs do with it."


class AdbServer:
    """A running adb server.

    connect_s, reply_s: how long its socket and its own answers may take, in seconds
    """

    def __init__(
        self, address: ServerAddress, *, connect_s: float = CONNECT_S, reply_s: float = REPLY_S
    ) -> None:
        self.address = address
        self._connect_s = connect_s
        self._reply_s = reply_s

    async def version(self) -> int:
        """The server's protocol version: 41 for all platform-tools since 2018."""
        text = await self._ask("host:version")
        try:
            return int(text, 16)
        except ValueError:
            raise ProtocolError(f"{text!r} is no version", where=str(self.address), fix=_HANGS) from None

    async def devices(self) -> tuple[DeviceRow, ...]:
        """All units the server sees, in whatever state, in its order."""
        return parse_devices(await self._ask("host:devices-l"))

    async def track(self) -> AsyncGenerator[tuple[DeviceRow, ...], None]:
        """All units, now and after each change; ends with TransportError when the server goes away."""
        socket = await self._connect()
        try:
            await self._within(socket.request("host:track-devices-l"))
            while (block := await socket.block()) is not None:
                yield parse_devices(block.decode("utf-8", "replace"))
        except ServerFailed as failed:
            raise self._translate(failed.reason, None) from None
        finally:
            socket.close()
        raise TransportError(
            "the adb server went away", where=str(self.address), fix="Run `adb start-server`."
        )

    async def features(self, unit: DeviceRow) -> frozenset[str]:
        """What the server and *unit* both support."""
        text = await self._ask(f"{_about(unit)}:features", unit)
        return frozenset(filter(None, text.strip().split(",")))

    async def state(self, unit: DeviceRow) -> State:
        """The unit's state now; raises UnitLost when the server no longer has it."""
        return state_named((await self._ask(f"{_about(unit)}:get-state", unit)).strip())

    async def open(self, unit: DeviceRow, service: str) -> SmartSocket:
        """Start *service* on *unit*; how long that may take is the caller's business."""
        socket = await self._connect()
        opened = False
        try:
            await socket.request(_transport(unit))
            await socket.request(service)
            opened = True
        except ServerFailed as failed:
            raise self._translate(failed.reason, unit) from None
        finally:
            if not opened:
                socket.close()
        return socket

    async def device(self, unit: DeviceRow) -> OpenedDevice:
        """An open connection to *unit*, which must be in state DEVICE; raises NotReady or UnitLost."""
        if unit.state is not State.DEVICE:
            state = unit.state.value
            raise NotReady(f"the unit is {state}", where=unit.serial, fix=unit.fix, state=state)
        return OpenedDevice(unit, await self.features(unit), ServerOpener(self, unit))

    async def _ask(self, request: str, unit: DeviceRow | None = None) -> str:
        socket = await self._connect()
        try:
            await self._within(socket.request(request))
            block = await self._within(socket.block())
        except ServerFailed as failed:
            raise self._translate(failed.reason, unit) from None
        finally:
            socket.close()
        return clean((block or b"").decode("utf-8", "replace"))

    async def _connect(self) -> SmartSocket:
        return await connect_server(self.address, timeout_s=self._connect_s)

    async def _within(self, work: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(self._reply_s):
                return await work
        except TimeoutError:
            raise TransportError(
                f"the adb server did not answer within {self._reply_s:g} s",
                where=str(self.address),
                fix=_HANGS,
            ) from None

    def _translate(self, reason: str, unit: DeviceRow | None) -> AuditError:
        where = unit.serial or unit.slot if unit else str(self.address)
        state = state_of_failure(reason)
        if "not found" in reason or "no devices" in reason or "no device with transport" in reason:
            return UnitLost(f"the unit went away ({reason})", where=where, fix="Plug it in again.")
        if state is State.OFFLINE:
            return UnitLost(f"the unit is offline ({reason})", where=where, fix=fix_for(state))
        if state is not None:
            return NotReady(reason, where=where, fix=fix_for(state), state=state.value)
        if "more than one" in reason:
            return NoUnit(reason, where=where, fix="Name one of them.")
        return ProtocolError(
            f"refused: {reason}", where=where, fix="Update platform-tools, then replug the phone."
        )


class ServerOpener:
    """Opens streams to one unit; each is a connection of its own to the server."""

    def __init__(self, server: AdbServer, unit: DeviceRow) -> None:
        self._server = server
        self._unit = unit

    async def open(self, service: str) -> SmartSocket:
        """Start *service*; raises UnitLost rather than ProtocolError if the unit is gone."""
        try:
            return await self._server.open(self._unit, service)
        except TransportError:
            await self.confirm()
            raise

    async def confirm(self) -> None:
        """Raise UnitLost if the unit went away, alone or with the server."""
        try:
            state = await self._server.state(self._unit)
        except TransportError as error:
            raise UnitLost(
                f"the adb server went away with the unit ({error.what})",
                where=self._unit.serial,
                fix=error.fix,
            ) from error
        if state is not State.DEVICE:
            raise UnitLost(f"the unit is {state.value}", where=self._unit.serial, fix=fix_for(state))

    async def close(self) -> None:
        """Nothing is kept open between streams."""


def _about(unit: DeviceRow) -> str:
    # After a replug the transport id is another one; by serial two sessions would be mixed.
    return (
        f"host-transport-id:{unit.transport_id}"
        if unit.transport_id is not None
        else f"host-serial:{unit.serial}"
    )


def _transport(unit: DeviceRow) -> str:
    if unit.transport_id is not None:
        return f"host:transport-id:{unit.transport_id}"
    return f"host:transport:{unit.serial}"
