"""What a paper says of a sign-off, and what it puts in the largest letters."""

from __future__ import annotations

import re

from audit import codec
from audit.errors import UsageError
from audit.model.record import record
from audit.model.report import Decision, Report
from audit.model.signing import Result

_NO_FIELD = re.compile(r"[^0-9A-Za-z._:+/-]")
_LONGEST_FIELD = 64
_DECIDES = {Result.PASSED: Decision.PASS, Result.WARNED: Decision.REVIEW, Result.FAILED: Decision.FAIL}
_WORST_FIRST = (Decision.FAIL, Decision.INCONCLUSIVE, Decision.REVIEW, Decision.PASS)


@record
class Signed:
    """A sign-off as a paper shows it: the decision, and where the record of it is.

    result: what the inspector decided; inspector: who; note: why; signed_at: RFC 3339 in UTC
    key_id: who signed; number: of the record in the chain, 1-based; record_sha256: hex, of its envelope
    report_sha256: hex, of the report as the record names it
    """

    result: Result
    inspector: str
    signed_at: str
    key_id: str
    number: int
    record_sha256: str
    report_sha256: str
    note: str = ""


@record
class Headline:
    """What is read from two metres away: never better than the verdict, nor than what was signed.

    word: of the verdict or of the sign-off, whichever is worse; shape: the one that goes with it
    firm: somebody signed it; else the shape is hollow, and a PASS is not said in large letters
    beside: what the word leaves out, in short
    """

    word: str
    shape: Decision
    firm: bool
    beside: tuple[str, ...] = ()


def headline(report: Report, signed: Signed | None) -> Headline:
    """The headline for *report*.

    Raises `UsageError` where a unit that could not be judged is said to be signed off as passed.
    """
    verdict = report.verdict.decision
    waived = sum(1 for finding in report.findings if finding.waiver)
    more = (f"{waived} waived",) if waived else ()
    if signed is None:
        if verdict is Decision.PASS:
            return Headline(word="NOT SIGNED", shape=verdict, firm=False, beside=("verdict PASS", *more))
        return Headline(word=verdict.value, shape=verdict, firm=False, beside=("not signed", *more))
    if verdict is Decision.INCONCLUSIVE and signed.result is Result.PASSED:
        raise UsageError(
            "an INCONCLUSIVE unit cannot be shown as signed off with PASSED",
            fix="read what is missing and audit again",
        )
    decided = _DECIDES[signed.result]
    if _WORST_FIRST.index(decided) < _WORST_FIRST.index(verdict):
        return Headline(
            word=signed.result.value, shape=decided, firm=True, beside=(f"verdict {verdict.value}", *more)
        )
    return Headline(
        word=verdict.value, shape=verdict, firm=True, beside=(f"signed {signed.result.value}", *more)
    )


def otherwise(report: Report, signed: Signed) -> bool:
    """Whether the inspector decided otherwise than the verdict says."""
    return _DECIDES[signed.result] is not report.verdict.decision


def report_hash(report: Report, signed: Signed | None) -> str:
    """What names the report: the hash its record names, or without a record that of its JSON on one line."""
    return field(signed.report_sha256) if signed else codec.sha256(report)


def field(text: str) -> str:
    """A value as it may stand in a code: plain characters alone, bounded; "-" where there is none."""
    return _NO_FIELD.sub("", text[:_LONGEST_FIELD]) or "-"
