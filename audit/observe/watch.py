"""Watches a unit without root, in every way that is open at once, and says which way gave what."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable
from contextlib import AsyncExitStack
from functools import partial

from audit.adb.device import Device
from audit.errors import UnitLost
from audit.model.evidence import Artifact, Gap
from audit.model.record import record
from audit.model.text import clean_line
from audit.observe import hints
from audit.observe.ask import Ask, Watched
from audit.observe.commands import Calls, Look
from audit.observe.dumps import DumpWatch
from audit.observe.owners import Owners, read_owners, words
from audit.observe.rungs import DUMPS, LADDER, SINK, SOCKETS, rung
from audit.observe.sink.sink import Sink
from audit.observe.sockets import SocketWatch
from audit.observe.tape import Clock, OnEvent, OnSay, Tape

_OVER = "the time was over"
_STOPPED = "it was stopped"
_NO_UNIT = "nothing: no unit was connected"
_UPTIME = re.compile(rb"([0-9]{1,10}(?:\.[0-9]{1,3})?) ")


def _nobody(_: object) -> None:
    """Nobody looks on."""


async def watch(
    device: Device | None,
    ask: Ask,
    *,
    clock: Clock,
    key: bytes,
    on_event: OnEvent = _nobody,
    on_say: OnSay = _nobody,
) -> Watched:
    """Watch for `Ask.seconds` and return everything that was recorded.

    device: None = only the sink watches; key: for the HMACs of identifiers, a new one for each report
    on_event: is told every event of every recording, its bytes included; on_say: sentences for the operator

    Cancelling ends the watch, not the caller: the recordings are closed, the unit's logs are read (cancelling
    again leaves them out), and what was seen until then is returned. So is a unit that goes away a gap and no
    error; the sink listens on until the time is over.
    Raises TransportError when the sink cannot listen, before anything else is done.
    """
    watching = _Watching(device, ask, clock=clock, key=key, on_event=on_event, on_say=on_say)
    async with AsyncExitStack() as stack:
        await watching.open(stack)
        await watching.window()
    return watching.watched()


class _Watching:
    """One watch, from `open` over `window` to `watched`."""

    def __init__(
        self, device: Device | None, ask: Ask, *, clock: Clock, key: bytes, on_event: OnEvent, on_say: OnSay
    ) -> None:
        self._ask, self._say = ask, on_say
        self._tape_of = partial(Tape, key=key, clock=clock, window_s=ask.seconds, on_event=on_event)
        self._over = asyncio.Event()
        self._why = _OVER
        self._lost: UnitLost | None = None
        self._sink: Sink | None = None
        self._sink_tape: Tape | None = None
        self._unit = None if device is None else self._begin_with(device)

    def _begin_with(self, device: Device) -> _Unit:
        tape = self._tape_of(SOCKETS, f"the sockets of {clean_line(device.row.serial) or 'the unit'}")
        calls = Calls(device, patience=self._ask.patience, on_lost=self._unit_lost)
        sockets = SocketWatch(calls, tape, poll_s=self._ask.poll_s, owners=Owners(self._ask.owners))
        return _Unit(calls=calls, sockets=sockets, tape=tape, dumps=DumpWatch(calls))

    async def open(self, stack: AsyncExitStack) -> None:
        """Start listening, and tell the operator what matters."""
        if self._ask.sink is not None:
            tape = self._tape_of(SINK, f"what reaches {self._ask.sink.address}")
            self._sink = await stack.enter_async_context(Sink(self._ask.sink, tape))
            self._sink_tape = tape
        for hint in hints.before(self._ask):
            self._say(hint)

    async def window(self) -> None:
        """Watch until the time is over, nobody is left who could, or somebody says stop."""
        timer = asyncio.get_running_loop().call_later(self._ask.seconds, self._over.set)
        try:
            if not await _unless_cancelled(self._side_by_side()):
                self._why = _STOPPED
        finally:
            timer.cancel()
            if self._unit is not None:
                self._unit.sockets.close(self._why)
        if self._unit is not None:
            await self._read_again(self._unit.dumps)

    async def _read_again(self, dumps: DumpWatch) -> None:
        if self._lost is not None:
            dumps.leave_out("the unit was gone")
            return
        self._say("Reading the unit's logs and counters once more.")
        if not await _unless_cancelled(dumps.end()):
            dumps.leave_out(_STOPPED)

    async def _side_by_side(self) -> None:
        async with asyncio.TaskGroup() as group:
            if self._unit is not None:
                group.create_task(self._unit.sockets.run(self._over))
                group.create_task(self._unit.dumps.begin())
                group.create_task(self._ask_unit(self._unit))
            await self._over.wait()

    def _unit_lost(self, error: UnitLost) -> None:
        """Without the unit only the sink has something to wait for."""
        if self._lost is None:
            self._lost = error
            self._say(f"The unit went away: {error.what}.")
        if self._sink is None:
            self._why = f"the unit went away: {error.what}"
            self._over.set()

    async def _ask_unit(self, unit: _Unit) -> None:
        """Small things it is asked once: how long it has been up, and whose its user ids are."""
        sockets = unit.sockets
        up = _UPTIME.match(await unit.calls.ask(Look.UPTIME))
        if said := hints.after_boot(None if up is None else float(up[1])):
            self._say(said)
        if not sockets.owners.known:
            sockets.owners = read_owners(await unit.calls.ask(Look.OWNERS))
        if not sockets.owners.known:
            self._say(
                "The unit does not say which packages have which user id: sockets are told by id alone."
            )
        for package in self._ask.packages:
            uid = sockets.owners.uid_of(package)
            if uid is not None and len(sockets.owners.of(uid)) > 1:
                whose = words(uid, sockets.owners.of(uid))
                self._say(f"{package} runs as {whose}: a socket of this id is not its own for sure.")

    def watched(self) -> Watched:
        """Everything, with the recordings closed."""
        artifacts: list[Artifact] = []
        gaps: list[Gap] = []
        gave = {SINK: "", SOCKETS: _NO_UNIT, DUMPS: _NO_UNIT}
        if self._sink is not None and self._sink_tape is not None:
            self._sink_tape.close(self._why if self._why == _STOPPED else _OVER)
            artifacts.append(self._sink_tape.artifact())
            gave[SINK] = _came(self._sink)
        if self._unit is not None:
            artifacts += (self._unit.tape.artifact(), *self._unit.dumps.artifacts)
            gaps += (*self._unit.sockets.gaps, *self._unit.dumps.gaps)
            gave |= {SOCKETS: self._unit.sockets.gave, DUMPS: self._unit.dumps.gave}
        rungs = tuple(rung(name, gave.get(name, "")) for name in LADDER)
        return Watched(artifacts=tuple(artifacts), gaps=tuple(gaps), rungs=rungs)


@record
class _Unit:
    """The ways of watching that need the unit itself."""

    calls: Calls
    sockets: SocketWatch
    tape: Tape
    dumps: DumpWatch


async def _unless_cancelled(work: Awaitable[None]) -> bool:
    """Do *work*; False where the watch was cancelled meanwhile, which it survives to keep what it has."""
    try:
        await work
    except asyncio.CancelledError:
        if (task := asyncio.current_task()) is not None:
            task.uncancel()
        return False
    return True


def _came(sink: Sink) -> str:
    """What reached the sink, in words."""
    count = sink.count
    asked = f"{count.names} question{_s(count.names)} for names"
    came = f"{count.connections} connection{_s(count.connections)}"
    parts = [f"{asked}, {came} with {count.requests} request{_s(count.requests)} in the clear"]
    if count.clients > 1:
        parts.append(f"from {count.clients} addresses: name the unit's to tell them apart")
    if count.others:
        parts.append(f"{count.others} of other clients were not recorded")
    if count.hung_up:
        parts.append(f"{count.hung_up} were hung up on, being too many at once")
    return "; ".join(parts)


def _s(count: int) -> str:
    return "" if count == 1 else "s"
