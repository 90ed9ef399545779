"""Entries of a crate to its report: each unit held against the others and against the manifest.

The entries are gone through twice, one at a time, and never all held: first every unit is counted, then every
unit is asked how it differs. Nothing of an entry is changed; what is found here is found anew each time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from audit.checks.waiving import Place, Waiving, lapse
from audit.crate.manifest.findings import crate_findings, findings_for
from audit.crate.manifest.reconcile import duplicates, reconcile
from audit.crate.outliers import Census
from audit.crate.short import checks_of, telling_of, waived_of
from audit.crate.store import Store
from audit.crate.unit_reports import Others
from audit.model.crate import CrateReport, Duplicate, Entry, Reconciliation, UnitResult
from audit.model.portrait import Portrait
from audit.model.profiles import Outcome, Policy
from audit.model.record import record
from audit.model.report import Decision, Finding, Report, Severity
from audit.model.waivers import Waiver

_WORST_FIRST = (
    (Outcome.FAIL, Decision.FAIL),
    (Outcome.INCONCLUSIVE, Decision.INCONCLUSIVE),
    (Outcome.REVIEW, Decision.REVIEW),
)


@record
class Closed:
    """A crate that was gone through, and by name of each unit:

    others: what its own report does not know; judged_at: when that was made
    """

    report: CrateReport
    others: Mapping[str, Others]
    judged_at: Mapping[str, str]


def close(
    store: Store,
    policies: Mapping[str, Policy],
    *,
    ended_at: str,
    former: Iterable[Portrait] = (),
    waiting: Iterable[str] = (),
    remembered: Callable[[UnitResult], Iterable[Finding]] = lambda _: (),
    waivers: Sequence[Waiver] = (),
) -> Closed:
    """The report of what is in *store*.

    policies: of the rulebook, by name; ended_at: RFC 3339 in UTC
    former: units of former crates, which are compared with and not judged
    waiting: slots or serials of units that were there and are not done
    remembered: what the station's history says of a unit
    waivers: those that expired too; which hold is told by the day of *ended_at*
    """
    results = store.results()  # while this goes on, others may be done
    census = _counted(store, results, former)
    manifest = store.head.manifest
    held = None if manifest is None else reconcile(manifest, results)
    alike = duplicates(results) if held is None else held.duplicates
    closing = _Closing(policies=policies, census=census, reconciliation=held, duplicates=alike)
    others: dict[str, Others] = {}
    used: set[str] = set()
    past: Counter[Waiver] = Counter()
    judged_at: dict[str, str] = {}
    shown: list[UnitResult] = []
    for entry in store.entries(results):
        name = entry.result.name
        found = (*closing.of_unit(entry), *remembered(entry.result))
        waiving = Waiving(waivers=tuple(waivers), place=_place(store, entry), today=ended_at[:10])
        report = Others(found=found, waiving=waiving).to(entry.report)
        mine = tuple(one for one in waivers if one in report.waivers or one in report.expired)
        others[name] = Others(found=found, waiving=replace(waiving, waivers=mine) if mine else Waiving())
        used.update(one.id for one in report.waivers)
        past.update(report.expired)
        judged_at[name] = entry.report.judged_at
        shown.append(_after(entry.result, report))
    findings = (*closing.of_crate(), *_lapses(past), *_not_done(waiting := tuple(waiting)))
    return Closed(
        report=CrateReport(
            head=store.head,
            ended_at=ended_at,
            complete=not waiting,
            decision=_decision(shown, findings),
            units=tuple(shown),
            findings=findings,
            groups=census.groups(),
            reconciliation=held,
            waiting=waiting,
            waivers=tuple(one for one in waivers if one.id in used),
        ),
        others=others,
        judged_at=judged_at,
    )


def _counted(store: Store, results: Sequence[UnitResult], former: Iterable[Portrait]) -> Census:
    census = Census()
    for portrait in former:
        census.count(portrait, earlier=True)
    for entry in store.entries(results):
        census.count(entry.portrait)
    return census


@record
class _Closing:
    """All that a unit is held against."""

    policies: Mapping[str, Policy]
    census: Census
    reconciliation: Reconciliation | None
    duplicates: tuple[Duplicate, ...]

    def of_unit(self, entry: Entry) -> Iterator[Finding]:
        """How it differs from its peers and from the manifest."""
        policy = self.policies[entry.result.expectation.policy]
        if entry.portrait is not None:
            yield from self.census.findings_for(entry.portrait, policy, name=entry.result.name)
        yield from findings_for(entry.result, self.reconciliation, policy, self.duplicates)

    def of_crate(self) -> Iterator[Finding]:
        """What nobody in particular is to blame for."""
        yield from self.census.crate_findings()
        yield from crate_findings(self.reconciliation, self.duplicates)


def _place(store: Store, entry: Entry) -> Place:
    serial = entry.report.identity.serial or entry.report.unit.serial or ""
    return Place(crate=store.head.name, token=store.token(serial))


def _lapses(past: Mapping[Waiver, int]) -> Iterator[Finding]:
    """A note for each waiver that expired and would cover something."""
    for waiver, units in past.items():
        yield Finding(
            check="waivers",
            outcome=Outcome.PASS,
            severity=Severity.INFO,
            subject=waiver.id,
            message=f"{lapse(waiver)} It would cover findings of {units} unit{'' if units == 1 else 's'}.",
        )


def _after(result: UnitResult, report: Report) -> UnitResult:
    return replace(
        result,
        decision=report.verdict.decision,
        because=report.verdict.because,
        telling=telling_of(report),
        checks=checks_of(report),
        waived=waived_of(report),
    )


def _not_done(waiting: tuple[str, ...]) -> Iterator[Finding]:
    if waiting:
        yield Finding(
            check="crate",
            outcome=Outcome.INCONCLUSIVE,
            severity=Severity.INFO,
            message=(
                "1 unit that was seen is not done."
                if len(waiting) == 1
                else f"{len(waiting)} units that were seen are not done."
            ),
            fix="Go on with `adb-audit crate --resume` and this folder.",
        )


def _decision(units: Iterable[UnitResult], findings: Iterable[Finding]) -> Decision:
    """The worst there is; of no unit at all nothing can be said."""
    decisions = {unit.decision for unit in units}
    outcomes = {finding.outcome for finding in findings}
    for outcome, decision in _WORST_FIRST:
        if decision in decisions or outcome in outcomes:
            return decision
    return Decision.PASS if decisions else Decision.INCONCLUSIVE
