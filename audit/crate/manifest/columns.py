"""Which column of a table says what: the usual words, however they are written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

from audit.crate.manifest.cells import Cell, Line, shown
from audit.crate.manifest.problems import Problems
from audit.model.record import record


class Column(StrEnum):
    """What a column says. The names are those a new file would use."""

    SERIAL = "serial"
    IMEI = "imei"
    IMEI2 = "imei2"
    MODEL = "model"
    MARKET = "market"
    BUILD = "build"
    LOT = "lot"


ACCEPTED: Mapping[Column, tuple[str, ...]] = {
    Column.SERIAL: ("serial", "serial number", "serial no", "s/n", "sn", "device serial"),
    Column.IMEI: ("imei", "imei 1", "imei1", "imei number", "imei no", "primary imei", "imei slot 1"),
    Column.IMEI2: ("imei 2", "imei2", "secondary imei", "imei slot 2"),
    Column.MODEL: ("model", "model number", "model no", "model name", "device model"),
    Column.MARKET: ("market", "country", "country code", "market code", "destination country"),
    Column.BUILD: ("build", "build number", "build no", "build id", "firmware", "software version"),
    Column.LOT: ("lot", "lot number", "lot no", "batch", "batch number", "batch no"),
}
"""Case, blanks and punctuation do not matter, and a word "expected" or "target" before it says nothing."""

_MOST_LISTED = 12


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


_WORDS: Mapping[str, Column] = {_plain(word): column for column, words in ACCEPTED.items() for word in words}
_BEFORE = ("expected", "target")


@record
class Columns:
    """Where the columns of a table are. width: cells of the header; ignored: names of the others"""

    at: Mapping[Column, int]
    width: int
    ignored: tuple[str, ...] = ()


def recognised(cells: Iterable[Cell]) -> list[Column]:
    """The columns *cells* name, each as often as it is named."""
    found = (_column(cell) for cell in cells)
    return [column for column in found if column is not None]


def read_columns(header: Line, problems: Problems) -> Columns | None:
    """Where the columns are by the first line; None, and problems, where it is no header that can be used."""
    names = _without_empty_end(header.cells)
    places: dict[Column, int] = {}
    for place, name in enumerate(names):
        column = _column(name)
        if column is not None and places.setdefault(column, place) != place:
            first, second = shown(names[places[column]]), shown(name)
            both = f"twice as {first}" if first == second else f"by both {first} and {second}"
            problems.add(header.number, f"the {column} is named {both}", "keep one of the two columns")
    if not {Column.SERIAL, Column.IMEI, Column.IMEI2} & places.keys():
        problems.add(header.number, _no_identifier(names, places), _HOW)
    if problems:
        return None
    taken = set(places.values())
    ignored = tuple(shown(name) for place, name in enumerate(names) if place not in taken)
    return Columns(at=places, width=len(names), ignored=ignored)


_HOW = (
    "name the columns in the first line, with nothing above it: "
    + ", ".join(ACCEPTED)
    + " (serial or imei is needed)"
)


def _column(cell: Cell) -> Column | None:
    if not isinstance(cell, str):
        return None
    plain = _plain(cell)
    for word in _BEFORE:
        plain = plain.removeprefix(word)
    return _WORDS.get(plain)


def _without_empty_end(cells: Sequence[Cell]) -> Sequence[Cell]:
    last = max((place for place, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _no_identifier(names: Sequence[Cell], places: Mapping[Column, int]) -> str:
    listed = ", ".join(shown(name) for name in names[:_MOST_LISTED])
    more = f" and {len(names) - _MOST_LISTED} more" if len(names) > _MOST_LISTED else ""
    if not places:
        return f"this is no header: none of {listed}{more} is a name of a column that is known"
    return f"no column names the units by serial number or IMEI; found {listed}{more}"
