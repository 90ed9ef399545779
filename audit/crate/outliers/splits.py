"""Where the units of a lot are of several minds, and which of that is worth telling."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from audit.crate.outliers.counting import USER_STORAGE, Split
from audit.crate.outliers.judge import WITHIN_BUILD, is_comparable, is_told_as_region, is_updated
from audit.crate.outliers.lots import Lot, Peers
from audit.crate.outliers.minds import Kept, Splits, Standing
from audit.model.portrait import TraitKind

MOST_LISTED = 40
"""Splits of one kind that are told with their sides; the rest is counted."""

_SIDE = 10
_SIDE_OF_PROPERTY = 5
"""One unit in so many makes a side. Of properties nobody knows which are random, so few alike say little."""


def splits_of(lot: Lot) -> Splits:
    """All of them; worked out once, since every unit is put on its side of them."""
    if lot.splits is None:
        lot.splits = _splits(lot)
    return lot.splits


def _splits(lot: Lot) -> Splits:
    kept = list(_found(lot))
    told = groupby((k for k in kept if k.standing is Standing.TOLD), key=lambda k: (k.build, k.kind))
    groups = tuple(tuple(group) for _, group in told)
    alone = (
        tally.splits(_one_in(kind))[1]
        for kind, tally in lot.whole.tallies.items()
        if not (lot.builds and kind in WITHIN_BUILD)
    )
    return Splits(
        told=groups,
        listed=tuple(one for group in groups for one in group[:MOST_LISTED]),
        by_build=sum(k.standing is Standing.BUILD for k in kept),
        varying=sum(k.standing is Standing.USE for k in kept) + sum(alone),
    )


def _one_in(kind: TraitKind) -> int:
    return _SIDE_OF_PROPERTY if kind is TraitKind.PROPERTY else _SIDE


def _found(lot: Lot) -> Iterator[Kept]:
    seen: set[tuple[TraitKind, str]] = set()
    regions: set[str] = set()
    for build, peers in (("", lot.whole), *((name, lot.builds[name]) for name in sorted(lot.builds) if name)):
        for kind in TraitKind:
            if not build and lot.builds and kind in WITHIN_BUILD:
                continue
            for split in peers.tallies[kind].splits(_one_in(kind))[0]:
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
