"""What is known of a unit while it is read, and what all units of a run share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from audit.adb.device import Device, DeviceRow, State
from audit.crate.backoff import BackOff, Time
from audit.crate.events import Moved
from audit.crate.presence import Presence, Ways
from audit.model.crate import UnitResult
from audit.model.evidence import Snapshot
from audit.model.record import record
from audit.sources.live import Progress
from audit.sources.spool import Spool

HOPELESS = frozenset(
    {
        State.NO_PERMISSIONS,
        State.BUSY,
        State.RECOVERY,
        State.SIDELOAD,
        State.RESCUE,
        State.BOOTLOADER,
        State.HOST,
        State.TLS_ONLY,
        State.UNKNOWN,
    }
)
"""States that neither time nor a tap on the unit's screen ends."""
ASKING = frozenset({State.UNAUTHORIZED, State.AUTHORIZING})
"""States that a person ends on the unit's screen."""


@record
class Attempt:
    """One try at reading a unit.

    limit_s: how long it may take in all; on_step: is told of every command
    spool: takes what is too large to be held, None = nothing is
    """

    on_step: Callable[[Progress], None]
    limit_s: float
    spool: Spool | None = None


class Read(Protocol):
    """Reads a unit, as `audit.sources.live.acquire` does: its trouble is a gap in what it returns."""

    def __call__(self, device: Device, attempt: Attempt, /) -> Awaitable[Snapshot]:
        """All that *device* gives within the attempt's time."""


@record
class Trouble:
    """Why a unit could not be read, or not whole.

    passing: whether it may be otherwise the next time; unready: whether the state it is in keeps it from that
    """

    reason: str
    fix: str
    passing: bool = True
    unready: bool = False


@record
class Taken:
    """A unit as it was read, ready to be judged.

    snapshot: of the best try; reached: False where nothing at all was read; tries: connections it took
    trouble: what went wrong at last, None = nothing that ended it
    former: the result it had already, where it was to be read once more
    spooled: (index of an artifact, path of a file with its data)
    started_at: RFC 3339 in UTC; began_s: the same by the monotonic clock
    """

    row: DeviceRow
    snapshot: Snapshot
    reached: bool
    tries: int
    started_at: str
    began_s: float
    trouble: Trouble | None = None
    former: UnitResult | None = None
    spooled: tuple[tuple[int, str], ...] = ()


@record
class Means:
    """What all units of a run share.

    turns: as many units as may be read at once; began_s: when the run did, monotonic
    spool: folder for what is too large to be held, None = nothing is
    unit_limit_s, tries, wait_s: see `audit.crate.engine.Options`
    """

    ways: Ways
    read: Read
    presence: Presence
    turns: asyncio.Semaphore
    time: Time
    tell: Callable[[Moved], None]
    began_s: float
    unit_limit_s: float
    tries: int
    wait_s: float
    spool: Path | None = None
    back_off: BackOff = BackOff()
