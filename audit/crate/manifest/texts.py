"""Text of a table, as spreadsheets export it: which encoding, which separator, which line.

Sources: RFC 4180; what Excel and LibreOffice write: UTF-8 with and without a mark, UTF-16 with one
("Unicode text"), the system's 8-bit encoding ("CSV"), ``;`` where the comma is the decimal mark, and a first
line ``sep=;``.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator

from audit.crate.manifest.cells import MOST_COLUMNS, MOST_ROWS, Line, Table
from audit.crate.manifest.columns import recognised
from audit.crate.manifest.problems import Problems, unreadable
from audit.model.record import record
from audit.model.text import clean_line

SEPARATORS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NAMES = {"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Windows-1252"}
_GUESS = "cp1252"
_LINE_END = re.compile(r"\r\n|\r|\n")
_SEP = re.compile(r"sep=(.?)\s*", re.IGNORECASE)
_AS_UTF8 = 'save it as "CSV UTF-8", or give the .xlsx'
_HEAD = 4096
"""Characters in which the header is looked for to find the separator."""


@record
class _Text:
    """A file as text. guessed: nothing in it vouches for the encoding"""

    text: str
    encoding: str
    guessed: bool = False


def read_text(data: bytes, where: str, problems: Problems) -> Table:
    """Read *data* as a table; what is wrong within it goes to *problems*.

    Raises `BadManifest` where it is no text at all, or nothing says how it is separated.
    """
    decoded = _decode(data, where)
    text, skipped = decoded.text, 0
    announced = _announced(text, where)
    if announced:
        end = _LINE_END.search(text)
        text, skipped = (text[end.end() :], 1) if end is not None else ("", 1)
    separator = announced or _separator(text)
    if decoded.guessed and separator == "|":
        raise unreadable(
            "its encoding is not UTF-8, and in some others a | may be half of another character",
            where,
            _AS_UTF8,
        )
    name = _NAMES[decoded.encoding]
    note = f"It is not UTF-8 and was read as {name}; check how lots are spelt, or {_AS_UTF8}."
    return Table(
        lines=_lines(text, separator, skipped, problems),
        guessed=name if decoded.guessed else "",
        notes=(note,) if decoded.guessed else (),
    )


def _decode(data: bytes, where: str) -> _Text:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _sure(data[len(mark) :], encoding, where)
    if len(data) > 1 and (data[0] == 0) != (data[1] == 0):
        # a header begins with an ASCII letter: half of it is zero in UTF-16 and in nothing else
        return _sure(data, "utf-16-be" if data[0] == 0 else "utf-16-le", where)
    try:
        return _checked(data.decode("utf-8"), "utf-8", where)
    except UnicodeDecodeError as error:
        wrong = _line_of(data[: error.start].decode("utf-8"))
    try:
        return _checked(data.decode(_GUESS), _GUESS, where, guessed=True)
    except UnicodeDecodeError as error:
        line = max(wrong, _line_of(data[: error.start].decode("latin-1")))
        raise unreadable(
            f"line {line}: it is neither UTF-8 nor UTF-16 nor {_NAMES[_GUESS]}", where, _AS_UTF8
        ) from error


def _sure(data: bytes, encoding: str, where: str) -> _Text:
    try:
        return _checked(data.decode(encoding), encoding, where)
    except UnicodeDecodeError as error:
        line = _line_of(data[: error.start].decode(encoding, "replace"))
        raise unreadable(
            f"line {line}: it begins as {_NAMES[encoding]}, and this is not", where, _AS_UTF8
        ) from error


def _checked(text: str, encoding: str, where: str, *, guessed: bool = False) -> _Text:
    found = text.find("\0")
    if found >= 0:
        raise unreadable(
            f"line {_line_of(text[:found])}: it holds a NUL, which no table does: this is no text",
            where,
            "give a CSV or .xlsx file",
        )
    return _Text(text=text, encoding=encoding, guessed=guessed)


def _line_of(before: str) -> int:
    return 1 + sum(1 for _ in _LINE_END.finditer(before))


def _announced(text: str, where: str) -> str:
    """The separator Excel's first line names, "" where there is no such line."""
    end = _LINE_END.search(text)
    found = _SEP.fullmatch(text[: end.start() if end is not None else len(text)][:16].strip('"'))
    if found is None:
        return ""
    if found[1] not in SEPARATORS:
        raise unreadable(
            f"line 1: sep={clean_line(found[1])} names no separator that is read",
            where,
            f"use one of {_LISTED}",
        )
    return found[1]


_LISTED = "comma, semicolon, tab or |"


def _separator(text: str) -> str:
    """The separator by which the first line names most columns; the comma where none does."""
    head = text[:_HEAD].lstrip("\r\n")
    best = max(SEPARATORS, key=lambda one: len(recognised(_first(head, one))))
    return best if recognised(_first(head, best)) else _most_frequent(head)


def _most_frequent(head: str) -> str:
    line = _LINE_END.split(head, maxsplit=1)[0]
    return max(SEPARATORS, key=line.count)


def _first(head: str, separator: str) -> list[str]:
    """The first line that says something."""
    try:
        rows = csv.reader(io.StringIO(head, newline=""), delimiter=separator)
        return next((row for row in rows if any(map(str.strip, row))), [])
    except csv.Error:  # what is wrong with the line is said when it is read
        return []


def _lines(text: str, separator: str, skipped: int, problems: Problems) -> Iterator[Line]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows = 0
    while True:
        number = skipped + reader.line_num + 1
        try:
            found = next(reader, None)
        except csv.Error as error:
            problems.add(number, *_malformed(str(error)))
            return
        if found is None:
            return
        cells = tuple(clean_line(cell).strip() for cell in found)
        if not any(cells):
            continue
        rows += 1
        if rows > MOST_ROWS + 1:
            problems.add(
                number, f"there are more than {MOST_ROWS} rows", "split the file into several crates"
            )
            return
        if len(cells) > MOST_COLUMNS:
            problems.add(number, f"it has {len(cells)} columns", f"keep at most {MOST_COLUMNS}")
            return
        yield Line(number=number, cells=cells)


def _malformed(said: str) -> tuple[str, str]:
    if "field limit" in said:
        what = "a cell that begins here does not end within 131,072 characters"
        return what, "a quotation mark may be missing, or this is no table"
    if "unexpected end" in said:
        return "a quotation mark is opened here and never closed", 'close it, or write it twice ("")'
    return (
        "a quotation mark ends a cell here, and more follows",
        'write a quotation mark in a cell twice ("")',
    )
