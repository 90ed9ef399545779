"""What is signed: an in-toto Statement v1 with the test-result predicate v0.1.

Sources: in-toto attestation framework, spec/v1/statement.md, spec/v1/resource_descriptor.md and
spec/predicates/test-result.md. What the predicate has no field for is in its extension field ``adbAudit``
(spec/v1/README.md, "Parsing rules"), which nobody else has to understand.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from audit.errors import UsageError
from audit.model.profiles import Outcome
from audit.model.report import Decision, Finding, Report
from audit.model.signing import Result, SignOff
from audit.model.text import clean, clean_line

STATEMENT = "https://in-toto.io/Statement/v1"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
APPROVED_FILE = "urn:adb-audit:approved-file:1"
EXTENSION = "adbAudit"
LONGEST_NOTE, LONGEST_NAME = 4000, 200

_SAYS = {
    Decision.PASS: Result.PASSED,
    Decision.REVIEW: Result.WARNED,
    Decision.FAIL: Result.FAILED,
}
_WORST_FIRST = (Outcome.FAIL, Outcome.REVIEW, Outcome.INCONCLUSIVE, Outcome.PASS)


def result_of(decision: Decision) -> Result | None:
    """What a verdict says by itself; None for INCONCLUSIVE, which says nothing."""
    return _SAYS.get(decision)


def check_decision(decision: Decision, result: Result, note: str) -> None:
    """Raise UsageError for a *result* that may not be signed of a verdict, or not without a note.

    What the verdict itself says needs no note, all else does. INCONCLUSIVE can never be signed as passed.
    """
    if decision is Decision.INCONCLUSIVE and result is Result.PASSED:
        raise UsageError(
            "an INCONCLUSIVE unit cannot be signed off as PASSED",
            fix="audit it again with what was missing, or sign WARNED or FAILED with a note",
        )
    if result is not result_of(decision) and not clean_line(note).strip():
        raise UsageError(
            f"the verdict is {decision.value}; {result.value} needs a note", fix='say why: --note "…"'
        )


def checked(report: Report, signoff: SignOff) -> SignOff:
    """*signoff* with its texts made safe to show.

    Raises UsageError where it may not be signed: see `check_decision`; nobody's name; too long; no moment.
    """
    made = replace(
        signoff,
        inspector=clean_line(signoff.inspector).strip(),
        note=clean(signoff.note).strip(),
        station=clean_line(signoff.station).strip(),
    )
    check_decision(report.verdict.decision, made.result, made.note)
    if not made.inspector:
        raise UsageError("nobody is named who signs off", fix="say --inspector NAME")
    _bounded("the name of the inspector", made.inspector, LONGEST_NAME)
    _bounded("the name of the station", made.station, LONGEST_NAME)
    _bounded("the note", made.note, LONGEST_NOTE)
    if moment(made.signed_at) is None:
        raise UsageError(f"{made.signed_at!r} is no moment in UTC", fix="give it as 2026-01-31T12:00:00Z")
    return made


def moment(text: str) -> datetime | None:
    """An RFC 3339 moment in UTC (ending in Z); None for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if text.endswith("Z") and "T" in text and len(text) <= 32 else None


def statement(
    report: Report, signoff: SignOff, *, unit: str = "", tool_sha256: str = "", redacted_sha256: str = ""
) -> dict[str, Any]:
    """The Statement of *signoff*, which is a checked one, about *report*.

    unit: how the unit is called in it, "" = by its model alone, so that no identifier leaves the station
    tool_sha256: of the program, "" = not known; redacted_sha256: of the same report without identifiers
    """
    name = clean_line(unit) or clean_line(report.identity.model or report.unit.model or "") or "unit"
    subjects = [_subject(name, signoff.report_sha256)]
    if redacted_sha256 and redacted_sha256 != signoff.report_sha256:
        subjects.append(_subject(f"{name}, without identifiers", redacted_sha256))
    return {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": TEST_RESULT,
        "predicate": {
            "result": signoff.result.value,
            "configuration": list(_configuration(report, tool_sha256)),
            **_tests(report.findings),
            EXTENSION: _extension(report, signoff),
        },
    }


def file_statement(
    name: str, sha256: str, *, inspector: str, signed_at: str, note: str = ""
) -> dict[str, Any]:
    """The Statement that *inspector* approves of a file, such as a golden unit."""
    return {
        "_type": STATEMENT,
        "subject": [_subject(name, sha256)],
        "predicateType": APPROVED_FILE,
        "predicate": {"inspector": inspector, "signedAt": signed_at, "note": note},
    }


def _subject(name: str, sha256: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}}


def _configuration(report: Report, tool_sha256: str) -> Iterator[dict[str, Any]]:
    yield _subject("rulebook", report.rulebook_sha256)
    yield {"name": "policy", "uri": f"urn:adb-audit:policy:{quote(report.expectation.policy, safe='')}"}
    tool: dict[str, Any] = {"name": "tool", "uri": f"pkg:pypi/adb-audit@{quote(report.tool_version)}"}
    yield tool | ({"digest": {"sha256": tool_sha256}} if tool_sha256 else {})
    if report.snapshot_sha256:
        yield _subject("evidence", report.snapshot_sha256)
    if report.expectation.baseline:
        yield _subject("golden unit", report.expectation.baseline)


def _tests(findings: Iterable[Finding]) -> dict[str, list[str]]:
    """Checks by what they found; one that could not tell is in none of the lists, one waived warns."""
    worst = _worst(findings)
    names = {"passedTests": Outcome.PASS, "warnedTests": Outcome.REVIEW, "failedTests": Outcome.FAIL}
    return {
        name: sorted(c for c, found in worst.items() if found is wanted) for name, wanted in names.items()
    }


def _worst(findings: Iterable[Finding]) -> dict[str, Outcome]:
    worst: dict[str, Outcome] = {}
    for finding in findings:
        counts = Outcome.REVIEW if finding.waiver and finding.outcome is Outcome.FAIL else finding.outcome
        if counts not in _WORST_FIRST:
            continue
        other = worst.setdefault(finding.check, counts)
        worst[finding.check] = min(other, counts, key=_WORST_FIRST.index)
    return worst


def _extension(report: Report, signoff: SignOff) -> dict[str, Any]:
    worst = _worst(report.findings)
    used = {finding.waiver for finding in report.findings} - {""}
    return {
        "schema": "adb-audit/signoff/1",
        "number": signoff.number,
        "previousSha256": signoff.previous_sha256,
        "inspector": signoff.inspector,
        "note": signoff.note,
        "station": signoff.station,
        "signedAt": signoff.signed_at,
        "judgedAt": report.judged_at,
        "market": report.expectation.market,
        "verdict": report.verdict.decision.value,
        "inconclusiveTests": sorted(c for c, found in worst.items() if found is Outcome.INCONCLUSIVE),
        "waivers": [
            {"id": one.id, "check": one.check, "approver": one.approver, "expires": one.expires}
            for one in report.waivers
            if one.id in used
        ],
    }


def _bounded(what: str, text: str, longest: int) -> None:
    if len(text) > longest:
        raise UsageError(
            f"{what} has {len(text)} characters; {longest} are the most", fix="say it more shortly"
        )
