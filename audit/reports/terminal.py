"""Reports for people at a terminal: the verdict first, then why, then what it rests on.

Text from a unit is only ever put into `rich.text.Text`, never into markup.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from audit.model.record import record
from audit.model.report import Decision, Finding, Report
from audit.model.text import clean_line
from audit.reports import brief, evidence, head, terminal_contacts, view
from audit.reports.blocks import BADGES, GROUPS, console, indented, marked, rows, trimmed
from audit.reports.format import Options

_BRIEF = frozenset({"note", "pass", "skipped"})
_SPEAKS_FOR_ITSELF = frozenset({Decision.FAIL, Decision.REVIEW})
_ADDRESS = re.compile(r"https?://[!-~]+")


@record
class _Address:
    """An address on a line of its own that is never broken, so that it can be opened and copied."""

    address: str
    indent: int


_Part = RenderableType | _Address


@record
class _Asked:
    """How the reports are told. several: one of several units, whose limits are told once at the end."""

    verbose: bool
    several: bool


def render(reports: Sequence[Report], options: Options) -> str:
    """Several units begin with a line or two for each; then each report in turn."""
    out = io.StringIO()
    terminal = console(out, options)
    for part in _parts(reports, verbose=options.verbose):
        if isinstance(part, _Address):
            out.write(" " * part.indent + _linked(part.address, links=options.links) + "\n")
        else:
            terminal.print(part)
    return trimmed(out.getvalue())


def _linked(address: str, *, links: bool) -> str:
    # OSC 8: the terminal knows the whole address wherever it breaks the line
    return f"\x1b]8;;{address}\x1b\\{address}\x1b]8;;\x1b\\" if links else address


def _parts(reports: Sequence[Report], *, verbose: bool) -> Iterator[_Part]:
    several = len(reports) != 1
    asked = _Asked(verbose=verbose, several=several)
    told: dict[Finding, str] = {}
    if several:
        yield from _summary(reports)
    for number, report in enumerate(reports, 1):
        name = f"{number}/{len(reports)}" if several else ""
        if several:
            yield Text()
            yield Rule(name, style="dim", align="left")
        shown = report if verbose else brief.without_its_name(report)
        yield from _report(shown, asked, told, name)
    for limits in dict.fromkeys(report.limits for report in reports):
        yield from _limits(limits)
    if not verbose and reports:
        yield Text("\n--verbose (-v) tells all: every source and signal, and the notes in full.", "dim")
    if several and reports:
        yield Text(f"\n{brief.verdicts(reports)}", "bold")


def _summary(reports: Sequence[Report]) -> Iterator[_Part]:
    yield Text(brief.verdicts(reports), "bold")
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for number, report in enumerate(reports, 1):
        decision = report.verdict.decision
        verdict = Text(f"{view.SHAPES[decision]} {decision.value}", BADGES[decision])
        unit = Text(clean_line(head.unit_label(report)), "bold")
        reason = Text(clean_line(brief.main_reason(report)))
        table.add_row(Text(str(number)), verdict, Group(unit, reason) if reason else unit)
    yield table


def _report(report: Report, asked: _Asked, told: dict[Finding, str], name: str) -> Iterator[_Part]:
    verbose = asked.verbose
    yield _headline(report)
    plain = report.verdict.decision in _SPEAKS_FOR_ITSELF and not verbose
    yield Text(f"{view.tally(report)}." if plain else f"{view.tally(report)}. {view.meaning(report)}", "dim")
    for reason in view.unsaid(report):
        yield Text(clean_line(reason))
    yield Text()
    if verbose:
        yield rows((*head.head_rows(report), *head.provenance_rows(report)))
        yield rows(_every_signal(report))
    else:
        yield rows(_head(report))
    watched = [*terminal_contacts.parts(report, verbose=verbose)]
    for group in view.groups(report):
        if group.name in _BRIEF:
            yield from watched
            watched = []
        yield Text()
        yield Text(f"{group.shape} {group.title} ({len(group.findings)})", GROUPS[group.name])
        if group.name in _BRIEF and not verbose:
            yield from _short(group, names=asked.several and group.name != "note")
            continue
        for number, finding in enumerate(group.findings):
            if number:
                yield Text()
            yield from _finding(finding, group, asked, told, name)
    yield from watched
    yield from _read(report, verbose=verbose)


def _headline(report: Report) -> RenderableType:
    decision = report.verdict.decision
    line = Text()
    line.append(f" {view.SHAPES[decision]} {decision.value} ", BADGES[decision])
    line.append(f" {clean_line(head.name_and_kind(report))}", "bold")
    line.append(f", {clean_line(head.asked(report).removesuffix(', policy default'))}")
    return line


def _head(report: Report) -> Iterator[tuple[str, str]]:
    yield "Unit", head.unit_line(report)
    yield "System", head.system(report)
    yield "Region", view.region_line(report)
    yield from (("", line) for line in brief.signals(report))
    yield from (("Against it", sentence) for sentence in view.contradictions(report))
    yield "Judged", head.evidence_kind(report)
    yield from (("", part) for part in (report.source.path, brief.how_read(report)) if part)


def _every_signal(report: Report) -> Iterator[tuple[str, str]]:
    yield "Region", view.region_line(report)
    yield from (("Against it", sentence) for sentence in view.contradictions(report))
    for signal in view.signals(report):
        said = f"{signal.strength.value}: {signal.what} = {signal.value} says {signal.says}"
        yield "", f"{said}  [{signal.origin}] {signal.meaning}"


def _short(group: view.Group, *, names: bool) -> Iterator[_Part]:
    if names:
        yield indented(view.unique((finding.check for finding in group.findings), ", "))
        return
    for note in brief.notes(group.findings):
        yield indented(note.text)
        if note.others:
            yield indented(f"The same of: {', '.join(note.others)}.", indent=4)


def _finding(
    finding: Finding, group: view.Group, asked: _Asked, told: dict[Finding, str], name: str
) -> Iterator[_Part]:
    yield indented(finding.message, "bold" if group.name == "fail" else "")
    yield indented(view.tags(finding), "dim")
    rests_on = _evidence(finding, verbose=asked.verbose)
    advice = brief.advice(finding)
    if finding.why and advice in told and not asked.verbose:
        where = f"as for unit {told[advice]}" if asked.several else "as above"
        yield rows((*rests_on, ("Why, fix", where)), indent=4)
        return
    told.setdefault(advice, name)
    facts = finding.facts if asked.verbose else brief.facts(finding)
    said = [("Why", finding.why), ("Fix", finding.fix)]
    said += [(view.capitalised(label), value) for label, value in facts]
    said += rests_on
    yield rows(((label, value) for label, value in said if value), indent=4)
    yield from _sources(finding.sources, verbose=asked.verbose)


def _evidence(finding: Finding, *, verbose: bool) -> list[tuple[str, str]]:
    lines = evidence.whole(finding) if verbose else evidence.short(finding)
    return [("Evidence", line) for line in lines]


def _sources(sources: Sequence[str], *, verbose: bool) -> Iterator[_Part]:
    shown = sources if verbose else brief.sources(sources)
    if not shown:
        return
    more = f" ({len(sources) - len(shown)} more with -v)" if len(sources) > len(shown) else ""
    yield indented(f"Sources{more}", "dim", indent=4)
    for source in shown:
        line = clean_line(source)
        if _ADDRESS.fullmatch(line):
            yield _Address(address=line, indent=6)
        else:
            yield indented(line, indent=6)


def _read(report: Report, *, verbose: bool) -> Iterator[_Part]:
    yield Text()
    yield Text("What was read", "bold")
    if read := brief.read(report):
        yield marked("●", read, "green")
    for missing in brief.missing(report):
        yield from _missing(missing)
    if not_asked := brief.not_asked(report):
        yield marked("·", f"not asked for: {not_asked}", "dim")
    if unread := view.unread_line(report):
        yield indented(unread, "magenta")
    if verbose:
        for line in report.unread:
            yield indented(f"{line.origin}:{line.line}: {line.text}", "dim", indent=4)


def _missing(missing: brief.Missing) -> Iterator[_Part]:
    for mark, topic in missing.topics:
        yield marked(mark, topic, "bold magenta")
    if missing.above:
        yield indented("for the reason above", indent=4)
        return
    for label, text in (("", missing.reason), ("Fix: ", missing.fix)):
        if text:
            yield indented(f"{label}{text}", indent=4)


def _limits(limits: Sequence[str]) -> Iterator[_Part]:
    yield Text()
    yield Text("What an audit like this cannot see", "bold")
    for limit in limits:
        yield marked("·", limit, "")
