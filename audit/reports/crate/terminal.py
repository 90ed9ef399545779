"""A crate at a terminal: the verdict, what a person must do first, then every unit, the totals, the rest.

Text from a unit is only ever put into `rich.text.Text`, never into markup.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from audit.model.crate import CrateReport, UnitResult
from audit.model.report import Decision, Finding
from audit.model.text import clean_line
from audit.reports import evidence
from audit.reports import view as words
from audit.reports.blocks import BADGES, GROUPS, console, indented, marked, rows, trimmed
from audit.reports.crate import bounds, totals, view, waived
from audit.reports.crate.bounds import Bounds
from audit.reports.format import Options

_BAR = 60
_CELL = 40
_WHOLE = frozenset({"for", "verdict", "time", "tries"})
"""Columns whose words are this program's own, and so are never broken."""
_NARROWEST = {"slot": 9, "model": 10, "build": 10}


def render(crate: CrateReport, options: Options) -> str:
    """What is wrong first and the counts last, since of many units the beginning has scrolled away."""
    out = io.StringIO()
    terminal = console(out, options)
    for part in _parts(crate, options):
        terminal.print(part)
    return trimmed(out.getvalue())


def style(decision: Decision) -> str:
    """The colour of a verdict that is one word among others."""
    return GROUPS[view.group_name(decision)]


def _parts(crate: CrateReport, options: Options) -> Iterator[RenderableType]:
    asked = bounds.of(options)
    yield _headline(crate)
    if crate.units:
        yield _bar(totals.total("", crate.units), min(_BAR, options.width - 2))
    yield _counted(crate)
    yield Text(view.meaning(crate), "dim")
    yield Text()
    yield rows(view.head_rows(crate))
    yield from _of_the_crate(crate, asked)
    for decision in totals.WORST_FIRST[:-1]:
        yield from _reasons(crate, decision, asked)
    yield from _waived(crate, asked)
    yield from _table(view.in_order(crate.units), asked)
    for name, key in totals.NAMES.items():
        yield from _totals(name, totals.by(crate.units, key), asked)
    yield from _manifest(crate, asked)
    yield from _compared(crate, asked)
    yield from _notes(crate, asked)
    yield from _kept(crate, verbose=options.verbose)
    if not options.verbose:
        yield Text("\n--verbose (-v) tells all: every unit, reason and line of the manifest.", "dim")
    yield Text()
    yield _headline(crate)
    yield _counted(crate)


def _headline(crate: CrateReport) -> RenderableType:
    line = Text()
    line.append(f" {words.SHAPES[crate.decision]} {crate.decision.value} ", BADGES[crate.decision])
    line.append(f" crate {clean_line(crate.head.name)}", "bold")
    if not crate.complete:
        line.append(", not complete", "bold yellow")
    return line


def _bar(total: totals.Total, width: int) -> RenderableType:
    """A line of shapes, as many of each as its share."""
    line = Text("  ")
    for decision, columns in view.shares(total.counts, width):
        line.append(words.SHAPES[decision] * columns, style(decision))
    return line


def _counted(crate: CrateReport) -> RenderableType:
    line = Text(f"{view.units_of(len(crate.units))}: ", "bold")
    told = [(d, n) for d, n in totals.total("", crate.units).counts if n]
    for number, (decision, count) in enumerate(told):
        line.append(
            f"{'  ' if number else ''}{words.SHAPES[decision]} {count} {decision.value}", style(decision)
        )
    if not told:
        line.append("nothing was audited", "bold")
    return line


def _of_the_crate(crate: CrateReport, asked: Bounds) -> Iterator[RenderableType]:
    for decision, found in view.findings(crate):
        yield Text()
        yield Text(f"{words.SHAPES[decision]} Of the crate as a whole ({len(found)})", style(decision))
        for number, finding in enumerate(found[: asked.reasons]):
            if number:
                yield Text()
            yield indented(
                view.short(finding.message, asked.text), "bold" if decision is Decision.FAIL else ""
            )
            yield indented(words.tags(finding), "dim")
            yield _advice(finding, asked, whole=True)
        yield from _more(len(found) - asked.reasons, "findings of the crate")


def _advice(finding: Finding, asked: Bounds, *, whole: bool) -> RenderableType:
    told = [("Why", finding.why), ("Fix", finding.fix)] if whole else [("Fix", finding.fix)]
    if whole:
        told += [("Evidence", line) for line in evidence.short(finding)[: asked.evidence]]
    return rows(((label, view.short(said, asked.text)) for label, said in told if said), indent=4)


def _reasons(crate: CrateReport, decision: Decision, asked: Bounds) -> Iterator[RenderableType]:
    found = view.reasons(crate.units, decision)
    if not found:
        return
    count = sum(len(one.units) for one in found)
    yield Text()
    yield Text(f"{words.SHAPES[decision]} {view.title(decision)} ({view.units_of(count)})", style(decision))
    for number, one in enumerate(found[: asked.reasons]):
        if number:
            yield Text()
        yield indented(view.short(one.message, asked.text), "bold" if decision is Decision.FAIL else "")
        if one.telling is not None:
            yield indented(words.tags(one.telling), "dim")
            yield _advice(one.telling, asked, whole=False)
        yield _those(one.units[: asked.named])
        yield from _more(len(one.units) - asked.named, "units with the same reason", indent=4)
    yield from _more(len(found) - asked.reasons, "reasons")


