"""Units counted: by verdict, by model, by build, by market. Every unit is counted once in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from audit.model.crate import UnitResult
from audit.model.record import record
from audit.model.report import Decision

WORST_FIRST = (Decision.FAIL, Decision.INCONCLUSIVE, Decision.REVIEW, Decision.PASS)


@record
class Total:
    """Units that have something in common. counts: by verdict, the worst first, none left out."""

    name: str
    counts: tuple[tuple[Decision, int], ...]

    @property
    def units(self) -> int:
        """How many they are."""
        return sum(count for _, count in self.counts)


def total(name: str, units: Iterable[UnitResult]) -> Total:
    """All of *units* under one name."""
    found = Counter(unit.decision for unit in units)
    return Total(name=name, counts=tuple((decision, found[decision]) for decision in WORST_FIRST))


def by(units: Iterable[UnitResult], name: Callable[[UnitResult], str]) -> tuple[Total, ...]:
    """A total for each name, most units first."""
    groups: dict[str, list[UnitResult]] = {}
    for unit in units:
        groups.setdefault(name(unit), []).append(unit)
    made = (total(name, group) for name, group in groups.items())
    return tuple(sorted(made, key=lambda one: (-one.units, one.name)))


def there(totals: tuple[Total, ...]) -> tuple[Decision, ...]:
    """The verdicts that any of the units has, the worst first."""
    return tuple(decision for decision in WORST_FIRST if any(dict(one.counts)[decision] for one in totals))


def few(totals: tuple[Total, ...], most: int) -> tuple[Total, ...]:
    """The first *most*, and one for all others together, so that the sum stays."""
    if len(totals) <= most:
        return totals
    rest = totals[most - 1 :]
    found: Counter[Decision] = Counter()
    for one in rest:
        found.update(dict(one.counts))
    others = Total(
        name=f"{len(rest)} others", counts=tuple((decision, found[decision]) for decision in WORST_FIRST)
    )
    return (*totals[: most - 1], others)


NAMES: Mapping[str, Callable[[UnitResult], str]] = {
    "model": lambda unit: unit.model or "model not stated",
    "build": lambda unit: unit.build or "build not stated",
    "market": lambda unit: unit.expectation.market or "no market in particular",
}
"""What units are counted by."""
