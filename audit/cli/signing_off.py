"""From what was asked on the command line to a signed record in the history, and its papers."""

from __future__ import annotations

import platform
from pathlib import Path

from audit.cli.history_asked import ids, opened
from audit.cli.keys import signer_for
from audit.cli.output import note, say, station_key
from audit.clock import now, stamp
from audit.errors import UsageError
from audit.model.record import record
from audit.model.report import Decision, Report
from audit.model.signing import Result, SignedRecord, SignOff
from audit.reports import Options
from audit.reports.head import unit_name
from audit.reports.paper.letters import check_installed
from audit.reports.paper.signed import Signed
from audit.reports.redact import redact, shown_serial
from audit.signoff.canonical import report_sha256
from audit.signoff.envelope import sign_record
from audit.signoff.statement import check_decision, result_of
from audit.signoff.tool import tool_sha256
from audit.sources.saved import write_atomically


@record
class Asked:
    """What ``signoff`` was asked for. result: a `Result` in lower case; None = what the verdict says"""

    unit: str
    inspector: str
    result: str | None
    note: str
    key: str | None
    passphrase_file: Path | None
    output: Path | None
    certificate: Path | None
    label: Path | None
    reveal: bool
    db: str | None


def run(asked: Asked) -> int:
    """Do it; 0 once the record is kept."""
    if asked.certificate is not None or asked.label is not None:
        check_installed()  # before something is signed that cannot be printed
    with opened(asked.db) as history:
        id_ = next(ids(history, [asked.unit]))
        report = history.report(id_)
        result = _result(report, asked)
        check_decision(report.verdict.decision, result, asked.note)
        signer = signer_for(asked.key, asked.passphrase_file)
        made: list[SignOff] = []
        masked = redact(report, key=station_key())

        def sign(number: int, previous: str) -> SignedRecord:
            made.append(
                SignOff(
                    result=result,
                    inspector=asked.inspector,
                    signed_at=stamp(now()),
                    report_sha256=report_sha256(report),
                    note=asked.note,
                    station=platform.node(),
                    number=number,
                    previous_sha256=previous,
                )
            )
            return sign_record(
                report,
                made[-1],
                signer,
                unit=_named(report, reveal=asked.reveal),
                tool_sha256=tool_sha256(report),
                redacted=masked,
            )

        kept = history.append(sign, id_, result)
    say(f"{result.value}: {_named(report, reveal=asked.reveal)}, record {kept.number}, {kept.sha256[:12]}")
    _papers(asked, report, made[-1], kept)
    return 0


def _result(report: Report, asked: Asked) -> Result:
    if asked.result is not None:
        return Result(asked.result.upper())
    result = result_of(report.verdict.decision)
    if result is None:
        raise UsageError(
            f"the verdict is {Decision.INCONCLUSIVE.value}, which says nothing by itself",
            fix="say --decision warned or failed, with a --note; or audit the unit again",
        )
    return result


def _named(report: Report, *, reveal: bool) -> str:
    serial = report.identity.serial or report.unit.serial or ""
    shown = serial if reveal else shown_serial(serial, key=station_key())
    return ", ".join(part for part in (unit_name(report), shown) if part)


def _papers(asked: Asked, report: Report, decided: SignOff, kept: SignedRecord) -> None:
    signed = Signed(
        result=decided.result,
        inspector=decided.inspector,
        signed_at=decided.signed_at,
        key_id=kept.key_id,
        number=kept.number,
        record_sha256=kept.sha256,
        report_sha256=decided.report_sha256,
        note=decided.note,
    )
    options = Options(key=station_key(), reveal=asked.reveal)
    if asked.output is not None:
        _write(asked.output, kept.envelope)
    if asked.certificate is not None:
        from audit.reports.certificate import certificate

        _write(asked.certificate, certificate(report, signed, options))
    if asked.label is not None:
        from audit.reports.label import label

        _write(asked.label, label(report, signed, options))


def _write(path: Path, data: bytes) -> None:
    write_atomically(path, data, private=False)
    note(f"wrote {path}")
