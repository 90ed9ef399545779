from __future__ import annotations

from pathlib import Path

import pytest

from audit.crate.manifest.cells import Line, OddCell
from audit.crate.manifest.cells import Odd as Kind
from audit.crate.manifest.columns import ACCEPTED, Column, read_columns, recognised
from audit.crate.manifest.problems import Problems

_PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "manifest.md"


def _plain(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


@pytest.mark.parametrize("column", Column)
def test_the_page_lists_every_name_of_a_column_and_no_other(column: Column) -> None:
    """What a person is told to write is what is read."""
    rows = (
        line.split("|") for line in _PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")
    )
    listed = next(cells[2] for cells in rows if cells[1].strip() == column)
    assert {_plain(name) for name in listed.split(",")} == {_plain(name) for name in ACCEPTED[column]}


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("SERIAL_NUMBER", Column.SERIAL),
        ("S/N", Column.SERIAL),
        (" imei-1 ", Column.IMEI),
        ("IMEI 2", Column.IMEI2),
        ("Expected Market", Column.MARKET),
        ("target build", Column.BUILD),
        ("Batch No.", Column.LOT),
    ],
)
def test_case_blanks_and_punctuation_do_not_matter(name: str, column: Column) -> None:
    """Nor a word before it that says what the whole file is."""
    assert recognised([name]) == [column]


@pytest.mark.parametrize("name", ["Country of origin", "IMEI/MEID", "serials", "", "expected", "model year"])
def test_what_may_mean_something_else_is_no_column(name: str) -> None:
    """The country a phone was made in is not where it is sold."""
    assert recognised([name]) == []


def test_no_name_stands_for_two_columns() -> None:
    """Else the order of a table would decide."""
    names = [_plain(name) for names in ACCEPTED.values() for name in names]
    assert all(len(set(recognised([name]))) == 1 for name in names)
    by_plain = {(_plain(name), column) for column, names_ in ACCEPTED.items() for name in names_}
    assert len({plain for plain, _ in by_plain}) == len(by_plain)


def test_a_header_may_hold_what_is_no_text() -> None:
    """A number or a date above a column names none, and is told as not used."""
    problems = Problems("x")
    header = Line(number=3, cells=("serial", OddCell(kind=Kind.DATE, shown="2026-01-01"), "lot", ""))
    columns = read_columns(header, problems)
    assert columns is not None
    assert (dict(columns.at), columns.width) == ({Column.SERIAL: 0, Column.LOT: 2}, 3)
    assert columns.ignored == ("'2026-01-01'",)
