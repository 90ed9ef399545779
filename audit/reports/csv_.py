"""Reports as CSV (RFC 4180): a row for each finding, the unit repeated in every row."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from audit.model.report import Finding, Report
from audit.model.text import clean_line
from audit.reports import contacts, head, places, view
from audit.reports.format import Options

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BETWEEN = " | "
# Excel takes 32,767 characters in a cell and cuts the rest without a word
_LONGEST = 30_000


def render(reports: Sequence[Report], options: Options) -> str:
    """Every finding, and a row without one for a unit that has none, so that no unit is lost."""
    del options
    return table(COLUMNS, (row for report in reports for row in _rows(report)))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A head and *rows*, each cell guarded."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def guarded(cell: str) -> str:
    """A cell on one line that no spreadsheet takes for a formula: an apostrophe goes before what starts one.

    Spreadsheets skip blanks first, and take the full-width forms too (OWASP, CSV injection).
    """
    line = clean_line(cell)
    if len(line) > _LONGEST:
        line = f"{line[:_LONGEST]} … cut: a cell holds no more"
    return (
        "'" + line if cell.lstrip(" \n").startswith(_FORMULA) or line.lstrip().startswith(_FORMULA) else line
    )


COLUMNS = (
    "unit",
    "serial",
    "build",
    "fingerprint",
    "android",
    "patch",
    "market",
    "policy",
    "region",
    "decision",
    "outcome",
    "severity",
    "check",
    "subject",
    "level",
    "message",
    "why",
    "fix",
    "evidence",
    "facts",
    "sources",
    "acquired_at",
    "judged_at",
    "source",
    "tool_version",
    "rulebook_sha256",
    "snapshot_sha256",
    "contacts",
    "furthest_contact",
    "furthest_to",
    "furthest_country",
    "furthest_operator",
    "attribution",
    "waived",
    "expired_waivers",
)


def _rows(report: Report) -> Iterator[tuple[str, ...]]:
    unit, tail = _unit(report), (*_provenance(report), *_contacts(report))
    past = joined(view.lapses(report))
    for finding in report.findings:
        yield (*unit, *_finding(finding), *tail, _waived(report, finding), past)
    if not report.findings:
        yield (*unit, *_no_finding(report), *tail, "", past)


def _waived(report: Report, finding: Finding) -> str:
    """Until when, by whom and why it does not count; "" where it counts."""
    under = (one for one in report.waivers if finding.waiver and one.id == finding.waiver)
    return joined([f"{view.waived_line(one)}: {one.reason}" for one in under])


def _unit(report: Report) -> tuple[str, ...]:
    identity = report.identity
    return (
        head.name_and_kind(report),
        head.serial(report),
        identity.build or identity.incremental,
        identity.fingerprint,
        identity.android,
        identity.patch,
        report.expectation.market or "",
        report.expectation.policy,
        report.region.region or "unknown",
        report.verdict.decision.value,
    )


def _finding(finding: Finding) -> tuple[str, ...]:
    return (
        finding.outcome.value,
        finding.severity.value,
        finding.check,
        finding.subject,
        finding.level.value if finding.level is not None else "",
        finding.message,
        finding.why,
        finding.fix,
        joined([view.evidence_line(evidence) for evidence in finding.evidence]),
        BETWEEN.join(f"{label}: {value}" for label, value in finding.facts),
        BETWEEN.join(finding.sources),
    )


def joined(lines: Sequence[str]) -> str:
    """As many of *lines* as a spreadsheet's cell takes, and how many more there are."""
    kept, length = 0, 0
    for line in lines:
        length += len(line) + len(BETWEEN)
        if length > _LONGEST:
            break
        kept += 1
    more = len(lines) - kept
    return BETWEEN.join((*lines[:kept], *((f"and {more} more",) if more else ())))


def _no_finding(report: Report) -> tuple[str, ...]:
    return ("", "", "", "", "", " ".join(report.verdict.because), "", "", "", "", "")


def _provenance(report: Report) -> tuple[str, ...]:
    return (
        report.acquired_at or "",
        report.judged_at,
        f"{report.source.kind.value} {report.source.detail}".strip(),
        report.tool_version,
        report.rulebook_sha256,
        report.snapshot_sha256,
    )


def _contacts(report: Report) -> tuple[str, ...]:
    """How many contacts were seen, "" where nobody watched; how far the furthest went, and where that is."""
    count = "" if report.flows is None else str(contacts.count(contacts.seen(report)))
    attribution = joined(places.attributions(report))
    one = contacts.furthest(report)
    if one is None:
        return (count, "", "", "", "", attribution)
    to = f"{one.to} ({one.address})" if one.address else one.to
    return (count, one.how.words, to, one.country, one.operator, attribution)
