"""On which lines a TOML file says what: Python's own parser tells lines of mistakes alone. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from audit.model.record import record

_KEY = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEYS = rf"(?P<keys>{_KEY}(?:[ \t]*\.[ \t]*{_KEY})*)"
_HEADER = re.compile(rf"\[(?P<array>\[)?[ \t]*{_KEYS}[ \t]*\]")
_ASSIGNED = re.compile(rf"{_KEYS}[ \t]*=")
_FIRST = re.compile(_KEY)
# A string over several lines may end in one or two quotes of its own before the three that close it.
_TOKEN = re.compile(
    r'''
      (?P<text> """(?:[^\\]|\\.)*?"{3,5} | \'\'\'.*?\'{3,5} | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' )
    | (?P<open> [\[{] ) | (?P<close> [\]}] )
    | (?P<end> \n ) | (?P<comment> \#[^\n]* ) | (?P<blank> [ \t\r]+ )
    | (?P<other> [^"'#\n\[\]{}]+ | . )
    ''',
    re.VERBOSE | re.DOTALL,
)


@record
class Said:
    """One ``[[table]]``. line: 1-based, of its header; keys: each with its line"""

    line: int
    keys: Mapping[str, int]


@record
class Lines:
    """What is where. tables: those of the name asked for, in their order; top: line of each other key"""

    tables: tuple[Said, ...]
    top: Mapping[str, int]


@record
class _Statement:
    """The beginning of one. keys: of a header or an assignment, dots between; array: in two brackets"""

    line: int
    keys: tuple[str, ...]
    header: bool
    array: bool


def lines_of(text: str, name: str) -> Lines:
    """Where *text*, which is TOML, has ``[[name]]`` tables and their keys; in strings it has none."""
    tables: list[tuple[int, dict[str, int]]] = []
    top: dict[str, int] = {}
    inside: dict[str, int] | None = None
    for one in _statements(text):
        first = one.keys[0]
        if not one.header:
            (top if inside is None else inside).setdefault(first, one.line)
        elif first == name and one.array and len(one.keys) == 1:
            inside = {}
            tables.append((one.line, inside))
        else:
            of_table = first == name and len(one.keys) > 1 and tables
            (tables[-1][1] if of_table else top).setdefault(one.keys[1 if of_table else 0], one.line)
            inside = {}  # what follows is of a table nobody asked for
    return Lines(tables=tuple(Said(line=line, keys=keys) for line, keys in tables), top=top)


def _statements(text: str) -> Iterator[_Statement]:
    line, depth, begins = 1, 0, True
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if begins and depth == 0 and kind not in {"end", "comment", "blank"}:
            begins = False
            yield from _statement(text, token.start(), line)
        depth += (kind == "open") - (kind == "close")
        begins = begins or (kind == "end" and depth == 0)
        line += token[0].count("\n")


def _statement(text: str, at: int, line: int) -> Iterator[_Statement]:
    header = _HEADER.match(text, at)
    found = header or _ASSIGNED.match(text, at)
    if found is not None:
        keys = tuple(key.strip("\"'") for key in _FIRST.findall(found["keys"]))
        array = header is not None and header["array"] is not None
        yield _Statement(line=line, keys=keys, header=header is not None, array=array)
