"""Shared by the parser tests: every line has one place, and text as a hostile unit might send it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

from audit.model.facts import Parsed
from audit.parse.text import decode, lines_of

V = TypeVar("V")


def lines_accounted(parsed: Parsed[V]) -> int:
    """How many lines the parser says it saw."""
    return parsed.read + len(parsed.unread) + sum(parsed.skipped.values()) + len(parsed.errors)


def assert_accounted(text: str, parsed: Parsed[V]) -> None:
    """Every line of *text* is booked once, and unread lines carry their own number."""
    lines = lines_of(text)
    assert lines_accounted(parsed) == len(lines)
    for unread in parsed.unread:
        assert lines[unread.line - 1] == unread.text


def texts(fragments: Sequence[str]) -> st.SearchStrategy[str]:
    """Any text, and lines of the format torn apart and mixed with it, cleaned as artifacts are."""
    piece = st.one_of(
        st.sampled_from(fragments),
        st.sampled_from(("", "   ", "Killed", "\tat java.lang.Thread.run(Thread.java:1)", "***")),
        st.text(max_size=12),
    )
    line = st.lists(piece, max_size=3).map("".join)
    ends = st.sampled_from(("\n", "\r\n", "\r\r\n"))
    joined = st.tuples(st.lists(line, max_size=12), ends).map(lambda parts: parts[1].join(parts[0]))
    return joined.map(lambda text: decode(text.encode("utf-8", "surrogatepass")))
