from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from audit.model.text import clean
from audit.parse.text import decode, lines_of, quote


@given(st.text(alphabet=st.characters(exclude_characters="\r")))
def test_decoding_cleans_as_the_model_does(text: str) -> None:
    """The fast way through long text ends where the plain way does."""
    data = text.encode("utf-8", "surrogatepass")
    assert decode(data) == clean(data.decode("utf-8", "replace"))


@given(st.binary())
def test_no_bytes_leave_anything_unsafe(data: bytes) -> None:
    """Whatever a unit sends, nothing that moves a cursor or turns text around is left."""
    left = {c for c in decode(data) if unicodedata.category(c) in {"Cc", "Cf", "Cs"}}
    assert left <= {"\n", "\t"}


def test_every_kind_of_line_end_is_one_line_end() -> None:
    """A PTY's CRLF and old adb's CR CR LF do not make empty lines."""
    assert lines_of(decode(b"a\r\nb\r\r\nc\rd\n\ne")) == ["a", "b", "c", "d", "", "e"]


def test_no_lines_are_no_lines() -> None:
    """An empty file has no line, a newline alone has one that is empty."""
    assert lines_of("") == []
    assert lines_of("\n") == [""]


def test_a_quote_is_one_short_line() -> None:
    """What goes into a message cannot fill the screen."""
    assert quote(" a\tb\n") == "a b"
    assert len(quote("x" * 10_000)) == 160
