"""Parsed profiles are kept between runs, and what is kept is never believed beyond its key."""

from __future__ import annotations

import json
from pathlib import Path

from audit.rulebook import load
from audit.rulebook.cache import Cache
from tests.rulebook.house import CLIENT, GOOD, problems, read, write


def _kept(folder: Path) -> Path:
    return folder.parent / "cache" / "rulebook.json"


def test_a_second_load_gives_the_same_rulebook(tmp_path: Path) -> None:
    """Read from the cache or from TOML, the rulebook is equal in every field."""
    folder = write(tmp_path)
    first = read(folder)
    assert _kept(folder).is_file()
    assert read(folder) == first


def test_what_is_kept_is_used(tmp_path: Path) -> None:
    """The tables come from the cache when its key fits, or it would be no cache."""
    folder = write(tmp_path)
    first = read(folder)
    kept = json.loads(_kept(folder).read_text())
    kept["tables"]["clients/acme.toml"]["client"][0]["title"] = "from the cache"
    _kept(folder).write_text(json.dumps(kept))
    title = read(folder).clients["com.acme.simactivate"].title
    assert (first.clients["com.acme.simactivate"].title, title) == ("ACME SIM activation", "from the cache")


def test_what_is_kept_is_validated(tmp_path: Path) -> None:
    """A kept table that is no good is refused like a file that is no good."""
    folder = write(tmp_path)
    read(folder)
    kept = json.loads(_kept(folder).read_text())
    kept["tables"]["clients/acme.toml"]["client"][0]["role"] = "friend"
    _kept(folder).write_text(json.dumps(kept))
    assert problems(folder)[0].startswith(
        "clients/acme.toml: client com.acme.simactivate: role: unknown role"
    )


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    """One changed byte is another rulebook, with another hash."""
    folder = write(tmp_path)
    first = read(folder)
    write(tmp_path, {"clients/acme.toml": CLIENT.replace("ACME SIM", "Acme SIM")})
    second = read(folder)
    assert second.clients["com.acme.simactivate"].title == "Acme SIM activation"
    assert second.sha256 != first.sha256


def test_a_moved_file_is_another_rulebook(tmp_path: Path) -> None:
    """The hash is over names too: the same bytes under another name are not the same rulebook."""
    folder = write(tmp_path)
    first = read(folder)
    (folder / "clients" / "acme.toml").rename(folder / "clients" / "zcme.toml")
    assert read(folder).sha256 != first.sha256


def test_a_damaged_cache_is_as_good_as_none(tmp_path: Path) -> None:
    """Half a file, another format, and nonsense are passed over, and replaced."""
    folder = write(tmp_path)
    whole = read(folder)
    good = _kept(folder).read_text()
    for damage in (good[: len(good) // 2], "[]", "{}", "null", '{"format": 99}', "", "[" * 100_000):
        _kept(folder).write_text(damage)
        assert read(folder) == whole
        assert _kept(folder).read_text() == good


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    """A file where the cache's folder should be stops nobody."""
    (tmp_path / "cache").write_text("in the way")
    assert read(write(tmp_path)).sha256


def test_nothing_is_kept_of_files_that_do_not_parse(tmp_path: Path) -> None:
    """A rulebook with a syntax error leaves no cache behind."""
    folder = write(tmp_path, {"clients/bad.toml": "["})
    assert problems(folder)
    assert not _kept(folder).exists()


def test_a_date_in_a_table_is_told_and_not_kept(tmp_path: Path) -> None:
    """TOML's dates have no JSON: the table is refused for its type, and caching it does not crash."""
    folder = write(tmp_path, {"clients/acme.toml": GOOD["clients/acme.toml"].replace('"high"', "2020-01-01")})
    assert any("unknown confidence" in line for line in problems(folder))
    assert not _kept(folder).exists()


def test_no_half_written_file_is_left(tmp_path: Path) -> None:
    """Writing goes through a file of its own that is renamed, so the folder holds the one file only."""
    folder = write(tmp_path)
    read(folder)
    assert [path.name for path in _kept(folder).parent.iterdir()] == ["rulebook.json"]


def test_the_shipped_rulebook_is_the_same_from_its_cache(tmp_path: Path) -> None:
    """What ships survives the way through JSON in every field."""
    cache = Cache(folder=tmp_path)
    assert load(cache=cache) == load(cache=cache)
