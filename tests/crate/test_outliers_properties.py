"""What holds of comparing units whatever is on them."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from audit.crate.outliers import MINIMUM_UNITS, Census
from audit.crate.outliers.counting import Tally, is_clear
from audit.model.portrait import Portrait, Trait, TraitKind
from audit.model.profiles import Outcome
from audit.model.report import Finding
from tests.crate.portraits import POLICY, Kinds, compared, portrait

KINDS = (TraitKind.PACKAGE, TraitKind.OVERLAY, TraitKind.PROPERTY, TraitKind.SIGNER, TraitKind.REGION)
NAMES = st.sampled_from([f"ro.name{n}" for n in range(6)])
VALUES = st.sampled_from(["installed", "a", "b", "c"])
TRAITS = st.dictionaries(NAMES, VALUES, max_size=6)
PORTRAITS = st.builds(
    portrait,
    st.fixed_dictionaries(dict.fromkeys(KINDS, TRAITS)),
    model=st.sampled_from(["Phone 1", "PHONE 1"]),
    build=st.sampled_from(["B1", "B2"]),
    unread=st.sets(st.sampled_from(KINDS), max_size=1),
)
CRATES = st.lists(PORTRAITS, min_size=0, max_size=14)


def asked(findings: tuple[Finding, ...]) -> list[Finding]:
    """Those for which a person is asked."""
    return [f for f in findings if f.outcome is Outcome.REVIEW]


_OF_CRATES = settings(max_examples=settings().max_examples // 2)  # each is a whole crate, compared twice


@given(st.lists(PORTRAITS, max_size=MINIMUM_UNITS - 1))
def test_below_the_minimum_nobody_is_judged(units: list[Portrait]) -> None:
    """Fewer units than the minimum never get a finding, nor has the crate one that asks a person."""
    found, of_crate = compared(units)
    assert all(findings == () for findings in found)
    assert asked(of_crate) == []


@given(PORTRAITS, st.integers(min_value=1, max_value=12))
def test_equal_units_are_alike(one: Portrait, count: int) -> None:
    """Units that are all the same get no finding, and the crate none that asks a person."""
    found, of_crate = compared([one] * count)
    assert all(findings == () for findings in found)
    assert asked(of_crate) == []


@_OF_CRATES
@given(CRATES, CRATES, st.randoms(use_true_random=False))
def test_the_order_does_not_matter(
    units: list[Portrait], earlier: list[Portrait], shuffle: random.Random
) -> None:
    """Whoever is counted or asked for first, what is said of each unit and of the crate is the same."""
    found, _ = compared(units, earlier=earlier)
    order = list(range(len(units)))
    shuffle.shuffle(order)
    past = list(earlier)
    shuffle.shuffle(past)
    again, _ = compared([units[n] for n in order], earlier=past)
    assert again == [found[n] for n in order]


@_OF_CRATES
@given(CRATES, st.randoms(use_true_random=False))
def test_the_crate_is_told_the_same_in_any_order(units: list[Portrait], shuffle: random.Random) -> None:
    """Examples are the same units, too: they go by their names and not by who was asked for first."""

    def told(order: list[int]) -> tuple[Finding, ...]:
        census = Census()
        for n in order:
            census.count(units[n])
        for n in order:
            census.findings_for(units[n], POLICY, name=f"phone-{n:03}")
        return census.crate_findings()

    order = list(range(len(units)))
    first = told(order)
    shuffle.shuffle(order)
    assert told(order) == first


@_OF_CRATES
@given(CRATES)
def test_names_mean_nothing(units: list[Portrait]) -> None:
    """Other names for the same traits change no outcome and no count: nothing is known of any name."""
    renamed = [_renamed(one) for one in units]
    before, before_crate = compared(units)
    after, after_crate = compared(renamed)
    assert [_counts(f) for f in before] == [_counts(f) for f in after]
    assert _counts(before_crate) == _counts(after_crate)


def _renamed(one: Portrait) -> Portrait:
    def other(trait: Trait) -> Trait:
        if trait.kind is TraitKind.BUILD:
            return trait
        return replace(trait, name=trait.name.replace("ro.name", "ro.another"))

    return replace(one, traits=tuple(map(other, one.traits)))


def _counts(findings: tuple[Finding, ...]) -> list[tuple[Outcome, list[str]]]:
    return [(f.outcome, sorted(e.value for e in f.evidence)) for f in findings]


@given(
    st.integers(min_value=3, max_value=12),
    st.sampled_from(KINDS),
    st.sampled_from(["installed", "x", None]),
    st.data(),
)
def test_half_and_half_blames_nobody(
    half: int, kind: TraitKind, other: str | None, data: st.DataObject
) -> None:
    """Two halves, whatever they disagree about: no unit is blamed, the crate has both counts."""
    one = {kind: {"ro.same": "s", "ro.odd": "y"}}
    two = {kind: {"ro.same": "s"} | ({"ro.odd": other} if other else {})}
    units = data.draw(st.permutations([portrait(one)] * half + [portrait(two)] * half))
    found, of_crate = compared(units)
    assert all(findings == () for findings in found)
    if kind is TraitKind.SIGNER and other is None:
        assert asked(of_crate) == []  # a package without a known signer is none with another
        return
    (split,) = asked(of_crate)
    assert split.message.count(f"on {half}") == 2


@given(st.integers(min_value=7, max_value=30), st.sampled_from(KINDS), st.data())
def test_few_of_many_are_found(count: int, kind: TraitKind, data: st.DataObject) -> None:
    """Fewer than a third with something the others have not are found, whatever else is on each alone."""
    few = data.draw(st.integers(min_value=1, max_value=(count - 1) // 3))
    odd = data.draw(st.sets(st.integers(0, count - 1), min_size=few, max_size=few))
    value = "installed" if kind is TraitKind.PACKAGE else "odd"
    units = [_noisy(n, {kind: {"ro.odd": value} if n in odd else _usual(kind)}) for n in range(count)]
    found, _ = compared(units)
    named = [n for n, findings in enumerate(found) if any("ro.odd" in f.message for f in asked(findings))]
    assert named == sorted(odd)
    for n in odd:
        values = [e.value for f in asked(found[n]) for e in f.evidence if e.what.endswith("ro.odd")]
        assert all(f"on {few} of {count}" in text for text in values)


def _usual(kind: TraitKind) -> dict[str, str]:
    return {"ro.odd": "usual"} if kind is TraitKind.SIGNER else {}


def _noisy(number: int, kinds: Kinds) -> Portrait:
    """A unit with values, packages and settings that no other unit has."""
    noise = {f"ro.noise{n}": f"{number}-{n}" for n in range(5)} | {
        f"persist.own{number}.{n}": "1" for n in range(5)
    }
    made = portrait(kinds, packages=[f"own.app{number}"], properties=noise)
    path = Trait(kind=TraitKind.PATH, name=f"own.app{number}", value=f"/data/app/own.app{number}")
    order = list(TraitKind)
    return replace(
        made, traits=tuple(sorted((*made.traits, path), key=lambda t: (order.index(t.kind), t.name)))
    )


@given(st.lists(TRAITS, min_size=1, max_size=20), st.booleans())
def test_a_tally_counts(units: list[dict[str, str]], absence: bool) -> None:
    """Counted by deviation from the first, every count and norm is what counting one by one gives."""
    tally = Tally(absence=absence)
    for one in units:
        tally.add(one)
    for name in {name for one in units for name in one} | {"nobody has it"}:
        values = Counter(one.get(name) for one in units)
        assert tally.holders(name) == len(units) - values[None]
        for value, count in values.items():
            assert tally.count(name, value) == count
        assert tally.count(name, "never seen") == 0
        if not absence:
            del values[None]
        of = values.total()
        clear = [value for value, count in values.items() if is_clear(count, of)]
        norm = tally.norm(name)
        assert ([] if norm is None else [norm.value]) == clear
        if norm is not None:
            assert (norm.count, norm.of) == (values[norm.value], of)
