"""A history asked by many at once from one event loop."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from audit.history import History
from audit.history.troubles import HistoryError
from audit.model.history import Query
from audit.station.archive import Archive
from tests.history.made import report_of, snapshot_of

COUNT = 40


def test_many_write_and_read_at_once(tmp_path: Path) -> None:
    """Every report is kept once, though each is recorded by two at the same time while others read."""

    async def work(archive: Archive) -> list[str]:
        snapshots = [snapshot_of(f"SERIAL{number}") for number in range(COUNT)]

        def record(number: int) -> asyncio.Task[str]:
            one = snapshots[number]
            return asyncio.ensure_future(
                archive.ask(lambda history: history.record(report_of(f"SERIAL{number}", evidence=one), one))
            )

        writing = [record(number) for number in (*range(COUNT), *range(COUNT))]
        reading = [archive.ask(lambda history: len(list(history.search(Query())))) for _ in range(COUNT)]
        counts = await asyncio.gather(*reading)
        assert all(0 <= count <= COUNT for count in counts)
        return await asyncio.gather(*writing)

    with History.open(str(tmp_path / "history.sqlite")) as history:
        ids = asyncio.run(work(Archive(history)))
        assert sorted(one.id for one in history.search(Query())) == sorted(set(ids))
        assert len(set(ids)) == COUNT


def test_writers_that_wait_keep_nobody_else_waiting(tmp_path: Path) -> None:
    """While as many as may wait for a locked history, the loop's own threads are free."""

    async def work(archive: Archive) -> None:
        writing = [
            asyncio.ensure_future(archive.ask(lambda history: history.record(report_of("S1"), None)))
            for _ in range(COUNT)
        ]
        await asyncio.sleep(0)
        assert await asyncio.to_thread(lambda: "free") == "free"
        assert not any(task.done() for task in writing)
        blocker.rollback()
        assert len(set(await asyncio.gather(*writing))) == 1

    path = tmp_path / "history.sqlite"
    with (
        History.open(str(path)) as history,
        closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as blocker,
    ):
        blocker.execute("BEGIN IMMEDIATE")
        asyncio.run(work(Archive(history)))
        assert history.count(Query()) == 1


def test_what_it_cannot_do_is_told_to_who_asked(tmp_path: Path) -> None:
    """As the history itself says it."""

    async def work(archive: Archive) -> None:
        with pytest.raises(HistoryError, match="no report"):
            await archive.ask(lambda history: history.report("abcdef"))

    with History.open(str(tmp_path / "history.sqlite")) as history:
        asyncio.run(work(Archive(history)))
