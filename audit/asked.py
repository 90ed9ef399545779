"""What units are judged by, wherever they are judged: rulebook, expectation, golden unit, waivers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from audit.checks.waiving import Place
from audit.clock import now, stamp
from audit.destinations.load import has_contacts, load_atlas
from audit.model.destinations import Atlas
from audit.model.evidence import Snapshot
from audit.model.indicators import IndicatorKind
from audit.model.portrait import Baseline
from audit.model.profiles import Gate, Role, Rulebook, Subject
from audit.model.record import record
from audit.model.report import Expectation, Report
from audit.model.waivers import Waiver
from audit.pipeline import Examined, examine, waive
from audit.reports.redact import shown_serial


@record
class Asked:
    """What units are judged by. packages, files: what the rulebook wants to be looked at closely.

    destinations: folder of the data on addresses; None = the user's own
    baseline: the golden unit, which *expectation* names by its hash
    waivers: those of the file that counts, expired ones too; key: of the masks that one may name a unit by
    """

    rulebook: Rulebook
    expectation: Expectation
    destinations: Path | None = None
    baseline: Baseline | None = None
    waivers: tuple[Waiver, ...] = ()
    key: bytes = b""

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
        return load_atlas(self.destinations)

    def judge(self, snapshot: Snapshot) -> Report:
        """The report on *snapshot*."""
        return self.examine(snapshot).report

    def examine(self, snapshot: Snapshot) -> Examined:
        """The same, with what of the unit is kept beside the report."""
        atlas = self.atlas() if has_contacts(snapshot) else None
        made = examine(
            snapshot,
            self.rulebook,
            lambda _: self.expectation,
            judged_at=stamp(now()),
            atlas=atlas,
            baseline=self.baseline,
        )
        return replace(made, report=self._waived(made.report)) if self.waivers else made

    def with_waivers(self, waivers: tuple[Waiver, ...], key: bytes) -> Asked:
        """The same, but for findings that *waivers* cover; *key* is that of the station's masks."""
        return replace(self, waivers=waivers, key=key)

    def _waived(self, report: Report) -> Report:
        """*report* under the waivers, which may name a unit by the token this station shows for it."""
        serial = report.identity.serial or report.unit.serial or ""
        token = shown_serial(serial, key=self.key) if serial else ""
        return waive(report, self.waivers, Place(token=token), today=report.judged_at[:10])
