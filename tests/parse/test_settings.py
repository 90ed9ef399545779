from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from audit.parse.settings import parse_settings
from tests.parse.account import assert_accounted, texts

_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.:]{0,20}", fullmatch=True)
# A continuation line that reads name=value cannot be told from a row, nor one of five dashes from the frame
# of a bug report; blank lines at the end are no value.
_LINES = st.text(alphabet="aé +/-{}[]", max_size=8).filter(lambda line: not line.startswith("-----"))
_VALUES = st.lists(_LINES, min_size=1, max_size=3).map("\n".join)


@given(st.lists(st.tuples(_NAMES, _VALUES.filter(lambda v: v == v.rstrip("\n")))))
def test_what_settings_prints_is_read_back(rows: list[tuple[str, str]]) -> None:
    """Empty and multi-line values survive."""
    rows = [(name, value.rstrip("\n ") if "\n" in value else value) for name, value in rows]
    text = "".join(f"{name}={value}\n" for name, value in rows)
    parsed = parse_settings(text, "s", namespace="secure", user=10)
    assert [(row.name, row.value) for row in parsed.value] == rows
    assert {(row.namespace, row.user) for row in parsed.value} <= {("secure", 10)}
    assert_accounted(text, parsed)


@given(st.lists(st.tuples(_NAMES, _VALUES.map(str.strip), st.booleans(), st.booleans())))
def test_what_a_dump_prints_is_read_back(rows: list[tuple[str, str, bool, bool]]) -> None:
    """Both orders of the fields, with and without a default."""
    text = "GLOBAL SETTINGS (user 0)\n"
    for number, (name, value, old, default) in enumerate(rows):
        end = f" default:{value} defaultSystemSet:true" if default else ""
        order = f"value:{value} pkg:com.a" if old else f"pkg:com.a value:{value}{end}"
        text += f"_id:{number} name:{name} {order}\n"
    parsed = parse_settings(text, namespace="system")
    assert [(row.namespace, row.user, row.name, row.value) for row in parsed.value] == [
        ("global", 0, name, value) for name, value, _, _ in rows
    ]
    assert_accounted(text, parsed)


@given(texts(("a=1", "_id:1 name:a pkg:b value:", "GLOBAL SETTINGS (user 0)", " default:", "usage: ", "x==")))
def test_any_text_is_accounted_for(text: str) -> None:
    """Nothing raises and no line is dropped."""
    assert_accounted(text, parse_settings(text))


def test_base64_continues_the_row_before_it() -> None:
    """A value that wraps in base64 is one row, though its second line holds an equals sign."""
    text = "_id:9 name:id pkg:com.a value:AAAA\nSiIL8y/CkZ= default:AAAA\nSiIL8y/CkZ= defaultSystemSet:true"
    (row,) = parse_settings(text).value
    assert row.value == "AAAA\nSiIL8y/CkZ="


def test_a_value_of_a_dump_may_hold_what_looks_like_a_listed_row() -> None:
    """Within a dump only its own rows begin a row."""
    rows = parse_settings("_id:1 name:a pkg:p value:x\nb=c default:null\n_id:2 name:d pkg:p value:e").value
    assert [(row.name, row.value) for row in rows] == [("a", "x\nb=c"), ("d", "e")]


def test_tables_that_are_no_settings_are_left() -> None:
    """A dump holds more tables; they are counted."""
    text = "CONFIG SETTINGS (user 0)\nversion: 1\n_id:1 name:a pkg:p value:1\n\nSECURE SETTINGS (user 10)\n"
    text += "_id:2 name:b pkg:p value:2 default:null defaultSystemSet:true tag:t\n"
    parsed = parse_settings(text)
    assert [(row.namespace, row.user, row.name, row.value) for row in parsed.value] == [
        ("secure", 10, "b", "2")
    ]
    assert parsed.skipped == {"config table": 1, "headings": 1, "blank lines": 1}
    assert_accounted(text, parsed)


def test_usage_text_is_one_error() -> None:
    """A unit whose program does not know ``list`` explains itself at length."""
    text = "usage:  settings [--user NUM] get namespace key\n    settings put a=b\n\n'namespace' is one of"
    parsed = parse_settings(text)
    assert parsed.value == ()
    assert len(parsed.errors) == 1
    assert parsed.skipped == {"usage text": 3}


def test_an_error_after_the_rows_is_no_value() -> None:
    """A service that dies half-way does not add to the last value."""
    parsed = parse_settings("a=1\nKilled\n")
    assert [row.value for row in parsed.value] == ["1"]
    assert parsed.errors == ("Killed",)
