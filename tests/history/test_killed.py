from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import func, select

from audit.history import History
from audit.history.schema import Member, StoredFinding, StoredReport
from audit.model.history import Query
from audit.model.signing import Result
from tests.history.made import assert_chain

PROJECT = Path(__file__).parents[2]


def _writer(url: str, name: str, most: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.history.writer", url, name, str(most)],
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        stdout=subprocess.PIPE,
        text=True,
    )


def _promised(lines: list[str]) -> tuple[set[str], set[str]]:
    """Ids of reports and hashes of records; a line the kill cut off was no promise."""
    whole = [line.split() for line in lines if line.endswith("\n")]
    return {text for word, text in whole if word == "recorded"}, {
        text for word, text in whole if word == "signed"
    }


def _assert_whole(history: History) -> tuple[set[str], set[str]]:
    """Every report there can be read, with its evidence and findings; the chain fits."""
    found = {one.id: one for one in history.search(Query())}
    with history._database.reading() as connection:
        counted = dict(
            connection.execute(
                select(StoredReport.c.id, func.count(StoredFinding.c.number))
                .outerjoin(StoredFinding, StoredFinding.c.report_seq == StoredReport.c.seq)
                .group_by(StoredReport.c.id)
            ).all()
        )
        sets = connection.execute(select(Member.c.set_seq, func.count()).group_by(Member.c.set_seq)).all()
    for id_, stored in found.items():
        report = history.report(id_)
        assert counted[id_] == len(report.findings)
        assert history.snapshot(stored.snapshot_sha256, id_) is not None
        carried = history.packages(id_)
        assert carried is not None
        assert len(carried) >= 34
    assert all(count >= 34 for _, count in sets)
    records = list(history.records())
    assert_chain(records)
    assert len([one for one in found.values() if one.signed is Result.PASSED]) == len(records)
    return set(found), {one.sha256 for one in records}


def _kill(path: Path, name: str, after_s: float) -> None:
    """Start a writer, kill it *after_s* after its first promise, and look at what it left."""
    writer = _writer(f"sqlite:///{path}", name, 100_000)
    assert writer.stdout is not None
    lines = [writer.stdout.readline()]
    timer = threading.Timer(after_s, writer.kill)
    timer.start()
    lines += writer.stdout.readlines()
    timer.cancel()
    writer.stdout.close()
    assert writer.wait(timeout=30) == -9
    reports, records = _promised(lines)
    assert reports
    with History.open(str(path)) as history:
        found, chained = _assert_whole(history)
    assert reports <= found
    assert records <= chained
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("times", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_killed_writer_loses_nothing_it_was_promised(tmp_path: Path, times: int) -> None:
    """Kill -9 at random moments, one after the other: no report lost, none partial, the chain whole."""
    moments = random.Random(times)  # noqa: S311 - when to kill is no secret
    for turn in range(times):
        _kill(tmp_path / "history.sqlite", f"W{turn}", moments.uniform(0, 0.4))


def test_eight_writers_at_once(url: str) -> None:
    """Each report of each is there, and their sign-offs are one chain."""
    running = [_writer(url, f"W{n}", 4) for n in range(8)]
    said = [one.communicate(timeout=100)[0].splitlines(keepends=True) for one in running]
    assert [one.returncode for one in running] == [0] * 8
    reports, records = _promised([line for lines in said for line in lines])
    assert (len(reports), len(records)) == (32, 32)
    with History.open(url) as history:
        assert _assert_whole(history) == (reports, records)
