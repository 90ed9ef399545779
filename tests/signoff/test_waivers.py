"""A file of waivers: read whole, or refused with every line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.errors import BadWaivers
from audit.signoff.toml_lines import lines_of
from audit.signoff.waivers import parse_waivers, read_waivers

CHECKS = frozenset({"client-market", "identity", "manifest"})
GOOD = """\
[[waiver]]
id = "W-7"
check = "client-market"
subject = "com.example.simactivate"
model = "TA-1234"
reason = "Disabled by the carrier"
approver = "Jane Doe"
expires = 2026-12-31
"""


def entry(**changed: str | None) -> str:
    """An entry that holds, but for what is *changed*, as TOML; None leaves a key out."""
    keys: dict[str, str | None] = {
        "id": '"W-7"',
        "check": '"identity"',
        "model": '"TA-1234"',
        "reason": '"why"',
        "approver": '"Jane"',
        "expires": "2026-12-31",
    }
    told = (f"{key} = {value}" for key, value in (keys | changed).items() if value is not None)
    return "\n".join(("[[waiver]]", *told)) + "\n"


def problems(text: str) -> tuple[str, ...]:
    """What is said of a file."""
    with pytest.raises(BadWaivers) as caught:
        parse_waivers(text.encode(), "waivers.toml", CHECKS)
    return caught.value.problems


def test_an_entry_is_read_with_its_line(tmp_path: Path) -> None:
    """Every key arrives; the line is that of the table's head."""
    path = tmp_path / "waivers.toml"
    path.write_text("# ours\n\n" + GOOD, encoding="utf-8")
    (one,) = read_waivers(path, CHECKS)
    assert (one.id, one.check, one.subject, one.model) == (
        "W-7",
        "client-market",
        "com.example.simactivate",
        "TA-1234",
    )
    assert (one.reason, one.approver, one.expires) == ("Disabled by the carrier", "Jane Doe", "2026-12-31")
    assert (one.line, one.path, one.unit) == (3, str(path), "")


@pytest.mark.parametrize("written", ["2026-12-31", '"2026-12-31"', "'2026-12-31'"])
def test_a_day_is_a_date_or_the_text_of_one(written: str) -> None:
    """TOML has dates; who writes a text means the same."""
    (one,) = parse_waivers(entry(expires=written).encode(), "w", CHECKS)
    assert one.expires == "2026-12-31"


def test_no_waiver_at_all_is_a_file_too() -> None:
    """An empty file, or one of remarks alone, waives nothing."""
    assert parse_waivers(b"# none yet\n", "w", CHECKS) == ()


def test_a_file_as_windows_writes_it_is_read() -> None:
    """A byte order mark and CRLF change neither values nor lines."""
    data = b"\xef\xbb\xbf" + ("# first\n" + GOOD).replace("\n", "\r\n").encode()
    (one,) = parse_waivers(data, "w", CHECKS)
    assert (one.line, one.id) == (2, "W-7")


WRONG = [
    (entry(id=None), ('line 1: waiver 1: id is missing; write id = "W-1": reports name a waiver by it',)),
    (entry(reason=None), ("line 1: waiver W-7: reason is missing; say why it may stay",)),
    (entry(approver=None), ("line 1: waiver W-7: approver is missing; say who decided",)),
    (entry(expires=None), ("line 1: waiver W-7: expires is missing; write expires = 2026-12-31",)),
    (entry(reason='" \\t "'), ("line 5: waiver W-7: reason is empty; say why it may stay",)),
    (entry(reason='"\\u202e\\u200b"'), ("line 5: waiver W-7: reason is empty; say why it may stay",)),
    (
        entry(check='"identty"'),
        ("line 3: waiver W-7: unknown check 'identty'; did you mean 'identity'?",),
    ),
    (
        entry(check='"zzz"'),
        ("line 3: waiver W-7: unknown check 'zzz'; use one of: client-market, identity, manifest",),
    ),
    (
        entry(model=None),
        ("line 1: waiver W-7: it has no scope and would hold everywhere; name model, build, crate or unit",),
    ),
    (
        entry(model='""'),
        ("line 4: waiver W-7: model is empty; name it, or leave the line out",),
    ),
    (
        entry(model='"*"'),
        ("line 4: waiver W-7: model '*' is a pattern; name one model; a waiver for each",),
    ),
    (entry(model="7"), ('line 4: waiver W-7: model is not a text; write it as model = "…"',)),
    (entry(expires='"soon"'), ("line 7: waiver W-7: expires is no date; write expires = 2026-12-31",)),
    (entry(expires="20261231"), ("line 7: waiver W-7: expires is no date; write expires = 2026-12-31",)),
    (
        entry(expires="2026-12-31T10:00:00Z"),
        ("line 7: waiver W-7: expires is no date; write expires = 2026-12-31",),
    ),
    (
        entry(expires='"2026-02-30"'),
        ("line 7: waiver W-7: expires '2026-02-30' is no day of the calendar; write expires = 2026-12-31",),
    ),
    (entry(aprover='"x"'), ("line 8: waiver W-7: unknown key 'aprover'; did you mean 'approver'?",)),
    (
        entry(id='"W 7"'),
        ("line 2: waiver W 7: id 'W 7' is none; use letters, digits and . _ - / only",),
    ),
    (
        entry(reason=f'"{"x" * 1001}"'),
        ("line 5: waiver W-7: reason is longer than 1000 characters; shorten it",),
    ),
    (
        entry() + entry(id='"w-7"'),
        ("line 8: waiver w-7: line 1 has the same id; give each its own",),
    ),
    (
        entry(id=None, check='"zzzz"') + "\n" + entry(approver=None),
        (
            'line 1: waiver 1: id is missing; write id = "W-1": reports name a waiver by it',
            "line 2: waiver 1: unknown check 'zzzz'; use one of: client-market, identity, manifest",
            "line 8: waiver W-7: approver is missing; say who decided",
        ),
    ),
    (
        GOOD.replace("[[waiver]]", "[[waivers]]"),
        ("line 1: unknown key 'waivers'; write [[waiver]] before each entry",),
    ),
    (
        GOOD.replace("[[waiver]]", "\n[waiver]"),
        ("line 2: waiver is no list of tables; write [[waiver]] before each entry",),
    ),
    (
        '\n\nwaiver = [{id = "W-1"}]\n',
        ("line 3: waiver is no list of tables; write [[waiver]] before each entry",),
    ),
    ("waiver = 1\n", ("line 1: waiver is no list of tables; write [[waiver]] before each entry",)),
    ("[[waiver]]\nid = W-7\n", ("line 2: Invalid value",)),
    ('[[waiver]]\nid = "W-7"\nid = "W-8"\n', ("line 3: Cannot overwrite a value",)),
    ('[[waiver]]\nid = """W-7\n', ("line 3: Unterminated string",)),
    ("a = " + "[" * 5000, ("line 1: is nested too deeply; a waiver is a flat table",)),
]


