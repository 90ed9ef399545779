"""What every format says about a report, in the same words: the groups, the region, the coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from audit.checks.waiving import lapse
from audit.model.evidence import SourceKind
from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Decision, Evidence, Finding, Reach, Report, Severity, Signal
from audit.model.waivers import Waiver
from audit.reports import head

SHAPES = {
    Decision.PASS: "✔",
    Decision.FAIL: "✖",
    Decision.REVIEW: "▲",
    Decision.INCONCLUSIVE: "?",
}
MOST_PLACES = 4
REACHED = {Reach.READ: "●", Reach.PARTLY: "◐", Reach.MISSING: "○", Reach.NOT_ASKED: "·"}


@record
class Group:
    """Findings shown under one heading.

    name: "fail", "inconclusive", "review", "waived", "note", "pass" or "skipped"
    """

    name: str
    title: str
    shape: str
    findings: tuple[Finding, ...]


_TITLES = (
    ("fail", "Fails", "✖"),
    ("inconclusive", "Could not be told", "?"),
    ("review", "Somebody should look", "▲"),
    ("waived", "Waived", "~"),
    ("note", "Notes", "i"),
    ("pass", "Asked, without a finding", "✔"),
    ("skipped", "Not asked", "·"),
)
_GROUP = {
    Outcome.FAIL: "fail",
    Outcome.REVIEW: "review",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.NOT_APPLICABLE: "skipped",
}


def groups(report: Report) -> tuple[Group, ...]:
    """The findings by what they call for, the worst first; headings without findings are left out."""
    by_name: dict[str, list[Finding]] = {name: [] for name, _, _ in _TITLES}
    for finding in said_once(report.findings):
        by_name[group_of(finding)].append(with_waiver(finding, report.waivers))
    ranked = list(Severity)
    return tuple(
        Group(
            name=name,
            title=title,
            shape=shape,
            findings=tuple(sorted(by_name[name], key=lambda f: ranked.index(f.severity))),
        )
        for name, title, shape in _TITLES
        if by_name[name]
    )


def said_once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, with checks that could not be asked for the very same reason told together."""
    told: dict[Finding, list[Finding]] = {}
    for finding in findings:
        told.setdefault(_reason(finding), []).append(finding)
    for same in told.values():
        checks = ", ".join(dict.fromkeys(f.check for f in same))
        yield replace(same[0], check=checks, why=_whys([f.why for f in same if f.why]))


def _whys(whys: Sequence[str]) -> str:
    """Why it matters, each reason once; questions that several checks leave open under one head."""
    if len(whys) > 1 and all(why.startswith(_OPEN) for why in whys):
        return unique((_OPEN_MANY, *(why.removeprefix(_OPEN) for why in whys)))
    return unique(whys)


_OPEN = "It leaves the question open: "
_OPEN_MANY = "It leaves these questions open:"


def _reason(finding: Finding) -> Finding:
    return replace(finding, check="", why="") if finding.outcome is Outcome.INCONCLUSIVE else finding


def group_of(finding: Finding) -> str:
    """The name of the finding's group: a PASS about something that is there is a note."""
    if finding.waiver:
        return "waived"
    if finding.outcome is Outcome.PASS:
        return "note" if finding.subject else "pass"
    return _GROUP[finding.outcome]


def with_waiver(finding: Finding, waivers: Iterable[Waiver]) -> Finding:
    """A finding that is waived, with why, until when and by whom before its own facts."""
    one = next((waiver for waiver in waivers if waiver.id == finding.waiver), None)
    if one is None:
        return finding
    told = (("outcome", finding.outcome.value), ("waived", waived_line(one)), ("reason", one.reason))
    return replace(finding, facts=(*told, *finding.facts))


def waived_line(waiver: Waiver) -> str:
    """Until when a waiver holds, and who decided."""
    return f"until {waiver.expires} by {waiver.approver} ({waiver.id})"


def lapses(report: Report) -> tuple[str, ...]:
    """Which waivers expired that would cover something, a sentence each."""
    return tuple(lapse(one) for one in report.expired)


def tally(report: Report) -> str:
    """How many findings of each kind, worst first."""
    words = {
        "fail": ("failing", "failing"),
        "inconclusive": ("could not be told", "could not be told"),
        "review": ("to look at", "to look at"),
        "waived": ("waived", "waived"),
        "note": ("note", "notes"),
        "pass": ("check without a finding", "checks without a finding"),
        "skipped": ("not asked", "not asked"),
    }
    counted = ((len(group.findings), words[group.name]) for group in groups(report))
    said = [f"{count} {one if count == 1 else many}" for count, (one, many) in counted]
    return ", ".join(said) or "no findings at all"


