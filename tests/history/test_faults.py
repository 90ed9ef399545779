from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Connection

from audit.errors import AuditError, UsageError
from audit.history import History
from audit.history.engine import default_path
from audit.history.troubles import HistoryError
from audit.model.history import Query
from audit.model.signing import Result
from tests.history import old
from tests.history.conftest import emptied
from tests.history.made import report_of, signed, snapshot_of

PROJECT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A history with one signed report."""
    made = tmp_path / "kept" / "history.sqlite"
    evidence = snapshot_of()
    with History.open(str(made)) as history:
        id_ = history.record(report_of(evidence=evidence), evidence)
        history.append(signed(), id_, Result.PASSED)
    return made


def _assert_told(error: AuditError, where: Path | str) -> None:
    assert str(where) in error.where
    assert error.fix


def test_file_and_folder_are_the_users_own(path: Path) -> None:
    """Identifiers are inside; so are they in what SQLite keeps beside it."""
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert path.stat().st_mode & 0o777 == 0o600
    with History.open(str(path)) as history:
        history.record(report_of("S2"), None)
        beside = [one for one in path.parent.iterdir() if one != path]
        assert beside
        assert all(one.stat().st_mode & 0o777 == 0o600 for one in beside)


def test_without_a_name_it_is_in_the_users_data_folder(tmp_path: Path) -> None:
    """Beside whatever else the program keeps there."""
    code = "from audit.history import History; print(History.open().where)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"XDG_DATA_HOME": str(tmp_path), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert Path(done.stdout.strip()).name == default_path().name == "history.sqlite"
    assert done.stdout.startswith(str(tmp_path))


def test_every_write_is_on_the_disk_before_it_is_promised(path: Path) -> None:
    """Write-ahead log, full synchronisation, foreign keys: asked of the connection itself."""
    with History.open(str(path)) as history, history._database.writing() as connection:
        said = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert said == ["wal", 2, 1]


def test_a_locked_history_is_said_to_be(path: Path) -> None:
    """Another program writes and does not end: reading works, writing is refused and loses nothing."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with History.open(str(path), wait_s=0.1) as history:
            assert history.count(Query()) == 1
            with pytest.raises(HistoryError, match="locked") as caught:
                history.record(report_of("S2"), None)
            _assert_told(caught.value, path)
            other.execute("ROLLBACK")
            history.record(report_of("S2"), None)
            assert history.count(Query()) == 2


@pytest.mark.parametrize(
    "content", [b"no database at all, but some text\n" * 100, b"SQLite format 3\x00" + b"\xff" * 5000]
)
def test_what_is_no_database_is_refused(tmp_path: Path, content: bytes) -> None:
    """It is left as it is."""
    path = tmp_path / "h.sqlite"
    path.write_bytes(content)
    with pytest.raises(HistoryError) as caught:
        History.open(str(path))
    _assert_told(caught.value, path)
    assert path.read_bytes() == content


