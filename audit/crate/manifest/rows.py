"""Lines of a table to rows of a manifest: each value checked, no unit named twice."""

from __future__ import annotations

from collections.abc import Mapping

from audit.crate.manifest.cells import Cell, Line, Odd, OddCell, Table, shown
from audit.crate.manifest.columns import Column, Columns, read_columns
from audit.crate.manifest.problems import Problems
from audit.crate.manifest.values import (
    Refusal,
    codes_of,
    core_of,
    imei_of,
    is_no_serial,
    market_of,
    serial_of,
    text_of,
)
from audit.model.crate import ManifestRow
from audit.model.profiles import Markets
from audit.model.record import record

_MOST_IGNORED = 12
_NUMBERS_AS_SERIALS = (
    "Serial numbers stand in it as numbers (first in line {line}): if one began with a zero, a spreadsheet"
    " dropped it."
)


@record
class Rows:
    """What a table says. notes: what a person should know of how it was read"""

    rows: tuple[ManifestRow, ...]
    notes: tuple[str, ...]


def read_rows(table: Table, markets: Markets, problems: Problems) -> Rows:
    """The rows of *table*; what is wrong goes to *problems*, and its row is left out."""
    lines = iter(table.lines)
    header = next(lines, None)
    if header is None:
        problems.add(1, "there is nothing in it", "give a table with a header and a row for each unit")
        return Rows(rows=(), notes=())
    columns = read_columns(header, problems)
    if columns is None:
        return Rows(rows=(), notes=())
    reader = _Reader(columns, codes_of(markets), table.guessed, problems)
    read = (reader.row(line) for line in lines)
    rows = tuple(row for row in read if row is not None)
    if not rows and not problems:
        problems.add(header.number, "no row comes after the header", "add a row for each unit")
    return Rows(rows=rows, notes=(*table.notes, *_ignored(columns), *reader.notes))


def _ignored(columns: Columns) -> tuple[str, ...]:
    names = columns.ignored
    if not names:
        return ()
    more = f" and {len(names) - _MOST_IGNORED} more" if len(names) > _MOST_IGNORED else ""
    listed = ", ".join(names[:_MOST_IGNORED])
    return (f"{'Column' if len(names) == 1 else 'Columns'} not used: {listed}{more}.",)


class _Reader:
    """Reads line after line, since what one says may have been said before."""

    def __init__(self, columns: Columns, codes: Mapping[str, str], guessed: str, problems: Problems) -> None:
        self._columns, self._codes, self._guessed, self._problems = columns, codes, guessed, problems
        self._serials: dict[str, int] = {}
        self._imeis: dict[str, int] = {}
        self.notes: list[str] = []

    def row(self, line: Line) -> ManifestRow | None:
        """The row in *line*; None where something in it is wrong."""
        if not self._fits(line):
            return None
        serial = self._serial(line)
        imeis = self._both_imeis(line)
        market = self._taken(line, market_of(self._cell(line, Column.MARKET), self._codes))
        words = [self._words(line, column) for column in (Column.MODEL, Column.BUILD, Column.LOT)]
        new = self._is_new(line, serial or "", imeis or ())
        if serial is None or imeis is None or not self._names_a_unit(line, serial, imeis):
            return None
        if market is None or None in words or not new:
            return None
        model, build, lot = (word or "" for word in words)
        return ManifestRow(
            line=line.number, serial=serial, imeis=imeis, model=model, market=market, build=build, lot=lot
        )

    def _fits(self, line: Line) -> bool:
        beyond = line.cells[self._columns.width :]
        if not any(beyond):
            return True
        found = len(line.cells) - next(i for i, cell in enumerate(reversed(line.cells)) if cell)
        self._problems.add(
            line.number,
            f"it has {found} cells, the header {self._columns.width}",
            "put a cell that holds the separator in quotation marks, or name the column",
        )
        return False

    def _cell(self, line: Line, column: Column) -> Cell:
        place = self._columns.at.get(column, len(line.cells))
        return line.cells[place] if place < len(line.cells) else ""

    def _taken(self, line: Line, value: str | Refusal) -> str | None:
        if isinstance(value, Refusal):
            self._problems.add(line.number, value.what, value.fix)
            return None
        return value

    def _serial(self, line: Line) -> str | None:
        cell = self._cell(line, Column.SERIAL)
        if isinstance(cell, OddCell) and cell.kind is Odd.NUMBER and not self.notes:
            self.notes.append(_NUMBERS_AS_SERIALS.format(line=line.number))
        return self._taken(line, serial_of(cell))

    def _both_imeis(self, line: Line) -> tuple[str, ...] | None:
        read = [self._taken(line, imei_of(self._cell(line, one))) for one in (Column.IMEI, Column.IMEI2)]
        given = [imei for imei in read if imei]
        return None if None in read else tuple({core_of(imei): imei for imei in given}.values())

    def _words(self, line: Line, column: Column) -> str | None:
        cell = self._cell(line, column)
        if self._guessed and column is not Column.LOT and isinstance(cell, str) and not cell.isascii():
            self._problems.add(
                line.number,
                f"the {column} {shown(cell)} may be spelt otherwise: the file is not UTF-8",
                'save it as "CSV UTF-8", or give the .xlsx',
            )
            return None
        return self._taken(line, text_of(cell, f"the {column}", numbers=column is not Column.BUILD))

    def _names_a_unit(self, line: Line, serial: str, imeis: tuple[str, ...]) -> bool:
        if imeis or (serial and not is_no_serial(serial)):
            return True
        if serial:
            what = (
                f"serial number {shown(serial)} is a placeholder that many units share, and there is no IMEI"
            )
            self._problems.add(line.number, what, "add the IMEI, or remove the row")
        else:
            what = "it has neither a serial number nor an IMEI"
            self._problems.add(line.number, what, "add one, or remove the row")
        return False

    def _is_new(self, line: Line, serial: str, imeis: tuple[str, ...]) -> bool:
        before = {}
        if serial and not is_no_serial(serial):
            before[f"serial number {shown(serial)}"] = self._serials.setdefault(serial, line.number)
        for imei in imeis:
            before[f"IMEI {imei}"] = self._imeis.setdefault(core_of(imei), line.number)
        again = {what: first for what, first in before.items() if first != line.number}
        for what, first in again.items():
            self._problems.add(
                line.number, f"{what} is in line {first} already", "remove one of the two rows"
            )
        return not again