def unsaid(report: Report) -> tuple[str, ...]:
    """The verdict's reasons that no finding states in the same words; and which waivers expired."""
    stated = {finding.message for finding in report.findings}
    return (*(reason for reason in report.verdict.because if reason not in stated), *lapses(report))


def meaning(report: Report) -> str:
    """What the verdict's word does and does not say."""
    nothing = "Nothing the policy objects to was found in what was read"
    but = ", apart from what is waived" if report.waivers else ""
    return {
        Decision.PASS: f"{nothing}{but}. That does not prove there"
        " is nothing: see below what was read, and the limits.",
        Decision.FAIL: "Something was found that the policy does not let pass.",
        Decision.REVIEW: "A person has to look before anybody relies on this unit.",
        Decision.INCONCLUSIVE: "Not all that has to be read could be read. This is not a pass.",
    }[report.verdict.decision]


def region_line(report: Report) -> str:
    """The region the unit claims, in a sentence; unknown is an answer."""
    region = report.region
    if region.region is None:
        why = f" {region.silent}" if region.silent else ""
        return f"unknown: nothing that was read says what the unit was built for.{why}"
    market, count = report.expectation.market, len(region.markets)
    size = f"{count} market" if count == 1 else f"{count} markets"
    held = f", {market} {'among' if market in region.markets else 'not among'} them" if market else ""
    return f"{region.region} ({size}{held})"


def signals(report: Report) -> tuple[Signal, ...]:
    """What speaks of the region, and after it what speaks of use only; what two SIM slots say alike, once."""
    return tuple(dict.fromkeys((*report.region.signals, *report.region.usage)))


def contradictions(report: Report) -> tuple[str, ...]:
    """Signals that cannot both be true of one untouched unit, a sentence each."""
    return tuple(
        f"{one.what} says {one.says}, but {other.what} says {other.says}"
        for one, other in report.region.contradictions
    )


def evidence_line(evidence: Evidence) -> str:
    """One piece of evidence with the place it was read from."""
    place = f"  [{evidence.origin}]" if evidence.origin else ""
    return f"{evidence.what}: {evidence.value}{place}"


def tags(finding: Finding) -> str:
    """Severity, check and level, for the line under a message."""
    level = f"level {finding.level.value}" if finding.level is not None else ""
    severity = finding.severity.value if finding.severity is not Severity.INFO else ""
    check = f"{'checks' if ', ' in finding.check else 'check'} {finding.check}"
    return " · ".join(part for part in (severity, check, level) if part)


@record
class CoverageRow:
    """How much of one topic was read. mark: a shape; why: the gaps' reasons, fix: their cures."""

    mark: str
    topic: str
    reach: str
    count: str
    why: tuple[str, ...]
    fix: str


def coverage(report: Report) -> tuple[CoverageRow, ...]:
    """What was read and what was not, a row for each topic."""
    return tuple(
        CoverageRow(
            mark=REACHED[row.reach],
            topic=row.topic,
            reach=row.reach.value,
            count=str(row.count) if row.reach in {Reach.READ, Reach.PARTLY} else "",
            why=tuple(dict.fromkeys(gap.reason for gap in row.gaps if gap.reason)),
            fix=unique(gap.fix for gap in row.gaps),
        )
        for row in report.coverage
    )


def unread_line(report: Report) -> str:
    """How many lines no parser understood; "" when every line was."""
    count = len(report.unread)
    if not count:
        return ""
    in_a_text = report.source.kind is SourceKind.BUGREPORT
    origins = (head.section(line.origin) if in_a_text else line.origin for line in report.unread)
    places = some(dict.fromkeys(origins), MOST_PLACES)
    return f"{count} {'line' if count == 1 else 'lines'} could not be understood, in {places}"


def some(items: Iterable[str], most: int, between: str = ", ") -> str:
    """The first *most* of them, and how many more there are."""
    given = list(items)
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return between.join(given[:most]) + more


def capitalised(text: str) -> str:
    """*text* as a sentence begins; all but its first letter as it is."""
    return text[:1].upper() + text[1:]


def unique(parts: Iterable[str], between: str = " ") -> str:
    """The parts that say something, each once."""
    return between.join(dict.fromkeys(part for part in parts if part))


def crate_rows(reports: Sequence[Report]) -> tuple[tuple[str, ...], ...]:
    """(decision, unit, build, serial, market, region, tally) of every unit."""
    return tuple(
        (
            report.verdict.decision.value,
            head.name_and_kind(report),
            head.build(report),
            head.serial(report),
            report.expectation.market or "",
            report.region.region or "unknown",
            tally(report),
        )
        for report in reports
    )
