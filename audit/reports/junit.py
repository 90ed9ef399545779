"""Reports as JUnit XML for CI: a suite for each unit, a case for each check."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as ET

from audit.checks.waiving import sentence
from audit.model.profiles import Outcome
from audit.model.report import Decision, Finding, Report
from audit.model.text import clean
from audit.reports import contacts, head, places, view, watches
from audit.reports.format import Options

# XML 1.0, 2.2: everything else cannot stand in a document, not even as a reference
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_OF_CONTACTS = "destinations"
_MOST_CONTACTS = 200
WORST_FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.REVIEW, Outcome.PASS, Outcome.NOT_APPLICABLE)
ELEMENTS = {
    Outcome.FAIL: ("failure", "fail"),
    Outcome.REVIEW: ("failure", "review"),
    Outcome.INCONCLUSIVE: ("error", "inconclusive"),
    Outcome.NOT_APPLICABLE: ("skipped", "not-applicable"),
}
_WRONG = frozenset({Outcome.FAIL, Outcome.REVIEW, Outcome.INCONCLUSIVE})
DECIDED = {
    Decision.FAIL: Outcome.FAIL,
    Decision.REVIEW: Outcome.REVIEW,
    Decision.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    Decision.PASS: Outcome.PASS,
}


def render(reports: Sequence[Report], options: Options) -> str:
    """FAIL is a failure, REVIEW a failure of type review, INCONCLUSIVE an error, not-applicable skipped."""
    del options
    return document(_suite(report) for report in reports)


def document(suites: Iterable[ET.Element]) -> str:
    """The XML of all *suites*, which are counted."""
    root = ET.Element("testsuites", name="adb-audit")
    root.extend(suites)
    counted(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        name=legal(head.unit_label(report)),
        timestamp=legal(report.judged_at.removesuffix("Z")),
        time="0",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (*head.head_rows(report), *head.provenance_rows(report)):
        ET.SubElement(properties, "property", name=name, value=legal(value))
    for told in filter(None, (sentence(report.findings, report.waivers), *view.lapses(report))):
        ET.SubElement(properties, "property", name="Waivers", value=legal(told))
    for told in places.attributions(report):
        ET.SubElement(properties, "property", name="Countries and operators by", value=legal(told))
    watched = tuple(_watched(report))
    shown = [view.with_waiver(finding, report.waivers) for finding in report.findings]
    for check, findings in by_check(shown).items():
        suite.append(case_of(check, findings, watched if check == _OF_CONTACTS else ()))
        if check == _OF_CONTACTS:
            watched = ()
    if _says_less(report):
        suite.append(_verdict_case(report))
    counted(suite)
    if watched:
        ET.SubElement(suite, "system-out").text = legal("\n".join(watched))
    return suite


def by_check(findings: Iterable[Finding]) -> dict[str, list[Finding]]:
    """The findings of each check, in the order in which checks were first told of."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.check, []).append(finding)
    return found


def _watched(report: Report) -> Iterator[str]:
    """Who watched and what was seen, a line each: the case that judges contacts prints it, else the suite."""
    for seen in contacts.seen(report):
        yield seen.title
        for row in seen.says:
            yield from (f"  {row.label.lower()}: {told}" for told in watches.told(row, verbose=True))
        for one in seen.contacts[:_MOST_CONTACTS]:
            yield f"  {one.how.words}: {'  '.join(filter(None, (one.when, one.by)))}: {contacts.line(one)}"
        if (more := len(seen.contacts) - _MOST_CONTACTS) > 0:
            yield f"  and {more} more in the report as JSON"


def case_of(check: str, findings: list[Finding], watched: Sequence[str] = ()) -> ET.Element:
    """A case by the worst of its findings that count; it is skipped where none but waived ones are wrong.

    watched: lines for its output, after the other findings
    """
    case = ET.Element("testcase", classname="adb-audit", name=legal(check), time="0")
    counting = [finding for finding in findings if not finding.waiver]
    worst = min((finding.outcome for finding in counting), key=WORST_FIRST.index, default=Outcome.PASS)
    if worst not in _WRONG and len(counting) < len(findings):
        told = [finding for finding in findings if finding.waiver]
        body = ET.SubElement(case, "skipped", type="waived", message=legal(_waived(told[0])))
        body.text = legal("\n\n".join("\n".join(_lines(finding)) for finding in told))
        rest = counting
    elif worst in ELEMENTS:
        tag, kind = ELEMENTS[worst]
        told = [finding for finding in counting if finding.outcome is worst]
        rest = [finding for finding in findings if finding.waiver or finding.outcome is not worst]
        body = ET.SubElement(case, tag, type=kind, message=legal(told[0].message))
        body.text = legal("\n\n".join("\n".join(_lines(finding)) for finding in told))
    else:
        rest = findings
    said = [*(f"{_outcome(finding)}: {finding.message}" for finding in rest), *watched]
    if said:
        ET.SubElement(case, "system-out").text = legal("\n".join(said))
    return case


def _outcome(finding: Finding) -> str:
    return f"{finding.outcome.value}, waived ({finding.waiver})" if finding.waiver else finding.outcome.value


def _waived(finding: Finding) -> str:
    """The message with what was said of its waiver, where that is among its facts."""
    said = dict(reversed(finding.facts))
    under = said.get("waived", f"({finding.waiver})")
    return f"waived {under}: {said['reason']}" if "reason" in said else f"waived {under}"


def _lines(finding: Finding) -> Iterator[str]:
    yield finding.message
    yield view.tags(finding)
    yield from (f"{label}: {said}" for label, said in (("why", finding.why), ("fix", finding.fix)) if said)
    yield from (f"{label}: {value}" for label, value in finding.facts)
    yield from (f"evidence: {view.evidence_line(evidence)}" for evidence in finding.evidence)
    yield from (f"source: {source}" for source in finding.sources)


def _says_less(report: Report) -> bool:
    """Whether no finding carries the verdict: the suite would be greener than its unit."""
    wanted = DECIDED[report.verdict.decision]
    return all(finding.waiver or finding.outcome is not wanted for finding in report.findings)


def _verdict_case(report: Report) -> ET.Element:
    case = ET.Element("testcase", classname="adb-audit", name="verdict", time="0")
    outcome = DECIDED[report.verdict.decision]
    if outcome in ELEMENTS:
        tag, kind = ELEMENTS[outcome]
        ET.SubElement(case, tag, type=kind, message=legal(" ".join(report.verdict.because)))
    return case


def counted(parent: ET.Element) -> None:
    """Write on *parent* how many cases it holds, and how many of them came to what."""
    parent.set("tests", str(len(list(parent.iter("testcase")))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        parent.set(attribute, str(len(list(parent.iter(tag)))))


def legal(text: str) -> str:
    """*text* without what an XML document cannot hold."""
    return _ILLEGAL.sub("\ufffd", clean(text))
