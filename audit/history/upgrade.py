"""Brings a history to this program's schema: a backup first, then all steps or none."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from audit.history.engine import Database, sqlite_engine
from audit.history.schema import METADATA, REVISIONS, VERSION_TABLE
from audit.history.troubles import HistoryError, told
from audit.model.text import clean_line

_HEAD = REVISIONS[-1]
_SCRIPTS = Path(__file__).parent / "migrations"


def bring_up_to_date(database: Database, *, upgrade: bool = True) -> Path | None:
    """Make or upgrade the tables; the path of the backup where one was made.

    upgrade: False = what an older program made is refused; an empty database becomes a history all the same
    Raises HistoryError for what a newer program wrote and for what is no history.
    """
    with database.reading() as connection:
        found = revision(connection, database)
    if found == _HEAD:
        return None
    if found and not upgrade:
        raise HistoryError(
            f"an older adb-audit made it (schema {found}, not {_HEAD}), and others may still use it",
            where=database.where,
            fix="once every station is up to date: adb-audit history upgrade --db URL",
        )
    if database.path is None:
        with database.writing() as connection:
            if revision(connection, database) != _HEAD:
                migrate(connection)
        return None
    return _upgrade_file(database, database.path)


def revision(connection: Connection, database: Database) -> str:
    """Of the schema that is there; "" = none yet."""
    tables = set(inspect(connection).get_table_names())
    if VERSION_TABLE not in tables:
        # a file holds nothing but a history; on a server others may keep theirs beside it
        foreign = tables if database.path is not None else tables & set(METADATA.tables)
        if foreign:
            raise HistoryError(
                "a database, but no history of adb-audit",
                where=database.where,
                fix="name another file or database with --db",
            )
        return ""
    found: str = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar() or ""  # noqa: S608 - our own name
    if found and found not in REVISIONS:
        raise HistoryError(
            f"a newer adb-audit made it (schema {clean_line(found)[:32]}; this one knows up to {_HEAD})",
            where=database.where,
            fix="use that version or a newer one, or name another history with --db",
        )
    return found


def migrate(connection: Connection, to: str = "head") -> None:
    """Run the steps up to *to* in the transaction of *connection*."""
    # slow to import, and needed once in the life of a schema
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    command.upgrade(config, to)


def _upgrade_file(database: Database, path: Path) -> Path | None:
    backup = None
    database.engine.dispose()
    engine = sqlite_engine(path, database.wait_s, for_upgrade=True)
    try:
        with told(database.where), engine.begin() as connection:
            found = revision(connection, database)
            if found == _HEAD:  # somebody else was faster
                return None
            if found:
                backup = _backed_up(path, found)
            migrate(connection)
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise HistoryError(
                    f"{len(broken)} rows of the history name others that are not there; nothing was changed",
                    where=database.where,
                    fix="use a backup of it, or name another with --db",
                )
    finally:
        engine.dispose()
    return backup


def _backed_up(path: Path, found: str) -> Path:
    """A copy beside the file, complete before it has its name."""
    date = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    target = path.with_name(f"{path.name}.backup-{found}-{date}")
    work = target.with_name(f"{target.name}.part")
    try:
        with told(str(target)):
            os.close(os.open(work, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(work)) as copy:
                source.backup(copy)
            with work.open("rb") as written:
                os.fsync(written.fileno())
            work.rename(target)
    except OSError as error:
        raise HistoryError(
            f"no backup can be made before the upgrade: {error.strerror}; nothing was changed",
            where=str(target),
            fix="free some space, or give this user the right to write there",
        ) from error
    finally:
        work.unlink(missing_ok=True)
    return target
