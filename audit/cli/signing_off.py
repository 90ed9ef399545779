"""From what was asked on the command line to a signed record in the history, and its papers."""

from __future__ import annotations

import platform
from pathlib import Path

from audit.cli.history_asked import ids, opened
from audit.cli.keys import signer_for
from audit.cli.output import note, say, station_key
from audit.model.record import record
from audit.model.signing import Result
from audit.reports import Options
from audit.reports.paper.letters import check_installed
from audit.signoff.statement import check_decision
from audit.sources.saved import write_atomically
from audit.station.signing import Decided, SignedOff, named, result_for, sign_off


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
        verdict = history.report(id_).verdict.decision
        result = result_for(verdict) if asked.result is None else Result(asked.result.upper())
        check_decision(verdict, result, asked.note)  # before anybody is asked for a passphrase
        signer = signer_for(asked.key, asked.passphrase_file)
        decided = Decided(inspector=asked.inspector, result=result, note=asked.note, station=platform.node())
        done = sign_off(history, id_, decided, signer, key=station_key(), reveal=asked.reveal)
    unit = named(done.report, key=station_key(), reveal=asked.reveal)
    say(f"{result.value}: {unit}, record {done.kept.number}, {done.kept.sha256[:12]}")
    _papers(asked, done)
    return 0


def _papers(asked: Asked, done: SignedOff) -> None:
    options = Options(key=station_key(), reveal=asked.reveal)
    if asked.output is not None:
        _write(asked.output, done.kept.envelope)
    if asked.certificate is not None:
        from audit.reports.certificate import certificate

        _write(asked.certificate, certificate(done.report, done.signed, options))
    if asked.label is not None:
        from audit.reports.label import label

        _write(asked.label, label(done.report, done.signed, options))


def _write(path: Path, data: bytes) -> None:
    write_atomically(path, data, private=False)
    note(f"wrote {path}")
