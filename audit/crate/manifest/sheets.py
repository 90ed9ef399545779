"""A sheet of an .xlsx workbook as a table: what its cells hold, not what they look like.

openpyxl reads it, cell by cell. Nothing in a workbook is run or fetched: of a formula the result that the
spreadsheet kept is taken, links to other files are not followed.
"""

from __future__ import annotations

import io
import itertools
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias

from audit.crate.manifest.cells import MOST_COLUMNS, MOST_ROWS, Cell, Line, Odd, OddCell, Table, shown
from audit.crate.manifest.problems import unreadable
from audit.errors import AuditError, BadManifest
from audit.model.text import clean_line

MOST_UNPACKED = 256 << 20
"""Bytes of all parts together; 100,000 rows of twenty columns are a third of it."""
MOST_PARTS = 4096
MOST_SHEETS = 32
"""Of which the one that holds something is looked for."""
_INSTALL = "pip install 'adb-audit[xlsx]'"
_LAST_ROW = 1_048_576
"""Of any sheet; what claims more is damaged."""
_NO_TEXT_FIX = "open it in a spreadsheet and save it again as .xlsx, or as CSV UTF-8"
# openpyxl has no error of its own for a damaged workbook: whatever it trips over comes through.
_DAMAGED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    SyntaxError,  # that of XML is one
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)

Workbook: TypeAlias = Any  # openpyxl has no types
Sheet: TypeAlias = Any


def read_sheet(data: bytes, name: str, where: str) -> Table:
    """Read the sheet *name* of the workbook *data*; "" = the only one that holds anything.

    Raises `BadManifest` for what is no such workbook, is larger than it may be, or has several sheets.
    """
    _measured(data, where)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and dates, which do not matter here
            return _read(data, name, where)
    except _DAMAGED as error:
        if isinstance(error, AuditError):
            raise
        what = f"it cannot be read as a workbook: {clean_line(str(error))[:200] or type(error).__name__}"
        raise unreadable(what, where, _NO_TEXT_FIX) from error


def _measured(data: bytes, where: str) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
    except _DAMAGED as error:
        raise unreadable("it is a damaged .zip or .xlsx file", where, _NO_TEXT_FIX) from error
    if "[Content_Types].xml" not in {part.filename for part in parts}:
        raise unreadable(
            "it is a .zip file, but no .xlsx workbook", where, "save it as .xlsx or as CSV UTF-8"
        )
    # reading stops where a part ends by its own account, so what is claimed is what can come
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MOST_UNPACKED or len(parts) > MOST_PARTS:
        raise unreadable(
            f"unpacked it is {unpacked >> 20} MiB in {len(parts)} parts, more than is read",
            where,
            "save the sheet alone as CSV UTF-8",
        )


def _read(data: bytes, name: str, where: str) -> Table:
    book = _opened(data, results=False)
    title, notes = _chosen(book, name, where)
    lines = _lines(book[title], where)
    if any(_formula(cell) for line in lines for cell in line.cells):
        # what a formula results in stands in another view of the same sheet
        results = _lines(_opened(data, results=True)[title], where)
        lines = _with_results(lines, results)
    return Table(lines=lines, notes=notes)


def _opened(data: bytes, *, results: bool) -> Workbook:
    try:
        from openpyxl import load_workbook  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise BadManifest("reading an .xlsx file needs openpyxl", fix=_INSTALL) from error
    return load_workbook(io.BytesIO(data), read_only=True, data_only=results, keep_links=False)


