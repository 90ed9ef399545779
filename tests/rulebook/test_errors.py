"""What the loader says about a broken rulebook, word for word."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import BadProfile
from audit.rulebook import load
from audit.rulebook.cache import Cache
from audit.rulebook.fields import Reader
from audit.rulebook.problems import Place, Problem
from audit.rulebook.shapes import FORMS
from tests.rulebook.house import CLIENT, GOOD, broken, problems, read, write

CLIENTS = "clients/acme.toml"
ENTRY = f"{CLIENTS}: client com.acme.simactivate"
POLICIES = "policies/default.toml"
MISTAKES = tomllib.loads((Path(__file__).parent / "mistakes.toml").read_text(encoding="utf-8"))["mistake"]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[mistake["says"] for mistake in MISTAKES])
def test_each_mistake_is_told_with_its_place_and_its_cure(tmp_path: Path, mistake: dict[str, str]) -> None:
    """One mistake in one file gives the line documented for it."""
    assert mistake["says"] in broken(tmp_path, mistake["file"], mistake["old"], mistake["new"])


def test_a_good_rulebook_has_no_problems(tmp_path: Path) -> None:
    """The rulebook that the table above breaks is whole to begin with."""
    assert problems(write(tmp_path)) == ()


def test_all_problems_are_told_at_once(tmp_path: Path) -> None:
    """Mistakes in several files and several in one entry are collected before anything is refused."""
    client = CLIENT.replace("vendor =", "vender =").replace('"IMEI"', "1").replace('"self-reg', '"shelf-reg')
    found = problems(write(tmp_path, {CLIENTS: client, POLICIES: "name = 1"}))
    assert {line.split(":")[0] for line in found} == {CLIENTS, POLICIES}
    assert len([line for line in found if line.startswith(CLIENTS)]) == 4


def test_a_syntax_error_names_line_and_column(tmp_path: Path) -> None:
    """TOML that does not parse is told with the position tomllib found, and the other files are read on."""
    found = problems(write(tmp_path, {CLIENTS: '[[client]]\npackage "a"', POLICIES: "name = 1"}))
    assert found[0].startswith(f"{CLIENTS}: line 2, column 9: not TOML: ")
    assert found[0].endswith("; correct the line; TOML's rules are at https://toml.io")
    assert any(line.startswith(POLICIES) for line in found)


def test_bytes_that_are_no_text_name_their_line(tmp_path: Path) -> None:
    """A file in another encoding is told, with the first line that shows it."""
    folder = write(tmp_path)
    (folder / CLIENTS).write_bytes(b'# fine\ntitle = "\xff"\n')
    assert problems(folder)[0] == f"{CLIENTS}: line 2: is not UTF-8; save the file as UTF-8"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "clients/again.toml",
            "clients/again.toml: client com.acme.simactivate: package 'com.acme.simactivate'",
        ),
        ("advisories/again.toml", "advisories/again.toml: advisory acme-2020: id 'acme-2020'"),
        ("policies/again.toml", "policies/again.toml: name 'default'"),
        ("regions/again.toml", "regions/again.toml: oem 'acme'"),
    ],
)
def test_what_is_defined_twice_is_told_with_both_files(tmp_path: Path, name: str, message: str) -> None:
    """A second definition names the file of the first."""
    kind = name.split("/", maxsplit=1)[0]
    first = next(path for path in GOOD if path.startswith(f"{kind}/") and "tables" not in path)
    found = problems(write(tmp_path, {name: GOOD[first]}))
    later, earlier = sorted((name, first), reverse=True)
    assert found == (f"{message.replace(name, later)} was defined before, in {earlier}; keep one of the two",)


def test_a_file_in_a_folder_nobody_reads_is_told(tmp_path: Path) -> None:
    """A profile put into a misspelt folder is not silently left out."""
    found = problems(write(tmp_path, {"client/x.toml": CLIENT}))
    assert found == ("client/x.toml: no profiles belong into 'client'; did you mean 'clients'?",)


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    """No folder, no rulebook: the error names it."""
    with pytest.raises(BadProfile) as caught:
        load(tmp_path / "nowhere", cache=Cache(folder=tmp_path))
    assert (
        str(caught.value)
        == f"{tmp_path / 'nowhere'}: there is no rulebook here\n  fix: name the folder of profiles"
    )


def test_the_error_reads_as_a_list(tmp_path: Path) -> None:
    """Printed, the error has its head, its cure, and one line for each problem."""
    folder = write(tmp_path, {CLIENTS: CLIENT.replace("vendor =", "vender =")})
    with pytest.raises(BadProfile) as caught:
        read(folder)
    lines = str(caught.value).splitlines()
    assert lines[0] == f"{folder}: the rulebook has 2 problems"
    assert lines[1] == "  fix: correct these entries; `adb-audit profiles lint` looks again"
    assert lines[2:] == [f"  {problem}" for problem in caught.value.problems]


def test_low_confidence_may_not_promise_a_failure(tmp_path: Path) -> None:
    """An entry that may only ask for review cannot have an example that fails."""
    client = CLIENT.replace('"high"', '"low"').replace('expect = "review"', 'expect = "fail"')
    found = problems(write(tmp_path, {CLIENTS: client}))
    place = f"{ENTRY} / example in Germany, gate closed"
    what = "a client of low confidence can only ask for review"
    assert found == (f'{place}: {what}; expect "review", or source it better',)


def test_low_confidence_may_not_be_malware(tmp_path: Path) -> None:
    """Malware always fails, so it has to be well sourced."""
    client = CLIENT.replace('"high"', '"low"').replace('"self-registration"', '"malware"')
    found = problems(write(tmp_path, {CLIENTS: client}))
    fix = "malware always fails: source it better or choose another role"
    assert found == (f"{ENTRY}: malware of low confidence; {fix}",)


def test_only_updaters_are_denied_by_version(tmp_path: Path) -> None:
    """Denied versions on any other role would never be looked at, so they are refused."""
    client = CLIENT.replace("[[client.endpoint]]", '[client.denied]\nbelow = "2"\n[[client.endpoint]]')
    assert problems(write(tmp_path, {CLIENTS: client})) == (
        f'{ENTRY}: denied versions of a self-registration; only role = "updater" is judged by version',
    )


TOML = st.recursive(
    st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(sorted({key for form in FORMS.values() for key in (*form.written, *form.optional)}))


@settings(max_examples=150, deadline=None)
@given(
    table=st.dictionaries(KEYS | st.text(max_size=8), TOML, max_size=6),
    kind=st.sampled_from(sorted(FORMS, key=str)),
)
def test_any_table_is_read_or_refused(table: dict[str, object], kind: type) -> None:
    """Whatever a table holds, the reader gives a record or says what is wrong, and never raises."""
    found: list[Problem] = []
    read_ = Reader(FORMS).read(kind, table, Place("x.toml", found))
    assert (read_ is None) == bool(found)
