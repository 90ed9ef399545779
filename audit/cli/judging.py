"""From what was asked on the command line to what a unit is judged by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from audit.cli import config, markets
from audit.clock import now, stamp
from audit.model.evidence import Snapshot
from audit.model.indicators import IndicatorKind
from audit.model.profiles import Gate, Role, Rulebook, Subject
from audit.model.record import record
from audit.model.report import Expectation, Report
from audit.model.waivers import Waiver

if TYPE_CHECKING:
    from audit.model.destinations import Atlas
    from audit.model.portrait import Baseline
    from audit.pipeline import Examined

DEFAULT_POLICY = "default"

__all__ = ["DEFAULT_POLICY", "Asked", "asked", "folder_of", "load_rulebook", "now", "stamp"]


def load_rulebook(profiles: Path | None) -> Rulebook:
    """The rulebook in *profiles*; None = the shipped one."""
    from audit.rulebook.loader import load

    return load(profiles)


@record
class Asked:
    """What units are judged by. packages, files: what the rulebook wants to be looked at closely.

    destinations: folder of the data on addresses; None = the user's own
    baseline: the golden unit, which *expectation* names by its hash
    waivers: those of the file that counts, expired ones too
    """

    rulebook: Rulebook
    expectation: Expectation
    destinations: Path | None = None
    baseline: Baseline | None = None
    waivers: tuple[Waiver, ...] = ()

    @property
    def packages(self) -> frozenset[str]:
        """Package names the rulebook knows."""
        named = {name for advisory in self.rulebook.advisories for name in advisory.packages}
        for one in self.rulebook.indicators:
            terms = ((one.kind, one.value), *((other.kind, other.value) for other in one.also))
            named |= {value for kind, value in terms if kind is IndicatorKind.PACKAGE}
        return frozenset(self.rulebook.clients) | named

    @property
    def suspects(self) -> frozenset[str]:
        """Packages whose code is worth reading: clients that act for one market, and malware."""
        policy = self.rulebook.policies[self.expectation.policy]
        roles = {*policy.accountable, Role.MALWARE}
        return frozenset(
            name
            for name, client in self.rulebook.clients.items()
            if client.role in roles and client.serves != ("*",)
        )

    @property
    def files(self) -> tuple[str, ...]:
        """Paths of configuration files that a signal or a gate reads."""
        signals = (rule for region in self.rulebook.regions for rule in region.signals)
        paths = {rule.name for rule in signals if rule.subject is Subject.FILE}
        gates = (client.armed_when or Gate() for client in self.rulebook.clients.values())
        conditions = (condition for gate in gates for condition in (*gate.all, *gate.any))
        return tuple(sorted(paths | {c.name for c in conditions if c.subject is Subject.FILE}))

    def under(self, *, market: str | None, policy: str) -> Asked:
        """The same rulebook, for another market and policy."""
        return replace(self, expectation=replace(self.expectation, market=market, policy=policy))

    def atlas(self) -> Atlas | None:
        """What addresses are looked up in; None where no data is installed."""
        from audit.destinations.load import load_atlas

        return load_atlas(self.destinations)

    def judge(self, snapshot: Snapshot) -> Report:
        """The report on *snapshot*."""
        return self.examine(snapshot).report

    def examine(self, snapshot: Snapshot) -> Examined:
        """The same, with what of the unit is kept beside the report."""
        from audit.destinations.load import has_contacts
        from audit.pipeline import examine

        atlas = self.atlas() if has_contacts(snapshot) else None
        made = examine(
            snapshot,
            self.rulebook,
            lambda _: self.expectation,
            judged_at=stamp(now()),
            atlas=atlas,
            baseline=self.baseline,
        )
        return replace(made, report=_waived(made.report, self.waivers)) if self.waivers else made

    def with_waivers(self, waivers: tuple[Waiver, ...]) -> Asked:
        """The same, but for findings that *waivers* cover."""
        return replace(self, waivers=waivers)


def _waived(report: Report, waivers: tuple[Waiver, ...]) -> Report:
    """*report* under *waivers*, which may name a unit by the token that reports of this station show."""
    from audit.checks.waiving import Place
    from audit.cli.output import station_key
    from audit.pipeline import waive
    from audit.reports.redact import shown_serial

    serial = report.identity.serial or report.unit.serial or ""
    token = shown_serial(serial, key=station_key()) if serial else ""
    return waive(report, waivers, Place(token=token), today=report.judged_at[:10])


def folder_of(profiles: Path | None, settings: config.Config) -> Path | None:
    """The rulebook's folder: as asked, else as configured; None = the shipped one."""
    if profiles is not None or settings.profiles is None:
        return profiles
    return Path(settings.profiles).expanduser()


def asked(
    market: str | None,
    policy: str | None,
    profiles: Path | None,
    settings: config.Config,
    *,
    iocs: Sequence[Path] | None = None,
    uad: Path | None = None,
    baseline: Path | None = None,
) -> Asked:
    """What was asked for, with the user's own defaults where an option says nothing.

    iocs, uad: files of the operator's own, see `audit.rulebook.indicators` and `.descriptions`
    baseline: file of a golden unit
    Raises UsageError for a market or policy nobody defined, BadProfile for a rulebook that does not load,
    BadInput for a file of indicators or descriptions, or of a golden unit, that is none.
    """
    from audit.pipeline import checked_policy

    rulebook = load_rulebook(folder_of(profiles, settings))
    if iocs or uad is not None:
        from audit.rulebook.descriptions import with_descriptions
        from audit.rulebook.indicators import with_indicators

        rulebook = with_descriptions(with_indicators(rulebook, tuple(iocs or ())), uad)
    code = settings.market if market is None else market
    expectation = Expectation(
        market=None if code is None else markets.resolve(code, rulebook.markets),
        policy=(settings.policy or DEFAULT_POLICY) if policy is None else policy,
    )
    checked_policy(rulebook, expectation)
    made = Asked(rulebook=rulebook, expectation=expectation)
    return made if baseline is None else _held_against(made, baseline)


def _held_against(asked_: Asked, path: Path) -> Asked:
    from audit import codec
    from audit.signoff.files import check_file, envelope_path
    from audit.sources import golden

    baseline = golden.load(path)
    if envelope_path(path).exists():  # who signs one wants to know when it is another
        from audit.signoff import trust

        check_file(path, trust.load(trust.default_file()))
    expectation = replace(asked_.expectation, baseline=codec.sha256(baseline))
    return replace(asked_, expectation=expectation, baseline=baseline)
