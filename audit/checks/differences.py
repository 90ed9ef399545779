"""What tells a unit from the golden one, trait by trait; what could not be compared is no difference."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from audit.checks.portrait import AND, WRITABLE
from audit.checks.volatile import names_of
from audit.model.portrait import Portrait, TraitKind
from audit.model.profiles import Volatile
from audit.model.record import record
from audit.model.text import unquoted

UNIT, GOLDEN = "the unit's", "the golden unit's"
"""Whose evidence is not whole."""
Traits = Mapping[str, str]
"""Name to value, of one kind."""


@record
class Difference:
    """One trait that is not equal. golden, unit: its value there; None = it is not there."""

    kind: TraitKind
    name: str
    golden: str | None
    unit: str | None


@record
class Compared:
    """The outcome of holding a unit against the golden one.

    differences: in the order of kinds and names
    counted: how many traits of each kind were held against each other
    lacking: kinds that one of the two has wholly or partly unread, with whose it is
    uncovered: kinds of which nothing is known of either, so that nothing was left open either
    left_out: how many properties were not compared, as volatile or as the unit's own
    """

    differences: tuple[Difference, ...]
    counted: Mapping[TraitKind, int]
    lacking: tuple[tuple[TraitKind, str], ...]
    left_out: int
    uncovered: tuple[TraitKind, ...] = ()


def compare(golden: Portrait, unit: Portrait, volatile: tuple[Volatile, ...]) -> Compared:
    """Hold *unit* against *golden*, both without what *volatile* leaves out today."""
    out = golden.left_out | unit.left_out
    mine, theirs = _by_kind(unit), _by_kind(golden)
    pair = _Pair(golden=golden, unit=unit, theirs=theirs, mine=mine)
    maker = unquoted(mine[TraitKind.PROPERTY].get("ro.product.manufacturer", "")).casefold()
    found: list[Difference] = []
    counted: dict[TraitKind, int] = {}
    left: set[str] = set()
    for kind in TraitKind:
        names = names_of(volatile, kind, maker)
        every = sorted(mine[kind].keys() | theirs[kind].keys())
        if kind is TraitKind.PROPERTY:
            left = {name for name in every if name in names or name in out}
        held = [name for name in every if name not in names and name not in left]
        counted[kind] = sum(1 for name in held if name in mine[kind] and name in theirs[kind])
        found += _of_kind(kind, held, pair)
    return Compared(
        differences=tuple(_once(found)),
        counted=counted,
        lacking=tuple(_lacking(pair)),
        uncovered=tuple(kind for kind in TraitKind if _is_uncovered(kind, pair)),
        left_out=len(out | left),
    )


@record
class _Pair:
    golden: Portrait
    unit: Portrait
    theirs: Mapping[TraitKind, Traits]
    mine: Mapping[TraitKind, Traits]

    def both_detailed(self, package: str) -> bool:
        return package in self.golden.detailed and package in self.unit.detailed


def _by_kind(portrait: Portrait) -> dict[TraitKind, dict[str, str]]:
    made: dict[TraitKind, dict[str, str]] = {kind: {} for kind in TraitKind}
    for trait in portrait.traits:
        made[trait.kind][trait.name] = trait.value
    return made


def _of_kind(kind: TraitKind, names: list[str], pair: _Pair) -> Iterator[Difference]:
    golden, unit = pair.theirs[kind], pair.mine[kind]
    known = "known" in unit.values()
    for name in names:
        a, b = golden.get(name), unit.get(name)
        if kind is TraitKind.STATE:
            a, b = _comparable_state(name, a, pair), _comparable_state(name, b, pair)
        if a == b or (a is not None and b is not None and _SAME.get(kind, _never)(a, b)):
            continue
        if (a is None or b is None) and not _absence_counts(kind, name, a, pair):
            continue
        if kind is TraitKind.PACKAGE and b is None and a == "known" and not known:
            continue  # nobody listed the unit's uninstalled ones, or there are none: cannot be told
        yield Difference(kind=kind, name=name, golden=a, unit=b)


_ONLY_BOTH = frozenset({TraitKind.VERSION, TraitKind.SIGNER, TraitKind.PATH})
"""Kinds that not every way of reading a unit tells of every package."""
_FROM_FILES = ("file ", "setting ")
"""Statements on a region from evidence that is not read of every unit."""


def _absence_counts(kind: TraitKind, name: str, golden: str | None, pair: _Pair) -> bool:
    """Whether a trait that one of the two does not have is a difference: not where it was not read."""
    lacks, has = (pair.golden, pair.theirs) if golden is None else (pair.unit, pair.mine)
    if kind in _ONLY_BOTH or kind in lacks.unread or not (has[kind] or kind in _MAY_LACK):
        return False
    return kind is not TraitKind.REGION or not name.startswith(_FROM_FILES)


_NEEDS_DETAILS = frozenset({"hidden", "suspended"})


def _comparable_state(name: str, value: str | None, pair: _Pair) -> str | None:
    """What of a state was told of both units: that a package is hidden stands in its details alone."""
    if value is None or pair.both_detailed(package_of(name)):
        return value
    return ", ".join(word for word in value.split(", ") if word not in _NEEDS_DETAILS) or None


def package_of(name: str) -> str:
    """The package a state or overlay is of, by the trait's name."""
    return name.rpartition(", user ")[0].partition(":")[0]


