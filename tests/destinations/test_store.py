"""The data folder: what it says of itself, and what it says when it was damaged."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from audit.destinations import load_atlas
from audit.destinations.bring_in import bring_in
from audit.destinations.store import MANIFEST, Store
from audit.errors import BadInput, UsageError
from tests.destinations.conftest import ASN4, GEOIP, NOW, Write


@pytest.fixture
def filled(store: Store, write: Write) -> Store:
    """A folder with two datasets."""
    for name, content in (("geoip", GEOIP), ("asn.csv", ASN4)):
        bring_in(store, write(name, content), imported_at=NOW)
    return store


def test_a_folder_that_is_not_there_holds_nothing(store: Store) -> None:
    """That is how every station begins."""
    assert store.held() == ()


def test_what_is_written_is_read_back(filled: Store) -> None:
    """Also by a later run, and in the order of import."""
    assert [held.dataset.name for held in Store(folder=filled.folder).held()] == ["tor-geoip", "asn"]


@pytest.mark.parametrize(
    ("published", "today", "age"),
    [
        ("2026-06-25", date(2026, 6, 25), 0),
        ("2026-06-25", date(2026, 9, 23), 90),
        ("2026-06-25", date(2026, 1, 1), 0),
        ("", date(2026, 9, 23), None),
    ],
)
def test_data_has_an_age_where_it_says_its_day(
    store: Store, write: Write, published: str, today: date, age: int | None
) -> None:
    """By the day it was published, not that of the import; never below zero, whatever the clock says."""
    day = "Thu, 25 Jun 2026" if published else "some day"
    bring_in(store, write("geoip", GEOIP.replace("Thu, 25 Jun 2026", day)), imported_at=NOW)
    (held,) = store.held()
    assert (held.dataset.published, held.age_days(today)) == (published, age)


def test_a_dataset_is_removed_with_its_table(filled: Store) -> None:
    """The other stays; a name nobody has is told with those there are."""
    gone = filled.remove("tor-geoip")
    assert gone.dataset.name == "tor-geoip"
    assert [held.dataset.name for held in filled.held()] == ["asn"]
    assert len(list(filled.folder.glob("*.ranges"))) == 1
    with pytest.raises(UsageError, match="no data is called 'tor-geoip'") as caught:
        filled.remove("tor-geoip")
    assert "asn" in caught.value.fix


def test_what_a_killed_import_left_goes_with_the_next(filled: Store, write: Write) -> None:
    """Tables that no manifest names, and workplaces of another day; one of today may be in use."""
    (filled.folder / "old-000.ranges").write_bytes(b"x")
    for name, age_s in ((".importing-old", 200_000), (".importing-new", 0)):
        (filled.folder / name).mkdir()
        then = (filled.folder / name).stat().st_mtime - age_s
        os.utime(filled.folder / name, (then, then))
    bring_in(filled, write("geoip", GEOIP), imported_at=NOW)
    left = {path.name for path in filled.folder.iterdir()}
    assert "old-000.ranges" not in left
    assert ".importing-old" not in left
    assert ".importing-new" in left


def changed(change: Callable[[Any], object]) -> Callable[[str], str]:
    """A change of the manifest as JSON."""

    def apply(text: str) -> str:
        whole = json.loads(text)
        change(whole)
        return json.dumps(whole)

    return apply


def first(**values: object) -> Callable[[str], str]:
    """Other values in the first dataset."""
    return changed(lambda whole: whole["datasets"][0].update(values))


DAMAGE: dict[str, Callable[[str], str]] = {
    "cut": lambda text: text[:50],
    "empty": lambda _: "",
    "a list": lambda _: "[]",
    "deep": lambda _: "[" * 100_000,
    "another version": changed(lambda whole: whole.update(version=2)),
    "no list": changed(lambda whole: whole.update(datasets=3)),
    "no table": changed(lambda whole: whole.update(datasets=[3])),
    "no name": changed(lambda whole: whole["datasets"][0].pop("name")),
    "a number for a text": first(title=3),
    "a path for a file": first(file="../../x.ranges"),
    "another kind": first(kind="city"),
    "no day": first(published="soon"),
    "no size": first(size_bytes=-1),
    "a text for a number": first(ranges="3"),
    "truth for a number": first(ranges=True),
    "endless": lambda text: text + " " * (1 << 20),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_manifest_is_told(filled: Store, damage: Callable[[str], str]) -> None:
    """With its place and the cure; damaged data must not look like none."""
    path = filled.folder / MANIFEST
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    for read in (filled.held, lambda: load_atlas(filled.folder)):
        with pytest.raises(BadInput) as caught:
            read()
        assert caught.value.where == str(path)
        assert "import the data again" in caught.value.fix


def test_text_of_the_manifest_is_made_safe(filled: Store) -> None:
    """A title may not steer a terminal."""
    path = filled.folder / MANIFEST
    path.write_text(first(title="\x1b[2JX")(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert filled.held()[0].dataset.title == "[2JX"


def missing(path: Path) -> None:
    """The table is gone."""
    path.unlink()


def longer(path: Path) -> None:
    """The table has grown."""
    path.write_bytes(path.read_bytes() + b"x")


def other(path: Path) -> None:
    """One byte of the table is another."""
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.write_bytes(whole)


@pytest.mark.parametrize("damage", [missing, longer, other])
def test_a_changed_table_is_never_answered_from(filled: Store, damage: Callable[[Path], None]) -> None:
    """Gone or of another size: at once; changed within: before the first answer."""
    damage(filled.path(filled.held()[0]))

    def ask() -> None:
        atlas = load_atlas(filled.folder)
        assert atlas is not None
        atlas.address("8.8.8.8")

    with pytest.raises(BadInput, match="tor-geoip: its table") as caught:
        ask()
    assert "adb-audit data import" in caught.value.fix
    assert "adb-audit data remove tor-geoip" in caught.value.fix


@pytest.mark.parametrize("damage", [missing, longer])
def test_what_can_be_seen_at_once_is_told_at_once(filled: Store, damage: Callable[[Path], None]) -> None:
    """Before a unit is judged, not in the middle of it."""
    damage(filled.path(filled.held()[1]))
    with pytest.raises(BadInput, match="asn: its table"):
        load_atlas(filled.folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path, write: Write) -> None:
    """With the reason."""
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(UsageError, match="cannot be written"):
        bring_in(Store(folder=tmp_path / "locked" / "data"), write("geoip", GEOIP), imported_at=NOW)


def test_a_file_in_the_folders_place_is_told(tmp_path: Path, write: Write) -> None:
    """Nothing is overwritten."""
    with pytest.raises(UsageError, match="cannot be written"):
        bring_in(Store(folder=write("taken", "x")), write("geoip", GEOIP), imported_at=NOW)
    assert (tmp_path / "downloads" / "taken").read_text(encoding="utf-8") == "x"
