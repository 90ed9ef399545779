"""Differences of one unit to few findings that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from audit.crate.outliers.counting import MOST_TRAITS, View
from audit.crate.outliers.judge import Difference, Weight
from audit.crate.outliers.lots import Lot
from audit.crate.outliers.notes import CHECK, evidence, facts, folded_words, notes, telling, with_build
from audit.crate.outliers.wording import item, listed, peers, sentence
from audit.model.portrait import TraitKind
from audit.model.profiles import Outcome, Policy
from audit.model.record import record
from audit.model.report import Finding, Severity
from audit.model.text import clean_line

_WHY = (
    "Units of one model are made alike. One that is not was built for another market, reflashed, or altered;"
    " it may also be the only right one. That it is an exception proves nothing by itself."
)
_FIX = (
    "Compare this unit with another of its lot, or all of them with a golden unit of the model"
    " (adb-audit baseline save), and ask where it comes from."
)


@record
class _Part:
    """One finding: which differences it tells, what several of them are called, how bad it is."""

    subject: str
    several: str
    takes: Callable[[Difference], bool]
    severity: Severity


def _kind(kind: TraitKind) -> Callable[[Difference], bool]:
    return lambda one: one.kind is kind


_PARTS = (
    _Part(
        subject="region",
        several="signs of the region are not what they are",
        takes=_kind(TraitKind.REGION),
        severity=Severity.HIGH,
    ),
    _Part(
        subject="build",
        several="parts of what names the build are not what they are",
        takes=_kind(TraitKind.BUILD),
        severity=Severity.MEDIUM,
    ),
    _Part(
        subject="more packages",
        several="packages are on this unit but not",
        takes=lambda one: one.kind is TraitKind.PACKAGE and one.usual is None,
        severity=Severity.HIGH,
    ),
    _Part(
        subject="missing packages",
        several="packages are not on this unit as they are",
        takes=_kind(TraitKind.PACKAGE),
        severity=Severity.MEDIUM,
    ),
    _Part(
        subject="signers",
        several="packages are signed by others than",
        takes=_kind(TraitKind.SIGNER),
        severity=Severity.HIGH,
    ),
    _Part(
        subject="overlays",
        several="overlays are not as they are",
        takes=_kind(TraitKind.OVERLAY),
        severity=Severity.MEDIUM,
    ),
    _Part(
        subject="states of packages",
        several="packages are not in the state they are in",
        takes=_kind(TraitKind.STATE),
        severity=Severity.LOW,
    ),
    _Part(
        subject="users",
        several="users are not as they are",
        takes=_kind(TraitKind.USER),
        severity=Severity.MEDIUM,
    ),
    _Part(
        subject="modules",
        several="modules are not as they are",
        takes=_kind(TraitKind.APEX),
        severity=Severity.LOW,
    ),
    _Part(
        subject="properties",
        several="properties are not what they are",
        takes=_kind(TraitKind.PROPERTY),
        severity=Severity.MEDIUM,
    ),
    _Part(
        subject="versions",
        several="packages are of another version than",
        takes=_kind(TraitKind.VERSION),
        severity=Severity.LOW,
    ),
    _Part(
        subject="places of packages",
        several="packages lie elsewhere than",
        takes=_kind(TraitKind.PATH),
        severity=Severity.LOW,
    ),
)


def unit_findings(
    view: View, lot: Lot, differences: Sequence[Difference], policy: Policy
) -> tuple[Finding, ...]:
    """What is said of one unit: one finding for each part that differs, then the notes."""
    return (
        *_crowded(view, policy),
        *_full(view, lot, differences, policy),
        *notes(lot, differences),
    )


def _full(view: View, lot: Lot, differences: Sequence[Difference], policy: Policy) -> Iterator[Finding]:
    left = [one for one in differences if one.weight is Weight.FULL]
    folded = [one for one in differences if one.weight is Weight.BUILD]
    for part in _PARTS:
        taken = sorted(filter(part.takes, left), key=telling)
        left = [one for one in left if not part.takes(one)]
        if part.subject == "build" and folded and taken:
            yield _finding(part, taken, view, lot, policy.outlier, folded=folded)
            folded = []
        elif taken:
            yield _finding(part, taken, view, lot, policy.outlier)
    if folded:
        yield with_build(folded, view, lot)


def _finding(
    part: _Part,
    taken: Sequence[Difference],
    view: View,
    lot: Lot,
    outcome: Outcome,
    *,
    folded: Sequence[Difference] = (),
) -> Finding:
    names = {one.name for one in taken}
    return Finding(
        check=CHECK,
        outcome=outcome,
        severity=_severity(part.severity, outcome),
        subject=clean_line(names.pop()) if len(names) == 1 and part.subject != "build" else part.subject,
        message=_message(part, taken) + _explained(taken, view, lot) + folded_words(folded, view, lot),
        why=_WHY,
        fix=_FIX,
        evidence=evidence((*taken, *sorted(folded, key=telling)), lot),
        facts=facts(lot, taken),
    )


def _severity(severity: Severity, outcome: Outcome) -> Severity:
    if outcome is Outcome.PASS:
        return Severity.INFO
    return Severity.MEDIUM if severity is Severity.HIGH and outcome is not Outcome.FAIL else severity


def _message(part: _Part, taken: Sequence[Difference]) -> str:
    if len(taken) == 1:
        return sentence(taken[0])
    if part.subject == "build":
        named = next((one for one in taken if one.name == "display id"), taken[0])
        rest = [one.name for one in taken if one is not named]
        return f"{sentence(named)} With it {'differs' if len(rest) == 1 else 'differ'} {listed(rest)}."
    within = all(one.within for one in taken)
    where = f"on most {peers(taken[0]) if within else 'units of this model'}"
    return f"{len(taken)} {part.several} {where}: {listed([item(one) for one in taken])}."


def _explained(taken: Sequence[Difference], view: View, lot: Lot) -> str:
    """What another build has to do with it."""
    own = lot.build(view.build)
    if own is None or taken[0].kind is TraitKind.BUILD:
        return ""
    count = sum(one.whole_build for one in taken)
    if not count:
        return ""
    subject = ("It is" if len(taken) == 1 else "All are") if count == len(taken) else f"{count} are"
    units = own.tallies[taken[0].kind].units
    return f" {subject} like this on all {units} units with build {view.build}."


def _crowded(view: View, policy: Policy) -> Iterator[Finding]:
    for kind in view.crowded:
        yield Finding(
            check=CHECK,
            outcome=Outcome.REVIEW if policy.outlier is Outcome.PASS else policy.outlier,
            severity=Severity.MEDIUM,
            subject=f"too many: {kind}",
            message=f"The unit states more than {MOST_TRAITS} things about {kind}, which no phone does;"
            " they were not compared with other units.",
            why="What is too much to compare can hide what should be seen.",
            fix="Look at the snapshot of this unit; read it again, from another cable and slot.",
        )
