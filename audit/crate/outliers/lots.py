"""Units of one model: counted all together, and by build as soon as there are two."""

from __future__ import annotations

from audit.crate.outliers.counting import ATTRIBUTES, MINIMUM_UNITS, Tally, View
from audit.crate.outliers.minds import Splits
from audit.model.crate import Group
from audit.model.portrait import TraitKind


class Peers:
    """Units that are compared with each other.

    earlier: how many of them are of former crates; detailed: see `View.detailed`
    """

    __slots__ = ("detailed", "earlier", "tallies", "units")

    def __init__(self) -> None:
        self.units = 0
        self.earlier = 0
        self.tallies = {kind: Tally(absence=kind not in ATTRIBUTES) for kind in TraitKind}
        self.detailed = Tally(absence=True)

    def copy(self) -> Peers:
        """Ones that go on from here by themselves."""
        made = Peers()
        made.units, made.earlier = self.units, self.earlier
        made.tallies = {kind: tally.copy() for kind, tally in self.tallies.items()}
        made.detailed = self.detailed.copy()
        return made

    def add(self, view: View, *, earlier: bool) -> int:
        """Count one more unit; returns how many things more are kept."""
        self.units += 1
        self.earlier += earlier
        kept = self.detailed.add(view.detailed)
        return kept + sum(self.tallies[kind].add(traits) for kind, traits in view.read.items())

    def size(self) -> int:
        """How many things are kept."""
        return sum(tally.size() for tally in self.tallies.values())

    def group(self, model: str, build: str) -> Group:
        """As it is reported."""
        return Group(
            model=model,
            build=build,
            units=self.units,
            compared=self.units >= MINIMUM_UNITS,
            earlier=self.earlier,
        )


class Lot:
    """Units of one model.

    whole: all of them; builds: by build, once there are two of them; "" is a build nobody stated
    shown: how the model is written
    """

    __slots__ = ("_first", "builds", "shown", "splits", "whole")

    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.whole = Peers()
        self.builds: dict[str, Peers] = {}
        self.splits: Splits | None = None
        """Kept by `audit.crate.outliers.splits`, until one more unit is counted."""
        self._first: str | None = None

    def add(self, view: View, *, earlier: bool) -> int:
        """Count one more unit; returns how many things more are kept."""
        self.splits = None
        kept = 0
        # units may write one model differently; which of them came first must not matter
        self.shown = min(self.shown, view.shown)
        if self._first is None:
            self._first = view.build
        elif view.build != self._first and not self.builds:
            self.builds[self._first] = self.whole.copy()
            kept = self.whole.size()
        kept += self.whole.add(view, earlier=earlier)
        if self.builds:
            kept += self.builds.setdefault(view.build, Peers()).add(view, earlier=earlier)
        return kept

    def build(self, name: str) -> Peers | None:
        """The units with that build, where there is more than one build and this one was stated."""
        return self.builds.get(name) if name else None

    def judged(self) -> bool:
        """Whether any of them is to be judged, or all are of former crates."""
        return self.whole.units > self.whole.earlier
