"""What a crate tells while it is under way: for a terminal, a log, a page."""

from __future__ import annotations

from audit.model.crate import Phase, UnitResult
from audit.model.record import record


@record
class Moved:
    """A unit went on, or a command of it was answered.

    key: tells units apart within a run, also before they have a name; slot, serial, model: as far as known
    detail: the last command, or what is waited for, sanitised; fix: what a person must do, "" = nothing
    done, started: commands so far; tries: connections so far; at_s: monotonic, since the crate began
    """

    key: str
    phase: Phase
    slot: str
    serial: str
    model: str
    at_s: float
    detail: str = ""
    fix: str = ""
    done: int = 0
    started: int = 0
    tries: int = 0


@record
class Ended:
    """A unit has its result, which is kept: this is told after it is safe."""

    key: str
    result: UnitResult
    at_s: float


@record
class Left:
    """A unit was unplugged. done: whether it has its result; again: whether it was one already done."""

    key: str
    slot: str
    serial: str
    done: bool
    at_s: float


@record
class Known:
    """A unit was plugged in that has its result already; it is not audited again. result: the one it has."""

    key: str
    slot: str
    serial: str
    result: UnitResult
    at_s: float


Event = Moved | Ended | Left | Known
