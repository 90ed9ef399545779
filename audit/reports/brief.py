"""The short of a report: what a first screen holds, and what is left to ``--verbose``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from audit.checks.waiving import sentence
from audit.model.evidence import SourceKind
from audit.model.profiles import Outcome
from audit.model.record import record
from audit.model.report import Decision, Finding, Reach, Report, Severity
from audit.reports import head, view

MOST_SOURCES = 3
MOST_REASONS = 2
MOST_HOW = 160
# Told by the message already, or background: a reader decides without them, and --verbose has them.
_BACKGROUND = frozenset({"client", "serves", "runs as", "note", "incident", "when"})
# What is documented of a client was not seen on this unit: the shorter label must not say otherwise.
_SHORTER = {
    "documented endpoint": ("endpoint", "documented: "),
    "documented to send": ("sends", "documented: "),
    "fixed builds": ("fixed in", ""),
    "UAD-ng says": ("UAD-ng", ""),
}
_SENTENCE_ENDS = re.compile(r"(?<=[.!?]) (?=[A-Z])")


def first_sentence(text: str) -> str:
    """Up to the first full stop that a capital follows; versions and package names have none after theirs."""
    return _SENTENCE_ENDS.split(text, maxsplit=1)[0]


def main_reason(report: Report) -> str:
    """What the verdict rests on, in a sentence, and how much more there is; "" for a PASS: nothing did."""
    waived = sentence(report.findings, report.waivers)
    reasons = tuple(dict.fromkeys(reason for reason in report.verdict.because if reason != waived))
    if not reasons or report.verdict.decision is Decision.PASS:
        return ""
    more = f" ({len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return first_sentence(reasons[0]) + more


@record
class Note:
    """One finding in a sentence. others: subjects of which the very same is to be said."""

    text: str
    others: tuple[str, ...] = ()


def notes(findings: Iterable[Finding]) -> tuple[Note, ...]:
    """A sentence for each finding; the same sentence about several packages is told once."""
    told: dict[str, list[Finding]] = {}
    for finding in findings:
        sentence = first_sentence(finding.message)
        begins = bool(finding.subject) and sentence.startswith(finding.subject)
        key = "\0" + sentence.removeprefix(finding.subject) if begins else sentence
        told.setdefault(key, []).append(finding)
    return tuple(
        Note(text=first_sentence(same[0].message), others=tuple(f.subject for f in same[1:] if f.subject))
        for same in told.values()
    )


def acted_on(finding: Finding) -> tuple[tuple[str, str], ...]:
    """The facts a reader acts on: where it goes, what goes there, which build is fixed."""
    return tuple(fact for fact in finding.facts if fact not in background(finding))


def background(finding: Finding) -> tuple[tuple[str, str], ...]:
    """The facts that say more of what the message names."""
    return tuple(fact for fact in finding.facts if fact[0] in _BACKGROUND or fact == ("confidence", "high"))


def facts(finding: Finding) -> tuple[tuple[str, str], ...]:
    """What a reader acts on, under labels that fit a narrow column."""
    shorter = ((*_SHORTER.get(label, (label, "")), value) for label, value in acted_on(finding))
    return tuple((label, f"{how_known}{value}") for label, how_known, value in shorter)


def sources(given: Sequence[str]) -> tuple[str, ...]:
    """A few of them, from as many sites as there are, in their order."""
    if len(given) <= MOST_SOURCES:
        return tuple(given)
    by_site: dict[str, str] = {}
    for source in given:
        by_site.setdefault(_site(source), source)
    picked = [*by_site.values(), *(source for source in given if source not in by_site.values())]
    return tuple(sorted(picked[:MOST_SOURCES], key=given.index))


def _site(source: str) -> str:
    try:
        return urlsplit(source).hostname or source
    except ValueError:  # not an address at all: it stands for itself
        return source


def advice(finding: Finding) -> Finding:
    """What is told alike of every unit that has it: the finding without what was seen on this one."""
    return replace(
        finding,
        check="",
        message="",
        evidence=(),
        level=None,
        outcome=Outcome.NOT_APPLICABLE,
        severity=Severity.INFO,
    )


def how_read(report: Report) -> str:
    """How the evidence was read, on a line or two; a bug report's sections are left to --verbose."""
    if report.source.kind is SourceKind.BUGREPORT:
        return next((part for part in head.how_read(report).split("; ") if part.startswith("read ")), "")
    said = head.how_read(report)
    return said if len(said) <= MOST_HOW else said[:MOST_HOW].rpartition(" ")[0] + " … more with -v"


