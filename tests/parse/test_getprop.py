from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.parse.getprop import parse_getprop
from tests.parse.account import assert_accounted, texts

_NAMES = st.from_regex(r"[a-z][a-z0-9_.\-]{0,20}", fullmatch=True)
# A value whose line looks like the next property cannot be told from it: the format has no escape.
_VALUES = st.text(alphabet=st.sampled_from('ab= ":,中é]\n')).filter(lambda v: not v.endswith(" "))


@given(st.dictionaries(_NAMES, _VALUES, max_size=8))
def test_what_getprop_prints_is_read_back(properties: dict[str, str]) -> None:
    """Empty, multi-line and bracketed values survive."""
    text = "".join(f"[{name}]: [{value}]\n" for name, value in properties.items())
    parsed = parse_getprop(text, "getprop")
    assert parsed.value == properties
    assert parsed.unread == ()
    assert_accounted(text, parsed)


@given(texts(("[ro.a]: [", "]", "[ro.b]: []", "[", "]: [", "value")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_getprop(text))


@pytest.mark.parametrize(
    ("text", "value", "unread"),
    [
        ("[a]: [1]\n[a]: [2]", {"a": "2"}, 0),
        ("[a]: [one\ntwo\n\nthree]\n[b]: []", {"a": "one\ntwo\n\nthree", "b": ""}, 0),
        ("[a]: [b]: [c]", {"a": "b]: [c"}, 0),
        ("[a]: [1]  \n", {"a": "1"}, 0),
        ("[a]: [1]\nprompt$ ", {"a": "1"}, 1),
        ("junk\n[a]: [1]", {"a": "1"}, 1),
        ("[a]: [1]\n[b]: [half of a val", {"a": "1"}, 1),
        ("[a]: [half\nof it\n[b]: [2]", {"b": "2"}, 2),
        ("[a]: [", {}, 1),
        ("[gsm.operator.alpha]: [中国联通,中国移动]", {"gsm.operator.alpha": "中国联通,中国移动"}, 0),
        ("", {}, 0),
    ],
)
def test_odd_lines(text: str, value: dict[str, str], unread: int) -> None:
    """Half a value is no value, and what follows a value is not part of it."""
    parsed = parse_getprop(text)
    assert parsed.value == value
    assert len(parsed.unread) == unread
    assert_accounted(text, parsed)


def test_a_failure_is_told_apart_from_unread_lines() -> None:
    """The unit's own error message is an error, not a line of unknown meaning."""
    parsed = parse_getprop("/system/bin/sh: getprop: not found\n")
    assert parsed.errors == ("/system/bin/sh: getprop: not found",)
    assert parsed.unread == ()
