"""Reports for people through a pipe: no escape sequence, no drawing, every value whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tabulate import tabulate

from audit.model.report import Finding, Report
from audit.model.text import clean_line
from audit.reports import view
from audit.reports.format import Options

_BRIEF = frozenset({"note", "pass", "skipped"})


def render(reports: Sequence[Report], options: Options) -> str:
    """Each report in turn; several end with a table of all."""
    parts = ["\n".join(_report(report, verbose=options.verbose)) for report in reports]
    if len(reports) != 1:
        parts.append(_crate(reports))
    return "\n\n\n".join(parts) + "\n"


def _report(report: Report, *, verbose: bool) -> Iterator[str]:
    head = f"{view.unit_name(report)}, {view.asked(report)}"
    yield f"{report.verdict.decision.value}: {clean_line(head)}"
    yield f"{view.tally(report)}. {view.meaning(report)}"
    yield from (clean_line(reason) for reason in view.unsaid(report))
    yield ""
    yield _table(
        (*view.head_rows(report), ("Region", view.region_line(report)), *view.provenance_rows(report))
    )
    yield from _signals(report)
    for group in view.groups(report):
        yield ""
        yield f"{group.title.upper()} ({len(group.findings)})"
        brief = group.name in _BRIEF and not verbose
        for finding in group.findings:
            yield f"- {clean_line(finding.message)}"
            yield from () if brief else _details(finding)
    yield from _read(report, verbose=verbose)
    yield ""
    yield "WHAT AN AUDIT LIKE THIS CANNOT SEE"
    yield from (f"- {clean_line(limit)}" for limit in report.limits)


def _signals(report: Report) -> Iterator[str]:
    for sentence in view.contradictions(report):
        yield f"Contradiction: {clean_line(sentence)}"
    signals = view.signals(report)
    if not signals:
        return
    yield ""
    yield "WHAT SPEAKS OF THE REGION"
    rows = [(s.strength.value, s.says, s.what, s.value, s.origin) for s in signals]
    yield _table(rows, ("strength", "says", "what", "value", "read from"))


def _details(finding: Finding) -> Iterator[str]:
    yield f"    {view.tags(finding)}"
    rows = [("why", finding.why), ("fix", finding.fix), *finding.facts]
    rows += [("evidence", view.evidence_line(evidence)) for evidence in finding.evidence]
    rows += [("source", source) for source in finding.sources]
    yield from (f"    {clean_line(label)}: {clean_line(value)}" for label, value in rows if value)


def _read(report: Report, *, verbose: bool) -> Iterator[str]:
    yield ""
    yield "WHAT WAS READ"
    rows = [(row.topic, row.reach, row.count, row.why, row.fix) for row in view.coverage(report)]
    yield _table(rows, ("topic", "read", "count", "why not more", "fix"))
    if unread := view.unread_line(report):
        yield clean_line(unread)
    if verbose:
        yield from (f"- {clean_line(f'{line.origin}:{line.line}: {line.text}')}" for line in report.unread)


def _crate(reports: Sequence[Report]) -> str:
    if not reports:
        return "No unit was audited."
    headings = ("verdict", "unit", "build", "serial", "for", "region", "findings")
    return "\n".join(("ALL UNITS", _table(view.crate_rows(reports), headings)))


def _table(rows: Iterable[Sequence[str]], headings: Sequence[str] = ()) -> str:
    """Columns under each other; a wide character counts as two."""
    cells = [[clean_line(cell) for cell in row] for row in rows]
    form = "simple" if headings else "plain"
    drawn = tabulate(cells, headers=headings, tablefmt=form, disable_numparse=True)
    return "\n".join(line.rstrip() for line in drawn.splitlines())
