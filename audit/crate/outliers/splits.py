"""Where the units of a lot are of several minds, and which of that is worth telling."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from audit.crate.outliers.counting import USER_STORAGE, Split
from audit.crate.outliers.judge import WITHIN_BUILD, is_comparable, is_told_as_region, is_updated
from audit.crate.outliers.lots import Lot, Peers
from audit.model.portrait import TraitKind
from audit.model.record import record


class Standing(StrEnum):
    """What becomes of a split."""

    TOLD = "told"
    BUILD = "build"
    """A property that is equal within each build: counted."""
    USE = "use"
    """Something that changes with use, or of apps users install: counted."""


@record
class Kept:
    """One split. build: "" where all units of the model were compared; goes_with_build: equal within each."""

    kind: TraitKind
    build: str
    split: Split
    standing: Standing
    goes_with_build: bool


def kept_splits(lot: Lot) -> tuple[Kept, ...]:
    """All splits of the lot; worked out once, since every unit is put on its side of them."""
    if lot.splits is None:
        lot.splits = tuple(_found(lot))
    return lot.splits


def _found(lot: Lot) -> Iterator[Kept]:
    seen: set[tuple[TraitKind, str]] = set()
    regions: set[str] = set()
    for build, peers in (("", lot.whole), *((name, lot.builds[name]) for name in sorted(lot.builds) if name)):
        for kind in TraitKind:
            if not build and lot.builds and kind in WITHIN_BUILD:
                continue
            for split in peers.tallies[kind].splits()[0]:
                values = [value for value, _ in split.sides]
                if (kind, split.name) in seen or not is_comparable(kind, split.name, values, peers):
                    continue
                if is_told_as_region(kind, split.name, regions):
                    continue
                if kind is TraitKind.REGION:
                    regions.add(split.name)
                if not build:
                    seen.add((kind, split.name))
                yield _kept(kind, build, split, lot)


def _kept(kind: TraitKind, build: str, split: Split, lot: Lot) -> Kept:
    with_build = not build and bool(lot.builds) and _agrees_within_builds(kind, split.name, lot)
    return Kept(
        kind=kind,
        build=build,
        split=split,
        standing=_standing(kind, split.name, lot.whole, with_build=with_build),
        goes_with_build=with_build,
    )


def _agrees_within_builds(kind: TraitKind, name: str, lot: Lot) -> bool:
    return all(peers.tallies[kind].agrees(name) for peers in lot.builds.values())


def _standing(kind: TraitKind, name: str, peers: Peers, *, with_build: bool) -> Standing:
    if kind is TraitKind.PROPERTY and with_build:
        return Standing.BUILD
    paths = peers.tallies[TraitKind.PATH]
    in_use = {
        TraitKind.PROPERTY: not name.startswith("ro."),
        TraitKind.PACKAGE: paths.count(name, USER_STORAGE) * 2 > paths.holders(name),
        TraitKind.APEX: True,
        TraitKind.VERSION: is_updated(name, peers),
        TraitKind.PATH: is_updated(name, peers),
    }
    return Standing.USE if in_use.get(kind, False) else Standing.TOLD
