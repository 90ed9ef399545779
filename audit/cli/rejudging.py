"""``adb-audit history rejudge``: what was read before, judged by today's rulebook on all processors."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from audit.cli import exits, history_asked, history_text, judging
from audit.cli.config import load
from audit.cli.history_asked import Wishes
from audit.cli.history_text import Change, counted
from audit.cli.history_work import Told, check_form, masked, put
from audit.cli.output import note, station_key
from audit.cli.progress import FilesMeter
from audit.cli.rejudging_work import Again, Setup, Task, worker
from audit.cli.stopping import until_stopped
from audit.crate.pool import Died, Pool, TookTooLong
from audit.errors import AuditError
from audit.history import History
from audit.model.history import CrateRef, Stored
from audit.model.record import record as a_record
from audit.model.report import Decision
from audit.model.text import clean_line

_LIMIT_S = 120.0
"""For one snapshot; the largest takes some seconds."""
_PARTS = 10
_WORDS = (
    "ending early; what was judged until now is told and kept",
    "giving up; what was kept stays kept",
)


@a_record
class Rejudging:
    """What ``history rejudge`` was asked for; the names are those of its options."""

    wishes: Wishes
    told: Told
    profiles: Path | None
    iocs: tuple[Path, ...]
    record: bool
    workers: int | None


def run(asked: Rejudging) -> int:
    """Do it, say what came of it, and return the exit code."""
    check_form(asked.told.form)
    settings = load()
    rules = judging.asked(None, None, asked.profiles, settings, iocs=asked.iocs)
    workers = asked.workers or os.cpu_count() or 1
    with history_asked.opened(asked.told.db) as history:
        stored = _worth_judging(history_asked.find(history, asked.wishes))
        if not stored:
            note("no report fits, so there is nothing to judge again")
            return exits.PASS
        setup = Setup(
            url=history_asked.place(asked.told.db),
            rulebook=rules.rulebook,
            key=station_key(),
            reveal=asked.told.reveal,
            whole=asked.record,
        )
        work = _Work(history, stored, setup, min(workers, len(stored)))
        asyncio.run(until_stopped(work.all(), work, _WORDS, stop=work.stop))
    _tell(work, asked.told)
    return work.exit_code()


def _worth_judging(found: Iterator[Stored]) -> list[Stored]:
    """One report for each snapshot and what it was judged for: the newest."""
    seen: dict[tuple[str, str | None, str], Stored] = {}
    for one in found:
        seen.setdefault((one.snapshot_sha256, one.market, one.policy), one)
    return list(seen.values())


def _tell(work: _Work, told: Told) -> None:
    shown = masked([one.stored for one in work.changed], told)
    changes = [
        Change(stored=stored, decision=one.again.decision, new=one.again.new, gone=one.again.gone)
        for stored, one in zip(shown, work.changed, strict=True)
    ]
    put(history_text.changes(changes, told.form), told)
    for trouble in work.troubles:
        note(trouble)
    note(work.summary())


@a_record
class _Changed:
    stored: Stored
    again: Again


class _Work:
    """Reports handed to workers, and what came of them. The history is written by this process alone."""

    def __init__(self, history: History, stored: list[Stored], setup: Setup, workers: int) -> None:
        self.stop = asyncio.Event()
        self.changed: list[_Changed] = []
        self.troubles: list[str] = []
        self._history, self._stored, self._setup, self._workers = history, stored, setup, workers
        self._crates = {one.name: one for one in history.crates()} if setup.whole else {}
        self._done, self._other, self._kept = 0, 0, 0
        self._began = self._ended = time.monotonic()
        self._meter = FilesMeter("snapshots")

    async def all(self) -> None:
        """Judge them, as many at once as there are workers, until all are done or somebody stops it."""
        waiting = iter(self._stored)
        with self._meter:
            async with Pool(worker, self._setup, self._workers) as pool:
                await pool.warm()
                self._began = time.monotonic()
                await asyncio.gather(*(self._lane(pool, waiting) for _ in range(self._workers)))
        self._ended = time.monotonic()

    def say(self, text: str) -> None:
        """What Ctrl-C does."""
        self._meter.stop()
        note(text)

    def tick(self) -> None:
        """Nothing changes by itself."""

    async def _lane(self, pool: Pool, waiting: Iterator[Stored]) -> None:
        for stored in waiting:
            if self.stop.is_set():
                return
            task = Task(id=stored.id, snapshot_sha256=stored.snapshot_sha256, crate=stored.crate)
            try:
                answer = await pool.run(task, limit_s=_LIMIT_S)
            except AuditError as error:
                self._not_judged(stored, error.what)
            else:
                self._answered(stored, answer)
            self._step()

    def _answered(self, stored: Stored, answer: object) -> None:
        if isinstance(answer, Died):
            self._not_judged(stored, f"the process that judged it {answer.how}")
        elif isinstance(answer, TookTooLong):
            self._not_judged(stored, f"that took more than {answer.limit_s:g} seconds")
        elif isinstance(answer, Again):
            self._judged(stored, answer)
        else:
            raise TypeError(type(answer).__name__)

    def _judged(self, stored: Stored, again: Again) -> None:
        if again.examined is not None:
            self._history.record(
                again.examined.report,
                None,
                crate=self._crate(stored),
                identifiers=again.examined.identifiers,
                portrait=again.examined.portrait,
            )
            self._kept += 1
        if again.decision is not stored.decision:
            self.changed.append(_Changed(stored=stored, again=replace(again, examined=None)))
        elif again.new or again.gone:
            self._other += 1

    def _crate(self, stored: Stored) -> CrateRef | None:
        return self._crates.get(stored.crate)

    def _not_judged(self, stored: Stored, why: str) -> None:
        self.troubles.append(f"{stored.id[: history_text.SHORT_ID]}: not judged again: {clean_line(why)}")

    def _step(self) -> None:
        self._done += 1
        total = len(self._stored)
        took = max(time.monotonic() - self._began, 1e-6)
        rate = self._done / took
        told = f"{rate:,.0f} a second, {(total - self._done) / rate:,.0f} s left"
        self._meter.step(self._done, total, told)
        before, now = (_PARTS * done // total for done in (self._done - 1, self._done))
        if now > before and self._done < total and not sys.stderr.isatty():
            note(f"{self._done:,} of {total:,} snapshots, {told}")

    def summary(self) -> str:
        """What was done, how fast, and what came of it."""
        took = max(self._ended - self._began, 1e-6)
        by = counted(self._workers, "process", "processes")
        changed = f"{counted(len(self.changed), 'verdict')} changed" if self.changed else "no verdict changed"
        rate = f"{took:.1f} s ({self._done / took:,.0f} a second)"
        said = [f"{counted(self._done, 'snapshot')} judged again by {by} in {rate}: {changed}"]
        turned = Counter(f"{one.stored.decision.value} -> {one.again.decision.value}" for one in self.changed)
        said += [f"  {count:,} {what}" for what, count in sorted(turned.items())]
        if self._other:
            said.append(f"  {self._other:,} keep their verdict with other findings")
        if self.troubles:
            said.append(f"  {len(self.troubles):,} could not be judged again")
        if self._kept:
            said.append(f"  {counted(self._kept, 'new report')} kept in the history")
        left = len(self._stored) - self._done
        if left:
            said.append(f"  {left:,} were not reached")
        return "\n".join(said)

    def exit_code(self) -> int:
        """By what changed; interrupted where not all were reached."""
        if self._done < len(self._stored):
            return exits.INTERRUPTED
        if any(one.again.decision is Decision.FAIL for one in self.changed):
            return exits.FAIL
        if self.changed:
            return exits.REVIEW
        return exits.INCONCLUSIVE if self.troubles else exits.PASS
