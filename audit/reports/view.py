"""What every format says about a report, in the same words: the head, the groups, the coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from audit.model.evidence import SourceKind
from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Decision, Evidence, Finding, Reach, Report, Severity, Signal

SHAPES = {
    Decision.PASS: "✔",
    Decision.FAIL: "✖",
    Decision.REVIEW: "▲",
    Decision.INCONCLUSIVE: "?",
}
MOST_PLACES = 4
PROVENANCE = ("Judged at", "adb-audit", "Rulebook SHA-256", "Evidence SHA-256")
REACHED = {Reach.READ: "●", Reach.PARTLY: "◐", Reach.MISSING: "○", Reach.NOT_ASKED: "·"}


@record
class Group:
    """Findings shown under one heading.

    name: "fail", "inconclusive", "review", "note", "pass" or "skipped"
    """

    name: str
    title: str
    shape: str
    findings: tuple[Finding, ...]


_TITLES = (
    ("fail", "Fails", "✖"),
    ("inconclusive", "Could not be told", "?"),
    ("review", "Somebody should look", "▲"),
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
    for finding in _said_once(report.findings):
        by_name[group_of(finding)].append(finding)
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


def _said_once(findings: Iterable[Finding]) -> Iterator[Finding]:
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
    if finding.outcome is Outcome.PASS:
        return "note" if finding.subject else "pass"
    return _GROUP[finding.outcome]


def unit_name(report: Report) -> str:
    """Maker and model as the unit states them, without saying the maker twice."""
    identity = report.identity
    model = identity.model or report.unit.model or ""
    maker = identity.manufacturer or identity.brand
    if maker and not model.casefold().startswith(maker.casefold()):
        return f"{maker} {model}".strip()
    return model or "unit that does not say what it is"


def serial(report: Report) -> str:
    """The serial number, or its mask; "" where there is none."""
    return report.identity.serial or report.unit.serial or ""


def unit_label(report: Report) -> str:
    """One unit among several: name, build, serial."""
    return ", ".join(part for part in (name_and_kind(report), build(report), serial(report)) if part)


def unit_line(report: Report) -> str:
    """What tells the unit from others of its model: serial number, code name, build."""
    parts = (serial(report), report.identity.device, build(report))
    return ", ".join(part for part in parts if part) or "not stated"


def build(report: Report) -> str:
    """The build as the unit names it; "" where it does not."""
    return report.identity.build or report.identity.incremental


def asked(report: Report) -> str:
    """What the unit was judged for."""
    expected = report.expectation
    place = f"for market {expected.market}" if expected.market else "for no market in particular"
    more = [f"model {expected.model}"] if expected.model else []
    more += [f"build {expected.build}"] if expected.build else []
    return ", ".join((place, *more, f"policy {expected.policy}"))


def tally(report: Report) -> str:
    """How many findings of each kind, worst first."""
    words = {
        "fail": ("failing", "failing"),
        "inconclusive": ("could not be told", "could not be told"),
        "review": ("to look at", "to look at"),
        "note": ("note", "notes"),
        "pass": ("check without a finding", "checks without a finding"),
        "skipped": ("not asked", "not asked"),
    }
    counted = ((len(group.findings), words[group.name]) for group in groups(report))
    said = [f"{count} {one if count == 1 else many}" for count, (one, many) in counted]
    return ", ".join(said) or "no findings at all"


def unsaid(report: Report) -> tuple[str, ...]:
    """The verdict's reasons that no finding states in the same words."""
    stated = {finding.message for finding in report.findings}
    return tuple(reason for reason in report.verdict.because if reason not in stated)


def meaning(report: Report) -> str:
    """What the verdict's word does and does not say."""
    return {
        Decision.PASS: "Nothing the policy objects to was found in what was read. That does not prove there"
        " is nothing: see below what was read, and the limits.",
        Decision.FAIL: "Something was found that the policy does not let pass.",
        Decision.REVIEW: "A person has to look before anybody relies on this unit.",
        Decision.INCONCLUSIVE: "Not all that has to be read could be read. This is not a pass.",
    }[report.verdict.decision]


