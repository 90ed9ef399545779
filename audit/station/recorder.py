"""What was kept of units, into the history: one after the other, until it is in it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from audit.crate import keeping
from audit.crate.backoff import BackOff
from audit.crate.beginning import ref_of
from audit.errors import AuditError, BadInput
from audit.model.crate import CrateHead
from audit.model.history import CrateRef
from audit.sources import saved
from audit.station.archive import Archive
from audit.station.faults import fault_of
from audit.station.news import Notices

if TYPE_CHECKING:
    from audit.history import History

_MOVED, _MOVING_S = 5, 0.1
"""So often what was kept of a unit may take its new place while it is read."""
_LAST_S = 10.0
_LATE = "not kept in the history yet"
_Kept = tuple[int, int, int]
"""What tells one file from another, wherever it is moved: device, number, time."""


class Recorder:
    """Records every audit of the crate in *folder* that it is told of, in that order.

    What is in the history already stays what it is there: a report is kept once.
    """

    def __init__(self, archive: Archive, folder: Path, head: CrateHead, notices: Notices) -> None:
        self._archive, self._folder, self._notices = archive, folder, notices
        self._ref = ref_of(head)
        self._wanted: dict[str, None] = {}
        self._done: set[_Kept] = set()
        self._news = asyncio.Event()
        self._turn = asyncio.Lock()
        self._back_off = BackOff()

    @property
    def ref(self) -> CrateRef:
        """What the history calls the crate."""
        return self._ref

    @property
    def waiting(self) -> int:
        """Of how many units something is not in the history yet."""
        return len(self._wanted)

    def add(self, names: Iterable[str]) -> None:
        """Units that have a result."""
        self._wanted |= dict.fromkeys(names)
        self._news.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        failures = 0
        while True:
            await self._news.wait()
            self._news.clear()
            fault = await fault_of(self.flush())
            if fault is None:
                if failures:
                    self._notices.say("the history can be written again, and has all units", about=_LATE)
                failures = 0
                continue
            failures += 1
            self._tell(fault)
            self._news.set()
            await asyncio.sleep(self._back_off.pause_s(failures, 0.0))

    async def flush(self) -> None:
        """Record all that is waiting, now. Raises AuditError where the history cannot be written."""
        async with self._turn:
            while self._wanted:
                name = next(iter(self._wanted))
                del self._wanted[name]
                kept = False
                try:
                    await self._record(name)
                    kept = True
                finally:
                    if not kept:
                        self._wanted = {name: None} | self._wanted

    async def last(self) -> None:
        """Record what can be within a moment; what cannot is when the crate is gone on with."""
        try:
            async with asyncio.timeout(_LAST_S):
                fault = await fault_of(self.flush())  # after what is under way
        except TimeoutError:
            fault = None  # who goes on with the crate is told
        if fault is not None:
            self._tell(fault)

    async def _record(self, name: str) -> None:
        done = frozenset(self._done)
        try:
            self._done |= await self._archive.ask(lambda history: self._into(history, name, done))
        except BadInput as error:  # trying again would not mend it, and others are waiting
            self._notices.trouble(f"what was kept of {name} is not in the history", error)

    def _into(self, history: History, name: str, done: frozenset[_Kept]) -> set[_Kept]:
        """In a thread: all audits of a unit that are not *done*; what tells them from others."""
        for tries in count(1):
            found: set[_Kept] = set()
            try:
                for place in keeping.audits(self._folder, name):
                    if (mark := _mark(place)) not in done:
                        _one(history, place, self._ref)
                        found.add(mark)
            except BadInput:
                if tries >= _MOVED:
                    raise
                time.sleep(_MOVING_S)
            else:
                return found
        raise AssertionError  # pragma: no cover - count() does not end

    def _tell(self, fault: Exception) -> None:
        after = f"Units that wait for it: {self.waiting}. They lie safe in {self._folder}; it is tried again."
        if isinstance(fault, AuditError):
            self._notices.trouble(_LATE, fault, after)
        else:
            self._notices.fault(_LATE, fault, after)


def _mark(place: Path) -> _Kept:
    try:
        found = (place / keeping.ENTRY).stat()
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror}", where=str(place), fix="leave the folder of the crate alone"
        ) from error
    return found.st_dev, found.st_ino, found.st_mtime_ns


def _one(history: History, place: Path, crate: CrateRef) -> str:
    entry = keeping.read_audit(place)
    snapshot = saved.load(place / keeping.SNAPSHOT)
    return history.record(
        entry.report,
        snapshot,
        crate=crate,
        identifiers=entry.result.identifiers,
        portrait=entry.portrait,
    )
