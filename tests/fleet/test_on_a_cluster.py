"""The commands on a real Dask cluster: the same as on this machine, whatever goes away meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.asked import Asked
from audit.cli.history_asked import opened
from audit.cli.judging import load_rulebook
from audit.fleet.judging import Judged, Setup, Task, Unknown, judged, unread
from audit.history import History
from audit.model.evidence import Snapshot
from audit.model.history import Query
from audit.model.report import Decision, Expectation
from audit.pipeline import examine
from audit.sources import saved
from tests.cli.conftest import Cli
from tests.fleet.conftest import Dask, Many, cluster, kill, numbered


def rows(out: str) -> dict[str, dict[str, Any]]:
    """What was told of each path, but for the time."""
    return {row["path"]: row | {"judged_at": ""} for row in json.loads(out)}


def units_kept(db: str | None = None) -> list[str]:
    """Of which evidence there is a report, sorted; one that is there twice is there twice."""
    with opened(db) as history:
        return sorted(one.snapshot_sha256 for one in history.search(Query()))


def test_the_same_as_on_this_machine(cli: Cli, many: Many, tmp_path: Path, dask: Dask) -> None:
    """Good, bad and unreadable inputs: every row is the same, kept once."""
    folder = many(tmp_path / "f", 12)
    (folder / "cut.json.gz").write_bytes((folder / "0000.json.gz").read_bytes()[:300])
    (folder / "notes.md").write_text("# notes\n")
    here = cli("judge", folder, "-m", "NO", "-f", "json", "--no-history")
    there = cli("judge", folder, "-m", "NO", "-f", "json", "--scheduler", dask.address)
    assert there.code == here.code == 3, there.err
    local, remote = rows(here.out), rows(there.out)
    assert local.keys() == remote.keys()
    bad = str(folder / "cut.json.gz")
    assert {path: row for path, row in local.items() if path != bad} == {
        path: row for path, row in remote.items() if path != bad
    }
    assert remote[bad]["decision"] == "INCONCLUSIVE"
    assert remote[bad]["trouble"].startswith(local[bad]["trouble"])
    assert "2 processes of 2 Dask workers" in there.err
    assert "1 left out: nothing recognises it" in there.err
    assert len(set(units_kept())) == len(units_kept()) == 13


@pytest.mark.slow
def test_a_path_that_workers_do_not_have_is_told_as_that(
    cli: Cli, many: Many, tmp_path: Path, dask: Dask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not as a file that is missing: it is there, but not for everybody."""
    monkeypatch.chdir(many(tmp_path / "f", 1))
    place = "/proc/self/cwd/0000.json.gz"  # another folder for every process
    (row,) = json.loads(cli("judge", place, "-m", "NO", "-f", "json", "--scheduler", dask.address).out)
    assert row["decision"] == "INCONCLUSIVE"
    assert "finds nothing there, while this machine does" in row["trouble"]
    assert "same path" in row["fix"]
    gone = tmp_path / "gone.json"
    (row,) = json.loads(cli("judge", gone, "-m", "NO", "-f", "json", "--scheduler", dask.address).out)
    assert "there is no such file" in row["trouble"]


@pytest.mark.slow
def test_judged_again_on_a_cluster(
    cli: Cli, home: Path, units: tuple[Snapshot, Snapshot], dask: Dask
) -> None:
    """The history is a file of this machine; the workers get what they need of it."""
    assert home.is_dir()
    before = replace(load_rulebook(None), clients={}, advisories=())
    with opened(None) as history:
        for number in range(6):
            snapshot = numbered(units[number % 2], number)
            _record(history, snapshot, before)
    here = cli("history", "rejudge", "-f", "json")
    there = cli("history", "rejudge", "-f", "json", "--scheduler", dask.address, "--record")
    assert here.code == there.code == 3, there.err
    assert sorted(json.loads(here.out), key=str) == sorted(json.loads(there.out), key=str)
    assert "6 snapshots judged again by 2 processes of 2 Dask workers" in there.err
    assert "6 new reports kept in the history" in there.err
    assert cli("history", "rejudge", "--scheduler", dask.address).code == 0


