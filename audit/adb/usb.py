"""The byte transport over USB: own enumeration, adb-shell's libusb transport, one adapter with two threads.

libusb comes from the libusb-package wheel, so no system library is needed. Not yet measured on a phone.

Source: AOSP packages/modules/adb, client/usb_libusb.cpp (header and payload are transfers of their own, a
payload that fills its last packet is followed by an empty one) and daemon/usb.cpp.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import queue
import threading
from collections.abc import Iterable
from types import ModuleType
from typing import Any, Protocol

from audit.adb.connection import Receiver
from audit.adb.device import DeviceRow, State
from audit.adb.frames import HEADER, HEADER_BYTES
from audit.adb.states import with_fix
from audit.adb.wire import Wire
from audit.errors import NotReady, TransportError
from audit.model.record import record
from audit.model.text import clean_line

ADB_INTERFACE = (0xFF, 0x42, 0x01)
"""Class, subclass and protocol by which a USB interface says that it speaks ADB."""

MAX_DATA_BYTES = 256 << 10
"""What we take in one packet over USB: the kernel's 16 MB for all transfers must do for a crate of phones."""

_POLL_S = 0.5
_TRANSFER_S = 10.0


class Bulk(Protocol):
    """Two bulk endpoints of a claimed interface. All calls block.

    Both raise TimeoutError when nothing moved in time, and any other OSError when the unit is gone.
    """

    @property
    def packet_bytes(self) -> int:
        """Longest packet of the outgoing endpoint: 512, or 1024 at SuperSpeed."""

    def read(self, count: int, timeout_s: float) -> bytes:
        """Up to *count* bytes: one transfer."""

    def write(self, data: bytes, timeout_s: float) -> None:
        """All of *data*, as one transfer; b"" is an empty packet."""

    def close(self) -> None:
        """Give the interface back."""


@record
class UsbFound:
    """One ADB interface on the bus. device, setting: libusb's own; None where the row says why not."""

    row: DeviceRow
    device: Any = None
    setting: Any = None


def load_libusb() -> ModuleType:
    """The ``usb1`` module on the bundled libusb; raises TransportError when none loads here."""
    import libusb_package  # noqa: PLC0415 - only the USB transport needs it
    import usb1  # noqa: PLC0415 - the same

    path = libusb_package.get_library_path()
    try:
        if path is not None:
            usb1.loadLibrary(ctypes.CDLL(str(path)))
        usb1.getVersion()
    except OSError as error:
        raise TransportError(
            f"libusb does not load ({error})", fix="Use the adb server, or install libusb 1.0 and try again."
        ) from error
    module: ModuleType = usb1
    return module


def find_units(usb1: ModuleType) -> tuple[UsbFound, ...]:
    """Every unit on the bus, also those we may not open or that are held by another program. Blocks."""
    context = usb1.USBContext()
    context.open()  # stays open as long as a device of it is used; libusb1 closes it with the last one
    return find_among(usb1, context.getDeviceIterator(skip_on_error=True))


def find_unit(usb1: ModuleType, slot: str) -> UsbFound | None:
    """The unit plugged in at *slot*; the others, which may be just being opened, are not touched. Blocks."""
    context = usb1.USBContext()
    context.open()  # as above
    devices = context.getDeviceIterator(skip_on_error=True)
    return next(iter(find_among(usb1, (one for one in devices if slot_of(one) == slot))), None)


def find_among(usb1: ModuleType, devices: Iterable[Any]) -> tuple[UsbFound, ...]:
    """The ADB units among *devices* (``usb1.USBDevice``), by bus and port."""
    found = (describe(usb1, device) for device in devices)
    return tuple(sorted((one for one in found if one is not None), key=lambda one: one.row.slot))


def slot_of(device: Any) -> str:  # noqa: ANN401 - usb1 has no types
    """Where a ``usb1.USBDevice`` is plugged in, as adb names it: "usb:1-4.2"."""
    ports = ".".join(str(port) for port in device.getPortNumberList())
    return f"usb:{device.getBusNumber()}-{ports}"


def describe(usb1: ModuleType, device: Any) -> UsbFound | None:  # noqa: ANN401 - usb1 has no types
    """A ``usb1.USBDevice`` as a unit, None when it is none. Blocks, and holds its interface for a moment."""
    setting = next((one for one in device.iterSettings() if _interface(one) == ADB_INTERFACE), None)
    if setting is None:
        return None
    slot = slot_of(device)
    serial, state, detail = "", State.CONNECTING, ""
    try:
        serial = clean_line(device.getSerialNumber() or "")
        with device.open() as handle, handle.claimInterface(setting.getNumber()):
            pass
    except usb1.USBError as error:
        state, detail = _state_of(usb1, error), clean_line(str(error))
    row = with_fix(DeviceRow(serial=serial, state=state, transport="usb", slot=slot, detail=detail))
    if state is not State.CONNECTING:
        return UsbFound(row=row)
    return UsbFound(row=row, device=device, setting=setting)


