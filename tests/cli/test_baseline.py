"""Golden units on the command line: saved, shown, compared, judged by, and refused where they are none."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from audit.cli import exits
from audit.cli.baseline import load_baseline
from audit.codec import sha256
from audit.model.portrait import TraitKind
from tests.cli.conftest import Cli

Recorded = Callable[[str], Path]


@pytest.fixture
def golden(cli: Cli, recorded: Recorded, tmp_path: Path) -> Path:
    """The golden unit of a clean one."""
    place = tmp_path / "golden.json"
    ran = cli("baseline", "save", recorded("clean-global"), "-o", place, "--name", "lot 7")
    assert ran.code == exits.PASS, ran.err
    return place


def changed(folder: Path, name: str, old: str, new: str) -> Path:
    """*folder* with a file changed."""
    (path,) = folder.glob(f"{name}*")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    return folder


def test_it_is_saved_from_what_was_recorded(cli: Cli, golden: Path) -> None:
    """With its name, model and counts; what was not recorded is said."""
    made = load_baseline(golden)
    assert (made.name, made.portrait.model) == ("lot 7", "Nokia X20")
    assert len([t for t in made.portrait.traits if t.kind is TraitKind.PACKAGE]) > 50
    shown = cli("baseline", "show", golden)
    assert shown.code == exits.PASS
    for words in ("lot 7", "Nokia X20", "packages", "left out", "not read        apex", made.snapshot_sha256):
        assert words.lower() in shown.out.lower()
    assert max(map(len, shown.out.splitlines())) <= 80
    assert golden.stat().st_mode & 0o777 == 0o644


def test_it_is_saved_from_a_connected_unit(cli: Cli, lab: dict[str, str], tmp_path: Path) -> None:
    """Named by model and build, and without its serial number; the unit itself does not differ from it."""
    place = tmp_path / "golden.json"
    ran = cli("baseline", "save", "--connect", lab["clean-global"], "-o", place)
    assert ran.code == exits.PASS, ran.err
    assert "golden unit     Nokia X20 00WW_3_380" in ran.out
    assert "LABCLEANGLOBAL" not in place.read_text()
    same = cli("baseline", "compare", place, "--connect", lab["clean-global"])
    assert (same.code, "no difference" in same.out) == (exits.PASS, True)
    other = cli("baseline", "compare", place, "--connect", lab["dormant-eu"])
    assert other.code == exits.INCONCLUSIVE
    assert "not compared" in " ".join(other.out.split())
    judged = cli(
        "scan", "--connect", lab["clean-global"], "--market", "NO", "--baseline", place, "-f", "json"
    )
    assert judged.code == exits.PASS
    assert json.loads(judged.out)["expectation"]["baseline"] == sha256(load_baseline(place))


def test_a_unit_that_cannot_be_reached_is_none(cli: Cli, lab: dict[str, str], tmp_path: Path) -> None:
    """Exit 5, the reason and the fix; nothing is written."""
    place = tmp_path / "golden.json"
    ran = cli("baseline", "save", "--connect", lab["unauthorized"], "--wait", "0", "-o", place)
    assert ran.code == exits.INCONCLUSIVE
    assert "fix: " in ran.err
    assert not place.exists()


@pytest.mark.parametrize(
    ("gone", "instead", "said"),
    [
        ("list_packages", "cmd: Can't find service: package\n", "its packages"),
        ("list_packages", None, "its packages"),
        ("getprop", "", "its properties"),
        ("getprop", None, "its properties"),
    ],
)
def test_a_unit_that_was_not_read_whole_is_refused(
    cli: Cli, recorded: Recorded, *, gone: str, instead: str | None, said: str
) -> None:
    """A golden unit with gaps is none: exit 5, the gap is named, nothing is written."""
    folder = recorded("clean-global")
    found = [path for path in folder.iterdir() if gone in path.name]
    assert found
    for path in found:
        path.unlink() if instead is None else path.write_text(instead)
    place = folder.parent / "golden.json"
    ran = cli("baseline", "save", folder, "-o", place)
    assert ran.code == exits.INCONCLUSIVE
    assert "cannot be a golden unit" in ran.err
    assert said in ran.err
    assert "fix: " in ran.err
    assert not place.exists()


def test_a_unit_without_a_model_is_refused(cli: Cli, recorded: Recorded, tmp_path: Path) -> None:
    """No unit could be of the same."""
    folder = changed(recorded("clean-global"), "getprop", "[ro.product.model]: [Nokia X20]", "[ro.x]: [1]")
    ran = cli("baseline", "save", folder, "-o", tmp_path / "golden.json")
    assert ran.code == exits.INCONCLUSIVE
    assert "does not state its model" in ran.err


def test_judge_and_compare_name_the_difference(cli: Cli, golden: Path, recorded: Recorded) -> None:
    """Judge reviews it or fails it by policy and names the golden unit; compare lists it and nothing else."""
    folder = changed(
        recorded("clean-global"), "getprop", "[ro.boot.skuid]: [600WW]", "[ro.boot.skuid]: [600CN]"
    )
    judged = cli("judge", folder, "--baseline", golden, "-f", "plain")
    assert "ro.boot.skuid is 600CN, golden 600WW" in judged.out
    assert f"like golden unit {sha256(load_baseline(golden))[:12]}" in judged.out
    strict = cli("judge", folder, "--baseline", golden, "--policy", "strict", "-f", "json")
    (finding,) = [f for f in json.loads(strict.out)["findings"] if f["check"] == "baseline"]
    assert (finding["outcome"], finding["severity"]) == ("fail", "high")
    listed = cli("baseline", "compare", golden, folder)
    assert listed.code == exits.REVIEW
    assert "1 difference from the golden unit lot 7" in " ".join(listed.out.split())
    assert re.search(r"region +property ro\.boot\.skuid +600CN +600WW", listed.out)
    assert max(map(len, listed.out.splitlines())) <= 80


def test_several_are_compared_and_one_that_cannot_be_read_is_told(
    cli: Cli, golden: Path, recorded: Recorded, tmp_path: Path
) -> None:
    """The worst of them gives the exit code."""
    (tmp_path / "empty").mkdir()
    ran = cli("baseline", "compare", golden, recorded("clean-global"), tmp_path / "empty")
    assert ran.code == exits.INCONCLUSIVE
    assert "no difference" in " ".join(ran.out.split())
    assert "nothing in this folder is understood" in ran.err or "empty" in ran.err


def test_hostile_values_keep_the_table_in_shape(cli: Cli, golden: Path, recorded: Recorded) -> None:
    """Control characters are gone, long values go on below, nothing is wider than the terminal."""
    hostile = (
        "[persist.acme.x]: [\x1b[2J\u202e" + "9" * 400 + "]\n[" + "y" * 300 + "]: [1]\n[ro.boot.skuid]: ["
    )
    folder = changed(recorded("clean-global"), "getprop", "[ro.boot.skuid]: [", hostile)
    ran = cli("baseline", "compare", golden, folder)
    assert ran.code == exits.REVIEW
    assert "\x1b" not in ran.out
    assert "\u202e" not in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("text", "said", "fix"),
    [
        ("", "not valid JSON", "take it again"),
        ('{"schema": "adb-audit/baseline/1"', "not valid JSON", "cut off"),
        ('{"schema": "adb-audit/baseline/2"}', "this program reads adb-audit/baseline/1", "newer"),
        ('{"schema": "adb-audit/baseline/1", "name": 7}', "name", "unedited"),
        ('{"schema": "adb-audit/snapshot/1"}', "is a snapshot, not a golden unit", "baseline save"),
        ('{"a": 1}', "so this is no adb-audit/baseline/1", "baseline"),
        ("[1, 2]", "no JSON object", "baseline"),
        ("\x1f\x8b\x08\x00", "is compressed", "baseline save"),
        ("[" * 100_000, "", ""),
    ],
)
def test_what_is_no_golden_unit_is_refused(cli: Cli, tmp_path: Path, text: str, said: str, fix: str) -> None:
    """What it is instead, where it lies and what to do, before anything is judged by it."""
    place = tmp_path / "golden.json"
    place.write_bytes(text.encode("latin-1"))
    for given in (("baseline", "show", place), ("judge", tmp_path, "--baseline", place)):
        ran = cli(*given)
        assert ran.code == exits.INCONCLUSIVE
        assert str(place) in ran.err
        assert said in ran.err
        assert fix in ran.err
        assert not ran.out


def test_a_file_that_is_not_there(cli: Cli, tmp_path: Path) -> None:
    """Said as any other file that is not there."""
    ran = cli("judge", tmp_path, "--baseline", tmp_path / "golden.json")
    assert ran.code == exits.INCONCLUSIVE
    assert "no such file" in ran.err


@pytest.mark.parametrize("place", ["golden.txt", "no/such/folder/golden.json"])
def test_a_place_that_will_not_do_is_said_first(cli: Cli, tmp_path: Path, place: str) -> None:
    """Before a unit is read for nothing."""
    ran = cli("baseline", "save", "-o", tmp_path / place)
    assert ran.code == exits.USAGE
    assert "fix: " in ran.err
