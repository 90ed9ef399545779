"""The ways to a unit: through an adb server, over USB, over TCP. Each lists its units and opens one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path
from types import ModuleType
from typing import Protocol

from audit.adb import usb
from audit.adb.connection import Key, Link, Receiver
from audit.adb.device import Device, DeviceRow, State
from audit.adb.dial import HOPELESS, Say, Target, look, open_direct
from audit.adb.held import Held
from audit.adb.keys import key_label, load_keys
from audit.adb.looks import server_looks, tcp_looks
from audit.adb.server import AdbServer
from audit.adb.states import with_fix
from audit.adb.tcp import connect_tcp, parse_address
from audit.adb.tracking import Look
from audit.adb.usb_watch import LibusbBus, usb_looks
from audit.adb.wire import MAX_DATA_BYTES
from audit.errors import NotReady, NoUnit
from audit.model.record import record

_GRACE_S = 2.0
"""How long the states that pass by themselves are waited for in any case."""
_PAUSE_S = 0.3


class Way(Protocol):
    """One way to units."""

    async def rows(self) -> tuple[DeviceRow, ...]:
        """Every unit it sees, in whatever state; raises TransportError when the way itself is closed."""

    async def open(self, row: DeviceRow, *, wait_s: float, say: Say) -> Device:
        """Open a listed unit, waiting up to *wait_s* until it can be read; raises NotReady with the fix."""

    def looks(self, held: Held) -> AsyncGenerator[Look, None]:
        """What is there, again and again, without a handshake; those in *held* are left alone."""


@record
class Owner:
    """Whose keys are offered. key_name: "user@host", as the phone lists the key."""

    vendor_keys: str
    home: Path
    key_name: str

    def keys(self) -> tuple[Key, ...]:
        """All keys, the owner's own last, created when it is missing."""
        return load_keys(self.vendor_keys, self.home, name=self.key_name)

    def label(self) -> str:
        """The key a phone is asked to allow, for people."""
        return key_label(self.home)


class ServerWay:
    """Through a running adb server."""

    def __init__(self, server: AdbServer, owner: Owner) -> None:
        self._server = server
        self._owner = owner

    async def rows(self) -> tuple[DeviceRow, ...]:
        """Every unit the server sees."""
        return tuple(self._told(row) for row in await self._server.devices())

    async def open(self, row: DeviceRow, *, wait_s: float, say: Say) -> Device:
        """Open a unit; its changes come from the server by themselves, nothing polls."""
        if row.state is not State.DEVICE:
            grace = _GRACE_S if row.state in {State.AUTHORIZING, State.CONNECTING} else 0.0
            row = await self._wait(row, max(wait_s, grace), say)
        return await self._server.device(row)

    def looks(self, held: Held) -> AsyncGenerator[Look, None]:
        """What the server tells by itself."""
        del held  # the server shares its units
        return server_looks(self._server)

    async def _wait(self, row: DeviceRow, wait_s: float, say: Say) -> DeviceRow:
        if wait_s and row.state not in HOPELESS:
            say(row)
            try:
                async with asyncio.timeout(wait_s):
                    return await self._ready(row, say)
            except TimeoutError:
                pass  # what it is in now is said below
        state = row.state.value
        raise NotReady(f"the unit is {state}", where=row.serial or row.slot, fix=row.fix, state=state)

    async def _ready(self, row: DeviceRow, say: Say) -> DeviceRow:
        seen = row.state
        async for rows in self._server.track():
            now = next((self._told(one) for one in rows if _same(one, row)), None)
            if now is not None and now.state is State.DEVICE:
                return now
            if now is not None and now.state is not seen:
                say(now)
                seen = now.state
        raise AssertionError  # pragma: no cover - track() never ends without raising

    def _told(self, row: DeviceRow) -> DeviceRow:
        return with_fix(row, key=self._owner.label()) if row.state is State.UNAUTHORIZED else row