def without_its_name(report: Report) -> Report:
    """A report whose places in a bug report do not each repeat the name of its one text."""
    if report.source.kind is not SourceKind.BUGREPORT:
        return report
    findings = tuple(
        replace(f, evidence=tuple(replace(e, origin=head.section(e.origin)) for e in f.evidence))
        for f in report.findings
    )
    unread = tuple(replace(line, origin=head.section(line.origin)) for line in report.unread)
    signals, usage = (
        tuple(replace(signal, origin=head.section(signal.origin)) for signal in signals)
        for signals in (report.region.signals, report.region.usage)
    )
    region = replace(report.region, signals=signals, usage=usage)
    return replace(report, findings=findings, unread=unread, region=region)


def signals(report: Report) -> tuple[str, ...]:
    """What speaks of the region, a line for each strength and region."""
    said: dict[str, list[str]] = {}
    for signal in report.region.signals:
        what = signal.what.removeprefix("property ")
        told = what if signal.value in what else f"{what} = {signal.value}"
        said.setdefault(f"{signal.strength.value} {signal.says}", []).append(told)
    return tuple(f"{which}: {', '.join(dict.fromkeys(told))}" for which, told in said.items())


@record
class Missing:
    """Topics that are missing, or partly so, for the same reasons.

    topics: (mark, words) of each; reason: the first few; above: a finding said them and their cure already
    """

    topics: tuple[tuple[str, str], ...]
    reason: str
    fix: str
    above: bool


def read(report: Report) -> str:
    """What was read whole, with how much of it."""
    return ", ".join(f"{row.topic} {row.count}" for row in report.coverage if row.reach is Reach.READ)


def not_asked(report: Report) -> str:
    """What nobody asked the unit for."""
    return ", ".join(row.topic for row in report.coverage if row.reach is Reach.NOT_ASKED)


def missing(report: Report) -> tuple[Missing, ...]:
    """What was not read, or not whole, by reason: many reasons of one topic are told by the first few."""
    by_reason: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for row in report.coverage:
        if row.reach not in {Reach.PARTLY, Reach.MISSING}:
            continue
        count = f" ({row.count})" if row.reach is Reach.PARTLY else ""
        topic = (view.REACHED[row.reach], f"{row.topic} {row.reach.value}{count}")
        reasons = {(gap.reason, gap.fix): None for gap in row.gaps} or {("", ""): None}
        for reason in reasons:
            by_reason.setdefault(reason, {})[topic] = None
    by_topics: dict[tuple[tuple[tuple[str, str], ...], str], list[str]] = {}
    for (why, fix), topics in by_reason.items():
        by_topics.setdefault((tuple(topics), fix), []).append(why)
    said = [f.message for f in report.findings if f.outcome is Outcome.INCONCLUSIVE]
    return tuple(
        Missing(
            topics=topics,
            reason=view.some(reasons, MOST_REASONS, " "),
            fix=fix,
            above=bool(reasons[0]) and any(reasons[0].rstrip(". ") in message for message in said),
        )
        for (topics, fix), reasons in by_topics.items()
    )


def verdicts(reports: Sequence[Report]) -> str:
    """How many units got which verdict, worst first."""
    order = (Decision.FAIL, Decision.INCONCLUSIVE, Decision.REVIEW, Decision.PASS)
    given = [report.verdict.decision for report in reports]
    counted = ", ".join(f"{given.count(word)} {word.value}" for word in order if word in given)
    return f"{len(reports)} {'unit' if len(reports) == 1 else 'units'}: {counted or 'nothing was audited'}"
