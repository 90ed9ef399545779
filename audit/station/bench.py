"""What who looks on a bench, a page say, may see of it and ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from audit.crate.board import Tile
from audit.model.crate import CrateHead, CrateReport, Entry
from audit.model.portrait import Baseline
from audit.model.profiles import Volatile
from audit.model.record import record
from audit.model.report import Decision, Report


@record
class Wish:
    """A crate that is to be begun.

    name: of its folder, "" = by the time; market, policy: None = the bench's own
    manifest: a file on this computer (.csv or .xlsx), None = none; baseline: name of a golden unit the bench
        has, "" = none
    """

    name: str = ""
    market: str | None = None
    policy: str | None = None
    manifest: Path | None = None
    baseline: str = ""


@record
class Unit:
    """A unit of the crate on the bench, as it stands.

    report: with what holding it against the others found, and with waivers; id: of that report in the history
    golden: the golden unit it was held against; None = none
    volatile: what the rulebook leaves out where the two are compared
    """

    entry: Entry
    report: Report
    id: str
    golden: Baseline | None = None
    volatile: tuple[Volatile, ...] = ()


@record
class Choices:
    """What a crate may be begun with: codes of markets with their names, names of policies and golden units.

    market, policy: those that are taken when nobody says
    """

    markets: tuple[tuple[str, str], ...]
    policies: tuple[str, ...]
    baselines: tuple[str, ...]
    market: str | None
    policy: str


@record
class Past:
    """A crate that was on the bench, in short.

    name: of its folder; id: of the crate in the history, and began_at: RFC 3339 in UTC; "" = not known
    ended_at, decision: "" and None where it was not ended on this bench, or gone on with since
    """

    name: str
    id: str = ""
    began_at: str = ""
    ended_at: str = ""
    decision: Decision | None = None


@record
class Ended:
    """A crate as it was when it was ended.

    report: identifiers masked; id: of the crate in the history, "" = not known
    reports: name of a unit to the id of the report in the history that is meant; where it is known
    resume: the command that goes on with it; notes: what has to be known beside it, in sentences
    """

    report: CrateReport
    id: str
    reports: Mapping[str, str]
    resume: str
    notes: tuple[str, ...] = ()


class Bench(Protocol):
    """One bench, which works one crate at a time; `version` rises with all that `tiles` or `head` show."""

    @property
    def version(self) -> int:
        """Of what can be seen now."""

    @property
    def head(self) -> CrateHead | None:
        """What the crate on the bench was begun with; None = there is none."""

    @property
    def notices(self) -> tuple[str, ...]:
        """What whoever stands there should know: how units are found, what went wrong, the newest last."""

    def tiles(self) -> tuple[Tile, ...]:
        """Every unit of the crate as it stands, in the order they came."""

    async def changed(self, after: int) -> int:
        """Wait until `version` is more than *after*, and return it."""

    def choices(self) -> Choices:
        """What a crate may be begun with."""

    async def begin(self, wish: Wish) -> CrateHead:
        """Begin a crate. Raises UsageError where there is one or *wish* makes no sense, and BadInput."""

    async def end(self) -> CrateReport:
        """End the crate: finish what is being judged, hold all against each other, write the reports.

        Raises UsageError where there is none.
        """

    async def standing(self) -> CrateReport | None:
        """The report of the crate as it stands; None = there is none. Units under way count as not done."""

    async def unit(self, name: str) -> Unit:
        """A unit that is done, by its `UnitResult.name`; its report is in the history when this returns.

        Raises UsageError where there is none of that name.
        """

    async def again(self, name: str) -> None:
        """Audit a unit that is done and still there once more. Raises UsageError where that cannot be."""

    async def past(self) -> tuple[Past, ...]:
        """Crates that were on the bench, the last begun first; of more than 1,000 those changed last.

        Raises BadInput where they cannot be listed.
        """

    async def ended(self, name: str) -> Ended:
        """One of them, by its `Past.name`. Nothing of it is changed, and nobody is kept from it.

        Raises UsageError where there is none of that name, BadInput where it was not ended or is damaged.
        """
