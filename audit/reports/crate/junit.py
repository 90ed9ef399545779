"""A crate as JUnit XML: a suite for the crate as a whole, then one for each unit, a case for each check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.etree import ElementTree as ET

from audit.model.crate import CrateReport, UnitResult
from audit.model.report import Decision
from audit.reports.crate import view, waived
from audit.reports.format import Options
from audit.reports.junit import DECIDED, ELEMENTS, WORST_FIRST, by_check, case_of, counted, document, legal


def render(crate: CrateReport, options: Options) -> str:
    """FAIL is a failure, REVIEW a failure of type review, INCONCLUSIVE an error, not-applicable skipped."""
    del options
    return document((_of_the_crate(crate), *(_suite(crate, unit) for unit in view.in_order(crate.units))))


def _of_the_crate(crate: CrateReport) -> ET.Element:
    suite = _begun(f"crate {crate.head.name}", crate.head.began_at, 0.0)
    properties = ET.SubElement(suite, "properties")
    for label, value in (*view.head_rows(crate), *view.provenance_rows(crate)):
        ET.SubElement(properties, "property", name=label or "Note", value=legal(value))
    for check, findings in by_check(crate.findings).items():
        suite.append(case_of(check, findings))
    suite.extend(_manifest(crate))
    told = [DECIDED[unit.decision] for unit in crate.units] + [f.outcome for f in crate.findings]
    wanted = DECIDED[crate.decision]
    if wanted not in told or not crate.complete:
        suite.append(_verdict(_stated(crate), (view.meaning(crate), *_not_done(crate))))
    counted(suite)
    return suite


def _begun(name: str, at: str, took_s: float) -> ET.Element:
    return ET.Element(
        "testsuite", name=legal(name), timestamp=legal(at.removesuffix("Z")), time=f"{took_s:.3f}"
    )


def _manifest(crate: CrateReport) -> Iterator[ET.Element]:
    """A case for each list of the manifest; it passes where the list is empty."""
    for one in view.reconciled(crate):
        case = ET.Element("testcase", classname="adb-audit", name=f"manifest: {one.name}", time="0")
        if one.items and DECIDED[one.decision] in ELEMENTS:
            tag, kind = ELEMENTS[DECIDED[one.decision]]
            body = ET.SubElement(case, tag, type=kind, message=legal(f"{one.title}: {len(one.items)}"))
            body.text = legal("\n".join(one.items))
        yield case


def _suite(crate: CrateReport, unit: UnitResult) -> ET.Element:
    told = (view.model(unit), unit.build, unit.serial)
    suite = _begun(", ".join(part for part in told if part), unit.started_at, unit.took_s)
    properties = ET.SubElement(suite, "properties")
    for label, value in _properties(unit):
        ET.SubElement(properties, "property", name=label, value=legal(value))
    telling = by_check((*unit.telling, *waived.of_unit(crate, unit)))
    for check in dict.fromkeys((*dict(unit.checks), *telling)):
        suite.append(case_of(check, telling[check]) if check in telling else _plain(check, unit))
    if not _carries(suite, unit.decision):
        suite.append(_verdict(unit.decision, unit.because))
    counted(suite)
    return suite


def _carries(suite: ET.Element, decision: Decision) -> bool:
    """Whether a case of *suite* says as much: else it would be greener than its unit."""
    if DECIDED[decision] not in ELEMENTS:
        return len(suite) > 1  # beside its properties
    tag, kind = ELEMENTS[DECIDED[decision]]
    return any(found.get("type") == kind for found in suite.iter(tag))


def _properties(unit: UnitResult) -> Iterator[tuple[str, str]]:
    yield "Slot", unit.slot
    yield "Serial", unit.serial or "not stated"
    yield "Build", unit.build or "not stated"
    yield "Region", view.region(unit)
    yield "Judged", f"for market {unit.expectation.market}, policy {unit.expectation.policy}"
    yield "Tries", str(unit.tries)
    yield "Whole report", view.whole_report(unit)
    yield "Evidence SHA-256", unit.snapshot_sha256


def _plain(check: str, unit: UnitResult) -> ET.Element:
    """A check of which the crate keeps its outcome alone; of several, the worst."""
    case = ET.Element("testcase", classname="adb-audit", name=legal(check), time="0")
    outcome = min((outcome for name, outcome in unit.checks if name == check), key=WORST_FIRST.index)
    if outcome in ELEMENTS:
        tag, kind = ELEMENTS[outcome]
        ET.SubElement(case, tag, type=kind, message="see the unit's whole report")
    return case


def _stated(crate: CrateReport) -> Decision:
    """The crate's verdict, which is no PASS while units are not done."""
    passed = crate.decision is Decision.PASS
    return Decision.INCONCLUSIVE if passed and not crate.complete else crate.decision


def _not_done(crate: CrateReport) -> Iterator[str]:
    yield from (f"not done: {one}" for one in crate.waiting)


def _verdict(decision: Decision, because: Iterable[str]) -> ET.Element:
    """The verdict as a case of its own, where no other case carries it: never greener than what it is of."""
    case = ET.Element("testcase", classname="adb-audit", name="verdict", time="0")
    outcome = DECIDED[decision]
    if outcome in ELEMENTS:
        tag, kind = ELEMENTS[outcome]
        ET.SubElement(case, tag, type=kind, message=legal(" ".join(because)))
    return case
