"""A crate through a pipe: no escape sequence, no drawing, the worst first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from audit.model.crate import CrateReport, UnitResult
from audit.model.report import Finding
from audit.model.text import clean_line
from audit.reports import evidence
from audit.reports import view as words
from audit.reports.crate import bounds, totals, view, waived
from audit.reports.crate.bounds import Bounds
from audit.reports.format import Options
from audit.reports.plain import columns, wrapped

_CELL = 40


def render(crate: CrateReport, options: Options) -> str:
    """The verdict and the counts, then what is wrong, every unit, the totals, the manifest, the groups."""
    asked = bounds.of(options)
    parts = (
        _head(crate),
        *([*_of_the_crate(finding, asked)] for _, given in view.findings(crate) for finding in given),
        *(_reasons(crate, asked)),
        *([*_waived(one, asked)] for one in waived.waived(crate)),
        _table(view.in_order(crate.units), asked),
        *(_totals(name, totals.by(crate.units, key), asked) for name, key in totals.NAMES.items()),
        _manifest(crate, asked),
        _compared(crate, asked),
        _notes(crate, asked),
        _kept(crate, verbose=options.verbose),
    )
    made = ([clean_line(line).rstrip() for line in part] for part in parts)
    return "\n\n".join("\n".join(lines) for lines in made if lines) + "\n"


def _head(crate: CrateReport) -> Iterator[str]:
    state = "" if crate.complete else ", not complete"
    yield clean_line(f"{crate.decision.value}: crate {crate.head.name}{state}")
    yield f"{view.headline(crate)}. {view.meaning(crate)}"
    yield ""
    yield from columns(view.head_rows(crate))


def _of_the_crate(finding: Finding, asked: Bounds) -> Iterator[str]:
    yield f"OF THE CRATE: {finding.outcome.value.upper()}"
    yield from _said(finding.message, asked)
    yield f"    {clean_line(words.tags(finding))}"
    rows = [("why", finding.why), ("fix", finding.fix)]
    rows += [("evidence", line) for line in evidence.short(finding)[: asked.evidence]]
    yield from _rows(rows, asked)


def _waived(one: waived.Waived, asked: Bounds) -> Iterator[str]:
    yield f"WAIVED ({len(one.items)})"
    yield from wrapped(view.short(clean_line(one.title), asked.text), "  ", "")
    for item in one.items[: asked.named]:
        yield from _said(item, asked)
    yield from _more(len(one.items) - asked.named, "findings", "  ")


def _said(message: str, asked: Bounds) -> list[str]:
    return wrapped(f"- {view.short(clean_line(message), asked.text)}", "  ")


def _rows(given: Iterable[tuple[str, str]], asked: Bounds) -> Iterator[str]:
    for label, said in given:
        if said:
            yield from wrapped(f"{label}: {view.short(clean_line(said), asked.text)}", "        ", "    ")


def _reasons(crate: CrateReport, asked: Bounds) -> Iterator[Iterator[str]]:
    for decision in totals.WORST_FIRST[:-1]:
        found = view.reasons(crate.units, decision)
        if found:
            yield _group(view.title(decision), found, asked)


def _group(title: str, found: Sequence[view.Reason], asked: Bounds) -> Iterator[str]:
    yield f"{title.upper()} ({view.units_of(sum(len(one.units) for one in found))})"
    for one in found[: asked.reasons]:
        yield from _said(one.message, asked)
        if one.telling is not None:
            yield f"    {clean_line(words.tags(one.telling))}"
            yield from _rows((("fix", one.telling.fix),), asked)
        for unit in one.units[: asked.named]:
            yield f"    {_unit(unit)}"
        yield from _more(len(one.units) - asked.named, "units with the same reason", "    ")
    yield from _more(len(found) - asked.reasons, "reasons", "")


def _unit(unit: UnitResult) -> str:
    more = f" (+{count} more)" if (count := view.more_reasons(unit)) else ""
    told = (view.place(unit), view.model(unit), view.called(unit))
    return ", ".join(_cut(part) for part in told if part) + more


def _cut(text: str) -> str:
    return view.short(clean_line(text), _CELL)


def _more(count: int, what: str, indent: str) -> Iterator[str]:
    if count > 0:
        yield f"{indent}and {count} more {what} with -v"


def _drawn(rows: Sequence[Sequence[str]], headings: Sequence[str]) -> list[str]:
    # its library costs more than a report of one unit, and knows characters that take two columns
    from tabulate import tabulate  # noqa: PLC0415 - as said

    drawn = tabulate(rows, headers=headings, tablefmt="simple", disable_numparse=True)
    return drawn.splitlines()


def _table(units: Sequence[UnitResult], asked: Bounds) -> Iterator[str]:
    if not units:
        return
    heading, between, alike = view.every_unit(units).partition(":")
    yield heading.upper() + between + alike
    names = [name for name in view.COLUMNS if name not in view.alike(units)]
    rows = (view.cells(unit) | {"verdict": unit.decision.value} for unit in units[: asked.units])
    yield from _drawn([[_cut(cells[name]) for name in names] for cells in rows], names)
    yield from _more(len(units) - asked.units, "units", "")


def _totals(name: str, given: tuple[totals.Total, ...], asked: Bounds) -> Iterator[str]:
    if not given:
        return
    yield f"BY {name.upper()}"
    there = totals.there(given)
    yield from _drawn(
        [
            [_cut(one.name), str(one.units), *(str(dict(one.counts)[decision] or "") for decision in there)]
            for one in totals.few(given, asked.totals)
        ],
        (name, "units", *(decision.value for decision in there)),
    )


def _manifest(crate: CrateReport, asked: Bounds) -> Iterator[str]:
    held = view.reconciled(crate)
    if not held:
        return
    yield "THE MANIFEST"
    yield from wrapped(view.reconciled_line(crate), "  ", "")
    for one in held:
        if one.items:
            yield f"{one.title} ({len(one.items)})"
        for item in one.items[: asked.named]:
            yield from _said(item, asked)
        yield from _more(len(one.items) - asked.named, "of these", "  ")


def _compared(crate: CrateReport, asked: Bounds) -> Iterator[str]:
    if not crate.groups:
        return
    yield "COMPARED WITH EACH OTHER"
    done, too_few = view.compared(crate)
    for title, given in (("", done), (view.TOO_FEW, too_few)):
        if title and given:
            yield title
        for group in given[: asked.named]:
            yield from wrapped(f"- {view.group_line(group)}", "  ")
        yield from _more(len(given) - asked.named, "groups", "  ")


def _notes(crate: CrateReport, asked: Bounds) -> Iterator[str]:
    given = view.notes(crate)
    if given:
        yield f"NOTES ON THE CRATE ({len(given)})"
    for finding in given[: asked.named]:
        yield from _said(finding.message, asked)
    yield from _more(len(given) - asked.named, "notes", "  ")


def _kept(crate: CrateReport, *, verbose: bool) -> Iterator[str]:
    if crate.units:
        yield "WHOLE REPORTS"
        yield view.kept_line(crate)
    yield from columns(view.provenance_rows(crate))
    if not verbose:
        yield "-v tells all: every unit, reason and line of the manifest."
