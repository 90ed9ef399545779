"""Units that come to the bus and leave it: libusb's hot-plug where it has that, else a look each second.

A unit is opened once when it is new, to read its serial and to see whether it is free; no ADB is spoken. One
that is free is not touched again, as this program may be talking to it; one that is not, is looked at again.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable
from types import ModuleType
from typing import Any, Protocol

from audit.adb import usb
from audit.adb.device import DeviceRow, State
from audit.adb.states import with_fix
from audit.adb.tracking import Look
from audit.errors import AuditError, TransportError

POLL_S = 1.0
"""Between two looks without hot-plug, or while a unit on the bus cannot be opened."""
_HOTPLUG_S = 10.0
"""Between two looks with hot-plug: in case an event got lost."""
_CALM_S = 0.3
"""After an event: the system gives permissions and drivers first."""

_REPLUG = "Replug the phones; if it stays so, use an adb server (`adb start-server`)."


class Bus(Protocol):
    """What is on the USB. All calls but `wake` come from one thread, and block."""

    def look(self) -> tuple[DeviceRow, ...]:
        """Every unit, by slot; raises TransportError."""

    def wait(self) -> None:
        """Until something may have changed, or a while."""

    def wake(self) -> None:
        """End a `wait`, from any thread."""

    def close(self) -> None:
        """Give everything back."""


class LibusbBus:
    """`Bus` on libusb; made and used by one thread. hotplug: whether libusb tells of changes here."""

    def __init__(self, usb1: ModuleType, user: str = "") -> None:
        self.hotplug = False
        self._usb1 = usb1
        self._user = user
        self._rows: dict[tuple[str, int], DeviceRow | None] = {}
        self._woken = threading.Event()
        self._changed = False
        self._context = usb1.USBContext()
        try:
            self._context.open()
        except usb1.USBError as error:
            raise TransportError(f"libusb does not start ({error})", where="USB", fix=_REPLUG) from error
        self._listen()

    def _listen(self) -> None:
        if not self._usb1.hasCapability(self._usb1.CAP_HAS_HOTPLUG):
            return
        with contextlib.suppress(self._usb1.USBError):  # as in a container: it is looked each second
            self._context.hotplugRegisterCallback(self._notice, flags=self._usb1.HOTPLUG_NO_FLAGS)
            self.hotplug = True

    def _notice(self, *_event: object) -> bool:
        self._changed = True
        return False  # keep telling

    def look(self) -> tuple[DeviceRow, ...]:
        """Every unit, by slot."""
        try:
            devices = list(self._context.getDeviceIterator(skip_on_error=True))
            self._rows = {place: self._row(place, device) for place, device in map(_placed, devices)}
        except self._usb1.USBError as error:
            raise TransportError(f"the bus cannot be read ({error})", where="USB", fix=_REPLUG) from error
        return tuple(
            sorted((row for row in self._rows.values() if row is not None), key=lambda row: row.slot)
        )

    def _row(self, place: tuple[str, int], device: Any) -> DeviceRow | None:  # noqa: ANN401 - usb1 has no types
        if place in self._rows:
            known = self._rows[place]
            if known is None or known.state is State.CONNECTING:
                return known
        try:
            found = usb.describe(self._usb1, device)
        except self._usb1.USBError:  # it left in the middle: the next look does not find it
            return None
        if found is None or found.row.state is not State.NO_PERMISSIONS:
            return None if found is None else found.row
        return with_fix(found.row, user=self._user)

    def wait(self) -> None:
        """Until something may have changed, or a while."""
        if not self.hotplug:
            self._woken.wait(POLL_S)
            return
        free = all(row is None or row.state is State.CONNECTING for row in self._rows.values())
        self._changed = False
        self._handle(_HOTPLUG_S if free else POLL_S)
        while self._changed and not self._woken.is_set():
            self._changed = False
            self._handle(_CALM_S)

    def _handle(self, seconds: float) -> None:
        if self._woken.is_set():
            return
        try:
            self._context.handleEventsTimeout(seconds)
        except self._usb1.USBError:  # it tells no longer
            self.hotplug = False

    def wake(self) -> None:
        """End a `wait`, from any thread."""
        self._woken.set()
        if self.hotplug:
            self._context.interruptEventHandler()

    def close(self) -> None:
        """Give everything back."""
        self._context.close()


def _placed(device: Any) -> tuple[tuple[str, int], Any]:  # noqa: ANN401 - usb1 has no types
    """A device by its slot and its number there, which is another one each time it comes to the bus."""
    return (usb.slot_of(device), device.getDeviceAddress()), device


class _Thread:
    """Looks at the bus in a thread of its own, and tells the event loop."""

    def __init__(self, open_bus: Callable[[], Bus]) -> None:
        self.told: asyncio.Queue[Look | AuditError] = asyncio.Queue()
        self._open = open_bus
        self._loop = asyncio.get_running_loop()
        self._ended = threading.Event()
        self._bus: Bus | None = None
        self._lock = threading.Lock()
        threading.Thread(target=self._run, name="usb-watch", daemon=True).start()

    def end(self) -> None:
        """Look no more."""
        with self._lock:
            self._ended.set()
            if self._bus is not None:
                self._bus.wake()

    def _run(self) -> None:
        try:
            bus = self._open()
        except AuditError as error:
            self._tell(error)
            return
        with self._lock:
            self._bus = bus
        try:
            self._follow(bus)
        finally:
            with self._lock:
                self._bus = None
            bus.close()
            self._tell(TransportError("the bus is no longer looked at", where="USB", fix=_REPLUG))

    def _follow(self, bus: Bus) -> None:
        rows: tuple[DeviceRow, ...] = ()
        while not self._ended.is_set():
            try:
                rows, trouble = bus.look(), ""
            except TransportError as error:
                trouble = error.what
            self._tell(Look(rows=rows, trouble=trouble))
            bus.wait()

    def _tell(self, what: Look | AuditError) -> None:
        with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile: nobody is left to be told
            self._loop.call_soon_threadsafe(self.told.put_nowait, what)


async def usb_looks(open_bus: Callable[[], Bus]) -> AsyncGenerator[Look, None]:
    """What is on the bus, each time it is looked at; raises TransportError when libusb is of no use."""
    thread = _Thread(open_bus)
    try:
        while True:
            told = await thread.told.get()
            if isinstance(told, AuditError):
                raise told
            yield told
    finally:
        thread.end()