def _chosen(book: Workbook, name: str, where: str) -> tuple[str, tuple[str, ...]]:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name:
        if name not in sheets:
            listed = ", ".join(map(shown, sheets))
            raise unreadable(
                f"it has no sheet {shown(name)}, but {listed}", where, "name one of them after #"
            )
        return name, ()
    if len(sheets) > MOST_SHEETS:
        raise unreadable(f"it has {len(sheets)} sheets", where, "name the one to read: FILE.xlsx#SHEET")
    visible = [title for title, sheet in sheets.items() if sheet.sheet_state == "visible"]
    filled = [title for title in visible if _holds_something(sheets[title])]
    if len(filled) > 1:
        listed = ", ".join(map(shown, filled))
        raise unreadable(
            f"{len(filled)} of its sheets hold something: {listed}",
            where,
            f"name the one to read: FILE.xlsx#{clean_line(filled[0])}",
        )
    hidden = len(sheets) - len(visible)
    notes = (f"Hidden sheets not read: {hidden}.",) if hidden else ()
    if not filled:
        raise unreadable("none of its visible sheets holds anything", where, "give the sheet with the units")
    return filled[0], notes


def _holds_something(sheet: Sheet) -> bool:
    return any(any(map(_cell, row)) for _, row in _rows(sheet))


def _rows(sheet: Sheet) -> Iterator[tuple[int, Sequence[Any]]]:
    """The rows that hold something, with their numbers, to the last cell there is."""
    from openpyxl.cell.read_only import EMPTY_CELL  # noqa: PLC0415 - of an extra

    sheet.reset_dimensions()  # the file's own account, which may be wrong by a million columns
    rows: Iterator[Sequence[Any]] = sheet.iter_rows(max_row=_LAST_ROW, max_col=MOST_COLUMNS)
    empty: Sequence[Any] | None = None
    for number, row in enumerate(rows, start=1):
        if row is empty:  # of the million that may lie between two rows openpyxl makes one
            continue
        places = [place for place, cell in enumerate(row) if cell is not EMPTY_CELL]
        if places:
            yield number, row[: places[-1] + 1]
        else:
            empty = row


def _lines(sheet: Sheet, where: str) -> list[Line]:
    found = (
        Line(number=number, cells=cells)
        for number, row in _rows(sheet)
        if any(cells := tuple(map(_cell, row)))
    )
    lines = [_trimmed(line) for line in itertools.islice(found, MOST_ROWS + 2)]
    if len(lines) > MOST_ROWS + 1:
        raise unreadable(f"there are more than {MOST_ROWS} rows", where, "split the file into several crates")
    return lines


def _trimmed(line: Line) -> Line:
    last = max(place for place, cell in enumerate(line.cells) if cell)
    return Line(number=line.number, cells=line.cells[: last + 1])


_FORMULA = OddCell(kind=Odd.UNCOMPUTED, shown="=")


def _formula(cell: Cell) -> bool:
    return cell is _FORMULA


def _with_results(lines: Iterable[Line], results: Iterable[Line]) -> list[Line]:
    by_number = {line.number: line.cells for line in results}
    return [
        Line(
            number=line.number,
            cells=tuple(
                _result(by_number.get(line.number, ()), place) if _formula(cell) else cell
                for place, cell in enumerate(line.cells)
            ),
        )
        for line in lines
    ]


def _result(cells: Sequence[Cell], place: int) -> Cell:
    found = cells[place] if place < len(cells) else ""
    return found or OddCell(kind=Odd.UNCOMPUTED, shown="=…")


def _cell(cell: Any) -> Cell:  # noqa: ANN401, PLR0911 - openpyxl's; one line for each kind of value
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        return _FORMULA
    if cell.data_type == "e":
        return OddCell(kind=Odd.ERROR, shown=clean_line(str(value)))
    match value:
        case str():
            return clean_line(value).strip()
        case bool():
            return OddCell(kind=Odd.TRUTH, shown=str(value).upper())
        case int():
            return OddCell(kind=Odd.NUMBER, shown=str(value))
        case float():
            whole = value.is_integer() and abs(value) < 1e16
            kind = Odd.NUMBER if whole else Odd.FRACTION
            return OddCell(kind=kind, shown=str(int(value)) if whole else repr(value))
        case datetime() | date() | time() | timedelta():
            return OddCell(kind=Odd.DATE, shown=str(value))
        case _:
            return OddCell(kind=Odd.OTHER, shown=clean_line(str(value))[:40])
