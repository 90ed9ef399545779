"""The units of a crate and of former ones, counted; then each is asked for, then the crate."""

from __future__ import annotations

from audit.crate.outliers.about_crate import Left, Sides, crate_findings
from audit.crate.outliers.counting import view_of
from audit.crate.outliers.findings import unit_findings
from audit.crate.outliers.judge import differences
from audit.crate.outliers.lots import Lot
from audit.model.crate import Group
from audit.model.portrait import Portrait
from audit.model.profiles import Policy
from audit.model.report import Finding

MOST_KEPT = 1_000_000
"""Names, values and counts that are kept, of all units: some 100 MB. A crate of 1,000 units needs a fifth."""


class Census:
    """What units have in common, without keeping the units: count all, then ask for each, then for the crate.

    The order in which units are counted or asked for changes nothing.
    most_kept: names, values and counts that are kept before it is too much
    """

    def __init__(self, *, most_kept: int = MOST_KEPT) -> None:
        self._most_kept = most_kept
        self._lots: dict[str, Lot] = {}
        self._kept = 0
        self._left = Left()
        self._sides = Sides()

    def count(self, portrait: Portrait | None, *, earlier: bool = False) -> None:
        """Count one more unit.

        portrait: None where nothing was read of it; earlier: a unit of a former crate: a peer, not judged
        """
        if portrait is None:
            self._left.unreached += not earlier
            return
        view = view_of(portrait)
        if not view.model:
            self._left.nameless += not earlier
            return
        if self._left.too_much:
            return
        lot = self._lots.setdefault(view.model, Lot(view.shown))
        self._kept += lot.add(view, earlier=earlier)
        if self._kept > self._most_kept:
            self._left.too_much = True
            self._lots.clear()

    def groups(self) -> tuple[Group, ...]:
        """Who is compared with whom: the units of a model, and those of each build where there are more."""
        found: list[Group] = []
        for key in sorted(self._lots):
            lot = self._lots[key]
            if lot.judged():
                found.append(lot.whole.group(lot.shown, ""))
                found.extend(
                    lot.builds[build].group(lot.shown, build) for build in sorted(lot.builds) if build
                )
        return tuple(found)

    def findings_for(self, portrait: Portrait, policy: Policy, *, name: str = "") -> tuple[Finding, ...]:
        """In what a unit that was counted is not like the others; () where it is, or they are too few.

        name: of the unit in the crate, as an example where units are of two minds
        """
        view = view_of(portrait)
        lot = self._lots.get(view.model)
        if lot is None:
            return ()
        if name:
            self._sides.note(view, lot, name)
        return unit_findings(view, lot, differences(view, lot), policy)

    def crate_findings(self) -> tuple[Finding, ...]:
        """What is said of no single unit: where units are of two minds, and what was not compared.

        Asked after every unit was asked for by its name: the examples are known from there.
        """
        return tuple(crate_findings(self._lots, self._left, self._sides))
