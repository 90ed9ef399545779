"""What is said of no single unit: where units are of several minds, and what was not compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from audit.crate.outliers.counting import MINIMUM_UNITS, Split, View
from audit.crate.outliers.lots import Lot, Peers
from audit.crate.outliers.minds import Kept
from audit.crate.outliers.notes import CHECK
from audit.crate.outliers.splits import MOST_LISTED, splits_of
from audit.crate.outliers.wording import listed, said
from audit.model.crate import Group
from audit.model.portrait import TraitKind
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Severity
from audit.model.text import clean_line

_MOST_EXAMPLES = 3
"""Units named for one side."""

_WORDS = {
    TraitKind.BUILD: "the build",
    TraitKind.REGION: "the region",
    TraitKind.PACKAGE: "packages",
    TraitKind.STATE: "states of packages",
    TraitKind.VERSION: "versions of packages",
    TraitKind.SIGNER: "signers of packages",
    TraitKind.PATH: "places of packages",
    TraitKind.OVERLAY: "overlays",
    TraitKind.USER: "users",
    TraitKind.APEX: "modules",
    TraitKind.PROPERTY: "properties",
}


class Left:
    """What was not compared. unreached: units without a portrait; nameless: those that state no model."""

    __slots__ = ("nameless", "too_much", "unreached")

    def __init__(self) -> None:
        self.unreached = 0
        self.nameless = 0
        self.too_much = False


class Sides:
    """Examples of units for the sides of splits: the first few by name, whoever was asked for first."""

    __slots__ = ("_examples",)

    def __init__(self) -> None:
        self._examples: dict[tuple[str, str, TraitKind, str, str | None], list[str]] = {}

    def note(self, view: View, lot: Lot, name: str) -> None:
        """Put a unit on its side of every split that is listed."""
        for kept in splits_of(lot).listed:
            if kept.kind not in view.read or (kept.build and kept.build != view.build):
                continue
            value = view.read[kept.kind].get(kept.split.name)
            if value not in dict(kept.split.sides):
                continue
            key = (view.model, kept.build, kept.kind, kept.split.name, value)
            names = self._examples.setdefault(key, [])
            if name not in names:
                names.append(name)
                names.sort()
                del names[_MOST_EXAMPLES:]

    def of(self, model: str, kept: Kept, value: str | None) -> tuple[str, ...]:
        """Names of units on one side."""
        return tuple(self._examples.get((model, kept.build, kept.kind, kept.split.name, value), ()))


def crate_findings(lots: Mapping[str, Lot], left: Left, sides: Sides) -> Iterator[Finding]:
    """All of them, by model."""
    judged = [(key, lots[key]) for key in sorted(lots) if lots[key].judged()]
    for key, lot in judged:
        yield from _splits(key, lot, sides)
        yield from _unread(lot)
    yield from _too_few([lot for _, lot in judged])
    yield from _left(left)


def _splits(model: str, lot: Lot, sides: Sides) -> Iterator[Finding]:
    found = splits_of(lot)
    for told in found.told:
        yield _split(model, lot, told, sides)
    if found.by_build or found.varying:
        yield _note(lot, found.by_build, found.varying)


def _split(model: str, lot: Lot, told: Sequence[Kept], sides: Sides) -> Finding:
    first = told[0]
    units = f"{first.split.of} units of {lot.shown}" + (f" with build {first.build}" if first.build else "")
    several = "" if len(told) == 1 else f" ({len(told)} of them)"
    spoken = listed([_sides(one.split) for one in told], most=3)
    builds = " They go with the builds of the units." if all(one.goes_with_build for one in told) else ""
    return Finding(
        check=CHECK,
        outcome=Outcome.REVIEW,
        severity=Severity.MEDIUM,
        subject=clean_line(first.split.name) if len(told) == 1 else _WORDS[first.kind],
        message=f"{units} are of several minds about {_WORDS[first.kind]}{several}: {spoken}."
        f" No side has a clear majority, so no unit is blamed.{builds}",
        why="Which side is as it should be, the units cannot tell; two lots may be mixed in this crate.",
        fix="Compare one unit of each side with a golden unit of the model; sort the units by it.",
        evidence=tuple(_evidence(model, told, sides)),
        facts=(("model", lot.shown), ("units compared", str(first.split.of))),
    )


def _sides(split: Split) -> str:
    spoken = ", ".join(f"{said(value)} on {count}" for value, count in split.sides)
    return f"{clean_line(split.name)} is {spoken} of {split.of}"


def _evidence(model: str, told: Sequence[Kept], sides: Sides) -> Iterator[Evidence]:
    for one in told[:MOST_LISTED]:
        for value, count in one.split.sides:
            units = sides.of(model, one, value)
            examples = f", for example {', '.join(map(clean_line, units))}" if units else ""
            yield Evidence(
                what=f"{one.kind} {clean_line(one.split.name)}",
                value=f"{said(value)} on {count} of {one.split.of}{examples}",
                origin="comparison of the units",
            )
    if len(told) > MOST_LISTED:
        yield Evidence(
            what="not listed", value=f"{len(told) - MOST_LISTED} more", origin="comparison of the units"
        )


def _note(lot: Lot, by_build: int, used: int) -> Finding:
    parts = []
    if by_build:
        differ = "property differs" if by_build == 1 else "properties differ"
        parts.append(f"{by_build} {differ} from build to build, equally within each")
    if used:
        vary = "thing varies" if used == 1 else "things vary"
        parts.append(f"{used} {vary} from unit to unit, or with use")
    return _said(
        Outcome.PASS,
        lot.shown,
        f"Among {lot.whole.units} units of {lot.shown}, {'; '.join(parts)}: no unit was judged by these.",
    )


def _unread(lot: Lot) -> Iterator[Finding]:
    peers = lot.whole
    if peers.units < MINIMUM_UNITS:
        return
    missing = {kind: peers.units - tally.units for kind, tally in peers.tallies.items()}
    spoken = [f"{_WORDS[kind]} of {count}{_none(peers, kind)}" for kind, count in missing.items() if count]
    if spoken:
        yield _said(
            Outcome.NOT_APPLICABLE,
            lot.shown,
            f"Of {peers.units} units of {lot.shown} some could not be compared in everything: not read, or"
            f" not whole, were {listed(spoken, most=len(_WORDS))}. What is missing on those says nothing.",
        )


def _none(peers: Peers, kind: TraitKind) -> str:
    return "" if peers.tallies[kind].units >= MINIMUM_UNITS else ", so that nobody was compared by them"


def _too_few(lots: Sequence[Lot]) -> Iterator[Finding]:
    small = [lot.whole.group(lot.shown, "") for lot in lots if lot.whole.units < MINIMUM_UNITS]
    small += [
        group
        for lot in lots
        if lot.whole.units >= MINIMUM_UNITS
        for build in sorted(lot.builds)
        if build and not (group := lot.builds[build].group(lot.shown, build)).compared
    ]
    if small:
        yield _said(
            Outcome.NOT_APPLICABLE,
            "too few units",
            f"Fewer than {MINIMUM_UNITS} units are not compared with each other:"
            f" {listed([_group(group) for group in small], most=10)}.",
        )


def _group(group: Group) -> str:
    build = f" with build {group.build} (versions and places of packages)" if group.build else ""
    return f"{group.units} of {group.model}{build}"


def _left(left: Left) -> Iterator[Finding]:
    if left.unreached:
        yield _said(
            Outcome.NOT_APPLICABLE,
            "units not read",
            f"{left.unreached} of the units could not be compared: nothing was read of them.",
        )
    if left.nameless:
        yield _said(
            Outcome.NOT_APPLICABLE,
            "units without a model",
            f"{left.nameless} of the units could not be compared: what model they are was not read.",
        )
    if left.too_much:
        yield Finding(
            check=CHECK,
            outcome=Outcome.INCONCLUSIVE,
            severity=Severity.INFO,
            subject="too much to compare",
            message="The units state more things that no other unit states than can be compared;"
            " none of them was compared.",
            fix="Audit the crate in parts; units that state very much are named in their own reports.",
        )


def _said(outcome: Outcome, subject: str, message: str) -> Finding:
    return Finding(check=CHECK, outcome=outcome, severity=Severity.INFO, subject=subject, message=message)
