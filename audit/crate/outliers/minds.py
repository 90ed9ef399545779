"""What units of one model are of several minds about, as it is told."""

from __future__ import annotations

from enum import StrEnum

from audit.crate.outliers.counting import Split
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


@record
class Splits:
    """Where a lot is of several minds.

    told: those worth telling, by build and kind; listed: as many of them as are told with their sides
    by_build: how many properties are equal within each build; varying: how many things change from unit to
        unit or with use
    """

    told: tuple[tuple[Kept, ...], ...]
    listed: tuple[Kept, ...]
    by_build: int
    varying: int