def _interface(setting: Any) -> tuple[int, int, int]:  # noqa: ANN401 - usb1 has no types
    return setting.getClass(), setting.getSubClass(), setting.getProtocol()


def _state_of(usb1: ModuleType, error: Exception) -> State:
    if isinstance(error, usb1.USBErrorAccess):
        return State.NO_PERMISSIONS
    return State.BUSY if isinstance(error, usb1.USBErrorBusy) else State.OFFLINE


class LibusbBulk:
    """`Bulk` on adb-shell's libusb transport."""

    def __init__(self, usb1: ModuleType, found: UsbFound) -> None:
        from adb_shell.transport.usb_transport import UsbTransport  # noqa: PLC0415 - opens libusb when imported

        self._usb1 = usb1
        self._packet_bytes: int = next(
            endpoint.getMaxPacketSize()
            for endpoint in found.setting.iterEndpoints()
            if not endpoint.getAddress() & usb1.ENDPOINT_DIR_MASK
        )
        self._transport = UsbTransport(found.device, found.setting, usb_info=found.row.slot)
        try:
            self._transport.connect()
        except usb1.USBError as error:
            row = with_fix(
                DeviceRow(
                    serial=found.row.serial,
                    state=_state_of(usb1, error),
                    transport="usb",
                    slot=found.row.slot,
                )
            )
            state = row.state.value
            raise NotReady(
                f"the unit is {state} ({error})", where=row.slot, fix=row.fix, state=state
            ) from error

    @property
    def packet_bytes(self) -> int:
        """Longest packet of the outgoing endpoint."""
        return self._packet_bytes

    def read(self, count: int, timeout_s: float) -> bytes:
        """One transfer of up to *count* bytes."""
        from adb_shell.exceptions import UsbReadFailedError  # noqa: PLC0415 - as above

        try:
            data: bytes = self._transport.bulk_read(count, timeout_s)
        except UsbReadFailedError as error:
            raise self._translate(error) from error
        return data

    def write(self, data: bytes, timeout_s: float) -> None:
        """One transfer."""
        from adb_shell.exceptions import UsbWriteFailedError  # noqa: PLC0415 - as above

        try:
            written = self._transport.bulk_write(data, timeout_s)
        except UsbWriteFailedError as error:
            raise self._translate(error) from error
        if written != len(data):
            raise OSError(f"only {written} of {len(data)} bytes left")

    def close(self) -> None:
        """Give the interface back."""
        self._transport.close()

    def _translate(self, error: Any) -> OSError:  # noqa: ANN401 - adb_shell has no types
        cause = getattr(error, "usb_error", None)
        return (
            TimeoutError()
            if isinstance(cause, self._usb1.USBErrorTimeout)
            else OSError(clean_line(str(cause)))
        )


class UsbLink:
    """One USB connection; a thread reads, another writes, and *receiver* is told on the event loop."""

    def __init__(self, bulk: Bulk, receiver: Receiver) -> None:
        self._bulk = bulk
        self._receiver = receiver
        self._loop = asyncio.get_running_loop()
        self._closed = threading.Event()
        self._out: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, name="usb-read", daemon=True)
        self._writer = threading.Thread(target=self._write, name="usb-write", daemon=True)
        self._reader.start()
        self._writer.start()

    def send(self, wire: Wire) -> None:
        """Send what *wire* has queued, header and payload apart."""
        for transfer in wire.transfers_to_send():
            self._out.put(bytes(transfer))

    def close(self) -> None:
        """Hang up; the interface is given back within the time of one poll."""
        self._closed.set()
        self._out.put(None)

    def _read(self) -> None:
        try:
            while not self._closed.is_set():
                self._read_packet()
        except OSError as error:
            self._lose(error)
        self._writer.join()
        self._bulk.close()

    def _read_packet(self) -> None:
        try:
            head = self._bulk.read(HEADER_BYTES, _POLL_S)
        except TimeoutError:
            return  # a unit may be silent for as long as it likes
        length = HEADER.unpack(head)[3] if len(head) == HEADER_BYTES else 0
        parts = [head]
        if length <= MAX_DATA_BYTES:  # else the wire says what is wrong with it
            while length and (part := self._bulk.read(length, _TRANSFER_S)):
                parts.append(part)
                length -= len(part)
        self._tell(self._receiver.received, b"".join(parts))

    def _write(self) -> None:
        try:
            while not self._closed.is_set() and (data := self._out.get()) is not None:
                self._bulk.write(data, _TRANSFER_S)
                if len(data) % self._bulk.packet_bytes == 0:
                    self._bulk.write(b"", _TRANSFER_S)
        except OSError as error:
            self._lose(error)

    def _lose(self, error: OSError) -> None:
        if not self._closed.is_set():
            self._closed.set()
            self._out.put(None)
            self._tell(self._receiver.lost, str(error) or "no answer in time")

    def _tell(self, what: Any, value: object) -> None:  # noqa: ANN401 - either of the receiver's methods
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody is left to be told
            self._loop.call_soon_threadsafe(what, value)
