"""What a station is given: everything that depends on the surroundings of whoever starts it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from audit.asked import Asked
from audit.crate.beginning import Reads
from audit.crate.engine import Options as Pace
from audit.crate.presence import Ways
from audit.model.record import record
from audit.reports import Options
from audit.station.archive import Archive
from audit.station.bench import Choices, Wish


class NamedWays(Ways, Protocol):
    """Ways to units that say which they are."""

    @property
    def because(self) -> str:
        """By which way units are found, and why; for reports."""


@record
class StationSetup:
    """Everything a `audit.station.station.Station` needs.

    folder: of the crates, each a folder in it; archive: the history that every result is recorded in
    key: of the masks in reports
    terms: what units are judged by for a wish, whose golden unit it names; called in a thread. Raises
        UsageError where the market, the policy or the golden unit is none
    choices: what crates may be begun with now; ways: made once, with what tells how units are found
    options: of the files written when a crate is ended
    waivers: the file that counts, which need not be there; None = none does; checks: ids that one may name
    pace: how many units at once, for how long, and how long one waits for a person
    reads: what is read of each
    workers: processes that judge; None = as many as suit the machine
    """

    folder: Path
    archive: Archive
    key: bytes
    terms: Callable[[Wish], Asked]
    choices: Callable[[], Choices]
    ways: Callable[[Callable[[str], None]], NamedWays]
    options: Options
    waivers: Path | None = None
    checks: frozenset[str] = frozenset()
    pace: Pace = Pace()
    reads: Reads = Reads()
    workers: int | None = None
