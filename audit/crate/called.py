"""Which connected unit is meant: by serial number, slot or address, or as the tables of a crate call it."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from typing import Protocol

from audit.adb.connect import choose
from audit.adb.device import Device, DeviceRow, State
from audit.crate.names import unit_name
from audit.errors import AuditError, NoUnit
from audit.model.text import clean_line
from audit.reports.redact import shown_serial

_ASK_S = 10.0
_AT_ONCE = 16
_NAMED = re.compile(r"(?:.*[-_#])?(?P<token>[0-9a-f]{6})(?:-\d{1,4})?", re.IGNORECASE | re.DOTALL)


class Opens(Protocol):
    """What connects to units."""

    async def open(self, row: DeviceRow) -> Device:
        """Connect to one of them; raises UnitError or TransportError where that cannot be."""


async def called(ways: Opens, rows: tuple[DeviceRow, ...], name: str | None, *, key: bytes) -> DeviceRow:
    """The one unit of *rows* that *name* means, None = the only one there is.

    name: a serial number, a slot or an address; or a mask ("serial#4f2a9c", "4f2a9c") or the name of a folder
        that a report under *key* shows for its serial number
    Units that are known by an address only are asked for their serial number, if nothing else fits.
    Raises NoUnit, which lists those there are.
    """
    if not name or any(name in {row.serial, row.slot} for row in rows):
        return choose(rows, name or None)
    found = _like(rows, name, key)
    if not found:
        found = _like(await _with_serials(ways, rows, key), name, key)
    if len(found) > 1:
        slots = ", ".join(row.slot or row.serial for row in found)
        raise NoUnit(f"several units are called {clean_line(name)}: {slots}", fix="Name one by its slot.")
    if not found:
        return choose(rows, name)  # says which there are
    return next(
        row for row in rows if row.slot == found[0].slot and row.transport_id == found[0].transport_id
    )


def _like(rows: tuple[DeviceRow, ...], name: str, key: bytes) -> tuple[DeviceRow, ...]:
    return tuple(row for row in rows if row.serial and _fits(row, name, key))


def _fits(row: DeviceRow, name: str, key: bytes) -> bool:
    shown = shown_serial(row.serial, key=key)
    folder = unit_name("", row.serial, row.slot, key=key).removeprefix("unit-")
    if re.fullmatch(rf"(?:.*-)?{re.escape(folder)}(?:-\d{{1,4}})?", name, re.IGNORECASE | re.DOTALL):
        return True
    found = _NAMED.fullmatch(name)
    return found is not None and shown.casefold().endswith(f"#{found['token'].casefold()}")


async def _with_serials(ways: Opens, rows: tuple[DeviceRow, ...], key: bytes) -> tuple[DeviceRow, ...]:
    """Those known by an address, with the serial number they state."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(row: DeviceRow) -> DeviceRow | None:
        async with turns:
            try:
                device = await ways.open(row)
            except AuditError:  # choosing another unit does not depend on it
                return None
            try:
                answer = await device.run("getprop ro.serialno", timeout_s=_ASK_S)
            except AuditError:
                return None
            finally:
                await device.close()
        return replace(row, serial=clean_line(answer.stdout.decode("utf-8", "replace")).strip())

    asked = (row for row in rows if row.serial and shown_serial(row.serial, key=key) == row.serial)
    found = await asyncio.gather(*(one(row) for row in asked if row.state is State.DEVICE))
    return tuple(row for row in found if row is not None)
