"""Rows of units as text that fits a terminal of 80 columns. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from audit.adb.device import DeviceRow
from audit.cli.auditing import Unreached, name_of
from audit.model.text import clean_line

_WIDTH = 80


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; columns as wide as their widest cell, nothing cut."""
    lines = [head, *rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def devices_text(rows: Sequence[DeviceRow]) -> str:
    """A line for each unit, and the fix of each that is not ready below it."""
    cells = [(name_of(row), row.state.value, row.model, row.slot) for row in rows]
    lines = columns(("serial", "state", "model", "slot"), [tuple(map(clean_line, c)) for c in cells])
    shown: list[str] = []
    for line, row in zip(lines.split("\n"), [None, *rows], strict=True):
        shown.append(line)
        if row is not None:
            shown += _below(row.detail, row.fix)
    return "\n".join(shown)


def rows_text(unreached: Sequence[Unreached]) -> str:
    """A line for each unit that could not be audited, with reason and fix below it."""
    shown: list[str] = []
    for one in unreached:
        shown.append(f"  {clean_line(name_of(one.row))}  {one.row.state.value}")
        shown += _below(one.reason, one.fix)
    return "\n".join(shown)


def _below(reason: str, fix: str) -> list[str]:
    lines: list[str] = []
    for label, text in (("", reason), ("fix: ", fix)):
        if text:
            lines += textwrap.wrap(
                clean_line(text),
                width=_WIDTH,
                initial_indent=f"    {label}",
                subsequent_indent=" " * (4 + len(label)),
                break_long_words=False,
                break_on_hyphens=False,
            )
    return lines
