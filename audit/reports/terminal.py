"""Reports for people at a terminal: the verdict first, then why, then what it rests on.

Text from a unit is only ever put into `rich.text.Text`, never into markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from audit.model.report import Decision, Finding, Reach, Report
from audit.model.text import clean_line
from audit.reports import view
from audit.reports.format import Options

_COLOURS = {
    "fail": "bold red",
    "inconclusive": "bold magenta",
    "review": "bold yellow",
    "note": "bold blue",
    "pass": "green",
    "skipped": "dim",
}
_DECISIONS = {
    Decision.PASS: "bold black on green",
    Decision.FAIL: "bold white on red",
    Decision.REVIEW: "bold black on yellow",
    Decision.INCONCLUSIVE: "bold white on magenta",
}
_REACHED = {
    Reach.READ.value: "green",
    Reach.PARTLY.value: "bold magenta",
    Reach.MISSING.value: "bold magenta",
    Reach.NOT_ASKED.value: "dim",
}
_LABEL_WIDTH = 11
_LEFT_TO_VERBOSE = {"Fingerprint", "Judged", *view.PROVENANCE}


def render(reports: Sequence[Report], options: Options) -> str:
    """Each report in turn; several end with a line for each."""
    out = io.StringIO()
    console = Console(
        file=out,
        width=options.width,
        force_terminal=options.ansi,
        color_system="standard" if options.ansi else None,
        no_color=not options.colour,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )
    for number, report in enumerate(reports):
        if number:
            console.print(Rule(style="dim"))
        for part in _report(report, verbose=options.verbose):
            console.print(part)
    if len(reports) != 1:
        console.print(_crate(reports))
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


def _report(report: Report, *, verbose: bool) -> Iterator[RenderableType]:
    yield _headline(report)
    yield Text(f"{view.tally(report)}. {view.meaning(report)}", "dim")
    for reason in view.unsaid(report):
        yield Text(clean_line(reason))
    yield Text()
    rows = (*view.head_rows(report), *view.provenance_rows(report))
    yield _rows(row for row in rows if verbose or row[0] not in _LEFT_TO_VERBOSE)
    yield _region(report, verbose=verbose)
    for group in view.groups(report):
        yield Text()
        yield _title(group.shape, f"{group.title} ({len(group.findings)})", _COLOURS[group.name])
        brief = group.name in {"note", "pass", "skipped"} and not verbose
        yield from (_brief(f) if brief else _finding(f, group) for f in group.findings)
    yield from _read(report, verbose=verbose)
    yield from _limits(report)


def _headline(report: Report) -> RenderableType:
    decision = report.verdict.decision
    line = Text(no_wrap=True, overflow="ellipsis")
    line.append(f" {view.SHAPES[decision]} {decision.value} ", _DECISIONS[decision])
    line.append(f" {clean_line(view.unit_name(report))}", "bold")
    line.append(f", {clean_line(view.asked(report))}")
    # a bare Text would be joined with others by print and forget that it must not wrap
    return Padding(line, 0)


def _title(shape: str, title: str, style: str) -> Text:
    return Text(f"{shape} {title}", style)


def _rows(rows: Iterable[tuple[str, str]], *, indent: int = 0) -> RenderableType:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=_LABEL_WIDTH)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(Text(label, "dim"), Text(clean_line(value)))
    return Padding(table, (0, 0, 0, indent))


def _region(report: Report, *, verbose: bool) -> RenderableType:
    rows = [("Region", view.region_line(report))]
    rows += [("Contradicts", sentence) for sentence in view.contradictions(report)]
    shown = view.signals(report) if verbose else report.region.signals
    for signal in shown:
        said = (
            f"{signal.strength.value}: {signal.what} = {signal.value} says {signal.says}  [{signal.origin}]"
        )
        rows.append(("", f"{said} {signal.meaning}" if verbose else said))
    return _rows(rows)


def _brief(finding: Finding) -> RenderableType:
    # a note is cut to a line; what a question without a finding looked at is said in full
    line = Text(clean_line(finding.message), overflow="ellipsis", no_wrap=bool(finding.subject))
    return Padding(line, (0, 0, 0, 2))


def _finding(finding: Finding, group: view.Group) -> RenderableType:
    head = Text(clean_line(finding.message), "bold" if group.name == "fail" else "")
    rows = [("Why", finding.why), ("Fix", finding.fix)]
    rows += [(label.capitalize(), value) for label, value in finding.facts]
    rows += _labelled("Evidence", (view.evidence_line(evidence) for evidence in finding.evidence))
    rows += _labelled("Sources", finding.sources)
    stated = [(label, value) for label, value in rows if value]
    tags = Text(view.tags(finding), "dim")
    return Padding(Group(head, tags, _rows(stated, indent=2)), (0, 0, 0, 2))


def _labelled(label: str, values: Iterable[str]) -> list[tuple[str, str]]:
    return [(label if number == 0 else "", value) for number, value in enumerate(values)]


def _read(report: Report, *, verbose: bool) -> Iterator[RenderableType]:
    yield Text()
    yield Text("What was read", "bold")
    table = Table.grid(padding=(0, 1))
    for width in (1, 17, 13):
        table.add_column(width=width)
    table.add_column(width=5, justify="right")
    table.add_column(overflow="fold")
    for row in view.coverage(report):
        style = _REACHED[row.reach]
        why = f"{row.why} Fix: {row.fix}" if row.fix and verbose else row.why
        table.add_row(
            Text(row.mark, style),
            Text(row.topic),
            Text(row.reach, style),
            Text(row.count),
            Text(clean_line(why)),
        )
    yield Padding(table, (0, 0, 0, 2))
    if unread := view.unread_line(report):
        yield Text(f"  {clean_line(unread)}", "magenta")
    if not verbose and any(row.fix for row in view.coverage(report)):
        yield Text("  --verbose says how to get what is missing.", "dim")
    if verbose:
        for line in report.unread:
            yield Text(f"    {clean_line(line.origin)}:{line.line}: {clean_line(line.text)}", "dim")


def _limits(report: Report) -> Iterator[RenderableType]:
    yield Text()
    yield Text("What an audit like this cannot see", "bold")
    for limit in report.limits:
        row = Table.grid(padding=(0, 1))
        row.add_row(Text("·"), Text(clean_line(limit)))
        yield Padding(row, (0, 0, 0, 2))


def _crate(reports: Sequence[Report]) -> RenderableType:
    if not reports:
        return Text("No unit was audited.")
    table = Table(box=None, pad_edge=False, title_justify="left", header_style="dim")
    for heading in ("Verdict", "Unit", "Build", "Serial", "For", "Region"):
        table.add_column(heading, overflow="fold")
    for report, row in zip(reports, view.crate_rows(reports), strict=True):
        decision = report.verdict.decision
        verdict = Text(f"{view.SHAPES[decision]} {decision.value}", _DECISIONS[decision])
        table.add_row(verdict, *(Text(clean_line(cell)) for cell in row[1:6]))
    return Group(Rule(style="dim"), table)
