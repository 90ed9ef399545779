from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.model.text import unquoted
from audit.parse.build_prop import Assignment, Import, Statement, parse_build_prop
from tests.parse.account import assert_accounted, texts

_NAMES = st.from_regex(r"[a-z][a-z0-9_.\-]{0,20}", fullmatch=True)
_VALUES = st.text(alphabet=st.sampled_from('ab=#" :,中?')).map(str.strip)


@given(st.lists(st.tuples(_NAMES, _VALUES, st.booleans()), max_size=8))
def test_what_a_file_assigns_is_read_back(rows: list[tuple[str, str, bool]]) -> None:
    """Order, duplicates, quotes and equals signs in values survive."""
    text = "".join(f"{name}{'?' if optional else ''}={value}\n" for name, value, optional in rows)
    parsed = parse_build_prop(text)
    assert parsed.value == tuple(Assignment(name=n, value=v, optional=o) for n, v, o in rows)
    assert_accounted(text, parsed)


@given(texts(("ro.a=1", "import /x/y.prop", "# c", "=", "?=", " ", "ro.b")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_build_prop(text))


@pytest.mark.parametrize(
    ("line", "statement"),
    [
        ('ro.product.model="Nokia 7 plus"', Assignment(name="ro.product.model", value='"Nokia 7 plus"')),
        ("  persist.radio.jbims = 1  ", Assignment(name="persist.radio.jbims", value="1")),
        ("ro.a=b # no comment", Assignment(name="ro.a", value="b # no comment")),
        ("ro.a=", Assignment(name="ro.a", value="")),
        ("ro.a ?= b", Assignment(name="ro.a", value="b", optional=True)),
        ("import /oem/oem.prop ro.carrier", Import(path="/oem/oem.prop", filter="ro.carrier")),
        ("import /oem/oem.prop oem.*", Import(path="/oem/oem.prop", filter="oem.*")),
        ("import /vendor/x.prop", Import(path="/vendor/x.prop")),
        ("important=1", Assignment(name="important", value="1")),
    ],
)
def test_odd_lines(line: str, statement: Statement) -> None:
    """White space around names and values goes, quotes and late hashes stay, as in init."""
    assert parse_build_prop(line).value == (statement,)


@pytest.mark.parametrize("line", ["ro.product.mod", "=value", "two words=1"])
def test_lines_that_set_nothing_are_unread(line: str) -> None:
    """Passed over by init, and told by us."""
    parsed = parse_build_prop(line)
    assert parsed.value == ()
    assert [unread.text for unread in parsed.unread] == [line]


@pytest.mark.parametrize(
    ("name", "admitted"), [("oem.a", True), ("oem.", True), ("oe", False), ("ro.oem.a", False)]
)
def test_an_import_with_a_star_admits_a_prefix(name: str, admitted: bool) -> None:
    """``oem.*`` is the names that begin with ``oem.``."""
    assert Import(path="/p", filter="oem.*").admits(name) is admitted


@pytest.mark.parametrize(
    ("value", "bare"),
    [('"Nokia 7 plus"', "Nokia 7 plus"), ("Nokia", "Nokia"), ('"', '"'), ('""', ""), ('"a" "b"', 'a" "b')],
)
def test_quotes_come_off_for_comparing(value: str, bare: str) -> None:
    """One pair around the whole value, no more."""
    assert unquoted(value) == bare
