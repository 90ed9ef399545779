"""The ways to units that were asked for on the command line, over `audit.adb.connect`."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from pathlib import Path

from audit.adb.connect import ConnectOptions, Listing, Transport, list_units, open_row, watch_units
from audit.adb.device import Device, DeviceRow
from audit.adb.held import Held, Kept
from audit.adb.tcp import parse_address
from audit.errors import AuditError, UsageError

DEFAULT_WAIT_S = 15.0
_COMPLETION_S = 1.0


def options(
    transport: str | None, addresses: Sequence[str], *, wait_s: float = DEFAULT_WAIT_S
) -> ConnectOptions:
    """How to reach units, in the surroundings of whoever runs this.

    Raises UsageError for a transport there is none of, and for what is no address.
    """
    name = transport or Transport.AUTO.value
    try:
        chosen = Transport(name)
    except ValueError:
        known = ", ".join(one.value for one in Transport)
        raise UsageError(f"unknown transport {name!r}", fix=f"choose one of: {known}") from None
    for address in addresses:
        parse_address(address)
    return ConnectOptions(
        transport=chosen,
        addresses=tuple(addresses),
        environment=os.environ,
        home=Path.home(),
        user=user_name(),
        host=socket.gethostname(),
        wait_s=wait_s,
    )


def user_name() -> str:
    """Who runs this; "" where there is no name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id, as in some containers
        return ""


class Reach:
    """Units as `audit.adb.connect` finds them; `listing` says by which transport and why.

    say: is told of a unit that is waited for, each time its state changes
    """

    def __init__(self, asked: ConnectOptions, say: Callable[[DeviceRow], None] = lambda _: None) -> None:
        self._asked = asked
        self._say = say
        self.listing = Listing(rows=(), transport=asked.transport, because="")
        self._held = Held()

    async def rows(self) -> tuple[DeviceRow, ...]:
        """All units there are."""
        self.listing = await list_units(self._asked)
        return self.listing.rows

    async def changes(self) -> AsyncGenerator[tuple[DeviceRow, ...], None]:
        """All units there are, then all of them after each change; see `audit.adb.connect.watch_units`."""
        async with aclosing(watch_units(self._asked, self._held)) as listings:
            async for self.listing in listings:
                yield self.listing.rows

    async def open(self, row: DeviceRow, say: Callable[[DeviceRow], None] | None = None) -> Device:
        """Connect to a unit that `rows` or `changes` gave; while it is open, `changes` leaves it alone.

        say: told in place of the one given for all units
        """
        await self._held.take(row.slot)
        try:
            device = await open_row(self._asked, self.listing, row, say or self._say)
        except BaseException:  # whatever it is, it goes on; but the unit is not open
            self._held.release(row.slot)
            raise
        return Kept(device, lambda: self._held.release(row.slot))


class Told(Reach):
    """Says how units are found, and what keeps them from being seen, each time that changes.

    watch: until somebody ends it, not once
    """

    def __init__(
        self, asked: ConnectOptions, say: Callable[[str], None], *, watch: bool, ends: str = "Ctrl-C ends it"
    ) -> None:
        super().__init__(asked)
        self._tell, self._watch, self._ends = say, watch, ends
        self._told = ""

    @property
    def because(self) -> str:
        """By which way units are found, and why."""
        return self.listing.because

    async def changes(self) -> AsyncGenerator[tuple[DeviceRow, ...], None]:
        """All units there are, then all of them after each change."""
        async with aclosing(super().changes()) as changes:
            async for rows in changes:
                told = self.listing.trouble or self._how(len(rows))
                news = self._watch or self.listing.trouble or not self._told
                if news and told != self._told:
                    self._told = told
                    self._tell(told)
                yield rows

    def _how(self, count: int) -> str:
        if self._watch:
            return f"watching by {self.listing.because}" + (f"; {self._ends}" if self._ends else "")
        return f"{count} unit{'' if count == 1 else 's'} by {self.listing.because}"


def rows_for_completion() -> tuple[DeviceRow, ...]:
    """Units of a running adb server for the shell to offer after TAB: at once, or none.

    Only a server is asked: over USB or TCP a look is a handshake, which may raise the phone's Allow dialog.
    """

    async def look() -> tuple[DeviceRow, ...]:
        async with asyncio.timeout(_COMPLETION_S):
            return await Reach(options(Transport.SERVER.value, (), wait_s=0.0)).rows()

    try:
        return asyncio.run(look())
    except (AuditError, TimeoutError):
        return ()
