"""The blocks a report at a terminal is laid out with; text in them is cleaned and never markup."""

from __future__ import annotations

import io
from collections.abc import Iterable

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from audit.model.report import Decision
from audit.model.text import clean_line
from audit.reports.format import Options

LABEL_WIDTH = 10
GROUPS = {
    "fail": "bold red",
    "inconclusive": "bold magenta",
    "review": "bold yellow",
    "waived": "bold cyan",
    "note": "bold blue",
    "pass": "green",
    "skipped": "dim",
}
"""The style of each group of findings, by its name; a verdict's, where it is one word among others."""
BADGES = {
    Decision.PASS: "bold black on green",
    Decision.FAIL: "bold white on red",
    Decision.REVIEW: "bold black on yellow",
    Decision.INCONCLUSIVE: "bold white on magenta",
}
"""The style of a verdict that stands out from its line."""


def console(out: io.StringIO, options: Options) -> Console:
    """What draws on *out* as the reader's terminal can show it; it takes no markup."""
    return Console(
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


def trimmed(drawn: str) -> str:
    """What was drawn, without the blanks that fill its lines."""
    return "".join(f"{line.rstrip()}\n" for line in drawn.splitlines())


def rows(told: Iterable[tuple[str, str]], *, indent: int = 0, width: int = LABEL_WIDTH) -> RenderableType:
    """Label and value; a label that is the one above is not repeated."""
    table = Table.grid(padding=(0, 1))
    table.add_column(width=width, overflow="fold")
    table.add_column(overflow="fold")
    above = ""
    for label, value in told:
        table.add_row(Text("" if label == above else clean_line(label), "dim"), Text(clean_line(value)))
        above = label
    return Padding(table, (0, 0, 0, indent))


def indented(text: str, style: str = "", *, indent: int = 2) -> RenderableType:
    """A paragraph."""
    return Padding(Text(clean_line(text), style), (0, 0, 0, indent))


def marked(mark: str, text: str | Text, style: str, *, indent: int = 2) -> RenderableType:
    """A paragraph beside a shape. text: cleaned here, unless the caller made a `Text` of it"""
    row = Table.grid(padding=(0, 1))
    row.add_column(width=1)
    row.add_column(overflow="fold")
    row.add_row(Text(mark, style), text if isinstance(text, Text) else Text(clean_line(text)))
    return Padding(row, (0, 0, 0, indent))