def head_rows(report: Report) -> Iterator[tuple[str, str]]:
    """(label, value) of what was judged, and with what."""
    identity = report.identity
    code = f" ({identity.device})" if identity.device else ""
    yield "Unit", unit_name(report) + code
    yield "Serial", serial(report) or "not stated"
    yield "Build", _joined(identity.build, identity.incremental) or "not stated"
    if identity.fingerprint:
        yield "Fingerprint", identity.fingerprint
    yield "System", system(report)
    yield "Judged", asked(report)
    yield "Evidence", evidence_kind(report)
    if report.source.path:
        yield "Read from", report.source.path
    if how := how_read(report):
        yield "How", how


def system(report: Report) -> str:
    """Version and patch level of the unit's Android."""
    identity = report.identity
    android = f"Android {identity.android}" if identity.android else "Android version not stated"
    return android + (f", security patch {identity.patch}" if identity.patch else "")


def evidence_kind(report: Report) -> str:
    """What was judged, and of which time, in plain words."""
    source, read_at = report.source, report.acquired_at
    if source.taken:
        when = f" of {source.taken}, by the unit's clock"
    else:
        when = f", read at {read_at}" if read_at else ", which does not say of what time"
    if source.kind is SourceKind.FIRMWARE:
        return f"firmware: {source.what}" if source.what else "firmware"
    return f"{_SOURCES[source.kind]}{when}"


def how_read(report: Report) -> str:
    """How the evidence was read, and what was left: what the source says beside its path and its kind."""
    source = report.source
    said = source.detail.removeprefix(source.path).removeprefix("; ")
    return said.removeprefix(source.what).removeprefix("; ") if source.kind is SourceKind.FIRMWARE else said


def name_and_kind(report: Report) -> str:
    """The unit's name, and what of it was judged where that was not the unit itself."""
    kind = _SHORT_SOURCES.get(report.source.kind)
    return unit_name(report) + (f" ({kind})" if kind else "")


_SOURCES = {
    SourceKind.LIVE: "a connected unit",
    SourceKind.FOLDER: "recorded outputs and files",
    SourceKind.SAVED: "a saved snapshot",
    SourceKind.BUGREPORT: "a bug report",
    SourceKind.ANDROIDQF: "an AndroidQF acquisition",
    SourceKind.FIRMWARE: "firmware",
}
_SHORT_SOURCES = {
    SourceKind.FOLDER: "recorded",
    SourceKind.BUGREPORT: "bug report",
    SourceKind.ANDROIDQF: "AndroidQF",
    SourceKind.FIRMWARE: "firmware",
}


def _joined(*parts: str) -> str:
    return ", ".join(dict.fromkeys(part for part in parts if part))


def provenance_rows(report: Report) -> Iterator[tuple[str, str]]:
    """(label, value) of what the report can be checked with."""
    values = (report.judged_at, report.tool_version, report.rulebook_sha256, report.snapshot_sha256)
    yield from zip(PROVENANCE, values, strict=True)


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
    places = some(dict.fromkeys(line.origin for line in report.unread), MOST_PLACES)
    return f"{count} {'line' if count == 1 else 'lines'} could not be understood, in {places}"


def some(items: Iterable[str], most: int, between: str = ", ") -> str:
    """The first *most* of them, and how many more there are."""
    given = list(items)
    more = f" and {len(given) - most} more" if len(given) > most else ""
    return between.join(given[:most]) + more


def unique(parts: Iterable[str], between: str = " ") -> str:
    """The parts that say something, each once."""
    return between.join(dict.fromkeys(part for part in parts if part))


def crate_rows(reports: Sequence[Report]) -> tuple[tuple[str, ...], ...]:
    """(decision, unit, build, serial, market, region, tally) of every unit."""
    return tuple(
        (
            report.verdict.decision.value,
            name_and_kind(report),
            build(report),
            serial(report),
            report.expectation.market or "",
            report.region.region or "unknown",
            tally(report),
        )
        for report in reports
    )