def _never(_: str, __: str) -> bool:
    return False


def _same_signers(golden: str, unit: str) -> bool:
    """A dump prints 32 bits of a hash, files hold the certificate: only like is held against like."""
    return set(map(len, golden.split())) != set(map(len, unit.split()))


def _same_paths(golden: str, unit: str) -> bool:
    """The one on the image, behind an update in /data, is told by a dump alone."""
    a, b = golden.split(AND), unit.split(AND)
    return set(a) == set(b) or (a[0] == b[0] and 1 in (len(a), len(b)) and a[0].startswith(WRITABLE))


_SAME: Mapping[TraitKind, Callable[[str, str], bool]] = {
    TraitKind.SIGNER: _same_signers,
    TraitKind.PATH: _same_paths,
}


def _once(found: list[Difference]) -> Iterator[Difference]:
    """Each difference told once: what follows from another one is not told beside it."""
    packages = {d.name for d in found if d.kind is TraitKind.PACKAGE and None in (d.golden, d.unit)}
    users = {f", {d.name}" for d in found if d.kind is TraitKind.USER and None in (d.golden, d.unit)}
    regions = {d.name for d in found if d.kind is TraitKind.REGION}
    for one in found:
        if one.kind in (TraitKind.STATE, TraitKind.OVERLAY):
            of_user = ", user " + one.name.rpartition(", user ")[2]
            if package_of(one.name) in packages or of_user in users:
                continue
            if f"overlay {package_of(one.name)}" in regions:
                continue
        if one.kind is TraitKind.PROPERTY and f"property {one.name}" in regions:
            continue
        if one.kind is TraitKind.REGION and one.name.removeprefix("package ") in packages:
            continue
        yield one


_MAY_LACK = frozenset({TraitKind.STATE, TraitKind.SIGNER, TraitKind.REGION})
"""Kinds of which a unit may have no trait though all was read."""
_BY_VERSION = frozenset({TraitKind.OVERLAY, TraitKind.APEX})
"""Kinds that came with a version of Android (8 and 10)."""


_NEEDED = frozenset({TraitKind.PACKAGE, TraitKind.PROPERTY})
"""Kinds without which nothing is compared that deserves the name."""


def _is_uncovered(kind: TraitKind, pair: _Pair) -> bool:
    """Neither tells anything of it: the golden unit was saved without, and says so."""
    if kind in _NEEDED:
        return False
    unread = kind in pair.golden.unread and kind in pair.unit.unread
    return unread and not pair.theirs[kind] and not pair.mine[kind]


def _lacking(pair: _Pair) -> Iterator[tuple[TraitKind, str]]:
    other_android = len({traits[TraitKind.BUILD].get("android") for traits in (pair.theirs, pair.mine)}) > 1
    for kind in TraitKind:
        if _is_uncovered(kind, pair):
            continue
        if kind in pair.unit.unread or kind in pair.golden.unread:
            yield kind, UNIT if kind in pair.unit.unread else GOLDEN
        elif kind in _MAY_LACK or (kind in _BY_VERSION and other_android):
            continue
        elif bool(pair.theirs[kind]) != bool(pair.mine[kind]):
            yield kind, GOLDEN if pair.mine[kind] else UNIT
