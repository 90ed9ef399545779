"""Hands what a station records to a central database for as long as the station runs."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from contextlib import ExitStack
from enum import StrEnum

from audit.clock import now, stamp
from audit.errors import AuditError
from audit.history import History
from audit.history.engine import shown
from audit.history.forwarding import Forwarded, Reads, forward
from audit.history.patience import Network
from audit.model.record import record
from audit.signoff.envelope import Unreadable
from audit.signoff.verify import signed_off
from audit.station.archive import Archive

LONGEST_WAIT_S = 60.0
_FIRST_WAIT_S = 1.0
_LOOK_S = 5.0
"""How often to look for what other programs recorded; what this one records is seen at once."""
_GRACE_S = 3.0
_AT_ONCE = 500
"""Of each kind in one go; then it is told how it stands."""
SILENT_S = 30.0
"""After how long without a sign of life the centre counts as gone; more than others may hold it up."""


class State(StrEnum):
    """How forwarding stands."""

    STARTING = "starting"
    UP_TO_DATE = "up to date"
    FORWARDING = "forwarding"
    OUTAGE = "outage"
    """Nothing can be handed over now; it is tried again."""
    REFUSED = "refused"
    """Something is kept back until a person looks: a chain that does not fit, a damaged report."""


@record
class Lag:
    """What the centre has not got yet, and why.

    oldest_s: how long ago the oldest of it was judged or done; None = there is none, or it is not known
    succeeded_at: RFC 3339, when last everything or a part went through, "" = not since the start
    what, fix: of the last trouble, "" = none; centre: without user and password
    """

    state: State
    centre: str
    pending: int = 0
    reports: int = 0
    records: int = 0
    actions: int = 0
    oldest_s: float | None = None
    succeeded_at: str = ""
    what: str = ""
    fix: str = ""

    @property
    def line(self) -> str:
        """In words, for a log."""
        parts = [f"central history {self.state.value}: {self.pending} pending"]
        if self.oldest_s is not None:
            parts.append(f"the oldest of {self.oldest_s:.0f} s ago")
        if self.what:
            parts.append(f"{self.centre}: {self.what}")
        return ", ".join(parts)


class Forwarder:
    """Forwards from *local*, the station's own history, to the one at *url*.

    It never stands in the way of the station: whatever goes wrong is a state, and is tried again.
    A centre of an older program is not upgraded by it. Raises UsageError for an *url* that is none.
    """

    def __init__(
        self,
        local: Archive,
        url: str,
        *,
        look_s: float = _LOOK_S,
        longest_wait_s: float = LONGEST_WAIT_S,
        silent_s: float = SILENT_S,
        reads: Reads | None = None,
        changed: Callable[[Lag], None] = lambda _lag: None,
    ) -> None:
        self._local, self._url, self._centre = local, url, shown(url)
        self._look_s, self._longest_s, self._silent_s = look_s, longest_wait_s, silent_s
        self._changed = changed
        self._reads = said_of_itself if reads is None else reads
        self._stopped_s: float | None = None
        self._lag = Lag(state=State.STARTING, centre=self._centre)

    def lag(self) -> Lag:
        """As it stood after the last look."""
        return self._lag

    async def run(self, stop: asyncio.Event) -> None:
        """Forward until *stop*; then what is being handed over is finished first, for a moment."""
        self._stopped_s = None
        loop, woken = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            loop.call_soon_threadsafe(woken.set)

        end = await self._local.ask(lambda history: history.listen(wake))
        stopping = asyncio.create_task(stop.wait())
        stopping.add_done_callback(lambda _task: self._end(woken))
        try:
            with ExitStack() as opened:
                await self._loop(opened, stop, woken)
        finally:
            stopping.cancel()
            end()

    def _end(self, woken: asyncio.Event) -> None:
        self._stopped_s = time.monotonic()
        woken.set()

    def _stopping(self) -> bool:
        return self._stopped_s is not None

    def _given_up(self) -> bool:
        """Long enough after the end was asked for to drop what is still under way."""
        return self._stopped_s is not None and time.monotonic() - self._stopped_s > _GRACE_S

    async def _loop(self, opened: ExitStack, stop: asyncio.Event, woken: asyncio.Event) -> None:
        central: list[History] = []
        failed = 0
        while not stop.is_set():
            woken.clear()
            wait_s = self._look_s
            try:
                if not central:
                    central.append(await self._open())
                    opened.callback(central[0].close)
                done = await self._local.ask(lambda history: self._pass(history, central[0]))
                failed = 0
                if done.waiting and done.reports + done.records + done.actions:
                    wait_s = 0.0
                await self._look(_state_of(done), next(iter(done.damaged), done.chain), _fix(done))
            except AuditError as error:
                failed += 1
                await self._look(State.OUTAGE, error.what, error.fix)
                wait_s = self._back_off(failed)
            # while there is an outage, what is recorded wakes nobody: it would hammer a centre that is down
            await _first(stop if failed else woken, wait_s)

    async def _open(self) -> History:
        def make(history: History) -> History:
            return History.open(
                self._url,
                station=history.station,
                wait_s=self._silent_s / 2,  # others write too: that is no silence
                upgrade=False,
                network=Network(silent_s=self._silent_s, given_up=self._given_up),
            )

        return await self._local.ask(make)

    def _pass(self, history: History, central: History) -> Forwarded:
        return forward(history, central, reads=self._reads, most=_AT_ONCE, stopped=self._stopping)

    def _back_off(self, failed: int) -> float:
        """Seconds: doubled each time, and spread, so that stations do not come back all at once."""
        longest: float = min(_FIRST_WAIT_S * 2.0 ** min(failed - 1, 16), self._longest_s)
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret

    async def _look(self, state: State, what: str, fix: str) -> None:
        try:
            waiting = await self._local.ask(lambda history: history.waiting())
        except AuditError as error:  # of the station's own history: then nothing is known of what waits
            self._tell(Lag(state=State.OUTAGE, centre=self._centre, what=error.what, fix=error.fix))
            return
        if state is State.UP_TO_DATE and waiting.items:
            state = State.FORWARDING
        oldest = None if waiting.oldest_us is None else now().timestamp() - waiting.oldest_us / 1e6
        good = state is not State.OUTAGE
        self._tell(
            Lag(
                state=state,
                centre=self._centre,
                pending=waiting.items,
                reports=waiting.reports,
                records=waiting.records,
                actions=waiting.actions,
                oldest_s=None if oldest is None else max(oldest, 0.0),
                succeeded_at=stamp(now()) if good else self._lag.succeeded_at,
                what=what,
                fix=fix,
            )
        )

    def _tell(self, lag: Lag) -> None:
        self._lag = lag
        self._changed(lag)


def _state_of(done: Forwarded) -> State:
    if done.chain or done.damaged:
        return State.REFUSED
    return State.FORWARDING if done.waiting else State.UP_TO_DATE


def _fix(done: Forwarded) -> str:
    if done.damaged:
        return "put the report back from a backup of the history; everything else goes on"
    return _FIX_CHAIN if done.chain else ""


_FIX_CHAIN = (
    "if this history was copied, give the copy an identity of its own: adb-audit history new-identity; "
    "if it was restored from a backup, the centre has what is missing; else somebody changed it: "
    "adb-audit verify --log tells more"
)


def said_of_itself(envelope: bytes) -> tuple[int, str] | None:
    """The number and the hash before it that a signed record names; None = it cannot be read."""
    try:
        said = signed_off(envelope).signoff
    except Unreadable:
        return None
    return said.number, said.previous_sha256


async def _first(event: asyncio.Event, wait_s: float) -> None:
    """Wait until *event*, or so long."""
    try:
        await asyncio.wait_for(event.wait(), wait_s)
    except TimeoutError:
        return
