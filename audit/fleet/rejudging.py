"""A report and what it was judged from to today's verdict: what a worker does.

Both come with the task as the history keeps them, packed: a worker on another machine cannot open a file of
this one, and unpacking takes as long as judging, so it is the workers' business. Whoever hands tasks out only
reads bytes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from audit.checks import ALL
from audit.checks.baseline import Baseline
from audit.checks.waiving import Place
from audit.clock import now, stamp
from audit.destinations.load import has_contacts, load_atlas
from audit.errors import BadInput
from audit.history.batches import KeptReport
from audit.history.packages import of_unit
from audit.history.recording import Prepared, prepare
from audit.model.evidence import Snapshot
from audit.model.profiles import Outcome, Rulebook
from audit.model.record import record
from audit.model.report import Decision, Finding, Report
from audit.pipeline import Examined, decide, examine, waive
from audit.reports.redact import redact, shown_serial

if TYPE_CHECKING:
    from audit.model.destinations import Atlas

_TELLING = frozenset({Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.REVIEW})
_MOST_MESSAGES = 50


@record
class Setup:
    """What reports are judged again by; sent to each worker once.

    key: of the station's masks; reveal: leave identifiers in words
    keep: answer with the new report too, for a history; station: name of the bench, kept with it
    """

    rulebook: Rulebook
    key: bytes
    reveal: bool = False
    keep: bool = False
    station: str = ""


@record
class Again:
    """What came of it. new, gone: messages of findings that count now and did not, and the other way round.

    was, decision: the verdict then and now; prepared: the new report; None where nobody asked for it
    """

    id: str
    was: Decision
    decision: Decision
    new: tuple[str, ...]
    gone: tuple[str, ...]
    prepared: Prepared | None = None


def worker(setup: object) -> Callable[[object], object]:
    """What `audit.fleet.engine.Job` makes of a `Setup` in each worker."""
    if not isinstance(setup, Setup):
        raise TypeError(f"no setup: {type(setup).__name__}")
    return _Worker(setup).done


class _Worker:
    """Data on addresses are opened once, when there is need."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._atlas: tuple[Atlas | None] | None = None

    def done(self, task: object) -> Again:
        """Judge a `KeptReport` again; a mere id is of one that is gone.

        Raises AuditError where what it holds is missing or damaged.
        """
        if isinstance(task, str):
            raise BadInput("it is in the history no more")
        if not isinstance(task, KeptReport):
            raise TypeError(f"no task: {type(task).__name__}")
        report, snapshot = task.unpacked()
        if snapshot is None:
            raise BadInput("what it was judged from is not kept")
        crate = "" if task.crate is None else task.crate.name
        examined = judged_again(report, snapshot, self._setup, crate=crate, atlas=self._open(snapshot))
        new, gone = self._differing(report, examined.report)
        return Again(
            id=task.id,
            was=report.verdict.decision,
            decision=examined.report.verdict.decision,
            new=new,
            gone=gone,
            prepared=self._prepared(examined, task) if self._setup.keep else None,
        )

    def _prepared(self, examined: Examined, task: KeptReport) -> Prepared:
        """The evidence is in the history already; its head, which says where it came from, is taken over."""
        made = prepare(
            examined.report,
            None,
            identifiers=examined.identifiers,
            packages=of_unit(None, examined.portrait),
            crate=task.crate,
            station=self._setup.station,
        )
        return replace(made, columns=made.columns | {"head": task.head})

    def _open(self, snapshot: Snapshot) -> Atlas | None:
        if not has_contacts(snapshot):
            return None
        if self._atlas is None:
            self._atlas = (load_atlas(None),)
        return self._atlas[0]

    def _differing(self, old: Report, new: Report) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if telling(old) == telling(new):
            return (), ()
        if not self._setup.reveal:
            old, new = (redact(report, key=self._setup.key) for report in (old, new))
        before, after = telling(old), telling(new)
        return (
            tuple(one for one in after if one not in before)[:_MOST_MESSAGES],
            tuple(one for one in before if one not in after)[:_MOST_MESSAGES],
        )


def judged_again(
    old: Report, snapshot: Snapshot, setup: Setup, *, crate: str = "", atlas: Atlas | None = None
) -> Examined:
    """Judge *snapshot* for what *old* was judged for, by the rulebook of *setup*.

    What came of holding the unit against others, or against a golden unit that is not at hand, is taken over
    from *old*; so are its waivers, those that are not expired.
    """
    judged_at = stamp(now())
    examined = examine(snapshot, setup.rulebook, lambda _: old.expectation, judged_at=judged_at, atlas=atlas)
    new, known = examined.report, {check.id for check in ALL}
    if old.expectation.baseline is not None:
        known.discard(Baseline.id)
    taken_over = tuple(replace(one, waiver="") for one in old.findings if one.check not in known)
    findings: tuple[Finding, ...] = (*(one for one in new.findings if one.check in known), *taken_over)
    report = replace(new, findings=findings, verdict=decide(findings))
    serial = report.identity.serial or report.unit.serial or ""
    place = Place(crate=crate, token=shown_serial(serial, key=setup.key))
    return replace(examined, report=waive(report, (*old.waivers, *old.expired), place, today=judged_at[:10]))


def telling(report: Report) -> tuple[str, ...]:
    """The messages that keep a report from PASS."""
    return tuple(
        dict.fromkeys(one.message for one in report.findings if one.outcome in _TELLING and not one.waiver)
    )
