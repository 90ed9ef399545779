from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from audit.history import History, upgrade
from audit.history.schema import METADATA, REVISIONS, VERSION_TABLE
from audit.history.troubles import HistoryError
from audit.model.history import Query
from audit.model.signing import Result
from tests.history import old
from tests.history.made import report_of, signed

DUMPS = Path(__file__).parent / "schemas"
_EARLIER = REVISIONS[:-1]


def _assert_old_report_is_there(history: History) -> None:
    assert history.report(old.ID) == old.REPORT
    assert history.snapshot(old.REPORT.snapshot_sha256) == old.EVIDENCE
    assert [one.id for one in history.search(Query(package="com.old"))] == [old.ID]
    assert [one.station for one in history.search(Query(serial="S1", newest=True))] == ["old bench"]


@pytest.mark.parametrize("revision", _EARLIER)
def test_a_history_of_an_earlier_schema_is_brought_up_to_date(url: str, revision: str) -> None:
    """Its rows are there and can be signed; in a file's case a backup lies beside it, as it was."""
    old.build(url, revision)
    with History.open(url) as history:
        _assert_old_report_is_there(history)
        history.append(signed(), old.ID, Result.PASSED)
        history.record(report_of("S2"), None)
        assert history.count(Query()) == 2
        backup = history.backup
    if not url.startswith("sqlite"):
        assert backup is None
        return
    assert backup is not None
    assert backup.name.startswith(f"history.sqlite.backup-{revision}-")
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as copy:
        assert copy.execute("SELECT version_num FROM history_revision").fetchall() == [(revision,)]
        assert copy.execute("SELECT id FROM report").fetchall() == [(old.ID,)]
    assert sorted(path.name for path in backup.parent.iterdir()) == ["history.sqlite", backup.name]


@pytest.mark.parametrize("revision", _EARLIER)
def test_a_file_that_an_earlier_program_wrote_is_brought_up_to_date(tmp_path: Path, revision: str) -> None:
    """A dump of each earlier schema is kept: a step that is changed afterwards shows here."""
    path = tmp_path / "history.sqlite"
    with closing(sqlite3.connect(path)) as made:
        made.executescript((DUMPS / f"{revision}.sql").read_text(encoding="utf-8"))
    with History.open(str(path)) as history:
        _assert_old_report_is_there(history)
        assert history.backup is not None
        _assert_models_agree(history)
        history.append(signed(), old.ID, Result.WARNED)


def test_the_steps_are_those_the_program_knows() -> None:
    """In one line, each with its dump but the last; opening looks at the number alone."""
    config = Config()
    config.set_main_option("script_location", str(Path(upgrade.__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == REVISIONS
    assert {path.stem for path in DUMPS.iterdir()} == set(_EARLIER)


def _assert_models_agree(history: History) -> None:
    with history._database.reading() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, METADATA) == []


def test_models_and_steps_agree(history: History) -> None:
    """What the steps make is what the program expects: tables, columns, types, keys, indexes."""
    _assert_models_agree(history)


def test_a_newer_history_is_refused(url: str) -> None:
    """It is left as it is, and it is said which program to use."""
    History.open(url).close()
    with History.open(url) as history, history._database.writing() as connection:
        connection.exec_driver_sql(f"UPDATE {VERSION_TABLE} SET version_num = '9999'")  # noqa: S608 - ours
    with pytest.raises(HistoryError, match="newer adb-audit made it") as caught:
        History.open(url)
    assert "use that version" in caught.value.fix


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    """Nobody's tables are mixed with a history's."""
    path = tmp_path / "cookies.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE cookies (name TEXT)")
    with pytest.raises(HistoryError, match="no history of adb-audit"):
        History.open(str(path))
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("cookies",)]


def test_an_upgrade_that_fails_changes_nothing(tmp_path: Path) -> None:
    """Rows that point nowhere stop it: the file is as it was, and its backup is there."""
    path = tmp_path / "history.sqlite"
    old.build(f"sqlite:///{path}", "0001")
    with closing(sqlite3.connect(path, isolation_level=None)) as broken:
        broken.execute("DELETE FROM unit")
    with pytest.raises(HistoryError, match="nothing was changed"):
        History.open(str(path))
    with closing(sqlite3.connect(path)) as same:
        assert same.execute("SELECT version_num FROM history_revision").fetchall() == [("0001",)]
        assert same.execute("SELECT count(*) FROM sqlite_master WHERE name = 'sign_off'").fetchall() == [(0,)]
    assert len(list(tmp_path.glob("history.sqlite.backup-0001-*"))) == 1


@pytest.mark.parametrize("revision", ["", *_EARLIER])
def test_several_programs_may_open_it_at_once(url: str, revision: str) -> None:
    """One makes or upgrades the tables, the others wait for it."""
    if revision:
        old.build(url, revision)
    code = "import sys; from audit.history import History; History.open(sys.argv[1]).close()"
    running = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(3)]
    said = [one.communicate(timeout=60)[1] for one in running]
    assert [one.returncode for one in running] == [0, 0, 0], said
    with History.open(url) as history:
        assert history.backup is None
        _assert_models_agree(history)


def test_opening_one_that_is_up_to_date_does_not_import_alembic(tmp_path: Path) -> None:
    """It would cost every command more than the history itself."""
    path = str(tmp_path / "h.sqlite")
    History.open(path).close()
    code = (
        "import sys; from audit.history import History; History.open(sys.argv[1]).close(); "
        "print('alembic' in sys.modules, 'psycopg' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["False", "False"]


def test_the_command_line_does_not_import_sqlalchemy() -> None:
    """Only commands that need the history pay for it."""
    code = "import sys; import audit.cli.main; print('sqlalchemy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "False"
