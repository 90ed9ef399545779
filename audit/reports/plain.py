"""Reports for people through a pipe: no escape sequence, no drawing, what is told is told whole."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from audit.model.report import Finding, Report
from audit.model.text import clean_line
from audit.reports import brief, contacts, evidence, head, places, view, watches
from audit.reports.contact import Contact
from audit.reports.format import Options

_BRIEF = frozenset({"note", "pass", "skipped"})
WIDTH = 100
_MOST_CONTACTS = 20


def render(reports: Sequence[Report], options: Options) -> str:
    """Each report in turn; several begin with a table of all."""
    several = len(reports) != 1
    parts = [_summary(reports)] if several else []
    for number, report in enumerate(reports, 1):
        heading = (f"--- {number}/{len(reports)} ---",) if several else ()
        shown = report if options.verbose else brief.without_its_name(report)
        told = map(clean_line, _report(shown, verbose=options.verbose))
        parts.append("\n".join((*heading, *told)))
    parts += ["\n".join(_limits(limits)) for limits in dict.fromkeys(report.limits for report in reports)]
    return "\n\n".join(parts) + "\n"


def _report(report: Report, *, verbose: bool) -> Iterator[str]:
    told = f"{head.name_and_kind(report)}, {head.asked(report)}"
    yield f"{report.verdict.decision.value}: {told}"
    yield f"{view.tally(report)}. {view.meaning(report)}"
    yield from view.unsaid(report)
    yield ""
    yield from columns(
        (
            *head.head_rows(report, None if verbose else brief.how_read(report)),
            ("Region", view.region_line(report)),
            *head.provenance_rows(report),
        )
    )
    yield from _signals(report)
    watched = [*_contacts(report, verbose=verbose)]
    for group in view.groups(report):
        if group.name in _BRIEF:
            yield from watched
            watched = []
        yield ""
        yield f"{group.title.upper()} ({len(group.findings)})"
        shown = group.name in _BRIEF and not verbose
        for finding in group.findings:
            yield f"- {finding.message}"
            yield from () if shown else _details(finding, verbose=verbose)
    yield from watched
    yield from _read(report, verbose=verbose)


def _signals(report: Report) -> Iterator[str]:
    for sentence in view.contradictions(report):
        yield f"Contradiction: {sentence}"
    signals = view.signals(report)
    if not signals:
        return
    yield ""
    yield "WHAT SPEAKS OF THE REGION"
    yield from columns(
        (f"{s.strength.value} {s.says}", f"{s.what} = {s.value}  [{s.origin}]") for s in signals
    )


def _contacts(report: Report, *, verbose: bool) -> Iterator[str]:
    witnesses = contacts.seen(report)
    if witnesses:
        yield ""
        yield f"CONTACTS THAT WERE SEEN ({contacts.count(witnesses)})"
    for seen in witnesses:
        yield from _witness(seen, verbose=verbose)
    if report.datasets:
        yield ""
        yield "COUNTRIES AND OPERATORS ARE BY"
        yield from (f"- {told}" for told in places.attributions(report))


def _witness(seen: contacts.Seen, *, verbose: bool) -> Iterator[str]:
    yield f"- {seen.title}"
    for row in seen.says:
        for told in watches.told(row, verbose=verbose):
            yield from wrapped(f"{row.label.lower()}: {told}", "        ", "    ")
    if seen.tally:
        yield f"    contacts: {seen.tally}"
    shown = seen.contacts if verbose else seen.contacts[:_MOST_CONTACTS]
    for one in shown:
        if verbose or contacts.is_far(one):
            yield from _card(one, verbose=verbose)
        else:
            when = f"{one.when}  " if one.when else ""
            yield from wrapped(f"{one.how.shape} {when}{one.by}: {contacts.line(one)}", "        ", "    ")
    if more := len(seen.contacts) - len(shown):
        yield f"    and {more} more with -v; JSON and HTML have all"


def _card(one: Contact, *, verbose: bool) -> Iterator[str]:
    heading = "  ".join(
        filter(None, (f"{one.how.shape} {one.how.words}", one.when, one.of if verbose else one.by))
    )
    yield f"    {heading}"
    told = [*one.rows, *(("stack", frame) for frame in one.stack), ("told by", ", ".join(one.via))]
    yield from (f"        {label.lower()}: {value}" for label, value in told if value)


def _details(finding: Finding, *, verbose: bool) -> Iterator[str]:
    yield f"    {view.tags(finding)}"
    rows = [("why", finding.why), ("fix", finding.fix), *finding.facts]
    rows += [("evidence", line) for line in (evidence.whole if verbose else evidence.short)(finding)]
    cited = finding.sources if verbose else brief.sources(finding.sources)
    rows += [("source", source) for source in cited]
    if more := len(finding.sources) - len(cited):
        rows.append(("source", f"{more} more with -v"))
    yield from (f"    {label}: {value}" for label, value in rows if value)


def _read(report: Report, *, verbose: bool) -> Iterator[str]:
    yield ""
    yield "WHAT WAS READ"
    yield from columns(
        (row.topic, f"{row.reach} {f'({row.count})' if row.count else ''}") for row in view.coverage(report)
    )
    for missing in brief.missing(report):
        if missing.reason or missing.fix:
            yield from wrapped(f"- {', '.join(topic for _, topic in missing.topics)}:", "  ")
            yield from wrapped(missing.reason, "    ")
            yield from wrapped(missing.fix and f"fix: {missing.fix}", "    ")
    if unread := view.unread_line(report):
        yield unread
    if verbose:
        yield from (f"- {line.origin}:{line.line}: {line.text}" for line in report.unread)


def wrapped(text: str, indent: str, first: str | None = None) -> list[str]:
    """Lines of no more than so many columns; what is longer than a line in itself stays whole."""
    begins = indent.removesuffix("  ") if text.startswith("- ") else indent
    return textwrap.wrap(
        clean_line(text),
        width=WIDTH,
        initial_indent=begins if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _limits(limits: Sequence[str]) -> Iterator[str]:
    yield "WHAT AN AUDIT LIKE THIS CANNOT SEE"
    yield from (f"- {clean_line(limit)}" for limit in limits)


def _summary(reports: Sequence[Report]) -> str:
    if not reports:
        return "No unit was audited."
    # a real table, whose cells may hold wide characters; its library costs more than a report of one unit
    from tabulate import tabulate  # noqa: PLC0415 - as said

    headings = ("", "verdict", "unit", "build", "serial", "for", "region")
    rows = [
        [str(number), *map(clean_line, row[:6])] for number, row in enumerate(view.crate_rows(reports), 1)
    ]
    drawn = tabulate(rows, headers=headings, tablefmt="simple", disable_numparse=True)
    lines = [line.rstrip() for line in drawn.splitlines()]
    for number, report in enumerate(reports, 1):
        if reason := brief.main_reason(report):
            lines += wrapped(f"- {number}: {clean_line(reason)}", "  ")
    return "\n".join((brief.verdicts(reports), "", *lines))


def columns(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Label and value, the values under each other; the labels are ours, so that a character is a column."""
    told = [(clean_line(label), clean_line(value)) for label, value in rows]
    width = max((len(label) for label, _ in told), default=0)
    yield from (f"{label:<{width}}  {value}".rstrip() for label, value in told)
