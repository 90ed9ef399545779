"""``waivers.toml``: findings somebody has decided to live with, read whole or not at all.

::

    [[waiver]]
    id = "W-7"
    check = "client-market"
    subject = "com.example.simactivate"       # optional: the package, property … that was found
    model = "TA-1234"                         # where it holds: model, build, crate, unit; at least one
    reason = "Disabled by the carrier's own update of March"
    approver = "Jane Doe"
    expires = 2026-12-31                      # the last day it holds
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from audit.errors import BadWaivers
from audit.model.record import record
from audit.model.text import clean_line
from audit.model.waivers import Waiver
from audit.signoff.toml_lines import Lines, lines_of

FILE_NAME = "waivers.toml"
SCOPES = ("model", "build", "crate", "unit")
_NEEDED = ("id", "check", "reason", "approver", "expires")
_KEYS = (*_NEEDED, "subject", *SCOPES)
_TABLE = "waiver"
_MOST_BYTES = 512 * 1024
_MOST_WAIVERS = 2000
_MOST_PROBLEMS = 50
_LONGEST = {"id": 64, "reason": 1000}
_LONGEST_OTHER = 300
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_AT_LINE = re.compile(r" \(at line (\d+), column \d+\)$")


def read_waivers(path: Path, checks: Collection[str]) -> tuple[Waiver, ...]:
    """The waivers in the file at *path*, those that expired too.

    checks: ids of all that can be waived
    Raises `BadWaivers`, with every problem and its line, for a file that cannot be relied on as a whole.
    """
    return parse_waivers(read_bytes(path), clean_line(str(path)), checks)


def read_bytes(path: Path) -> bytes:
    """What the file holds; BadWaivers where it cannot be read or cannot be one."""
    where = clean_line(str(path))
    if not path.exists():
        raise BadWaivers("there is no such file", where=where, fix="give the path of a file of waivers")
    if not path.is_file():  # a pipe would never end, a device may not either
        raise BadWaivers("is no regular file", where=where, fix="give the path of a file of waivers")
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise BadWaivers(
            f"cannot be read: {error.strerror}", where=where, fix="see to its permissions"
        ) from error
    if len(data) > _MOST_BYTES:
        raise BadWaivers(
            f"is larger than {_MOST_BYTES >> 10} KiB", where=where, fix="remove waivers that expired"
        )
    return data


def parse_waivers(data: bytes, where: str, checks: Collection[str]) -> tuple[Waiver, ...]:
    """The same of what a file holds. where: its name, for errors and in each waiver"""
    problems = _Problems()
    text = _text(data, where)
    tables, lines = _tables(text, where, problems)
    found = [
        _waiver(
            _Place(line=said.line, keys=said.keys, called=_called(table, number), problems=problems),
            table,
            where,
            checks,
        )
        for number, (table, said) in enumerate(zip(tables, lines.tables, strict=True), 1)
    ]
    waivers = [one for one in found if one is not None]
    _each_once(waivers, problems)
    if problems.said:
        raise problems.error(where)
    return tuple(waivers)


class _Problems:
    """All that is wrong with a file, by line."""

    def __init__(self) -> None:
        self.said: list[tuple[int, str]] = []

    def wrong(self, line: int, what: str, fix: str) -> None:
        """Note it."""
        self.said.append((line, f"line {line}: {what}; {fix}"))

    def error(self, where: str) -> BadWaivers:
        """What is raised, since not all of it holds."""
        told = tuple(dict.fromkeys(said for _, said in sorted(self.said, key=lambda one: one[0])))
        more = len(told) - _MOST_PROBLEMS
        rest = (f"and {more} more",) if more > 0 else ()
        return BadWaivers(
            "does not hold, and no waiver of it counts",
            where=where,
            fix="correct the lines below; `adb-audit waivers lint` looks again",
            problems=(*told[:_MOST_PROBLEMS], *rest),
        )


@record
class _Place:
    """One entry, for what is wrong in it. called: its id, else its number"""

    line: int
    keys: Mapping[str, int]
    called: str
    problems: _Problems

    def wrong(self, key: str, what: str, fix: str) -> None:
        """Note that something is wrong with *key*; "" = with the entry."""
        line = self.keys.get(key, self.line)
        self.problems.wrong(line, f"waiver {self.called}: {what}", fix)


def _called(table: object, number: int) -> str:
    given = table.get("id") if isinstance(table, dict) else None
    said = clean_line(given[: _LONGEST["id"]]).strip() if isinstance(given, str) else ""
    return said or str(number)


def _text(data: bytes, where: str) -> str:
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")  # Notepad writes a mark of its own
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(where, f"line {line}: is not UTF-8; save the file as UTF-8") from error


def _unreadable(where: str, problem: str) -> BadWaivers:
    return BadWaivers(
        "is no TOML, and no waiver of it counts",
        where=where,
        fix="correct the line below; TOML's rules are at https://toml.io",
        problems=(problem,),
    )


def _tables(text: str, where: str, problems: _Problems) -> tuple[list[Any], Lines]:
    """The entries with their lines; none of them where the two do not go together."""
    document = _document(text, where)
    lines = lines_of(text, _TABLE)
    for key in document.keys() - {_TABLE}:
        # `[[waivers]]` would be a file without any waiver, and nobody would notice
        shown = clean_line(key[:_LONGEST_OTHER])
        problems.wrong(
            lines.top.get(key, 1), f"unknown key {shown!r}", f"write [[{_TABLE}]] before each entry"
        )
    tables = document.get(_TABLE, [])
    whole = isinstance(tables, list) and len(tables) == len(lines.tables)
    if not whole:
        line = lines.top.get(_TABLE, 1)
        problems.wrong(line, f"{_TABLE} is no list of tables", f"write [[{_TABLE}]] before each entry")
    elif len(tables) > _MOST_WAIVERS:
        problems.wrong(1, f"more than {_MOST_WAIVERS} waivers", "remove those that expired")
        whole = False
    return (tables, lines) if whole else ([], Lines(tables=(), top={}))


def _document(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise _unreadable(where, "line 1: is nested too deeply; a waiver is a flat table") from error
    except ValueError as error:  # TOMLDecodeError is one; a number of too many digits is another
        said = clean_line(str(error))[:_LONGEST_OTHER]
        at = _AT_LINE.search(said)
        line = int(at[1]) if at else text.count("\n") + 1
        what = said[: at.start()] if at else said.removesuffix(" (at end of document)")
        raise _unreadable(where, f"line {line}: {what}") from error


def _waiver(place: _Place, table: Mapping[str, Any], where: str, checks: Collection[str]) -> Waiver | None:
    before = len(place.problems.said)
    for key in table.keys() - set(_KEYS):
        place.wrong(key, f"unknown key {clean_line(key[:_LONGEST_OTHER])!r}", _use(key, _KEYS))
    for key in _NEEDED:
        if key not in table:
            place.wrong("", f"{key} is missing", _WRITE[key])
    said = {key: _line(place, key, table[key]) for key in _KEYS if key in table and key != "expires"}
    expires = _expiry(place, table["expires"]) if "expires" in table else ""
    _check(place, said, checks)
    if len(place.problems.said) > before:
        return None
    return Waiver(**said, expires=expires, line=place.line, path=where)


def _line(place: _Place, key: str, value: object) -> str:
    """The text of *key* on one line, safe to show; "" where it is none, which is noted."""
    if not isinstance(value, str):
        place.wrong(key, f"{key} is not a text", f'write it as {key} = "…"')
        return ""
    longest = _LONGEST.get(key, _LONGEST_OTHER)
    if len(value) > longest:
        place.wrong(key, f"{key} is longer than {longest} characters", "shorten it")
        return ""
    text = clean_line(value).strip()
    if not text:
        place.wrong(key, f"{key} is empty", _WRITE.get(key, "name it, or leave the line out"))
    return text


def _check(place: _Place, said: Mapping[str, str], checks: Collection[str]) -> None:
    """What holds between the values of an entry, and what they may be."""
    if said.get("id") and not _ID.fullmatch(said["id"]):
        place.wrong("id", f"id {said['id']!r} is none", "use letters, digits and . _ - / only")
    if said.get("check") and said["check"] not in checks:
        place.wrong("check", f"unknown check {said['check']!r}", _use(said["check"], checks))
    scopes = [key for key in SCOPES if key in said]
    if not scopes:
        place.wrong("", "it has no scope and would hold everywhere", f"name {', '.join(SCOPES[:-1])} or unit")
    for key in scopes:
        if "*" in said[key]:
            place.wrong(key, f"{key} {said[key]!r} is a pattern", f"name one {key}; a waiver for each")


def _expiry(place: _Place, value: object) -> str:
    """ISO date; "" where it is none, which is noted."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str) and _DAY.fullmatch(value.strip()):
        try:
            return date.fromisoformat(value.strip()).isoformat()
        except ValueError:
            place.wrong("expires", f"expires {value.strip()!r} is no day of the calendar", _WRITE["expires"])
            return ""
    place.wrong("expires", "expires is no date", _WRITE["expires"])
    return ""


def _each_once(waivers: list[Waiver], problems: _Problems) -> None:
    first: dict[str, Waiver] = {}
    for one in waivers:
        # letters alike: W-7 and w-7 would be one to whoever reads a report
        other = first.setdefault(one.id.casefold(), one)
        if other is not one:
            what = f"waiver {one.id}: line {other.line} has the same id"
            problems.wrong(one.line, what, "give each its own")


_WRITE = {
    "id": 'write id = "W-1": reports name a waiver by it',
    "check": "name the check as reports have it",
    "reason": "say why it may stay",
    "approver": "say who decided",
    "expires": "write expires = 2026-12-31",
}


def _use(given: str, known: Collection[str]) -> str:
    close = difflib.get_close_matches(given[:_LONGEST_OTHER].casefold(), known, n=1, cutoff=0.6)
    return f"did you mean {close[0]!r}?" if close else f"use one of: {', '.join(sorted(known))}"
