"""A device: an open connection to a unit, whatever transport it goes over."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from enum import StrEnum
from typing import Protocol, runtime_checkable

from audit.adb.stream import Stream
from audit.model.record import record


class State(StrEnum):
    """What a unit can be found in; the names are adb's own where adb has one."""

    DEVICE = "device"
    UNAUTHORIZED = "unauthorized"
    AUTHORIZING = "authorizing"
    CONNECTING = "connecting"
    OFFLINE = "offline"
    NO_PERMISSIONS = "no permissions"
    BUSY = "busy"
    RECOVERY = "recovery"
    SIDELOAD = "sideload"
    RESCUE = "rescue"
    BOOTLOADER = "bootloader"
    HOST = "host"
    TLS_ONLY = "tls"
    TAKEN = "taken"
    """Another host is connected to it: it hung up before it said who it is."""
    UNKNOWN = "unknown"


@record
class DeviceRow:
    """One unit as a transport lists it.

    serial: as ADB names it ("" where it cannot be read without permission)
    slot: where it is plugged in ("usb:1-4.2", "127.0.0.1:5555")
    transport: "server", "usb" or "tcp"
    detail: what the transport said, sanitised; product, model, device: from the banner, where known
    fix: what to do so that it can be audited; "" when it can
    """

    serial: str
    state: State
    transport: str
    slot: str = ""
    product: str = ""
    model: str = ""
    device: str = ""
    transport_id: int | None = None
    detail: str = ""
    fix: str = ""


@record
class Completed:
    """What a command answered.

    exit_code: None where the shell protocol cannot tell
    truncated: the stream ended without its exit packet: never a success
    timed_out: the deadline passed and the command was ended; what came until then is kept
    poured: bytes of its standard output that were put elsewhere and are not in *stdout*
    """

    stdout: bytes
    stderr: bytes = b""
    exit_code: int | None = None
    truncated: bool = False
    timed_out: bool = False
    poured: int = 0


@record
class FileStat:
    """A file on the unit. mode: ``st_mode``, 0 when it does not exist; size in bytes; mtime: Unix seconds."""

    path: str
    mode: int
    size: int
    mtime: int


class Device(Protocol):
    """An open connection to one unit; every stream has a deadline of its own, many may run at once.

    Raises `audit.errors.UnitLost` when the unit goes away and `audit.errors.ProtocolError` when it talks
    nonsense.
    """

    @property
    def row(self) -> DeviceRow:
        """Who this is and how it is reached."""

    @property
    def features(self) -> frozenset[str]:
        """Feature names both sides support (``shell_v2``, ``delayed_ack`` …)."""

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """Run *command* in the unit's shell, without a terminal; refused services raise ProtocolError."""

    async def stat(self, path: str, *, timeout_s: float = 10.0) -> FileStat | None:
        """What lies at *path*; None when nothing does."""

    async def list(self, path: str, *, timeout_s: float = 10.0) -> tuple[FileStat, ...]:
        """The entries of a folder; empty when there is none (the protocol cannot tell)."""

    def pull(self, path: str, *, timeout_s: float) -> AsyncIterator[bytes]:
        """The content of a file, in chunks as they arrive; `audit.errors.BadInput` when it cannot be read."""

    async def open(self, service: str) -> Stream:
        """Start any *service*, such as ``tcp:PORT``; refused ones raise ProtocolError.

        No reading of a unit uses it: it is for `audit.adb.forward` and `audit.adb.push`.
        """

    async def close(self) -> None:
        """Hang up."""


Sink = Callable[[bytes | memoryview], None]
"""Takes the next bytes of what a command says. It must not raise: they come from within the connection."""


@runtime_checkable
class Pours(Protocol):
    """A `Device` that need not hold what a command says."""

    async def run_into(self, command: str, sink: Sink, *, timeout_s: float) -> Completed:
        """As `Device.run`, its standard output given to *sink* as it comes; that of the result is empty."""


async def run_into(device: Device, command: str, sink: Sink, *, timeout_s: float) -> Completed:
    """Run *command*, its standard output into *sink*: piece by piece where *device* can, else at the end."""
    if isinstance(device, Pours):
        return await device.run_into(command, sink, timeout_s=timeout_s)
    completed = await device.run(command, timeout_s=timeout_s)
    sink(completed.stdout)
    return replace(completed, stdout=b"")
