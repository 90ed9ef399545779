"""What a history answers, in words for a terminal of 80 columns and as tables for programs. Pure."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from audit import codec
from audit.model.history import Stored
from audit.model.record import record
from audit.model.report import Decision
from audit.model.text import clean_line
from audit.reports import stored
from audit.reports.csv_ import BETWEEN, table

FORMATS = ("table", *stored.FORMATS)
WIDTH = 80
SHORT_ID = 8
"""Characters of an id that people are shown; what they may type to mean it."""
_HEAD = ("id", "judged", "verdict", "signed", "unit", "market")
_LONGEST_UNIT = 18
_NARROWEST_MODEL = 8
_WIDE = frozenset("WF")


def listing(rows: Sequence[Stored], form: str) -> str:
    """*rows*, masked already where they are to be, in one of `FORMATS`; "" for a table of nothing."""
    if form in stored.FORMATS:
        return stored.listing(rows, form)
    return _table(rows) if rows else ""


def _table(rows: Sequence[Stored]) -> str:
    """A line for each; the model takes what is left of the line."""
    cells = [
        (
            one.id[:SHORT_ID],
            one.judged_at[:10],
            one.decision.value,
            "" if one.signed is None else one.signed.value,
            cut(one.serial or next(iter(one.imeis), "") or "not stated", _LONGEST_UNIT),
            one.market or "",
        )
        for one in rows
    ]
    lines = [_HEAD, *cells]
    widths = [max(wide(line[n]) for line in lines) for n in range(len(_HEAD))]
    room = max(WIDTH - sum(widths) - 2 * len(widths), _NARROWEST_MODEL)
    models = ("model", *(cut(one.model or "not stated", room) for one in rows))
    return "\n".join(
        "  ".join((*(_padded(cell, width) for cell, width in zip(line, widths, strict=True)), model)).rstrip()
        for line, model in zip(lines, models, strict=True)
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - wide(text))


def cut(text: str, room: int) -> str:
    """*text* on one line, in no more than *room* columns of a terminal."""
    line = clean_line(text)
    if wide(line) <= room:
        return line
    kept = ""
    for character in line:
        if wide(kept) + wide(character) > room - 1:
            break
        kept += character
    return f"{kept}…"


def wide(text: str) -> int:
    """Columns that *text* takes (Unicode Standard Annex 11)."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in _WIDE else 1 for c in text
    )


def counted(count: int, one: str, several: str = "") -> str:
    """*count* and what it is of."""
    return f"{count:,} {one if count == 1 else several or one + 's'}"


@record
class Change:
    """A verdict that is not what it was. stored: the report as it was; new, gone: messages of its findings"""

    stored: Stored
    decision: Decision
    new: tuple[str, ...]
    gone: tuple[str, ...]


CHANGE_COLUMNS = ("id", "judged_at", "serial", "model", "build", "market", "was", "is", "new", "gone")


def changes(found: Sequence[Change], form: str) -> str:
    """Changed verdicts in one of `FORMATS`; "" for a table of nothing."""
    if form == "json":
        return codec.to_json(tuple(found), indent=2)
    if form == "csv":
        return table(CHANGE_COLUMNS, map(_change_cells, found))
    return "\n".join(line for one in found for line in _change_lines(one))


def _change_cells(change: Change) -> tuple[str, ...]:
    one = change.stored
    return (
        *(one.id, one.judged_at, one.serial, one.model, one.build, one.market or ""),
        *(one.decision.value, change.decision.value, BETWEEN.join(change.new), BETWEEN.join(change.gone)),
    )


def _change_lines(change: Change) -> Iterator[str]:
    one = change.stored
    verdicts = f"{one.decision.value} -> {change.decision.value}"
    unit = cut(one.serial or "not stated", _LONGEST_UNIT)
    head = f"{one.id[:SHORT_ID]}  {one.judged_at[:10]}  {verdicts}  {unit}  "
    yield f"{head}{cut(one.model or 'not stated', max(WIDTH - wide(head), _NARROWEST_MODEL))}"
    for label, messages in (("new: ", change.new), ("gone: ", change.gone)):
        for message in messages:
            yield from textwrap.wrap(
                clean_line(message),
                width=WIDTH,
                initial_indent=f"    {label}",
                subsequent_indent=" " * (4 + len(label)),
            )