def test_a_damaged_page_is_told(path: Path) -> None:
    """Whatever is asked ends in an error that names the file, or in what was recorded."""
    whole = path.read_bytes()
    reports = 0
    for page in range(1, len(whole) // 4096):
        path.write_bytes(whole[: page * 4096] + b"\xa5" * 4096 + whole[(page + 1) * 4096 :])
        try:
            with History.open(str(path)) as history:
                [stored] = history.search(Query())
                assert history.report(stored.id) == report_of(evidence=snapshot_of())
                history.snapshot(stored.snapshot_sha256)
                list(history.records())
                history.size()
        except AuditError as error:
            _assert_told(error, path)
            reports += 1
        except ValueError:
            assert not list(_search(path)), "rows that are gone without a word"
    assert reports > 3


def _search(path: Path) -> Iterator[object]:
    with History.open(str(path)) as history:
        yield from history.search(Query())


@pytest.mark.parametrize(
    ("column", "value"),
    [("content", b""), ("content", b"\x00"), ("size", 3), ("content", b"x\x9c\x03\x00\x00\x00\x00\x01")],
)
def test_a_report_that_was_changed_is_refused(path: Path, column: str, value: object) -> None:
    """Its id is its hash: what does not fit is never shown as what was recorded."""
    with closing(sqlite3.connect(path)) as other:
        for table in ("report", "snapshot"):
            other.execute(f"UPDATE {table} SET {column} = ?", (value,))  # noqa: S608 - names of the test
        other.commit()
    with History.open(str(path)) as history:
        [stored] = history.search(Query())
        with pytest.raises(HistoryError, match=r"changed since|cannot be read") as caught:
            history.report(stored.id)
        _assert_told(caught.value, path)
        with pytest.raises(HistoryError, match=r"changed since|cannot be read"):
            history.snapshot(stored.snapshot_sha256)


def test_a_folder_is_no_history(tmp_path: Path) -> None:
    """Nor is a place below a file."""
    (tmp_path / "file").write_text("x")
    for wrong in (tmp_path, tmp_path / "file" / "h.sqlite"):
        with pytest.raises(HistoryError) as caught:
            History.open(str(wrong))
        _assert_told(caught.value, wrong)


@pytest.mark.parametrize(
    "url", ["mysql://h/d", "sqlite://", "sqlite:///:memory:", "nonsense://", "://", "postgresql://h:x/"]
)
def test_a_url_of_no_history_is_refused(url: str) -> None:
    """With the forms that are understood."""
    with pytest.raises(UsageError) as caught:
        History.open(url)
    assert "postgresql://" in caught.value.fix


_READ_ONLY = """
import os, sys
from audit.errors import AuditError
from audit.history import History
from audit.model.history import Query
from tests.history.made import report_of
with History.open(sys.argv[2]) as history:  # whatever is imported late is imported now
    history.record(report_of("S2"), None)
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
try:
    with History.open(sys.argv[1]) as history:
        history.record(report_of("S2"), None)
except AuditError as error:
    print(error)
else:
    print("recorded")
"""


@pytest.mark.parametrize("what", ["file", "folder"])
def test_what_cannot_be_written_is_said(path: Path, what: str) -> None:
    """A file or a folder this user may only read: an error with the place; the report stays."""
    folder = Path(tempfile.mkdtemp(prefix="adb-audit-ro-"))  # pytest's own folders let nobody else in
    try:
        copy = folder / path.name
        shutil.copy(path, copy)
        folder.chmod(0o755 if what == "file" else 0o555)
        copy.chmod(0o444 if what == "file" else 0o644)
        done = subprocess.run(
            [sys.executable, "-c", _READ_ONLY, str(copy), str(path.with_name("warm.sqlite"))],
            cwd=PROJECT,
            env=os.environ | {"PYTHONPATH": str(PROJECT), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert "recorded" not in done.stdout
        assert str(copy) in done.stdout
        assert "fix:" in done.stdout
        folder.chmod(0o755)
        assert copy.read_bytes() == path.read_bytes()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no small disk here: {done.stderr.strip()}")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    """The report that does not fit is refused; those before it, and the chain, stay; space helps."""
    path = small_disk / "history.sqlite"
    filler = small_disk / "filler"
    filler.write_bytes(bytes(300_000))
    recorded: list[str] = []
    with History.open(str(path)) as history:

        def fill() -> None:
            for number in range(1000):
                serial = f"S{number}"
                evidence = snapshot_of(serial, os.urandom(20_000))
                recorded.append(history.record(report_of(serial, evidence=evidence), evidence))

        with pytest.raises(HistoryError, match=r"no space is left|disk of the history") as caught:
            fill()
        _assert_told(caught.value, path)
        assert len(recorded) > 2
        assert [one.id for one in history.search(Query())] == recorded[::-1]
        filler.unlink()
        recorded.append(history.record(report_of("after"), None))
    with History.open(str(path)) as history:
        assert {one.id for one in history.search(Query())} == set(recorded)
        for id_ in recorded:
            history.report(id_)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_full_disk_stops_an_upgrade_before_it_begins(small_disk: Path) -> None:
    """No room for the backup: the history is as it was."""
    path = small_disk / "history.sqlite"
    old.build(f"sqlite:///{path}", "0001")
    before = path.read_bytes()
    (small_disk / "filler").write_bytes(bytes(1_048_576 - len(before) - 130_000))
    with pytest.raises(HistoryError, match=r"backup|space") as caught:
        History.open(str(path))
    _assert_told(caught.value, path)
    assert path.read_bytes() == before
    (small_disk / "filler").unlink()
    assert not [one for one in small_disk.iterdir() if one.name.endswith(".part")]
    with History.open(str(path)) as history:
        assert history.report(old.ID) == old.REPORT


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    """Without the password, and soon."""
    with pytest.raises(HistoryError, match="cannot be reached") as caught:
        History.open("postgresql://me:secret@127.0.0.1:1/audits?password=secret")
    assert "secret" not in str(caught.value)
    assert caught.value.where == "postgresql://127.0.0.1/audits"


@pytest.mark.peer
def test_a_database_that_is_not_there_is_said_to_be_so(postgresql: str) -> None:
    """The server's own reason is in it."""
    with pytest.raises(HistoryError, match="refuses this user") as caught:
        History.open(postgresql.replace("/postgres?", "/nonsense?"))
    assert "nonsense" in str(caught.value)


@pytest.mark.peer
def test_a_server_that_was_started_again_is_asked_again(postgresql: str) -> None:
    """Connections that went away are replaced; one lost in the middle is an error, and half is nothing."""
    url = emptied(postgresql)
    with History.open(url) as history, History.open(url) as other:
        id_ = history.record(report_of(), None)
        _end_others(other)
        assert history.report(id_) == report_of()
        with (
            pytest.raises(HistoryError, match="cannot be reached"),
            history._database.writing() as connection,
        ):
            _delete_and_lose(connection, other)
        with history._database.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM finding").scalar() == len(
                report_of().findings
            )


def _delete_and_lose(connection: Connection, other: History) -> None:
    connection.exec_driver_sql("DELETE FROM finding")
    _end_others(other)
    connection.exec_driver_sql("DELETE FROM identifier")


def _end_others(history: History) -> None:
    with history._database.reading() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_without_psycopg_it_is_said_what_to_install() -> None:
    """The extra by name."""
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from audit.errors import AuditError\nfrom audit.history import History\n"
        "try: History.open('postgresql://me:secret@h/d')\nexcept AuditError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert "pip install 'adb-audit[central]'" in done.stdout
    assert "secret" not in done.stdout