class TcpWay:
    """Straight to listening units."""

    def __init__(self, addresses: tuple[str, ...], owner: Owner, handshake_s: float) -> None:
        self._addresses = tuple(parse_address(address) for address in addresses)
        self._owner = owner
        self._handshake_s = handshake_s

    async def rows(self) -> tuple[DeviceRow, ...]:
        """Every address that was named, with the state in which it answers."""
        return tuple(await asyncio.gather(*(look(self._target(*one)) for one in self._addresses)))

    async def open(self, row: DeviceRow, *, wait_s: float, say: Say) -> Device:
        """Connect to a unit."""
        return await open_direct(self._target(*parse_address(row.slot)), wait_s=wait_s, say=say)

    def looks(self, held: Held) -> AsyncGenerator[Look, None]:
        """Every address, with whether somebody answers there."""
        return tcp_looks([self._target(*one).row for one in self._addresses], held)

    def _target(self, host: str, port: int) -> Target:
        async def connect(receiver: Receiver) -> Link:
            return await connect_tcp(host, port, receiver, timeout_s=self._handshake_s)

        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return Target(
            row=DeviceRow(serial=address, slot=address, state=State.CONNECTING, transport="tcp"),
            connect=connect,
            keys=self._owner.keys,
            key=self._owner.label,
            max_data=MAX_DATA_BYTES,
            handshake_s=self._handshake_s,
        )


class UsbWay:
    """Straight to units on USB; libusb blocks, so it is asked in a thread."""

    def __init__(self, owner: Owner, user: str, handshake_s: float) -> None:
        self._owner = owner
        self._user = user
        self._handshake_s = handshake_s

    async def rows(self) -> tuple[DeviceRow, ...]:
        """Every unit on the bus, also those that may not be opened."""
        usb1, found = await self._find()
        return tuple(await asyncio.gather(*(self._look(usb1, one) for one in found)))

    async def open(self, row: DeviceRow, *, wait_s: float, say: Say) -> Device:
        """Claim the interface of a unit and connect."""
        usb1 = await asyncio.to_thread(usb.load_libusb)
        loop = asyncio.get_running_loop()
        until = loop.time() + _GRACE_S
        while True:
            one = await asyncio.to_thread(usb.find_unit, usb1, row.slot)
            if one is None:
                raise NoUnit("the unit went away", where=row.slot, fix="Plug it in again.")
            if one.device is not None:
                return await open_direct(self._target(usb1, one), wait_s=wait_s, say=say)
            if one.row.state is not State.BUSY or loop.time() > until:
                state = one.row.state.value
                raise NotReady(f"the unit is {state}", where=row.slot, fix=one.row.fix, state=state)
            await asyncio.sleep(_PAUSE_S)  # it may be our own last session that has not let go yet

    def looks(self, held: Held) -> AsyncGenerator[Look, None]:
        """What comes to the bus and leaves it."""
        del held  # a unit that was free once is not touched again
        return usb_looks(lambda: LibusbBus(usb.load_libusb(), self._user))

    async def _find(self) -> tuple[ModuleType, tuple[usb.UsbFound, ...]]:
        usb1 = await asyncio.to_thread(usb.load_libusb)
        return usb1, await asyncio.to_thread(usb.find_units, usb1)

    async def _look(self, usb1: ModuleType, found: usb.UsbFound) -> DeviceRow:
        if found.device is None:
            return with_fix(found.row, user=self._user)
        return await look(self._target(usb1, found))

    def _target(self, usb1: ModuleType, found: usb.UsbFound) -> Target:
        async def connect(receiver: Receiver) -> Link:
            return usb.UsbLink(await asyncio.to_thread(usb.LibusbBulk, usb1, found), receiver)

        return Target(
            row=found.row,
            connect=connect,
            keys=self._owner.keys,
            key=self._owner.label,
            max_data=usb.MAX_DATA_BYTES,
            handshake_s=self._handshake_s,
        )


def _same(one: DeviceRow, other: DeviceRow) -> bool:
    if one.serial or other.serial:
        return one.serial == other.serial
    return bool(one.slot) and one.slot == other.slot
