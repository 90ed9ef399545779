"""Reports as JUnit XML for CI: a suite for each unit, a case for each check."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

from audit.model.profiles import Outcome
from audit.model.report import Decision, Finding, Report
from audit.model.text import clean
from audit.reports import head, view
from audit.reports.format import Options

# XML 1.0, 2.2: everything else cannot stand in a document, not even as a reference
_ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_WORST_FIRST = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.REVIEW, Outcome.PASS, Outcome.NOT_APPLICABLE)
_ELEMENTS = {
    Outcome.FAIL: ("failure", "fail"),
    Outcome.REVIEW: ("failure", "review"),
    Outcome.INCONCLUSIVE: ("error", "inconclusive"),
    Outcome.NOT_APPLICABLE: ("skipped", "not-applicable"),
}
_DECIDED = {
    Decision.FAIL: Outcome.FAIL,
    Decision.REVIEW: Outcome.REVIEW,
    Decision.INCONCLUSIVE: Outcome.INCONCLUSIVE,
    Decision.PASS: Outcome.PASS,
}


def render(reports: Sequence[Report], options: Options) -> str:
    """FAIL is a failure, REVIEW a failure of type review, INCONCLUSIVE an error, not-applicable skipped."""
    del options
    root = ET.Element("testsuites", name="adb-audit")
    for report in reports:
        root.append(_suite(report))
    _count(root)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(report: Report) -> ET.Element:
    suite = ET.Element(
        "testsuite",
        name=_legal(head.unit_label(report)),
        timestamp=_legal(report.judged_at.removesuffix("Z")),
        time="0",
    )
    properties = ET.SubElement(suite, "properties")
    for name, value in (*head.head_rows(report), *head.provenance_rows(report)):
        ET.SubElement(properties, "property", name=name, value=_legal(value))
    for check, findings in _by_check(report).items():
        suite.append(_case(check, findings))
    if _says_less(report):
        suite.append(_verdict_case(report))
    _count(suite)
    return suite


def _by_check(report: Report) -> dict[str, list[Finding]]:
    found: dict[str, list[Finding]] = {}
    for finding in report.findings:
        found.setdefault(finding.check, []).append(finding)
    return found


def _case(check: str, findings: list[Finding]) -> ET.Element:
    case = ET.Element("testcase", classname="adb-audit", name=_legal(check), time="0")
    worst = min((finding.outcome for finding in findings), key=_WORST_FIRST.index)
    if worst in _ELEMENTS:
        tag, kind = _ELEMENTS[worst]
        told = [finding for finding in findings if finding.outcome is worst]
        rest = [finding for finding in findings if finding.outcome is not worst]
        body = ET.SubElement(case, tag, type=kind, message=_legal(told[0].message))
        body.text = _legal("\n\n".join("\n".join(_lines(finding)) for finding in told))
    else:
        rest = findings
    if rest:
        out = ET.SubElement(case, "system-out")
        out.text = _legal("\n".join(f"{finding.outcome.value}: {finding.message}" for finding in rest))
    return case


def _lines(finding: Finding) -> Iterator[str]:
    yield finding.message
    yield view.tags(finding)
    yield from (f"{label}: {said}" for label, said in (("why", finding.why), ("fix", finding.fix)) if said)
    yield from (f"{label}: {value}" for label, value in finding.facts)
    yield from (f"evidence: {view.evidence_line(evidence)}" for evidence in finding.evidence)
    yield from (f"source: {source}" for source in finding.sources)


def _says_less(report: Report) -> bool:
    """Whether no finding carries the verdict: the suite would be greener than its unit."""
    wanted = _DECIDED[report.verdict.decision]
    return all(finding.outcome is not wanted for finding in report.findings)


def _verdict_case(report: Report) -> ET.Element:
    case = ET.Element("testcase", classname="adb-audit", name="verdict", time="0")
    outcome = _DECIDED[report.verdict.decision]
    if outcome in _ELEMENTS:
        tag, kind = _ELEMENTS[outcome]
        ET.SubElement(case, tag, type=kind, message=_legal(" ".join(report.verdict.because)))
    return case


def _count(parent: ET.Element) -> None:
    parent.set("tests", str(len(list(parent.iter("testcase")))))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        parent.set(attribute, str(len(list(parent.iter(tag)))))


def _legal(text: str) -> str:
    return _ILLEGAL.sub("\ufffd", clean(text))
