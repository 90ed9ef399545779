"""What was kept of units into the history: every audit, in order, whatever became of one."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from audit.crate import keeping
from audit.crate.store import Store
from audit.digest import digest
from audit.history import History
from audit.model.history import Query
from audit.station.archive import Archive
from audit.station.news import News, Notices
from audit.station.recorder import Recorder
from tests.crate.work import HEAD, KEY, entry, snapshot


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty crate."""
    return Store.create(tmp_path / "crate", HEAD, key=KEY)


def keep(store: Store, name: str, day: int) -> None:
    """A unit that was read and judged on a day of January."""
    evidence = snapshot(f"[day]: [{day}]\n".encode())
    made = entry(name)
    told = replace(made.report, judged_at=f"2026-01-{day:02}T12:00:00Z", snapshot_sha256=digest(evidence))
    keeping.keep_snapshot(store.folder, name, evidence)
    keeping.commit(store.folder, name, replace(made, report=told))
    store.took(made.result)


def recorded(store: Store, history: History, names: tuple[str, ...]) -> tuple[str, ...]:
    """Record what is kept of units called *names*; what was told of it."""
    notices = Notices(News())

    async def work() -> None:
        recorder = Recorder(Archive(history), store.folder, store.head, notices)
        for _ in range(2):
            recorder.add(names)
            await recorder.flush()
        assert recorder.waiting == 0

    asyncio.run(work())
    return notices.all


def test_an_audit_that_another_took_the_place_of_is_recorded_too(tmp_path: Path, store: Store) -> None:
    """It was done before the history could be written: each is in it once, with its evidence."""
    for day in (1, 2, 3):
        keep(store, "phone-1", day)
    with store, History.open(str(tmp_path / "history.sqlite")) as history:
        assert recorded(store, history, ("phone-1",)) == ()
        stored = list(history.search(Query()))
        assert [one.judged_at[:10] for one in stored] == ["2026-01-03", "2026-01-02", "2026-01-01"]
        assert all(history.snapshot(one.snapshot_sha256) is not None for one in stored)


def test_one_that_is_damaged_keeps_no_other_back(tmp_path: Path, store: Store) -> None:
    """It is told, with the file, and the others are recorded."""
    for number in (1, 2, 3):
        keep(store, f"phone-{number}", number)
    place = keeping.unit_folder(store.folder, "phone-2") / keeping.SNAPSHOT
    place.write_bytes(place.read_bytes()[:-9])
    with store, History.open(str(tmp_path / "history.sqlite")) as history:
        (told,) = recorded(store, history, ("phone-1", "phone-2", "phone-3"))
        assert str(place) in told
        assert "Fix:" in told
        assert history.count(Query()) == 2