@pytest.mark.parametrize(("text", "said"), WRONG, ids=range(len(WRONG)))
def test_what_is_wrong_is_said_with_its_line(text: str, said: tuple[str, ...]) -> None:
    """Every problem of a file in one error, in the order of its lines, each with what to write."""
    assert problems(text) == said


def test_bytes_that_are_no_text_are_told_by_line() -> None:
    """A file in another encoding is told, not guessed."""
    with pytest.raises(BadWaivers) as caught:
        parse_waivers(b"# one\n# \xff\n", "waivers.toml", CHECKS)
    assert caught.value.problems == ("line 2: is not UTF-8; save the file as UTF-8",)


@pytest.mark.parametrize("name", ["gone.toml", "."])
def test_a_file_that_is_none_is_told(tmp_path: Path, name: str) -> None:
    """Neither a missing file nor a folder is an empty list of waivers."""
    with pytest.raises(BadWaivers):
        read_waivers(tmp_path / name, CHECKS)


def test_a_file_without_end_is_not_read(tmp_path: Path) -> None:
    """What is larger than any list of waivers is refused by its size."""
    path = tmp_path / "waivers.toml"
    path.write_bytes(b"#" * (600 * 1024))
    with pytest.raises(BadWaivers, match="larger than 512 KiB"):
        read_waivers(path, CHECKS)


def test_of_very_many_problems_the_first_are_told() -> None:
    """Nobody reads ten thousand lines."""
    said = problems("".join(entry(id=f'"W-{n}"', reason=None) for n in range(200)))
    assert (len(said), said[-1]) == (51, "and 150 more")


def test_hostile_text_is_made_safe_to_show() -> None:
    """A reason cannot move the cursor, reorder what is read or take a line of its own."""
    (one,) = parse_waivers(entry(reason=r'"a\u001b[31m\u202eb\nline 9: all is well"').encode(), "w", CHECKS)
    assert one.reason == "a[31mb line 9: all is well"


HIDING = '''\
top = """
[[waiver]]
""" # "
[other]
text = '[[waiver]]'
list = [ # [[waiver]]
  "[[waiver]]", [["waiver"]],
]
[[waiver]] # the first
id = 'a'
"check" = """
check = 1
[[waiver]]
""\\"""\"\"
reason = \'\'\'
it''s [[waiver]]\'\'\'\'
[[ "waiver" ]]
[waiver.sub]
id = "b"
'''


def test_lines_are_found_whatever_strings_hold() -> None:
    """Heads and keys inside strings, arrays and remarks are none."""
    import tomllib  # noqa: PLC0415 - only here, to hold that the text is what it seems

    assert len(tomllib.loads(HIDING)["waiver"]) == 2
    found = lines_of(HIDING, "waiver")
    assert [one.line for one in found.tables] == [9, 17]
    assert [dict(one.keys) for one in found.tables] == [{"id": 10, "check": 11, "reason": 15}, {"sub": 18}]
    assert dict(found.top) == {"top": 1, "other": 4}


_TEXTS = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\t\"'\\[]#="), max_size=40
)


@given(st.lists(st.tuples(_TEXTS, st.sampled_from(["basic", "long", "remark"])), min_size=1, max_size=6))
def test_each_entry_has_the_line_it_was_written_on(given_: list[tuple[str, str]]) -> None:
    """Whatever reasons hold, the lines are those on which the entries were written."""
    text, wanted = "", []
    for number, (reason, how) in enumerate(given_):
        escaped = reason.replace("\\", "\\\\").replace('"', '\\"')
        if how == "remark":
            text += "# " + reason.replace("\n", " ") + "\n"
        wanted.append(text.count("\n") + 1)
        quoted = f'"""{escaped}"""' if how == "long" else f'"x{escaped}"'.replace("\n", "\\n")
        text += entry(id=f'"W-{number}"', reason=quoted)
    assert [one.line for one in lines_of(text, "waiver").tables] == wanted


@given(st.binary(max_size=300) | _TEXTS.map(lambda told: (GOOD + told).encode()))
def test_any_file_is_read_or_refused(data: bytes) -> None:
    """No file ends in anything but waivers or an error with a line for each problem."""
    said: tuple[str, ...] = ("line 0",)
    try:
        parse_waivers(data, "w", CHECKS)
    except BadWaivers as error:
        said = error.problems
    assert said
    assert all(problem.startswith("line ") for problem in said)
