"""Finding units and opening one: which way, which unit, and waiting until it can be read.

``auto`` takes the addresses that were named, else a running adb server, else USB, and says which and why.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from enum import StrEnum
from pathlib import Path

from audit.adb.device import Device, DeviceRow, State
from audit.adb.dial import Say
from audit.adb.held import Held
from audit.adb.server import AdbServer
from audit.adb.smartsocket import server_address
from audit.adb.tracking import settled
from audit.adb.ways import Owner, ServerWay, TcpWay, UsbWay, Way
from audit.errors import NoUnit, TransportError, UsageError
from audit.model.record import record

_PROBE_CONNECT_S = 0.1
_PROBE_REPLY_S = 2.0
_WATCH_REPLY_S = 10.0
"""The same, to follow it: one that was just started listens before it answers, and the way is kept."""
_POLL_S = 1.0

_NONE = (
    "Plug the phone in by a data cable, switch on USB debugging (Settings > System > Developer options), "
    "and look at its screen; `adb-audit doctor` checks this computer."
)


class Transport(StrEnum):
    """How a unit is reached."""

    AUTO = "auto"
    SERVER = "server"
    USB = "usb"
    TCP = "tcp"


@record
class ConnectOptions:
    """What was asked for, and the surroundings it was asked in.

    addresses: "HOST[:PORT]" of units that listen on TCP; environment, home: of the one who asks
    user, host: names of the user and of this computer, by which a phone lists the key
    wait_s: how long a unit that cannot be read yet is waited for, 0 = not at all
    handshake_s: how long one direct connection may take to answer
    """

    transport: Transport = Transport.AUTO
    addresses: tuple[str, ...] = ()
    environment: Mapping[str, str]
    home: Path
    user: str = ""
    host: str = ""
    wait_s: float = 0.0
    handshake_s: float = 3.0

    @property
    def owner(self) -> Owner:
        """Whose keys are offered."""
        return Owner(
            vendor_keys=self.environment.get("ADB_VENDOR_KEYS", ""),
            home=self.home,
            key_name=f"{self.user or 'unknown'}@{self.host or 'unknown'}",
        )


@record
class Listing:
    """The units found. transport: the way that was taken, never AUTO; because: why that one, for people.

    trouble: what keeps the way from seeing units just now, "" = nothing; those it saw last are listed then
    """

    rows: tuple[DeviceRow, ...]
    transport: Transport
    because: str
    trouble: str = ""


@record
class _Picked:
    way: Way
    transport: Transport
    because: str


async def list_units(options: ConnectOptions) -> Listing:
    """Every unit that can be seen, in whatever state, each with what to do about it.

    Raises TransportError when the way that was asked for is closed, UsageError on what makes no sense.
    """
    return (await _look(options))[1]


async def watch_units(options: ConnectOptions, held: Held | None = None) -> AsyncGenerator[Listing, None]:
    """All units there are, then all of them again after each change; it ends when the caller ends it.

    Nothing is dialled: over USB and TCP a unit that can be opened is in state CONNECTING, an address that
    nobody answers at is a row in state OFFLINE (`audit.adb.tracking.is_there`). The way that was chosen at
    the beginning is kept: an adb server that appears later cannot have the phones that are open over USB,
    and one that goes away is waited for, its units being OFFLINE until it is back; it is never started.
    held: the slots this program has open, which are left alone
    Raises TransportError when the way that was asked for is closed at the beginning, UsageError on what makes
    no sense.
    """
    picked = await _pick_to_watch(options)
    async with aclosing(settled(picked.way.looks(held or Held()))) as looks:
        async for look in looks:
            yield Listing(
                rows=look.rows, transport=picked.transport, because=picked.because, trouble=look.trouble
            )


async def open_unit(
    options: ConnectOptions, serial: str | None = None, say: Say = lambda _row: None
) -> Device:
    """Open one unit: *serial* (or its slot), else ANDROID_SERIAL, else the only one there is.

    say: told the row of a unit that is waited for, each time its state changes
    Raises NoUnit (none, not that one, or several), NotReady with the fix, UnitLost, TransportError.
    """
    serial = serial or options.environment.get("ANDROID_SERIAL") or None
    named = _named(options, serial)
    if named is not None:
        picked = await _picked(options, Transport.TCP)
        return await picked.way.open(named, wait_s=options.wait_s, say=say)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + options.wait_s
    while True:
        picked, listing = await _look(options)
        if loop.time() + _POLL_S > deadline or _candidates(listing.rows, serial):
            break
        await asyncio.sleep(_POLL_S)
    row = choose(listing.rows, serial)
    return await picked.way.open(row, wait_s=max(0.0, deadline - loop.time()), say=say)


async def open_row(
    options: ConnectOptions, listing: Listing, row: DeviceRow, say: Say = lambda _row: None
) -> Device:
    """Open a unit of *listing* by the way it was found; raises as `open_unit` does."""
    picked = await _picked(options, listing.transport)
    return await picked.way.open(row, wait_s=options.wait_s, say=say)


def choose(rows: tuple[DeviceRow, ...], serial: str | None) -> DeviceRow:
    """The unit meant by *serial*, or the only one; raises NoUnit, which lists those there are."""
    found = _candidates(rows, serial)
    if len(found) == 1:
        return found[0]
    there = ", ".join(f"{row.serial or row.slot} ({row.state.value})" for row in rows)
    if not rows:
        raise NoUnit("no phone is connected", where=serial or "", fix=_NONE)
    if serial and not found:
        raise NoUnit(
            f"not connected; there are: {there}", where=serial, fix="Name one of these, or plug it in."
        )
    raise NoUnit(f"several phones and none chosen: {there}", fix="Name one of them, or take all by `--all`.")


def _named(options: ConnectOptions, serial: str | None) -> DeviceRow | None:
    """The one address that was named, if it is the unit that is meant.

    It is dialled once: a look would be a second handshake, and an old adbd takes one host at a time.
    """
    if options.transport not in {Transport.AUTO, Transport.TCP} or len(options.addresses) != 1:
        return None
    [address] = options.addresses
    if serial not in {None, address}:
        return None
    return DeviceRow(serial=address, slot=address, state=State.CONNECTING, transport="tcp")


def _candidates(rows: tuple[DeviceRow, ...], serial: str | None) -> tuple[DeviceRow, ...]:
    return rows if serial is None else tuple(row for row in rows if serial in {row.serial, row.slot})


async def _look(options: ConnectOptions) -> tuple[_Picked, Listing]:
    picked = await _pick(options)
    rows = await picked.way.rows()
    if not rows and picked.transport is Transport.SERVER and options.transport is Transport.AUTO:
        # Its USB may be switched off, or it may run where the phones are not plugged in.
        usb = await _picked(options, Transport.USB)
        try:
            seen = await usb.way.rows()
        except TransportError:  # without libusb the server's empty list stands
            seen = ()
        if seen:
            picked, rows = usb, seen
    return picked, Listing(rows=rows, transport=picked.transport, because=picked.because)


async def _pick_to_watch(options: ConnectOptions) -> _Picked:
    """The way, as `_look` takes it: a server that sees nothing while the bus has units is not watched."""
    picked = await _pick(options, reply_s=_WATCH_REPLY_S)
    if picked.transport is not Transport.SERVER or options.transport is not Transport.AUTO:
        return picked
    if await picked.way.rows():
        return picked
    usb = await _picked(options, Transport.USB)
    try:
        async with aclosing(usb.way.looks(Held())) as looks:
            free = any(row.state is State.CONNECTING for row in (await anext(looks)).rows)
    except TransportError:  # without libusb the server's empty list stands
        return picked
    return usb if free else picked


async def _pick(options: ConnectOptions, *, reply_s: float = _PROBE_REPLY_S) -> _Picked:
    if options.transport is not Transport.AUTO:
        return await _picked(options, options.transport, reply_s=reply_s)
    if options.addresses:
        return await _picked(options, Transport.TCP)
    try:
        return await _picked(options, Transport.SERVER, reply_s=reply_s)
    except TransportError as error:
        usb = await _picked(options, Transport.USB)
        return _Picked(
            way=usb.way,
            transport=usb.transport,
            because=f"USB, since the adb server did not answer: {error.what}",
        )


async def _picked(
    options: ConnectOptions, transport: Transport, *, reply_s: float = _PROBE_REPLY_S
) -> _Picked:
    owner = options.owner
    if transport is Transport.TCP:
        if not options.addresses:
            raise UsageError("no address to connect to", fix="Name it: `--connect HOST:PORT`.")
        because = "TCP, since an address was named"
        return _Picked(
            way=TcpWay(options.addresses, owner, options.handshake_s), transport=transport, because=because
        )
    if transport is Transport.USB:
        because = (
            "USB, since no adb server sees a unit" if options.transport is Transport.AUTO else "USB, as asked"
        )
        return _Picked(
            way=UsbWay(owner, options.user, options.handshake_s), transport=transport, because=because
        )
    address = server_address(options.environment)
    version = await AdbServer(address, connect_s=_PROBE_CONNECT_S, reply_s=reply_s).version()
    because = f"the adb server (version {version}) that answers at {address}, {address.why}"
    return _Picked(way=ServerWay(AdbServer(address), owner), transport=Transport.SERVER, because=because)
