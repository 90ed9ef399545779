from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Listing, Transport, open_row
from audit.adb.device import Device, DeviceRow, State
from audit.crate.called import called
from audit.crate.names import unit_name
from audit.errors import NoUnit
from audit.lab import Lab, shipped_unit
from audit.reports.redact import shown_serial

KEY = b"k" * 32


def row(serial: str, slot: str, transport: str = "server") -> DeviceRow:
    """A connected unit."""
    return DeviceRow(serial=serial, slot=slot, state=State.DEVICE, transport=transport)


class Nobody:
    """Nothing may be opened by it."""

    async def open(self, row: DeviceRow) -> Device:
        """Never."""
        raise AssertionError(row)


ROWS = (row("R58M123456A", "usb:1-4.2"), row("R58M999999Z", "usb:1-4.3"), row("", "usb:1-4.4"))


def names_of(one: DeviceRow) -> list[str]:
    """All that a unit may be called."""
    mask = shown_serial(one.serial, key=KEY)
    folder = unit_name("Nokia 7 plus", one.serial, one.slot, key=KEY)
    return [one.serial, one.slot, mask, mask.partition("#")[2].upper(), folder, f"{folder}-2", folder.upper()]


@pytest.mark.parametrize("name", names_of(ROWS[0]))
def test_a_unit_is_found_by_what_a_crate_calls_it(name: str) -> None:
    """Serial number, slot, mask, its six digits, and the name of its folder; nothing is opened for it."""
    assert asyncio.run(called(Nobody(), ROWS, name, key=KEY)) == ROWS[0]


@pytest.mark.parametrize("name", ["serial#000000", "usb:1-4", "R58M", "x" * 10_000, "[("])
def test_what_no_unit_is_called_lists_those_there_are(name: str) -> None:
    """Part of a name is none."""
    with pytest.raises(NoUnit, match="R58M123456A"):
        asyncio.run(called(Nobody(), ROWS, name, key=KEY))


def test_cloned_serial_numbers_are_told_apart_by_slot() -> None:
    """Which of two is meant is not guessed."""
    twins = (row("0123456789ABCDEF", "usb:1-1"), row("0123456789ABCDEF", "usb:1-2"))
    mask = shown_serial(twins[0].serial, key=KEY)
    with pytest.raises(NoUnit, match="usb:1-1, usb:1-2"):
        asyncio.run(called(Nobody(), twins, mask, key=KEY))
    assert asyncio.run(called(Nobody(), twins, "usb:1-2", key=KEY)) == twins[1]


class Direct(Nobody):
    """Ways over TCP."""

    def __init__(self, home: Path) -> None:
        self._options = ConnectOptions(environment={}, home=home, addresses=("127.0.0.1:1",))

    async def open(self, row: DeviceRow) -> Device:
        """Connect."""
        options = replace(self._options, addresses=(row.slot,))
        return await open_row(options, Listing(rows=(row,), transport=Transport.TCP, because=""), row)


def test_a_unit_known_by_its_address_is_asked_for_its_serial_number(tmp_path: Path) -> None:
    """A crate masks what the unit itself states; one that does not answer hides no other."""

    async def main() -> tuple[DeviceRow, str]:
        async with Lab(["clean-global", "incident-2019"]) as lab:
            addresses = [one.address for one in lab.units] + ["127.0.0.1:1"]
            rows = tuple(row(one, one, "tcp") for one in addresses)
            mask = shown_serial(shipped_unit("incident-2019").serial, key=KEY)
            return await called(Direct(tmp_path), rows, mask, key=KEY), lab.units[1].address

    found, address = asyncio.run(main())
    assert (found.slot, found.serial) == (address, address)
