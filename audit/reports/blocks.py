"""The blocks a report at a terminal is laid out with; text in them is cleaned and never markup."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from audit.model.text import clean_line

LABEL_WIDTH = 10


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
