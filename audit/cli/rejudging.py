"""``adb-audit history rejudge``: what was read before, judged by today's rulebook, here or on a cluster."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audit.cli import exits, fleets, history_asked, history_text, judging
from audit.cli.config import load
from audit.cli.history_asked import Wishes
from audit.cli.history_text import Change, counted
from audit.cli.history_work import Told, check_form, masked, put
from audit.cli.output import note, station_key
from audit.cli.pace import Pace
from audit.cli.stopping import until_stopped
from audit.fleet import Engine, FleetLost, Job, Trouble, results
from audit.fleet.numbers import short_number
from audit.fleet.rejudging import Again, Setup, worker
from audit.history import History
from audit.model.record import record as a_record
from audit.model.report import Decision
from audit.model.text import clean_line

if TYPE_CHECKING:
    from audit.history.recording import Prepared

_LIMIT_S = 120.0
"""For one snapshot; the largest takes some seconds."""
_MOST_TROUBLES = 1_000
_BATCH = 32
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
    scheduler: str | None = None


def run(asked: Rejudging) -> int:
    """Do it, say what came of it, and return the exit code."""
    check_form(asked.told.form)
    settings = load()
    rules = judging.asked(None, None, asked.profiles, settings, iocs=asked.iocs)
    with history_asked.opened(asked.told.db) as history:
        ids = _worth_judging(history, asked.wishes)
        if not ids:
            note("no report fits, so there is nothing to judge again")
            return exits.PASS
        setup = Setup(
            rulebook=rules.rulebook,
            key=station_key(),
            reveal=asked.told.reveal,
            keep=asked.record,
            station=history.station,
        )
        workers = asked.workers
        if asked.scheduler is None:
            workers = min(workers or fleets.processors(), len(ids))
        engine = fleets.engine(
            Job(make=worker, setup=setup), scheduler=asked.scheduler, workers=workers, limit_s=_LIMIT_S
        )
        work = _Work(history, ids, engine)
        asyncio.run(until_stopped(work.all(), work, _WORDS, stop=work.stop))
        _tell(work, asked.told)
    return work.exit_code()


def _worth_judging(history: History, wishes: Wishes) -> list[bytes]:
    """Ids of one report for each snapshot and what it was judged for: the newest."""
    seen: set[int] = set()
    found: list[bytes] = []
    for one in history_asked.find(history, wishes):
        number = short_number(f"{one.snapshot_sha256} {one.market} {one.policy}")
        if number not in seen:
            seen.add(number)
            found.append(bytes.fromhex(one.id))
    return found


def _tell(work: _Work, told: Told) -> None:
    rows = [(work.history.stored(one.id), one) for one in work.changed]
    shown = masked([stored for stored, _ in rows], told)
    changes = [
        Change(stored=stored, decision=one.decision, new=one.new, gone=one.gone)
        for stored, (_, one) in zip(shown, rows, strict=True)
    ]
    put(history_text.changes(changes, told.form), told)
    for trouble in work.troubles:
        note(trouble)
    note(work.summary())
    if work.lost is not None:
        exits.tell(work.lost)


class _Work:
    """Reports handed to workers, and what came of them. The history is written by this process alone."""

    def __init__(self, history: History, ids: list[bytes], engine: Engine) -> None:
        self.stop = asyncio.Event()
        self.history = history
        self.changed: list[Again] = []
        self.troubles: list[str] = []
        self.lost: FleetLost | None = None
        self._ids, self._engine = ids, engine
        self._failed, self._other, self._kept = 0, 0, 0
        self._waiting: list[Prepared] = []
        self._by = engine.name
        self._pace = Pace("snapshots", len(ids))

    async def all(self) -> None:
        """Judge them until all are done or somebody stops it."""
        with self._pace.meter:
            async with self._engine:
                self._by = self._engine.name
                self._pace.begin()
                try:
                    async with aclosing(results(self._engine, self._tasks(), self.stop)) as stream:
                        async for done in stream:
                            await self._answered(done.task, done.answer)
                except FleetLost as error:
                    self.lost = error
                finally:
                    self._keep()
                self._pace.end()

    def say(self, text: str) -> None:
        """What Ctrl-C does."""
        self._pace.meter.stop()
        note(text)

    def tick(self) -> None:
        """Nothing changes by itself."""

    def _tasks(self) -> Iterator[object]:
        for one in self._ids:
            kept = self.history.kept(one.hex())
            yield one.hex() if kept is None else kept

    async def _answered(self, task: object, answer: object) -> None:
        if isinstance(answer, Again):
            self._judged(answer)
        elif isinstance(answer, Trouble):
            self._not_judged(getattr(task, "id", str(task)), answer.what)
        else:
            raise TypeError(type(answer).__name__)
        if len(self._waiting) >= _BATCH:
            await asyncio.to_thread(self._keep)
        self._pace.step()

    def _judged(self, again: Again) -> None:
        if again.prepared is not None:
            self._waiting.append(again.prepared)
        if again.decision is not again.was:
            self.changed.append(replace(again, prepared=None))
        elif again.new or again.gone:
            self._other += 1

    def _keep(self) -> None:
        if self._waiting:
            self._kept += sum(one.new for one in self.history.add(self._waiting, once=True))
            self._waiting.clear()

    def _not_judged(self, id_: str, why: str) -> None:
        self._failed += 1
        if self._failed <= _MOST_TROUBLES:
            self.troubles.append(f"{id_[: history_text.SHORT_ID]}: not judged again: {clean_line(why)}")

    def summary(self) -> str:
        """What was done, how fast, and what came of it."""
        pace = self._pace
        changed = f"{counted(len(self.changed), 'verdict')} changed" if self.changed else "no verdict changed"
        rate = f"{pace.took_s:.1f} s ({pace.done / pace.took_s:,.0f} a second)"
        said = [f"{counted(pace.done, 'snapshot')} judged again by {self._by} in {rate}: {changed}"]
        turned = Counter(f"{one.was.value} -> {one.decision.value}" for one in self.changed)
        said += [f"  {count:,} {what}" for what, count in sorted(turned.items())]
        if self._other:
            said.append(f"  {self._other:,} keep their verdict with other findings")
        if self._failed:
            said.append(f"  {self._failed:,} could not be judged again")
        if self._kept:
            said.append(f"  {counted(self._kept, 'new report')} kept in the history")
        left = len(self._ids) - pace.done
        if left:
            said.append(f"  {left:,} were not reached")
        return "\n".join(said)

    def exit_code(self) -> int:
        """By what changed; interrupted where not all were reached."""
        if self.lost is not None:
            return exits.INCONCLUSIVE
        if self._pace.done < len(self._ids):
            return exits.INTERRUPTED
        if any(one.decision is Decision.FAIL for one in self.changed):
            return exits.FAIL
        if self.changed:
            return exits.REVIEW
        return exits.INCONCLUSIVE if self._failed else exits.PASS
