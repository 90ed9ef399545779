"""The contacts of a unit at a terminal: what each witness can tell, then what it saw."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import RenderableType
from rich.text import Text

from audit.model.report import Report
from audit.model.text import clean_line
from audit.reports import contacts, places, view, watches
from audit.reports.blocks import indented, marked, rows
from audit.reports.contact import Contact

_STYLES = {"identified": "bold red", "sent": "bold yellow", "attempted": "bold"}
_LABELS = 11


def parts(report: Report, *, verbose: bool) -> Iterator[RenderableType]:
    """Whom the unit was seen in contact with, as far as somebody watched."""
    witnesses = contacts.seen(report)
    if witnesses:
        yield Text()
        yield Text(f"Contacts that were seen ({contacts.count(witnesses)})", "bold")
    for number, seen in enumerate(witnesses):
        if number:
            yield Text()
        yield from _seen(seen, verbose=verbose)
    if report.datasets:
        yield Text()
        yield Text("Countries and operators are by", "bold")
        yield from (marked("·", told, "") for told in places.attributions(report))


def _seen(seen: contacts.Seen, *, verbose: bool) -> Iterator[RenderableType]:
    yield indented(seen.title, "bold")
    says = ((row.label, line) for row in seen.says for line in watches.told(row, verbose=verbose))
    yield rows(says, indent=4, width=_LABELS)
    if seen.tally:
        yield rows((("Contacts", seen.tally),), indent=4, width=_LABELS)
    told = seen.contacts if verbose else seen.far[: contacts.MOST_FAR]
    for one in told:
        yield from _card(one, verbose=verbose)
    if verbose:
        return
    if more := len(seen.far) - len(told):
        yield indented(f"and {more} more that went as far, with -v", indent=4)
    yield from _tried(seen)


def _card(one: Contact, *, verbose: bool) -> Iterator[RenderableType]:
    style = _STYLES[one.how.name]
    who = one.of if verbose else one.by
    heading = Text()
    heading.append(one.how.words, style)
    heading.append(clean_line(f", {one.when}: {who}" if one.when else f": {who}"))
    yield marked(one.how.shape, heading, style, indent=4)
    told = [row for row in one.rows if row[1]]
    if verbose:
        told += [("Stack", frame) for frame in one.stack]
        told += [("Told by", via) for via in one.via]
    yield rows(told, indent=6, width=_LABELS)


def _tried(seen: contacts.Seen) -> Iterator[RenderableType]:
    """Contacts of which no more than a try was seen, a line each."""
    for whose in seen.tried[: contacts.MOST_WHO]:
        yield marked("·", whose.who, _STYLES["attempted"], indent=4)
        told = ["  ".join(filter(None, (one.when, contacts.line(one)))) for one in whose.contacts]
        if not any(" " in line for line in told):
            yield indented(view.some(told, contacts.MOST_ON_A_LINE), indent=6)
            continue
        yield from (indented(line, indent=6) for line in told[: contacts.MOST_OF_ONE])
        if (more := len(told) - contacts.MOST_OF_ONE) > 0:
            yield indented(f"and {more} more with -v", indent=6)
    if (more := len(seen.tried) - contacts.MOST_WHO) > 0:
        yield indented(f"and {more} more processes or UIDs with -v", indent=4)
