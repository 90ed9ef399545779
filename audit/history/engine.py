"""Ways to a database: SQLite in a file of the user's own, PostgreSQL by URL."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool

from audit.errors import AuditError, UsageError
from audit.history.patience import Network, impatient, over_a_network
from audit.history.troubles import HistoryError, told
from audit.model.text import clean_line

WAIT_S = 30.0
"""How long a writer waits for another."""
_CONNECT_S = 10
_RETRY_S = 0.05
_LOCK = 0x61647561756469  # "aduaudi": of this program's writers in a PostgreSQL database
_FORMS = "give a file, sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


class Database:
    """An engine, where it leads (never with a password), and transactions on it.

    Writers take turns, on SQLite and on PostgreSQL alike: what is written depends on what is there.
    """

    def __init__(
        self, engine: Engine, where: str, path: Path | None = None, *, wait_s: float = WAIT_S
    ) -> None:
        self.engine, self.where, self.path, self.wait_s = engine, where, path, wait_s

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that sees one state."""
        with told(self.where), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, keep: bool = True) -> Iterator[Connection]:
        """One transaction, alone among writers; nothing of it stays where the block raises or not *keep*."""
        with told(self.where), self.engine.execution_options(writes=True).begin() as connection:
            if self.path is None:
                connection.execute(text(f"SET LOCAL lock_timeout = {int(self.wait_s * 1000)}"))
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            yield connection
            if not keep:
                connection.rollback()

    def give_back(self) -> None:
        """Let the disk have what was deleted; a server does so by itself (autovacuum)."""
        if self.path is not None:
            with told(self.where), closing(self.engine.raw_connection()) as connection:
                # a page a step, and only a script is stepped to its end
                connection.cursor().executescript("PRAGMA incremental_vacuum")

    def close(self) -> None:
        """Give all connections back."""
        with told(self.where):
            self.engine.dispose()


def database(url: str | None, *, wait_s: float = WAIT_S, network: Network | None = None) -> Database:
    """The database *url* names, created where it is a file that is not there; None = the user's own.

    wait_s: how long to wait for other writers
    network: when to give up on a server; None = never
    """
    if url is None:
        return _sqlite(default_path(), wait_s)
    if "://" not in url:
        return _sqlite(Path(url), wait_s)
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError) as error:
        raise UsageError("no URL of a database", where="--db", fix=_FORMS) from error
    if parsed.get_backend_name() == "sqlite" and parsed.database and parsed.database != ":memory:":
        return _sqlite(Path(parsed.database), wait_s)
    if parsed.get_backend_name() in ("postgresql", "postgres"):
        return _postgresql(parsed, wait_s, network)
    raise UsageError(
        f"no history can be kept in {clean_line(parsed.drivername)[:40]}", where="--db", fix=_FORMS
    )


def default_path() -> Path:
    """Where the user who runs the program keeps it."""
    import platformdirs  # noqa: PLC0415 - slow to import, needed only where no history was named

    return platformdirs.user_data_path("adb-audit", appauthor=False) / "history.sqlite"


def _sqlite(path: Path, wait_s: float) -> Database:
    """A file of this user's own; its folder and itself are made where they are not there."""
    path = path.expanduser().absolute()
    _own_file(path)
    return Database(sqlite_engine(path, wait_s), str(path), path, wait_s=wait_s)


def sqlite_engine(path: Path, wait_s: float, *, for_upgrade: bool = False) -> Engine:
    """Connections to the file. for_upgrade: without foreign keys, since tables are copied and dropped."""
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": wait_s},
        poolclass=NullPool if for_upgrade else None,
    )

    @event.listens_for(engine, "connect")
    def _connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say, also around CREATE TABLE
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # settled with the first page
        _write_ahead(connection, wait_s)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'OFF' if for_upgrade else 'ON'}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = for_upgrade or connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _write_ahead(connection: sqlite3.Connection, wait_s: float) -> None:
    """The change to WAL, of a new file, does not wait for others by itself."""
    until = time.monotonic() + wait_s
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > until:
                raise
            time.sleep(_RETRY_S)
        else:
            return


def _own_file(path: Path) -> None:
    """Identifiers are inside: nobody else may read it. What is there already keeps the rights it has."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise HistoryError(
            f"the history cannot be made: {error.strerror}",
            where=str(path),
            fix="see that this user may write there, or name another place with --db",
        ) from error
    if path.is_dir():
        raise HistoryError("a folder, where the history should be a file", where=str(path), fix=_FORMS)


def _postgresql(url: URL, wait_s: float, network: Network | None) -> Database:
    try:
        import psycopg  # noqa: F401, PLC0415 - of an extra: only that it is there
    except ImportError as error:
        raise AuditError(
            "a history on PostgreSQL needs psycopg",
            where=_shown(url),
            fix="pip install 'adb-audit[central]'",
        ) from error
    wanted = {"connect_timeout": _CONNECT_S} | ({} if network is None else over_a_network(network))
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        connect_args={name: value for name, value in wanted.items() if name not in url.query},
        pool_pre_ping=True,
    )
    if network is not None:
        impatient(engine, network)
    return Database(engine, _shown(url), wait_s=wait_s)


def shown(url: str) -> str:
    """Where *url* leads, as it may be shown; UsageError for what is none."""
    if "://" not in url:
        return str(Path(url).expanduser().absolute())
    try:
        return _shown(make_url(url))
    except (ArgumentError, ValueError) as error:
        raise UsageError("no URL of a database", fix=_FORMS) from error


def _shown(url: URL) -> str:
    """Without user, password and options, which may hold one too; a socket's folder counts as the host."""
    host = url.host or url.query.get("host") or "localhost"
    return f"postgresql://{host if isinstance(host, str) else ','.join(host)}/{url.database or ''}"