def _waived(crate: CrateReport, asked: Bounds) -> Iterator[RenderableType]:
    for one in waived.waived(crate):
        yield Text()
        yield Text(f"~ Waived ({len(one.items)})", GROUPS["waived"])
        yield indented(view.short(one.title, asked.text))
        for item in one.items[: asked.named]:
            yield indented(view.short(item, asked.text), indent=4)
        yield from _more(len(one.items) - asked.named, "findings", indent=4)


def _those(units: Sequence[UnitResult]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for _ in range(3):
        table.add_column(overflow="fold")
    for unit in units:
        more = f"  (+{count} more)" if (count := view.more_reasons(unit)) else ""
        table.add_row(
            Text(_cut(view.place(unit)), "bold"),
            Text(_cut(view.model(unit))),
            Text(_cut(view.called(unit)) + more),
        )
    return Padding(table, (0, 0, 0, 4))


def _more(count: int, what: str, *, indent: int = 2) -> Iterator[RenderableType]:
    if count > 0:
        yield indented(f"and {count} more {what} with -v", "dim", indent=indent)


def _cut(text: str) -> str:
    return view.short(clean_line(text), _CELL)


def _heading(text: str) -> Iterator[RenderableType]:
    yield Text()
    yield Text(text, "bold")


def _table(units: Sequence[UnitResult], asked: Bounds) -> Iterator[RenderableType]:
    if not units:
        return
    alike = view.alike(units)
    yield from _heading(view.every_unit(units))
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="dim", show_edge=False)
    for name in view.COLUMNS:
        if name not in alike:
            table.add_column(
                name,
                overflow="fold",
                no_wrap=name in _WHOLE,
                justify="right" if name in {"time", "tries"} else "left",
                min_width=_NARROWEST.get(name),
            )
    for unit in units[: asked.units]:
        cells = view.cells(unit)
        table.add_row(
            *(
                Text(_cut(cells[name]), style(unit.decision) if name == "verdict" else "")
                for name in view.COLUMNS
                if name not in alike
            )
        )
    yield Padding(table, (0, 0, 0, 2))
    yield from _more(len(units) - asked.units, "units")


def _totals(name: str, given: tuple[totals.Total, ...], asked: Bounds) -> Iterator[RenderableType]:
    if not given:
        return
    yield from _heading(f"By {name}")
    table = Table.grid(padding=(0, 2))
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    there = totals.there(given)
    for _ in there:
        table.add_column(no_wrap=True)
    for one in totals.few(given, asked.totals):
        counts = dict(one.counts)
        told = (_count(decision, counts[decision]) for decision in there)
        table.add_row(Text(_cut(one.name)), Text(str(one.units)), *told)
    yield Padding(table, (0, 0, 0, 2))


def _count(decision: Decision, count: int) -> Text:
    return Text(f"{words.SHAPES[decision]} {count} {decision.value}", style(decision)) if count else Text()


def _manifest(crate: CrateReport, asked: Bounds) -> Iterator[RenderableType]:
    held = view.reconciled(crate)
    if not held:
        return
    yield from _heading("The manifest")
    yield indented(view.reconciled_line(crate))
    for one in held:
        if not one.items:
            continue
        yield marked(words.SHAPES[one.decision], Text(f"{one.title} ({len(one.items)})"), style(one.decision))
        for item in one.items[: asked.named]:
            yield indented(view.short(item, asked.text), indent=4)
        yield from _more(len(one.items) - asked.named, "of these", indent=4)


def _compared(crate: CrateReport, asked: Bounds) -> Iterator[RenderableType]:
    if not crate.groups:
        return
    done, too_few = view.compared(crate)
    yield from _heading("Compared with each other")
    for title, given in (("", done), (view.TOO_FEW, too_few)):
        if title and given:
            yield indented(title)
        yield from _lines((view.group_line(one) for one in given[: asked.named]), indent=4 if title else 2)
        yield from _more(len(given) - asked.named, "groups", indent=4)


def _notes(crate: CrateReport, asked: Bounds) -> Iterator[RenderableType]:
    given = view.notes(crate)
    if given:
        yield Text()
        yield Text(f"i Notes on the crate ({len(given)})", GROUPS["note"])
    for finding in given[: asked.named]:
        yield indented(view.short(finding.message, asked.text))
    yield from _more(len(given) - asked.named, "notes")


def _lines(told: Iterable[str], *, indent: int) -> Iterator[RenderableType]:
    for line in told:
        yield indented(line, indent=indent)


def _kept(crate: CrateReport, *, verbose: bool) -> Iterator[RenderableType]:
    if not crate.units:
        return
    yield from _heading("Whole reports")
    yield indented(view.kept_line(crate))
    if verbose:
        yield rows(view.provenance_rows(crate), indent=2)


__all__ = ["render", "style"]
