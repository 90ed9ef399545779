"""Does anything that was read match an indicator of compromise from a file the operator gave?"""

from __future__ import annotations

from collections.abc import Iterator

from audit.checks.client_market import listed
from audit.checks.match import Match
from audit.checks.question import Case
from audit.checks.seen import Seen
from audit.model.evidence import Topic
from audit.model.facts import Facts
from audit.model.indicators import Indicator, IndicatorFile, Observable
from audit.model.profiles import Outcome
from audit.model.report import Evidence, Finding, Severity

_MOST_EVIDENCE = 20


class Indicators:
    """Indicators of STIX files: names, hashes, properties, processes and destinations, compared literally."""

    id = "indicators"
    question = "Does anything match an indicator of compromise in the files that were given?"
    needs = frozenset({Topic.PACKAGES, Topic.PROPERTIES})

    def applies(self, case: Case) -> str:
        """Only where somebody gave a file of indicators."""
        return "" if case.rulebook.indicators else "No indicators of compromise were given (--iocs FILE)."

    def ask(self, case: Case) -> Iterator[Finding]:
        """One finding for each indicator that matches, and a note for each file on what it was good for."""
        for file in case.rulebook.indicator_files:
            yield _note(file)
        seen = Seen(case.facts)
        for indicator in case.rulebook.indicators:
            first = seen.of(Observable(kind=indicator.kind, value=indicator.value))
            if first:
                rest = [seen.of(other) for other in indicator.also]
                if all(rest):
                    yield _finding(indicator, [first, *rest])

    def passed(self, case: Case) -> str:
        """What was compared with how many, and what nobody had looked at."""
        count = len(case.rulebook.indicators)
        files = ", ".join(file.name for file in case.rulebook.indicator_files)
        facts = case.facts
        compared = (
            f"{len(facts.properties)} properties",
            listed(facts),
            *((f"{len(facts.listing)} paths of files",) if facts.listing else ()),
            *((f"{len(facts.code)} files of code",) if facts.code else ()),
            *((f"{len(facts.digests)} hashed files",) if facts.digests else ()),
            *((f"{len(facts.endpoints)} addresses in files",) if facts.endpoints else ()),
            *((f"{len(facts.flows)} contacts",) if facts.flows else ()),
        )
        return f"None of {count} indicators ({files}) matches: {'; '.join(compared)}.{_unseen(facts)}"


def _unseen(facts: Facts) -> str:
    missing = [
        *(("files",) if facts.listing is None else ()),
        *(("code and signers",) if not facts.code and not facts.digests else ()),
        *(("processes",) if not facts.activity else ()),
        *(("network contacts",) if facts.flows is None else ()),
    ]
    return f" Not read, so not compared: {', '.join(missing)}." if missing else ""


def _finding(indicator: Indicator, matches: list[tuple[Match, ...]]) -> Finding:
    """All terms of an indicator matched: it is as certain as its least certain term."""
    sure = all(any(match.sure for match in of_term) for of_term in matches)
    best = [max(of_term, key=lambda match: match.sure) for of_term in matches]
    evidence = [Evidence(what=m.what, value=m.value, origin=m.origin) for ms in matches for m in ms]
    terms = [Observable(kind=indicator.kind, value=indicator.value), *indicator.also]
    pattern = " and ".join(f"{term.kind} {term.value}" for term in terms)
    named = f" ({indicator.name})" if indicator.name else ""
    more = len(evidence) - _MOST_EVIDENCE
    return Finding(
        check=Indicators.id,
        outcome=Outcome.FAIL if sure else Outcome.REVIEW,
        severity=Severity.HIGH if sure else Severity.MEDIUM,
        subject=best[0].subject or indicator.value,
        message=f"{' '.join(match.sentence for match in best)} That matches indicator {pattern}{named}"
        f" of {indicator.file}.",
        why="Somebody published it as a trace of a compromise; the comparison is literal and proves no more.",
        fix="Look at what the indicator's source says it means before the unit is used or shipped.",
        evidence=tuple(evidence[:_MOST_EVIDENCE]),
        facts=(("matches", f"{len(evidence)}, the first {_MOST_EVIDENCE} shown"),) if more > 0 else (),
        sources=tuple(part for part in (indicator.file, indicator.id) if part),
    )


def _note(file: IndicatorFile) -> Finding:
    left = sum(file.left.values())
    reasons = ", ".join(f"{count} {reason}" for reason, count in file.left.items())
    tail = f" {left} patterns are not looked for: {reasons}; the first is {file.first_left}" if left else ""
    return Finding(
        check=Indicators.id,
        outcome=Outcome.PASS,
        severity=Severity.INFO,
        subject=file.name,
        message=f"{file.used} indicators of {file.name} were looked for.{tail}",
        facts=(("sha256", file.sha256),),
        sources=(file.name,),
    )
