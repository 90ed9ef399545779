"""What was named becomes the inputs that are meant: each once, none halved, none left out without a word."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from audit.errors import UsageError
from audit.fleet.folders import is_one
from audit.fleet.inputs import Inputs, Skipped, holds_many, is_pattern
from tests.cli.conftest import record_unit

GETPROP = "[ro.product.model]: [Nokia 7 plus]\n"
LIST = "package:/system/app/A.apk=a.b\n"
PROP = "ro.product.model=Nokia 7 plus\n"


def made(folder: Path, *files: str) -> Path:
    """A folder with these files, their content by their name."""
    for name in files:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(GETPROP if "getprop" in name else PROP if name.endswith(".prop") else LIST)
    return folder


def found(*named: str | Path) -> tuple[list[str], list[Skipped]]:
    """Paths of the inputs, and what was left out."""
    skipped: list[Skipped] = []
    return [one.path for one in Inputs([str(one) for one in named], skipped.append)], skipped


ONE = {
    "outputs": ("getprop.txt", "pm_list_packages.txt"),
    "outputs beside a bug report": ("getprop.txt", "bugreport.zip"),
    "outputs in two folders": ("id/getprop.txt", "apps/pm_list_packages.txt"),
    "prop files": ("build.prop", "vendor.prop"),
    "prop files of partitions": ("system/build.prop", "vendor/build.prop"),
    "deeper partitions": ("system/etc/prop.default", "vendor/build.prop"),
    "an acquisition": ("acquisition.json", "getprop.txt"),
}
MANY = {
    "a unit each": ("a/getprop.txt", "b/getprop.txt"),
    "a unit each, deeper": ("x/a/getprop.txt", "x/b/getprop.txt"),
    "prop files of several": ("a/build.prop", "b/build.prop"),
    "snapshots": ("a.json.gz", "b.json.gz"),
    "units and snapshots": ("a/getprop.txt", "b.json.gz"),
    "half of one and all of another": ("a/getprop.txt", "a/ps.txt", "b/ps.txt"),
}


@pytest.mark.parametrize("files", ONE.values(), ids=ONE.keys())
def test_a_folder_that_is_one_input(tmp_path: Path, files: tuple[str, ...]) -> None:
    """It is given whole, alone and among others."""
    folder = made(tmp_path / "unit", *files)
    assert is_one(folder)
    assert not holds_many(folder)
    assert found(folder)[0] == [str(folder)]
    assert found(tmp_path)[0] == [str(folder)]


@pytest.mark.parametrize("files", MANY.values(), ids=MANY.keys())
def test_a_folder_that_holds_many(tmp_path: Path, files: tuple[str, ...]) -> None:
    """Each unit once, whole."""
    folder = made(tmp_path / "many", *files)
    assert not is_one(folder)
    assert holds_many(folder)
    inputs, skipped = found(folder)
    assert sorted(inputs) == sorted(
        {str(folder / (name if name.endswith(".gz") else Path(name).parent)) for name in files}
    )
    assert skipped == []


def test_a_folder_of_one_unit_is_no_folder_of_many(tmp_path: Path) -> None:
    """Also where it lies a folder deeper, and where nothing in it is known."""
    record_unit("clean-global", tmp_path / "a" / "unit")
    assert not holds_many(tmp_path / "a")
    assert not holds_many(made(tmp_path / "b", "notes.md", "more.md"))


def test_files_are_told_by_their_content(tmp_path: Path) -> None:
    """A folder of outputs that are called after units: a unit each."""
    for name in ("A1", "A2", "A3"):
        (tmp_path / f"{name}.txt").write_text(GETPROP)
    assert holds_many(tmp_path)
    assert len(found(tmp_path)[0]) == 3


def test_the_order_is_that_of_names(tmp_path: Path) -> None:
    """Files of a folder before its folders, whatever the disk says."""
    made(tmp_path, "b.json", "a.json", "z/1.json", "c/2.json", "c/1.json")
    names = [str(Path(one).relative_to(tmp_path)) for one in found(tmp_path)[0]]
    assert names == ["a.json", "b.json", "c/1.json", "c/2.json", "z/1.json"]


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("*.json", ["a.json"]),
        ("**/*.json", ["a.json", "x/b.json", "x/y/c.json"]),
        ("x/**/*.json", ["x/b.json", "x/y/c.json"]),
        ("?/b.json", ["x/b.json"]),
        ("[xyz]/*.json", ["x/b.json"]),
        ("**", ["a.json", "x/b.json", "x/y/c.json"]),
        ("x/*", ["x/b.json", "x/y/c.json"]),
        ("*/y", ["x/y/c.json"]),
    ],
)
def test_patterns(tmp_path: Path, pattern: str, wanted: list[str]) -> None:
    """As a shell has them; what fits and is a folder is looked into. Hidden files are named or left."""
    made(tmp_path, "a.json", "x/b.json", "x/y/c.json", "x/.hidden.json")
    named = str(tmp_path / pattern)
    assert is_pattern(named)
    assert [str(Path(one).relative_to(tmp_path)) for one in found(named)[0]] == wanted


def test_a_name_with_a_bracket_is_a_name_where_it_is_there(tmp_path: Path) -> None:
    """No pattern; and a pattern that fits nothing is an error."""
    path = made(tmp_path, "a[1].json") / "a[1].json"
    assert not is_pattern(str(path))
    assert found(path)[0] == [str(path)]
    with pytest.raises(UsageError, match="nothing fits"):
        found(tmp_path / "*.xml")


def test_one_input_by_several_ways_is_one(tmp_path: Path) -> None:
    """Named twice, by a link, by a folder above it: judged once, and that is said."""
    folder = made(tmp_path / "f", "a.json", "b.json")
    (tmp_path / "f" / "link.json").symlink_to(folder / "a.json")
    inputs, skipped = found(folder, folder / "b.json", folder)
    assert inputs == [str(folder / "a.json"), str(folder / "b.json")]
    assert {one.why for one in skipped} == {"was reached by another path already"}
    assert not any(one.unsure for one in skipped)


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    """A folder that leads to itself is entered once."""
    folder = made(tmp_path / "f", "x/a.json", "x/b.json")
    (folder / "x" / "up").symlink_to(folder)
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    inputs, _ = found(folder)
    assert [Path(one).name for one in inputs] == ["gone", "a.json", "b.json"]
    assert len(found(str(folder / "**" / "*.json"))[0]) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_what_may_not_be_read_is_told(tmp_path: Path) -> None:
    """A folder nobody may look into: there may be units in it, so nothing can be sure."""
    folder = made(tmp_path / "f", "a.json", "x/b.json")
    (folder / "x").chmod(0)
    try:
        inputs, (one,) = found(folder)
    finally:
        (folder / "x").chmod(stat.S_IRWXU)
    assert len(inputs) == 1
    assert one.unsure
    assert "Permission denied" in one.why


def test_what_is_not_there_is_an_input_all_the_same(tmp_path: Path) -> None:
    """Whoever named it hears of it."""
    (one,) = Inputs([str(tmp_path / "gone.json")], lambda _: None)
    assert (one.meant, one.there) == (True, False)


def test_a_large_folder_is_walked_once(tmp_path: Path) -> None:
    """Five thousand files: each once, in order."""
    for number in range(5_000):
        (tmp_path / f"{number:06d}.json").touch()
    inputs, skipped = found(tmp_path)
    assert inputs == sorted(inputs)
    assert (len(inputs), skipped) == (5_000, [])
