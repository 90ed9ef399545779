"""Differences that ask nobody: what comes with a build, with the use of a unit, with its user's apps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from audit.crate.outliers.counting import View
from audit.crate.outliers.judge import Difference, Weight
from audit.crate.outliers.lots import Lot
from audit.crate.outliers.wording import evidence_value, item, listed
from audit.model.portrait import TraitKind
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Severity
from audit.model.text import clean_line

CHECK = "crate-outliers"

MOST_EVIDENCE = 40
"""Differences one finding lists; the rest is counted."""

MOST_PACKAGES = 200
"""The same of packages: a foreign build brings a hundred, and any of them may be the one that matters."""

_WHY_USE = "Such things differ between units that were used, so they do not count."


def folded_words(folded: Sequence[Difference], view: View, lot: Lot) -> str:
    """What is said of the properties that come with another build, after what is said of the build."""
    if not folded:
        return ""
    own = lot.build(view.build)
    reason = (
        "whether they come with the build cannot be told from one unit that has it"
        if own is None or own.tallies[TraitKind.PROPERTY].units == 1
        else f"all {own.tallies[TraitKind.PROPERTY].units} units with this build agree on them"
    )
    count = f"{len(folded)} properties differ" if len(folded) > 1 else "1 property differs"
    names = listed([clean_line(one.name) for one in sorted(folded, key=telling)])
    return f" {count} as well ({names}); {reason}."


def with_build(folded: Sequence[Difference], view: View, lot: Lot) -> Finding:
    """Properties that come with a build which is itself no exception."""
    count = f"{len(folded)} properties are" if len(folded) > 1 else "1 property is"
    return Finding(
        check=CHECK,
        outcome=Outcome.PASS,
        severity=Severity.INFO,
        subject="properties",
        message=f"{count} not as on most units of this model, which build {view.build} may explain:"
        f"{folded_words(folded, view, lot)}",
        why="Properties of the build differ from build to build.",
        evidence=evidence(sorted(folded, key=telling), lot),
        facts=facts(lot, folded),
    )


def notes(lot: Lot, differences: Sequence[Difference]) -> Iterator[Finding]:
    """Apps that others of the model have too, other things about apps, and settings in use."""
    apps = [one for one in differences if one.weight is Weight.APPS]
    used = [one for one in differences if one.weight is Weight.USE]
    shared = sorted(
        (one for one in apps if one.value is not None and one.kind is TraitKind.PACKAGE and one.holders > 1),
        key=telling,
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
        used = sorted(used, key=telling)
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
        evidence=evidence(told, lot),
        facts=facts(lot, told),
    )


def evidence(told: Sequence[Difference], lot: Lot) -> tuple[Evidence, ...]:
    """What was compared and how many units are how, bounded."""
    most = MOST_PACKAGES if told and told[0].kind is TraitKind.PACKAGE else MOST_EVIDENCE
    listed_ones = tuple(
        Evidence(
            what=f"{one.kind} {clean_line(one.name)}",
            value=evidence_value(one),
            origin=f"comparison with {one.of} units of {lot.shown}",
        )
        for one in told[:most]
    )
    more = len(told) - most
    if more <= 0:
        return listed_ones
    rest = Evidence(what="not listed", value=f"{more} more", origin=f"comparison with units of {lot.shown}")
    return (*listed_ones, rest)


def facts(lot: Lot, told: Sequence[Difference]) -> tuple[tuple[str, str], ...]:
    """Whom it was compared with."""
    counts = sorted({one.of for one in told})
    told_facts = [("model", lot.shown), ("units compared", " or ".join(map(str, counts[:3])))]
    if lot.whole.earlier:
        told_facts.append(("of former crates", str(lot.whole.earlier)))
    return tuple(told_facts)


def telling(one: Difference) -> tuple[bool, bool, int, str]:
    """What its build does not explain first, then what the fewest units have."""
    return (one.whole_build, one.value == "known", one.holders, one.name)
