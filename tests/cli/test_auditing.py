from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from audit.adb.device import Device, DeviceRow, State
from audit.cli.auditing import Choice, Looks, Read, Unreached, await_choice, choose, read_units
from audit.cli.scanning import file_name
from audit.errors import NotReady, NoUnit, UsageError
from tests.sources.scripted import ScriptedDevice, ordinary


def row(serial: str, state: State = State.DEVICE, slot: str = "") -> DeviceRow:
    """A unit as a transport lists it."""
    return DeviceRow(serial=serial, state=state, transport="usb", slot=slot, fix="do this")


class Bench:
    """Ways to units in memory; *later* are the rows from the second look on."""

    def __init__(self, rows: Sequence[DeviceRow], later: Sequence[DeviceRow] | None = None) -> None:
        self._looks = [tuple(rows), tuple(rows if later is None else later)]

    async def rows(self) -> tuple[DeviceRow, ...]:
        """What is plugged in."""
        return self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]

    async def open(self, row: DeviceRow) -> Device:
        """An honest unit, unless it is not ready."""
        if row.state is not State.DEVICE:
            raise NotReady(f"stayed {row.state.value}", fix="tap Allow")
        return ScriptedDevice(ordinary())


LOOKS = Looks(packages=(), files=(), users=None, full=False, clock=lambda: datetime(2025, 1, 1, tzinfo=UTC))
A, B = row("A", slot="usb:1-1"), row("B")


@pytest.mark.parametrize(
    ("rows", "choice", "chosen"),
    [
        ([A], Choice(), [A]),
        ([A, B], Choice(every=True), [A, B]),
        ([A, B], Choice(names=("B",)), [B]),
        ([A, B], Choice(names=("usb:1-1",)), [A]),
        ([A, B], Choice(names=("B", "A", "B")), [B, A]),
    ],
)
def test_units_are_chosen(rows: list[DeviceRow], choice: Choice, chosen: list[DeviceRow]) -> None:
    """The only one, all, or those named by serial number or slot, each once."""
    assert list(choose(rows, choice)) == chosen


@pytest.mark.parametrize(
    ("rows", "choice", "error", "said"),
    [
        ([], Choice(), NoUnit, "no unit is connected"),
        ([], Choice(every=True), NoUnit, "no unit is connected"),
        ([A, B], Choice(), UsageError, r"2 units .*: A \(device\), B \(device\)"),
        ([A], Choice(names=("C",)), NoUnit, r"no unit is called 'C'; connected: A \(device\)"),
    ],
)
def test_a_choice_that_is_none_lists_what_there_is(
    rows: list[DeviceRow], choice: Choice, error: type[Exception], said: str
) -> None:
    """The error holds the names a person needs for the next try."""
    with pytest.raises(error, match=said):
        choose(rows, choice)


def test_a_unit_that_is_plugged_in_late_is_waited_for() -> None:
    """--wait covers the time to find the cable; without it the answer is at once."""
    assert asyncio.run(await_choice(Bench([], [A]), Choice(), wait_s=5.0)) == (A,)
    with pytest.raises(NoUnit):
        asyncio.run(await_choice(Bench([], [A]), Choice(), wait_s=0.0))


def test_every_unit_is_read_or_a_row_with_its_fix() -> None:
    """Nobody is dropped, and the order is that of the list."""
    recovery, locked = row("R", State.RECOVERY), row("L", State.UNAUTHORIZED)
    found = asyncio.run(read_units(Bench([]), [recovery, A, locked], LOOKS, lambda _row, _step: None))
    assert [type(one) for one in found] == [Unreached, Read, Unreached]
    fixes = [one.fix for one in found if isinstance(one, Unreached)]
    assert fixes == ["do this", "tap Allow"]


@pytest.mark.parametrize(
    ("serial", "name"),
    [
        ("R58M1", "R58M1"),
        ("127.0.0.1:5555", "127.0.0.1_5555"),
        ("../../etc/x", "etc_x"),
        ("\x1b[2J", "2J"),
        ("", "unit"),
    ],
)
def test_a_serial_number_is_no_path(serial: str, name: str) -> None:
    """A unit chooses its own serial number; a file of ours is not named by it unchecked."""
    made = file_name(row(serial))
    assert made == name or (serial == "" and "/" not in made)
