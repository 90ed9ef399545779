from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from audit.adb.connection import WAITING, WireConnection
from audit.adb.device import DeviceRow, State
from audit.adb.events import ConnectRequested, StreamRequested
from audit.adb.opened import OpenedDevice
from audit.adb.shell import ShellId, pack_shell
from audit.adb.usb import MAX_DATA_BYTES, UsbLink, find_among, find_units, load_libusb
from audit.adb.wire import Role, Wire
from audit.errors import UnitLost
from tests.adb.pair import PHONE

PACKET = 64


class FakeBulk:
    """A unit behind two endpoints: each write is one transfer, each read gives at most one."""

    def __init__(self) -> None:
        self.wire = Wire(Role.DEVICE, PHONE)
        self.out: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self.transfers: list[bytes] = []
        self.gone = self.closed = False

    @property
    def packet_bytes(self) -> int:
        """A small packet, so that full ones occur."""
        return PACKET

    def read(self, count: int, timeout_s: float) -> bytes:
        """The next transfer, which must fit exactly as on a real bus."""
        if self.gone:
            raise OSError("No such device")
        try:
            data = self.out.get(timeout=min(timeout_s, 0.05))
        except queue.Empty:
            raise TimeoutError from None
        if len(data) > count:
            raise OSError("overflow")
        return data

    def write(self, data: bytes, timeout_s: float) -> None:
        """Take a transfer and answer it."""
        del timeout_s
        self.transfers.append(data)
        for event in self.wire.receive(data):
            if isinstance(event, ConnectRequested):
                self.wire.accept_connection()
            elif isinstance(event, StreamRequested):
                self.wire.accept(event.stream)
                self.wire.send(
                    event.stream, pack_shell(ShellId.STDOUT, b"x" * 1000) + pack_shell(ShellId.EXIT, b"\5")
                )
        for transfer in self.wire.transfers_to_send():
            self.out.put(bytes(transfer))

    def close(self) -> None:
        """Give the interface back."""
        self.closed = True


def test_a_unit_over_bulk_transfers_answers_like_any_other() -> None:
    """Connect, run, lose: header and payload travel apart, a full last packet is followed by an empty one."""

    async def main() -> FakeBulk:
        bulk = FakeBulk()
        connection = WireConnection("usb:1-2", max_data=MAX_DATA_BYTES)
        connection.attach(UsbLink(bulk, connection))
        async with asyncio.timeout(5):
            assert await connection.leave(WAITING) is State.DEVICE
        assert connection.wire.max_data == MAX_DATA_BYTES
        row = DeviceRow(serial="x", state=State.DEVICE, transport="usb")
        device = OpenedDevice(row, connection.wire.features, connection)
        done = await device.run("a" * (2 * PACKET - len("shell,v2,raw:\0")), timeout_s=5)
        assert (len(done.stdout), done.exit_code) == (1000, 5)
        bulk.gone = True
        await asyncio.sleep(0.2)
        with pytest.raises(UnitLost, match="No such device"):
            await device.run("x", timeout_s=5)
        return bulk

    bulk = asyncio.run(main())
    opened = next(n for n, one in enumerate(bulk.transfers) if one.startswith(b"OPEN"))
    assert [len(one) for one in bulk.transfers[opened : opened + 3]] == [24, 2 * PACKET, 0]
    assert all(len(one) == 24 for one in bulk.transfers[:opened:2])


def test_hanging_up_gives_the_interface_back() -> None:
    """After close the threads end and another program can have the phone."""

    async def main() -> None:
        bulk = FakeBulk()
        connection = WireConnection("usb:1-2")
        link = UsbLink(bulk, connection)
        connection.attach(link)
        await connection.leave(WAITING)
        await connection.close()
        async with asyncio.timeout(3):
            while not bulk.closed:  # noqa: ASYNC110 - closed by a thread, which has no event for us
                await asyncio.sleep(0.01)

    asyncio.run(main())


class FakeSetting:
    """An interface of a fake unit."""

    def __init__(self, *numbers: int) -> None:
        self._numbers = numbers

    def getClass(self) -> int:  # noqa: N802 - libusb1's own name
        """Class."""
        return self._numbers[0]

    def getSubClass(self) -> int:  # noqa: N802 - libusb1's own name
        """Subclass."""
        return self._numbers[1]

    def getProtocol(self) -> int:  # noqa: N802 - libusb1's own name
        """Protocol."""
        return self._numbers[2]

    def getNumber(self) -> int:  # noqa: N802 - libusb1's own name
        """Number."""
        return 1


class FakeUsbDevice:
    """A unit on a fake bus. serial: what it says; denied, busy: what happens instead."""

    def __init__(
        self, port: int, serial: str | Exception, claim: Exception | None = None, adb: int = 1
    ) -> None:
        self._port, self._serial, self._claim, self._adb = port, serial, claim, adb

    def iterSettings(self) -> Iterator[FakeSetting]:  # noqa: N802 - libusb1's own name
        """MTP, then ADB."""
        yield FakeSetting(6, 1, 1)
        if self._adb:
            yield FakeSetting(0xFF, 0x42, 1)

    def getBusNumber(self) -> int:  # noqa: N802 - libusb1's own name
        """Bus."""
        return 1

    def getPortNumberList(self) -> list[int]:  # noqa: N802 - libusb1's own name
        """Port."""
        return [4, self._port]

    def getSerialNumber(self) -> str:  # noqa: N802 - libusb1's own name
        """Serial."""
        if isinstance(self._serial, Exception):
            raise self._serial
        return self._serial

    @contextmanager
    def open(self) -> Iterator[FakeUsbDevice]:
        """A handle."""
        yield self

    @contextmanager
    def claimInterface(self, _number: int) -> Iterator[None]:  # noqa: N802 - libusb1's own name
        """Claim."""
        if self._claim is not None:
            raise self._claim
        yield


def test_a_unit_without_permission_hides_no_other() -> None:
    """Each ADB interface is a row with its place; one that is denied or busy has the fix."""
    usb1 = load_libusb()
    bus = [
        FakeUsbDevice(3, usb1.USBErrorAccess()),
        FakeUsbDevice(1, "GOOD"),
        FakeUsbDevice(2, "HELD", usb1.USBErrorBusy()),
        FakeUsbDevice(5, "GONE", usb1.USBErrorNoDevice()),
        FakeUsbDevice(4, "mouse", adb=0),
    ]
    rows = [found.row for found in find_among(usb1, bus)]
    assert [(row.slot, row.serial, row.state) for row in rows] == [
        ("usb:1-4.1", "GOOD", State.CONNECTING),
        ("usb:1-4.2", "HELD", State.BUSY),
        ("usb:1-4.3", "", State.NO_PERMISSIONS),
        ("usb:1-4.5", "GONE", State.OFFLINE),
    ]
    assert "plugdev" in rows[2].fix
    assert "adb -s HELD detach" in rows[1].fix


def test_the_bus_of_this_computer_can_be_read() -> None:
    """The bundled libusb loads and lists; without phones the list is empty."""
    for found in find_units(load_libusb()):
        assert found.row.slot.startswith("usb:")
