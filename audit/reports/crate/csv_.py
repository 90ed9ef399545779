"""A crate as CSV (RFC 4180): one table, whose first column says what a row is.

``unit``: one that was there. ``missing``: a line of the manifest without a unit, with what it says in the
same columns. ``waiting``: what was seen and is not done. ``finding``: something about the crate as a whole.
A spreadsheet that filters the first column has exactly the units; whatever is not PASS in ``decision`` needs
a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.model.crate import CrateReport, ManifestRow, UnitResult
from audit.model.flows import IdentifierKind
from audit.model.report import Finding
from audit.reports import view as words
from audit.reports.crate import view, waived
from audit.reports.csv_ import BETWEEN, joined, table
from audit.reports.format import Options
from audit.reports.naming import is_a_place

COLUMNS = (
    "kind",
    "crate",
    "slot",
    "serial",
    "imei",
    "model",
    "build",
    "region",
    "market",
    "decision",
    "because",
    "fix",
    "manifest",
    "line",
    "lot",
    "expected_model",
    "expected_build",
    "policy",
    "severity",
    "check",
    "subject",
    "evidence",
    "reached",
    "started_at",
    "took_s",
    "tries",
    "source",
    "report",
    "tool_version",
    "rulebook_sha256",
    "snapshot_sha256",
    "waived",
)
_IMEIS = frozenset({IdentifierKind.IMEI, IdentifierKind.MEID})


def render(crate: CrateReport, options: Options) -> str:
    """Every unit, then what is missing, then what is said of the crate."""
    del options
    return table(COLUMNS, (tuple(row.get(name, "") for name in COLUMNS) for row in _rows(crate)))


def _rows(crate: CrateReport) -> Iterator[dict[str, str]]:
    always = {
        "crate": crate.head.name,
        "policy": crate.head.expectation.policy,
        "tool_version": crate.head.tool_version,
        "rulebook_sha256": crate.head.rulebook_sha256,
    }
    for unit in view.in_order(crate.units):
        yield always | _unit(crate, unit)
    if crate.reconciliation is not None:
        yield from (always | _missing(row) for row in crate.reconciliation.missing)
    if not crate.complete:
        yield from (always | _waiting(one) for one in crate.waiting or ("",))
    said = (*(finding for _, given in view.findings(crate) for finding in given), *view.notes(crate))
    yield from (always | _finding(finding) for finding in said)


def _unit(crate: CrateReport, unit: UnitResult) -> dict[str, str]:
    row = _expected(unit.row) if unit.row is not None else {}
    expected = unit.expectation
    return row | {
        "kind": "unit",
        "slot": unit.slot,
        "serial": unit.serial,
        "imei": BETWEEN.join(dict.fromkeys(one.value for one in unit.identifiers if one.kind in _IMEIS)),
        "model": unit.model,
        "build": unit.build,
        "region": view.region(unit),
        "market": expected.market or "",
        "decision": unit.decision.value,
        "because": joined(list(dict.fromkeys(unit.because))),
        "fix": joined(list(dict.fromkeys(finding.fix for finding in unit.telling if finding.fix))),
        "manifest": view.status(crate, unit),
        "expected_model": expected.model or "",
        "expected_build": expected.build or "",
        "policy": expected.policy,
        "check": ", ".join(dict.fromkeys(finding.check for finding in unit.telling)),
        "subject": joined(list(dict.fromkeys(f.subject for f in unit.telling if f.subject))),
        "reached": "yes" if unit.reached else "no",
        "started_at": unit.started_at,
        "took_s": f"{unit.took_s:.3f}",
        "tries": str(unit.tries),
        "source": f"{unit.source.kind.value} {unit.source.detail}".strip(),
        "report": view.whole_report(unit),
        "snapshot_sha256": unit.snapshot_sha256,
        "waived": joined(waived.lines(crate, unit)),
    }


def _missing(row: ManifestRow) -> dict[str, str]:
    return _expected(row) | {
        "kind": "missing",
        "serial": row.serial,
        "imei": BETWEEN.join(row.imeis),
        "because": "In the manifest, not here.",
        "manifest": "missing",
    }


def _waiting(place: str) -> dict[str, str]:
    named = "slot" if is_a_place(place) else "serial"
    return {"kind": "waiting", named: place, "because": "The crate is not complete: this was seen, not done."}


def _expected(row: ManifestRow) -> dict[str, str]:
    return {
        "line": str(row.line),
        "lot": row.lot,
        "market": row.market,
        "expected_model": row.model,
        "expected_build": row.build,
    }


def _finding(finding: Finding) -> dict[str, str]:
    return {
        "kind": "finding",
        "decision": finding.outcome.value.upper(),
        "because": finding.message,
        "fix": finding.fix,
        "severity": finding.severity.value,
        "check": finding.check,
        "subject": finding.subject,
        "evidence": joined([words.evidence_line(one) for one in finding.evidence]),
    }
