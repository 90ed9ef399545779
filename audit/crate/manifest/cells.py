"""A table as a spreadsheet gives it: lines of cells, most of them text."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from audit.model.record import record

MOST_BYTES = 64 << 20
"""Of a file; 100,000 rows of twenty columns are a third of it."""
MOST_ROWS = 200_000
MOST_COLUMNS = 256
"""An advance ship notice has some fifty."""
LONGEST_SHOWN = 40
"""Characters of a cell that an error quotes."""


class Odd(StrEnum):
    """What a cell of a workbook may be instead of text."""

    NUMBER = "a whole number"
    FRACTION = "a number with decimals or an exponent"
    DATE = "a date"
    TRUTH = "true or false"
    ERROR = "an error of the spreadsheet"
    UNCOMPUTED = "a formula whose result the file does not hold"
    OTHER = "nothing that can be read"


@record
class OddCell:
    """A cell that is no text. shown: as a person would see it, sanitised"""

    kind: Odd
    shown: str


Cell = str | OddCell
"""Text is sanitised, on one line and without blanks around it; "" for an empty cell."""


@record
class Line:
    """One line of a table. number: 1-based, of the file, where it begins; of a workbook, the row's own."""

    number: int
    cells: tuple[Cell, ...]


@record
class Table:
    """A table as it is read, line by line.

    lines: without the empty ones; read once
    guessed: the encoding nothing in the file vouches for, "" where it is sure
    notes: what was decided while reading, in sentences
    """

    lines: Iterable[Line]
    guessed: str = ""
    notes: tuple[str, ...] = ()


def shown(cell: Cell) -> str:
    """*cell* as an error quotes it."""
    text = cell if isinstance(cell, str) else cell.shown
    return repr(text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…")
