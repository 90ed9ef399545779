"""``adb-audit judge`` of many inputs: judged here or on a cluster, told in sum, kept as they are done."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import ExitStack, aclosing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audit.asked import Asked
from audit.cli import exits, fleets, history_asked
from audit.cli.history_text import counted, cut
from audit.cli.many_text import Summary, Told
from audit.cli.output import keep, note, say, station_key
from audit.cli.pace import Pace
from audit.cli.rows_out import RowsOut
from audit.cli.stopping import until_stopped
from audit.errors import AuditError, UsageError
from audit.fleet import Done, Engine, FleetLost, Job, Trouble, results
from audit.fleet.inputs import Inputs, Skipped
from audit.fleet.judging import Judged, Setup, Task, Unknown, unread, worker
from audit.model.record import record
from audit.model.report import Decision
from audit.model.text import clean_line

if TYPE_CHECKING:
    from audit.history import History
    from audit.sources import Keys

_MOST_NAMED = 10
_BATCH, _BATCH_S = 32, 0.25
_WORDS = (
    "ending early; what is under way is judged and kept",
    "giving up; what was kept stays kept",
)


@record
class Many:
    """What ``judge`` was asked for; the names are those of its options."""

    paths: tuple[str, ...]
    form: str
    output: Path | None
    reveal: bool
    db: str | None
    no_history: bool
    scheduler: str | None
    workers: int | None
    limit_s: float
    changed: bool


def run(asked: Asked, many: Many, keys: Keys) -> int:
    """Judge them, say what came of it, and return the exit code."""
    if many.changed and many.no_history:
        raise UsageError("--changed compares with the history", fix="leave --no-history out")
    if many.scheduler is not None and keys.passphrase is not None:
        _check_secret(many.scheduler)
    with ExitStack() as stack:
        history = None if many.no_history else stack.enter_context(history_asked.opened(many.db))
        if history is not None and history.backup is not None:
            note(f"the history was brought up to date; as it was: {history.backup}")
        setup = Setup(
            asked=asked,
            key=station_key(),
            reveal=many.reveal,
            keep=history is not None,
            station="" if history is None else history.station,
            far=many.scheduler is not None,
            keys=replace(keys, ask=None),
        )
        engine = fleets.engine(
            Job(make=worker, setup=setup),
            scheduler=many.scheduler,
            workers=many.workers,
            limit_s=many.limit_s,
        )
        work = _Work(many, setup, engine, history)
        rows = stack.enter_context(RowsOut(many.form, many.output))
        asyncio.run(until_stopped(work.all(rows), work, _WORDS, stop=work.stop))
        work.tell()
    return work.exit_code()


def _check_secret(address: str) -> None:
    """A passphrase goes to the workers; not where others can read it on its way."""
    host = address.partition("://")[2].rpartition(":")[0]
    if not address.startswith("tls://") and host not in {"127.0.0.1", "[::1]", "localhost"}:
        raise UsageError(
            "the passphrase would go to the workers for everybody to read",
            where=address,
            fix="use a scheduler with tls://, or an --identity file that workers reach",
        )


class _Work:
    """Inputs handed to workers, and what came of them. Only this process writes the history."""

    def __init__(self, many: Many, setup: Setup, engine: Engine, history: History | None) -> None:
        self.stop = asyncio.Event()
        self._many, self._setup, self._engine, self._history = many, setup, engine, history
        self._summary = Summary()
        self._skipped: dict[str, int] = {}
        self._named: list[Skipped] = []
        self._unsure = 0
        self._waiting: list[Judged] = []
        self._since = 0.0
        self._kept = self._again = self._without_evidence = 0
        self._not_kept = 0
        self._lost: FleetLost | None = None
        self._broken: AuditError | None = None
        self._turn = asyncio.Lock()
        self._by = engine.name
        self._whole = False
        self._pace = Pace("inputs")
        self._ending = threading.Event()

    async def all(self, rows: RowsOut) -> None:
        """Judge them until all are done or somebody stops it."""
        with self._pace.meter:
            counting = asyncio.create_task(asyncio.to_thread(self._count))
            try:
                async with self._engine:
                    self._by = self._engine.name
                    self._pace.begin()
                    await self._stream(rows)
                    self._by = self._engine.name
            finally:
                self._pace.end()
                self._ending.set()
                await asyncio.gather(counting, return_exceptions=True)

    async def _stream(self, rows: RowsOut) -> None:
        flushing = asyncio.create_task(self._flush_now_and_then(rows))
        try:
            async with aclosing(results(self._engine, self._tasks(), self.stop)) as stream:
                async for done in stream:
                    self._answered(done)
                    if flushing.done():
                        break  # rows cannot be written any more; said below
                    if len(self._waiting) >= _BATCH:
                        await self._flush(rows)
        except FleetLost as error:
            self._lost = error
        finally:
            flushing.cancel()
            (ended,) = await asyncio.gather(flushing, return_exceptions=True)
            await self._flush(rows)
        if isinstance(ended, Exception):
            raise ended
        rows.whole = self._whole and self._lost is None and not self.stop.is_set()

    def say(self, text: str) -> None:
        """What Ctrl-C does."""
        self._pace.meter.stop()
        note(text)

    def tick(self) -> None:
        """Nothing changes by itself."""

    def _count(self) -> None:
        """How many there are, beside the work: until it is known there is no time left to tell."""
        count = 0
        for _ in Inputs(self._many.paths, lambda _: None):
            if self._ending.is_set():
                return
            count += 1
        self._pace.total = count

    def _tasks(self) -> Iterator[object]:
        for one in Inputs(self._many.paths, self._skip):
            yield Task(path=one.path, meant=one.meant, there=one.there)
        self._whole = True

    def _skip(self, one: Skipped) -> None:
        self._skipped[one.why] = self._skipped.get(one.why, 0) + 1
        self._unsure += one.unsure
        if len(self._named) < _MOST_NAMED:
            self._named.append(one)

    def _answered(self, done: Done) -> None:
        task, answer = done.task, done.answer
        if not isinstance(task, Task):
            raise TypeError(type(task).__name__)
        if isinstance(answer, Unknown):
            self._skip(Skipped(path=answer.path, why="nothing recognises it"))
        elif isinstance(answer, Trouble):
            self._waiting.append(unread(task.path, answer.what, answer.fix, self._setup))
        elif isinstance(answer, Judged):
            self._waiting.append(answer)
        else:
            raise TypeError(type(answer).__name__)
        self._pace.step(cut(task.path, 60))

    async def _flush_now_and_then(self, rows: RowsOut) -> None:
        """What is done is kept soon, also while nothing else gets done."""
        while True:
            await asyncio.sleep(_BATCH_S)
            await asyncio.shield(self._flush(rows))

    async def _flush(self, rows: RowsOut) -> None:
        """Keep what is done in one transaction, then tell it; one after the other."""
        async with self._turn:
            ready, self._waiting = self._waiting, []
            if not ready:
                return
            former = await asyncio.to_thread(self._kept_or_not, ready)
            for one, was in zip(ready, former, strict=True):
                told = Told(row=one.row, former=was)
                self._summary.add(told)
                self._without_evidence += one.without_evidence
                if not self._many.changed or (was is not None and was is not one.row.decision):
                    rows.add(told)

    def _kept_or_not(self, ready: list[Judged]) -> list[Decision | None]:
        """Verdicts before these. A history that cannot be written to ends the work."""
        try:
            if self._broken is None:
                return self._keep(ready)
        except AuditError as error:
            self._broken = error
            self.stop.set()
        self._not_kept += len(ready)
        return [None for _ in ready]

    def _keep(self, ready: list[Judged]) -> list[Decision | None]:
        if self._history is None:
            return [None for _ in ready]
        added = self._history.add([one.prepared for one in ready if one.prepared is not None], once=True)
        self._kept += sum(one.new for one in added)
        self._again += sum(not one.new for one in added)
        return [one.former for one in added]

    def tell(self) -> None:
        """What came of it: to people, and to standard error where rows went to standard output."""
        many = self._many
        said = "\n".join(self._summary.lines(compared=many.changed))
        if many.form != "plain":
            note(said)
        elif many.output is not None:
            keep(said + "\n", many.output)
        elif said:
            say(said)
        for line in self._end():
            note(line)
        if self._lost is not None:
            exits.tell(self._lost)
        if self._broken is not None:
            note(f"not kept in the history: {counted(self._not_kept, 'report')}, and so the work was ended")
            exits.tell(self._broken)

    def _end(self) -> Iterator[str]:
        pace, judged = self._pace, self._summary.total
        rate = f"{pace.took_s:.1f} s ({judged / pace.took_s:,.1f} a second)"
        yield f"{counted(judged, 'input')} judged by {self._by} in {rate}"
        for why, count in sorted(self._skipped.items()):
            yield f"  {count:,} left out: {why}"
        for one in self._named:
            yield f"    {clean_line(one.path)}"
        if self._history is not None:
            again = f"; {self._again:,} said what was kept before" if self._again else ""
            yield f"  {counted(self._kept, 'report')} kept in the history{again}"
        if self._without_evidence:
            yield f"  of {self._without_evidence:,} the evidence is too large to be kept so: judge alone"
        if not self._whole or self._lost is not None:
            yield "  not all were reached; the same command again keeps nothing twice"

    def exit_code(self) -> int:
        """That of the worst verdict; not less than INCONCLUSIVE where anything may have been missed."""
        verdicts = self._summary.verdicts
        if self.stop.is_set() and self._broken is None:
            return exits.INTERRUPTED
        if verdicts[Decision.FAIL]:
            return exits.FAIL
        if verdicts[Decision.INCONCLUSIVE] or self._unsure or self._lost is not None or not self._whole:
            return exits.INCONCLUSIVE
        if not self._summary.total:
            return exits.INCONCLUSIVE
        return exits.REVIEW if verdicts[Decision.REVIEW] else exits.PASS
