"""One unit, from being plugged in to what was read of it: opened, told from its like, read, tried again.

Whatever the unit does wrong ends as what could not be read, never as an exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from audit.adb.device import Device, DeviceRow
from audit.adb.tracking import Place
from audit.clock import stamp
from audit.crate.backoff import Budget
from audit.crate.events import Moved
from audit.crate.judging import unread_snapshot
from audit.crate.means import ASKING, HOPELESS, Attempt, Means, Read, Taken, Trouble
from audit.crate.noted import NotedDevice
from audit.crate.probe import ask_names, known_as
from audit.crate.short import name_of
from audit.errors import AuditError, NotReady, TransportError, UsageError
from audit.model.crate import Phase, UnitResult
from audit.model.evidence import Snapshot
from audit.model.text import clean_line
from audit.sources.live import Progress
from audit.sources.spool import Spool

T = TypeVar("T")

_OPEN_GRACE_S = 15.0
"""Connecting has time limits of its own; this is for one that does not end by them."""
_READ_GRACE_S = 20.0
"""The same for reading."""


class OneUnit:
    """One unit that is plugged in.

    key: of its events; like: results it may have already, to be told by what else names it
    again: read it even so
    others: whether a place belongs to another unit; tries: connections that led nowhere before
    """

    def __init__(
        self,
        means: Means,
        row: DeviceRow,
        key: str,
        *,
        like: tuple[UnitResult, ...] = (),
        again: bool = False,
        others: Callable[[Place], bool] = lambda _: False,
        tries: int = 0,
    ) -> None:
        self.row = row
        self.tries = tries
        self._means = means
        self._key = key
        self._like = like
        self._again = again
        self._former: UnitResult | None = None
        self._others = others
        self._budget = Budget(means.unit_limit_s, means.time.now)
        self._best: Snapshot | None = None
        self._spool: Spool | None = None
        self._model = name_of(row.model)
        self._began_s = means.time.now()
        self._started_at = stamp(means.time.wall())
        self._waited_s = 0.0
        self._done = self._started = 0

    async def take(self) -> Taken | UnitResult:
        """What was read of it; or the result it has already, where it turned out to have one."""
        try:
            return await self._take()
        finally:
            if self._spool is not None:
                self._spool.drop()  # of one that was cancelled: what was taken is no longer there

    async def _take(self) -> Taken | UnitResult:
        self._budget = Budget(self._means.unit_limit_s, self._means.time.now)
        before = self.tries
        while True:
            outcome = await self._once()
            if isinstance(outcome, UnitResult):
                return outcome
            if outcome is None or not outcome.passing or self.tries - before >= self._means.tries:
                return self._taken(outcome)
            if not await self._wait(outcome):
                return self._taken(outcome)

    async def _once(self) -> Trouble | UnitResult | None:
        """One connection; None where the unit was read and another try would bring no more."""
        if self.row.state in HOPELESS:
            return Trouble(reason=_state_words(self.row), fix=self.row.fix, passing=False, unready=True)
        self.tries += 1
        try:
            device = NotedDevice(await self._open())
        except UsageError:
            raise
        except AuditError as error:
            return self._not_opened(error)
        try:
            return await self._known(device) or await self._read(device)
        except UsageError:
            raise
        except AuditError as error:
            return Trouble(reason=error.what, fix=error.fix)
        finally:
            await device.close()

    async def _open(self) -> Device:
        means = self._means
        self.move(Phase.CONNECTING)
        if self.row.state in ASKING:
            self._said(self.row)
        began_s = means.time.now()
        work = means.ways.open(self.row, self._said)
        try:
            return await _within(means.wait_s + _OPEN_GRACE_S, work, "connecting")
        finally:
            took_s = means.time.now() - began_s
            self._waited_s += took_s
            if self.row.state in ASKING:  # that time was a person's
                self._budget.give_s(took_s)

    def _not_opened(self, error: AuditError) -> Trouble:
        """Connecting knocks again and again while it waits: after about as long as was asked it is over."""
        state = error.state if isinstance(error, NotReady) else ""
        lasting = any(state == one for one in HOPELESS | ASKING)
        waited = 0.0 < self._means.wait_s <= 2 * self._waited_s  # it ends before a pause too long for it
        return Trouble(
            reason=error.what,
            fix=error.fix or self.row.fix,
            passing=not (lasting or waited),
            unready=isinstance(error, NotReady),
        )

    def _said(self, row: DeviceRow) -> None:
        """The unit was seen in a state that has to be waited for."""
        self.row = row
        self.move(Phase.WAITING, _state_words(row), row.fix)

    async def _known(self, device: NotedDevice) -> UnitResult | None:
        if not self._like or self._former is not None:
            return None
        self.move(Phase.CONNECTING, "asking what names it, since its serial number does not")
        told = await ask_names(device, limit_s=self._budget.left_s, on_step=self._step)
        self._former = known_as(told, self._like)
        return None if self._again else self._former

    async def _read(self, device: NotedDevice) -> Trouble | None:
        """Read it, in its turn, and keep the better of this and what came before."""
        if self._means.turns.locked():
            self.move(Phase.WAITING, "its turn")
        with self._budget.paused():
            await self._means.turns.acquire()
        try:
            self.move(Phase.READING)
            limit_s = self._budget.left_s
            spool = None if self._means.spool is None else Spool(self._means.spool)
            attempt = Attempt(
                on_step=lambda step: self._step(step, device.model), limit_s=limit_s, spool=spool
            )
            snapshot = await self._attempted(device, attempt)
        finally:
            self._means.turns.release()
        self._model = name_of(snapshot.unit.model or "") or self._model
        if self._best is None or _badness(snapshot) < _badness(self._best):
            self._best, spool, self._spool = snapshot, self._spool, spool
        if spool is not None:
            spool.drop()
        if device.lost is not None:
            return Trouble(reason=device.lost.what, fix=device.lost.fix)
        if not snapshot.artifacts and device.refused is not None:
            return Trouble(reason=device.refused.what, fix=device.refused.fix)
        return None

    async def _attempted(self, device: Device, attempt: Attempt) -> Snapshot:
        read = False
        try:
            work = self._means.read(device, attempt)
            snapshot = await _within(attempt.limit_s + _READ_GRACE_S, work, "reading")
            read = True
        finally:
            if not read and attempt.spool is not None:
                attempt.spool.drop()
        return snapshot

    async def _wait(self, trouble: Trouble) -> bool:
        """Let time pass until the next try; False when there is no time for one, or no unit."""
        means = self._means
        pause_s = means.back_off.pause_s(self.tries, means.time.chance())
        if pause_s >= self._budget.left_s:
            return False
        self.move(Phase.WAITING, f"{trouble.reason}; tried again in {pause_s:.0f} s", trouble.fix)
        await means.time.sleep(pause_s)
        row = await means.presence.back(self.row, self._others, self._budget.left_s)
        self.row = row or self.row
        return row is not None

    def _step(self, progress: Progress, model: str = "") -> None:
        self._model = name_of(model) or self._model
        self._done, self._started = progress.done, progress.started
        self.move(Phase.READING, progress.line)

    def move(self, phase: Phase, detail: str = "", fix: str = "") -> None:
        """Tell how far it is."""
        self._means.tell(
            Moved(
                key=self._key,
                phase=phase,
                slot=self.row.slot,
                serial=self.row.serial,
                model=self._model,
                at_s=self._means.time.now() - self._means.began_s,
                detail=clean_line(detail),
                fix=clean_line(fix),
                done=self._done,
                started=self._started,
                tries=self.tries,
            )
        )

    def _taken(self, trouble: Trouble | None) -> Taken:
        snapshot = self._best
        if snapshot is None:
            reason, fix = (trouble.reason, trouble.fix) if trouble else (_state_words(self.row), self.row.fix)
            snapshot = unread_snapshot(self.row, reason, fix, acquired_at=self._started_at)
        return Taken(
            row=self.row,
            snapshot=snapshot,
            reached=bool(snapshot.artifacts),
            tries=self.tries,
            started_at=self._started_at,
            began_s=self._began_s,
            trouble=trouble,
            former=self._former,
            spooled=() if self._spool is None else self._spool.take(snapshot),
        )


def _badness(snapshot: Snapshot) -> tuple[int, int, int]:
    """Of two tries the smaller is kept: fewer questions left open, then fewer gaps, then more evidence."""
    gaps = snapshot.gaps
    cut = sum(one.truncated for one in snapshot.artifacts)
    return (len({gap.topic for gap in gaps}), len(gaps) + cut, -len(snapshot.artifacts))


def _state_words(row: DeviceRow) -> str:
    return f"the unit is {row.state.value}" + (f" ({row.detail})" if row.detail else "")


async def _within(limit_s: float, work: Awaitable[T], what: str) -> T:
    limit = asyncio.timeout(limit_s)
    try:
        async with limit:
            return await work
    except TimeoutError:
        if not limit.expired():
            raise
        raise TransportError(
            f"{what} did not end within {limit_s:.0f} s",
            fix="Replug the unit, at another port if it stays so, and audit it again.",
        ) from None


__all__ = ["Attempt", "OneUnit", "Read"]
