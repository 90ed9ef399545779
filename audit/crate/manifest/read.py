"""A file to a manifest: CSV as spreadsheets write it, or a workbook; all that is wrong in one error."""

from __future__ import annotations

import hashlib
from pathlib import Path

from audit.crate.manifest.cells import MOST_BYTES, Table
from audit.crate.manifest.problems import Problems, unreadable
from audit.crate.manifest.rows import read_rows
from audit.crate.manifest.sheets import read_sheet
from audit.crate.manifest.texts import read_text
from audit.model.crate import Manifest
from audit.model.profiles import Markets
from audit.model.text import clean_line

_ZIP = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_AS = "save it as .xlsx without a password, or as CSV UTF-8"


def read_manifest(path: Path, markets: Markets) -> Manifest:
    """The units *path* lists: a CSV file or an .xlsx workbook, of which ``FILE.xlsx#SHEET`` names the sheet.

    Raises `BadManifest`, with every problem and its line, for a file that cannot be relied on as a whole.
    """
    file, sheet = _named(path)
    where = clean_line(str(path))
    data = _bytes(file, where)
    problems = Problems(where)
    read = read_rows(_table(data, sheet, where, problems), markets, problems)
    if problems:
        raise problems.error()
    return Manifest(path=where, sha256=hashlib.sha256(data).hexdigest(), rows=read.rows, notes=read.notes)


def _named(path: Path) -> tuple[Path, str]:
    """The file and the sheet *path* names; a file may have ``#`` in its own name."""
    if not path.exists() and "#" in path.name:
        name, _, sheet = path.name.rpartition("#")
        if name:
            return path.with_name(name), sheet
    return path, ""


def _bytes(file: Path, where: str) -> bytes:
    if not file.exists():
        raise unreadable("there is no such file", where, "give the path of a CSV or .xlsx file")
    if not file.is_file():  # a pipe would never end, a device may not either
        raise unreadable("it is no regular file", where, "give the path of a CSV or .xlsx file")
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise unreadable(
            f"it cannot be read: {clean_line(str(error.strerror))}", where, "see to its permissions"
        ) from error
    if len(data) > MOST_BYTES:
        raise unreadable(
            f"it is larger than {MOST_BYTES >> 20} MiB",
            where,
            "remove columns that are not needed, or split it",
        )
    return data


def _table(data: bytes, sheet: str, where: str, problems: Problems) -> Table:
    if data.startswith(_ZIP):
        return read_sheet(data, sheet, where)
    if data.startswith(_OLD_WORKBOOK):
        raise unreadable("it is an .xls workbook, or one with a password", where, _AS)
    if data.lstrip()[:1] == b"<":
        raise unreadable("it is HTML or XML, whatever its name says", where, _AS)
    if sheet:
        raise unreadable(
            f"it is no workbook, so it has no sheet {sheet!r}", where, "leave out # and the name"
        )
    return read_text(data, where, problems)
