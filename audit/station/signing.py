"""An inspector's decision on a report of the history to a signed record in it."""

from __future__ import annotations

from audit.clock import now, stamp
from audit.errors import UsageError
from audit.history import History
from audit.model.record import record
from audit.model.report import Decision, Report
from audit.model.signing import Result, SignedRecord, SignOff
from audit.reports.head import unit_name
from audit.reports.paper.signed import Signed
from audit.reports.redact import redact, shown_serial
from audit.signoff.canonical import report_sha256
from audit.signoff.envelope import sign_record
from audit.signoff.keys import Signer
from audit.signoff.statement import check_decision, result_of
from audit.signoff.tool import tool_sha256
from audit.signoff.verify import signed_off


@record
class Decided:
    """What an inspector decided.

    result: None = what the verdict says; note: why; station: where
    after: number of the report's last record as the inspector saw it, 0 = there was none; None = whatever
    """

    inspector: str
    result: Result | None = None
    note: str = ""
    station: str = ""
    after: int | None = None


@record
class SignedOff:
    """A report that is signed off. signed: what papers say of it; kept: the record in the chain"""

    report: Report
    signed: Signed
    kept: SignedRecord


def sign_off(
    history: History, id_: str, decided: Decided, signer: Signer, *, key: bytes, reveal: bool = False
) -> SignedOff:
    """Sign the report *id_* off, and keep the record in *history*.

    key: of the masks in the record; reveal: name the unit by its serial number instead
    Raises UsageError where the decision does not follow from the verdict and nothing says why, where a
    verdict says nothing by itself, and where somebody signed the report off meanwhile.
    """
    report = history.report(id_)
    result = result_for(report.verdict.decision) if decided.result is None else decided.result
    check_decision(report.verdict.decision, result, decided.note)
    made: list[SignOff] = []
    masked = redact(report, key=key)

    def sign(number: int, previous: str) -> SignedRecord:
        if decided.after is not None and last_of(history, id_) != decided.after:
            raise UsageError(
                "this report was signed off meanwhile", fix="look at that record first, then sign anew"
            )
        made.append(
            SignOff(
                result=result,
                inspector=decided.inspector,
                signed_at=stamp(now()),
                report_sha256=report_sha256(report),
                note=decided.note,
                station=decided.station,
                number=number,
                previous_sha256=previous,
            )
        )
        return sign_record(
            report,
            made[-1],
            signer,
            unit=named(report, key=key, reveal=reveal),
            tool_sha256=tool_sha256(report),
            redacted=masked,
        )

    kept = history.append(sign, id_, result)
    return SignedOff(report=report, signed=signed_of(made[-1], kept), kept=kept)


def last_of(history: History, id_: str) -> int:
    """The number of the last record of the report *id_*, 0 where nobody has signed it off."""
    return max((record.number for record in history.records_of(id_)), default=0)


def signed_before(record: SignedRecord) -> Signed:
    """What papers say of a record that was kept before. Raises Unreadable for one that is damaged."""
    return signed_of(signed_off(record.envelope).signoff, record)


def result_for(decision: Decision) -> Result:
    """What a verdict says by itself; UsageError for one that says nothing."""
    result = result_of(decision)
    if result is None:
        raise UsageError(
            f"the verdict is {decision.value}, which says nothing by itself",
            fix="say --decision warned or failed, with a --note; or audit the unit again",
        )
    return result


def signed_of(decided: SignOff, kept: SignedRecord) -> Signed:
    """What papers say of a record."""
    return Signed(
        result=decided.result,
        inspector=decided.inspector,
        signed_at=decided.signed_at,
        key_id=kept.key_id,
        number=kept.number,
        record_sha256=kept.sha256,
        report_sha256=decided.report_sha256,
        note=decided.note,
    )


def named(report: Report, *, key: bytes, reveal: bool = False) -> str:
    """The unit, by its model and its serial number or the mask of it."""
    serial = report.identity.serial or report.unit.serial or ""
    shown = serial if reveal else shown_serial(serial, key=key)
    return ", ".join(part for part in (unit_name(report), shown) if part)
