"""Differences of one unit to few findings that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from audit.crate.outliers.counting import MOST_TRAITS, View
from audit.crate.outliers.judge import Difference, Weight
from audit.crate.outliers.lots import Lot
from audit.crate.outliers.wording import evidence_value, item, listed, peers, sentence
from audit.model.portrait import TraitKind
from audit.model.profiles import Outcome, Policy
from audit.model.record import record
from audit.model.report import Evidence, Finding, Severity
from audit.model.text import clean_line

CHECK = "crate-outliers"

MOST_EVIDENCE = 40
"""Differences one finding lists; the rest is counted."""

_WHY = (
    "Units of one model are made alike. One that is not was built for another market, reflashed, or altered;"
    " it may also be the only right one. That it is an exception proves nothing by itself."
)
_FIX = (
    "Compare this unit with another of its lot, or all of them with a golden unit of the model"
    " (adb-audit baseline save), and ask where it comes from."
)
_WHY_USE = "Such things differ between units that were used, so they do not count."


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
        *_notes(lot, differences),
    )


def _full(view: View, lot: Lot, differences: Sequence[Difference], policy: Policy) -> Iterator[Finding]:
    left = [one for one in differences if one.weight is Weight.FULL]
    folded = [one for one in differences if one.weight is Weight.BUILD]
    for part in _PARTS:
        taken = sorted(filter(part.takes, left), key=_telling)
        left = [one for one in left if not part.takes(one)]
        if part.subject == "build" and folded and taken:
            yield _finding(part, taken, view, lot, policy.outlier, folded=folded)
            folded = []
        elif taken:
            yield _finding(part, taken, view, lot, policy.outlier)
    if folded:
        yield _with_build(folded, view, lot)


def _telling(one: Difference) -> tuple[bool, bool, int, str]:
    """What its build does not explain first, then what the fewest units have."""
    return (one.whole_build, one.value == "known", one.holders, one.name)


def _finding(  # each is a part of one finding
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
        message=_message(part, taken) + _explained(taken, view, lot) + _folded(folded, view, lot),
        why=_WHY,
        fix=_FIX,
        evidence=_evidence((*taken, *sorted(folded, key=_telling)), lot),
        facts=_facts(lot, taken),
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
    with_build = sum(one.whole_build for one in taken)
    if not with_build:
        return ""
    subject = ("It is" if len(taken) == 1 else "All are") if with_build == len(taken) else f"{with_build} are"
    return f" {subject} like this on all {own.units} units with build {view.build}."


def _folded(folded: Sequence[Difference], view: View, lot: Lot) -> str:
    if not folded:
        return ""
    own = lot.build(view.build)
    alone = own is None or own.units == 1
    reason = (
        "whether they come with the build cannot be told from one unit that has it"
        if alone
        else f"all {own.units if own else 1} units with this build agree on them"
    )
    count = f"{len(folded)} properties differ" if len(folded) > 1 else "1 property differs"
    names = listed([clean_line(one.name) for one in sorted(folded, key=_telling)])
    return f" {count} as well ({names}); {reason}."


def _with_build(folded: Sequence[Difference], view: View, lot: Lot) -> Finding:
    """Properties that come with a build which is itself no exception."""
    count = f"{len(folded)} properties are" if len(folded) > 1 else "1 property is"
    return Finding(
        check=CHECK,
        outcome=Outcome.PASS,
        severity=Severity.INFO,
        subject="properties",
        message=f"{count} not as on most units of this model, which build {view.build} may explain:"
        f"{_folded(folded, view, lot)}",
        why="Properties of the build differ from build to build.",
        evidence=_evidence(sorted(folded, key=_telling), lot),
        facts=_facts(lot, folded),
    )


def _notes(lot: Lot, differences: Sequence[Difference]) -> Iterator[Finding]:
    apps = [one for one in differences if one.weight is Weight.APPS]
    used = [one for one in differences if one.weight is Weight.USE]
    shared = sorted(
        (one for one in apps if one.value is not None and one.kind is TraitKind.PACKAGE and one.holders > 1),
        key=_telling,
    )
    if shared:
        yield _note(
            "user-installed apps",
            f"{len(shared)} user-installed {_plural('app', shared)} of this unit {_is(shared)} on others of"
            f" its model, not on most: {listed([item(one) for one in shared])}.",
            shared,
            lot,
        )
    rest = [one for one in apps if one not in shared]
    if rest:
        yield _note(
            "apps",
            f"{len(rest)} {_plural('thing', rest)} about apps that users install or update {_is(rest)} not as"
            f" on most units of this model: {listed([_app(one) for one in rest])}.",
            rest,
            lot,
        )
    if used:
        used = sorted(used, key=_telling)
        yield _note(
            "settings in use",
            f"{len(used)} {_plural('property', used)} that can change with use {_is(used)} not as on most"
            f" units of this model: {listed([item(one) for one in used])}.",
            used,
            lot,
        )


def _app(one: Difference) -> str:
    if one.kind is TraitKind.PACKAGE:
        return f"{item(one)}, this unit's own" if one.holders == 1 else item(one)
    return f"{one.kind} of {item(one)}"


def _plural(word: str, many: Sequence[object]) -> str:
    return word if len(many) == 1 else f"{word.removesuffix('y')}ies" if word.endswith("y") else f"{word}s"


def _is(many: Sequence[object]) -> str:
    return "is" if len(many) == 1 else "are"


def _note(subject: str, message: str, told: Sequence[Difference], lot: Lot) -> Finding:
    return Finding(
        check=CHECK,
        outcome=Outcome.PASS,
        severity=Severity.INFO,
        subject=subject,
        message=message,
        why=_WHY_USE,
        evidence=_evidence(told, lot),
        facts=_facts(lot, told),
    )


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


def _evidence(told: Sequence[Difference], lot: Lot) -> tuple[Evidence, ...]:
    listed_ones = tuple(
        Evidence(
            what=f"{one.kind} {clean_line(one.name)}",
            value=evidence_value(one),
            origin=f"comparison with {one.of} units of {lot.shown}",
        )
        for one in told[:MOST_EVIDENCE]
    )
    more = len(told) - MOST_EVIDENCE
    if more <= 0:
        return listed_ones
    rest = Evidence(what="not listed", value=f"{more} more", origin=f"comparison with units of {lot.shown}")
    return (*listed_ones, rest)


def _facts(lot: Lot, told: Sequence[Difference]) -> tuple[tuple[str, str], ...]:
    counts = sorted({one.of for one in told})
    facts = [("model", lot.shown), ("units compared", " or ".join(map(str, counts[:3])))]
    if lot.whole.earlier:
        facts.append(("of former crates", str(lot.whole.earlier)))
    return tuple(facts)


__all__ = ["CHECK", "MOST_EVIDENCE", "unit_findings"]
