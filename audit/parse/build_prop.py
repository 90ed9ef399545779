"""One ``*.prop`` file, as init reads it."""

from __future__ import annotations

import re

from audit.model.facts import Parsed
from audit.model.record import record
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

_IMPORT = re.compile(r"import\s+(\S+)(?:\s+(.*))?\Z")


@record
class Assignment:
    """``name=value``. optional: written ``?=``: counts only where nothing else sets the name."""

    name: str
    value: str
    optional: bool = False


@record
class Import:
    """``import path filter``: the file at *path* is read here.

    filter: a name, a prefix ending in ``*``, or "" for everything in it
    """

    path: str
    filter: str = ""

    def admits(self, name: str) -> bool:
        """Whether the filter lets *name* through."""
        if self.filter.endswith("*"):
            return name.startswith(self.filter[:-1])
        return self.filter in ("", name)


Statement = Assignment | Import


def parse_build_prop(text: str, origin: str = "") -> Parsed[tuple[Statement, ...]]:
    """The statements of a property file in their order; duplicates are kept, the merging decides.

    Values are kept as they are, quotes included, because init keeps them too: ``getprop`` of such a unit
    prints ``"Nokia 7 plus"`` with its quotes. `audit.model.text.unquoted` is for comparing.
    White space around name and value goes, a ``#`` starts a comment only at the start of a line, a line
    without ``=`` sets nothing.

    Source: AOSP system/core/init/property_service.cpp LoadProperties; ``?=`` is
    build/make/tools/post_process_props.py, found in the source files of device trees.
    """
    ledger = Ledger(origin)
    statements: list[Statement] = []
    for number, raw in enumerate(lines_of(text), start=1):
        line = raw.strip()
        if line.startswith("#"):
            ledger.skip("comments")
        elif (found := _statement(line)) is not None:
            statements.append(found)
            ledger.read()
        else:
            ledger.left_over(number, raw)
    return ledger.parsed(tuple(statements))


def _statement(line: str) -> Statement | None:
    if found := _IMPORT.match(line):
        return Import(path=found[1], filter=(found[2] or "").strip())
    name, equals, value = line.partition("=")
    if not equals:
        return None
    optional = name.endswith("?")
    name = name.removesuffix("?").rstrip()
    if not name or any(c.isspace() for c in name):
        return None
    return Assignment(name=name, value=value.lstrip(), optional=optional)