def _record(history: History, snapshot: Snapshot, rulebook: Any) -> None:  # noqa: ANN401 - any rulebook
    one = examine(snapshot, rulebook, lambda _: Expectation(market="NO"), judged_at="2026-05-02T10:00:00Z")
    history.record(one.report, snapshot, identifiers=one.identifiers, portrait=one.portrait)


@contextmanager
def started(*words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """A command in a process of its own."""
    start = "from audit.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", start, *map(str, words)],
        env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        yield process


@pytest.mark.slow
def test_a_worker_killed_half_way_costs_nothing(home: Path, many: Many, tmp_path: Path) -> None:
    """Every input is judged, and is in the history exactly once."""
    folder, total = many(tmp_path / "f", 120), 120
    assert home.is_dir()
    with cluster(tmp_path / "dask") as dask:
        words = ("judge", folder, "-m", "NO", "-f", "json", "--scheduler", dask.address)
        with started(*words) as process:
            assert process.stderr is not None
            for _ in range(3):
                process.stderr.readline()
            kill(dask.workers[0])
            out, err = process.communicate(timeout=90)
    assert process.returncode == 3, err
    told = rows(out)
    assert len(told) == total
    assert not any(row["trouble"] for row in told.values())
    assert units_kept() == sorted(row["snapshot_sha256"] for row in told.values())


@pytest.mark.slow
def test_a_scheduler_killed_half_way_is_told_and_gone_on_from(home: Path, many: Many, tmp_path: Path) -> None:
    """What finished is kept; the same command on another cluster does the rest and keeps nothing twice."""
    folder, total = many(tmp_path / "f", 120), 120
    assert home.is_dir()
    with cluster(tmp_path / "one") as dask:
        words = ("judge", folder, "-m", "NO", "-f", "json", "--scheduler")
        with started(*words, dask.address) as process:
            assert process.stderr is not None
            assert dask.scheduler is not None
            for _ in range(3):
                process.stderr.readline()
            kill(dask.scheduler)
            out, err = process.communicate(timeout=90)
    assert process.returncode in (3, 5), err
    assert "the scheduler is gone" in err
    assert "repeat the command" in err
    assert "Traceback" not in err
    done = len(json.loads(out))
    assert 0 < done < total
    assert len(units_kept()) == done
    with cluster(tmp_path / "two") as dask, started(*words, dask.address) as process:
        _, err = process.communicate(timeout=90)
    assert process.returncode == 3, err
    assert len(units_kept()) == len(set(units_kept())) == total


# What a worker does, without one


@pytest.fixture(scope="module")
def setup() -> Setup:
    """As a command sends it."""
    asked = Asked(rulebook=load_rulebook(None), expectation=Expectation(market="NO"))
    return Setup(asked=asked, key=b"k" * 32)


def test_what_is_not_recognised_is_skipped_only_where_nobody_meant_it(setup: Setup, tmp_path: Path) -> None:
    """A file that lies beside is nothing; the same file named is a bad input."""
    path = tmp_path / "notes.md"
    path.write_text("# notes\n")
    assert judged(Task(path=str(path), meant=False), setup) == Unknown(path=str(path))
    named = judged(Task(path=str(path)), setup)
    assert isinstance(named, Judged)
    assert named.row.trouble == "is of no known format"


def test_a_result_without_evidence_can_never_pass(setup: Setup) -> None:
    """It is INCONCLUSIVE, says why, and is kept like any other."""
    made = unread("/x/y.json", "that took more than 1 seconds", "wait", setup)
    assert made.row.decision is Decision.INCONCLUSIVE
    assert (made.row.trouble, made.row.fix) == ("that took more than 1 seconds", "wait")
    assert made.prepared is not None
    assert made.prepared.columns["decision"] == "INCONCLUSIVE"


def test_hostile_words_reach_no_row(setup: Setup, tmp_path: Path, units: tuple[Snapshot, Snapshot]) -> None:
    """A path and a unit that speak in escape sequences."""
    path = tmp_path / "a\x1b[2Jb\u202e.json"
    saved.save(units[1], path)
    made = judged(Task(path=str(path)), setup)
    assert isinstance(made, Judged)
    assert made.row.path.endswith("a[2Jb.json")
