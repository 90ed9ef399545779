"""In what one unit is not like the others of its lot."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from enum import StrEnum

from audit.checks.portrait import BUILD
from audit.crate.outliers.counting import (
    ATTRIBUTES,
    MINIMUM_UNITS,
    UNCOMPARED,
    UPDATABLE,
    USER_STORAGE,
    View,
)
from audit.crate.outliers.lots import Lot, Peers
from audit.model.portrait import TraitKind
from audit.model.record import record

WITHIN_BUILD = frozenset({TraitKind.VERSION, TraitKind.PATH, TraitKind.APEX})
"""Kinds that every build changes: compared only among units of one build."""


class Weight(StrEnum):
    """What a difference may lead to."""

    FULL = "full"
    """What the policy says."""
    BUILD = "build"
    """It comes, or may come, with another build: told together, once."""
    USE = "use"
    """It comes with the use of a unit: a note."""
    APPS = "apps"
    """The same, of apps its user can install and update."""


@record
class Difference:
    """A trait of one unit that is not as a clear majority of its peers has it.

    value, usual: what it is here and there; None = not there
    holders, agreeing: how many of the *of* compared units have either; within: whether those are of one build
    whole_build: all units of this one's build have it like this, and they are two or more
    counted: whether this unit is one of the *of*; it is not where only a part of the kind was read
    """

    kind: TraitKind
    name: str
    value: str | None
    usual: str | None
    holders: int
    agreeing: int
    of: int
    within: bool
    whole_build: bool
    counted: bool
    weight: Weight


def differences(view: View, lot: Lot) -> tuple[Difference, ...]:
    """All of them, by kind and name: against the whole lot, then against the units of its build."""
    own = lot.build(view.build)
    found: dict[tuple[TraitKind, str], Difference] = {}
    for kind in TraitKind:
        if not (lot.builds and kind in WITHIN_BUILD):
            found.update(((d.kind, d.name), d) for d in _of_kind(kind, view, lot, lot.whole))
        if own is not None:
            for difference in _of_kind(kind, view, lot, own):
                found.setdefault((difference.kind, difference.name), difference)
    regions = {name for kind, name in found if kind is TraitKind.REGION}
    return tuple(d for d in found.values() if not is_told_as_region(d.kind, d.name, regions))


def is_told_as_region(kind: TraitKind, name: str, regions: Container[str]) -> bool:
    """Whether a property is a sign of the region as well, and told as that."""
    return kind is TraitKind.PROPERTY and f"property {name}" in regions


def _of_kind(kind: TraitKind, view: View, lot: Lot, peers: Peers) -> Iterator[Difference]:
    tally = peers.tallies[kind]
    if tally.units < MINIMUM_UNITS:
        return
    traits = view.kind(kind)
    whole = kind in view.read
    for name, norm in tally.unlike(traits):
        value = traits.get(name)
        if value is None and not _is_absence(kind, name, view, whole=whole):
            continue
        if not is_comparable(kind, name, (value, norm.value), peers):
            continue
        yield Difference(
            kind=kind,
            name=name,
            value=value,
            usual=norm.value,
            holders=tally.count(name, value),
            agreeing=norm.count,
            of=norm.of,
            within=peers is not lot.whole,
            whole_build=_is_of_build(kind, name, value, lot.build(view.build)),
            counted=whole,
            weight=_weight(
                kind, name, view, lot, within=peers is not lot.whole, present=None not in (value, norm.value)
            ),
        )


def _is_absence(kind: TraitKind, name: str, view: View, *, whole: bool) -> bool:
    """Whether not having *name* says anything: not where it follows from a package that is not there."""
    if not whole or kind in ATTRIBUTES:
        return False
    return kind is not TraitKind.STATE or package_of(name) in view.kind(TraitKind.PACKAGE)


def is_comparable(kind: TraitKind, name: str, values: Iterable[str | None], peers: Peers) -> bool:
    """Whether *values* of a trait can be held against each other, and are not told as traits of the build."""
    if kind is TraitKind.REGION:
        return name.removeprefix("property ") not in BUILD
    if kind is TraitKind.PROPERTY:
        return UNCOMPARED not in values
    if kind is TraitKind.STATE and any(_NEEDS_DETAILS & set((value or "").split(", ")) for value in values):
        return peers.detailed.count(package_of(name), "") == peers.detailed.units
    return True


_NEEDS_DETAILS = frozenset({"hidden", "suspended"})


def package_of(state: str) -> str:
    """The package in the name of a `TraitKind.STATE`."""
    return state.rpartition(", user ")[0]


def _is_of_build(kind: TraitKind, name: str, value: str | None, own: Peers | None) -> bool:
    """Whether all units of the unit's build have *value*, and there are others than itself."""
    return (
        own is not None
        and own.tallies[kind].units > 1
        and own.tallies[kind].count(name, value) == own.tallies[kind].units
    )


def _weight(kind: TraitKind, name: str, view: View, lot: Lot, *, within: bool, present: bool) -> Weight:
    if kind is TraitKind.PROPERTY:
        if not within and _may_be_build(kind, name, view, lot):
            return Weight.BUILD
        # a property without ro. can be set at any time (AOSP, init/property_service.cpp: ro. is write-once)
        return Weight.FULL if name.startswith("ro.") else Weight.USE
    if kind is TraitKind.PACKAGE:
        return Weight.APPS if _is_app(name, view, lot) else Weight.FULL
    if kind is TraitKind.APEX:
        # modules are brought up to date by their store (source.android.com, Mainline); which there are is not
        return Weight.APPS if present else Weight.FULL
    if kind in WITHIN_BUILD:
        return Weight.APPS if is_updated(name, lot.whole) else Weight.FULL
    return Weight.FULL


def _may_be_build(kind: TraitKind, name: str, view: View, lot: Lot) -> bool:
    """Whether another build explains it: all units of the build agree, or there is but this one to ask."""
    own = lot.build(view.build)
    if own is None:
        return False
    tally = own.tallies[kind]
    return tally.units == 1 or _is_of_build(kind, name, view.kind(kind).get(name), own)


def _is_app(name: str, view: View, lot: Lot) -> bool:
    """Whether a package lies where its user put it: here, or on most units that have it."""
    here = view.kind(TraitKind.PATH).get(name)
    if here is not None:
        return here == USER_STORAGE
    paths = lot.whole.tallies[TraitKind.PATH]
    return paths.count(name, USER_STORAGE) * 2 > paths.holders(name)


def is_updated(name: str, peers: Peers) -> bool:
    """Whether some unit has a package from its user or a store, so that its version says little."""
    paths = peers.tallies[TraitKind.PATH]
    return any(paths.count(name, place) for place in UPDATABLE)
