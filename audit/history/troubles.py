"""What goes wrong in a database, in words: the one place where its libraries' errors stop."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from audit.errors import AuditError
from audit.model.record import record
from audit.model.text import clean_line

_SHOWN = 300


class HistoryError(AuditError):
    """A history that cannot be read or written now; nothing of what it held is changed by it."""


class NoReport(HistoryError):
    """No report of the history has the id that was given."""


@record
class _Trouble:
    what: str
    fix: str


_LOCKED = _Trouble(
    what="the history is locked by another program",
    fix="wait for it to end, or close whatever else has the history open; then do this again",
)
_CORRUPT = _Trouble(
    what="the history is damaged, or no history at all",
    fix="put it aside and use a backup (history.sqlite.backup-…), or name another with --db; "
    "sqlite3's .recover may save the rest",
)
_READONLY = _Trouble(
    what="the history cannot be written",
    fix="give this user the right to write the file and its folder, or name another with --db",
)
_ABSENT = _Trouble(
    what="the history cannot be opened",
    fix="see that its folder exists and this user may write there, or name another with --db",
)
_FULL = _Trouble(
    what="no space is left for the history", fix="free some space on that disk, then do this again"
)
_IO = _Trouble(
    what="the disk of the history fails",
    fix="look for errors of the disk or the network share; free space; do this again",
)
_UNREACHABLE = _Trouble(
    what="the history's server cannot be reached",
    fix="see that it runs and that host, port and network are right",
)
_REFUSED = _Trouble(
    what="the history's server refuses this user",
    fix="check user, password, database and rights in the URL",
)
_OTHER = _Trouble(what="the history's database refuses", fix="see what it says, and at its log")

# the primary result code is what the name begins with: https://sqlite.org/rescode.html
_SQLITE: tuple[tuple[str, _Trouble], ...] = (
    ("SQLITE_BUSY", _LOCKED),
    ("SQLITE_LOCKED", _LOCKED),
    ("SQLITE_PROTOCOL", _LOCKED),
    ("SQLITE_CORRUPT", _CORRUPT),
    ("SQLITE_NOTADB", _CORRUPT),
    ("SQLITE_FORMAT", _CORRUPT),
    ("SQLITE_READONLY", _READONLY),
    ("SQLITE_PERM", _READONLY),
    ("SQLITE_CANTOPEN", _ABSENT),
    ("SQLITE_FULL", _FULL),
    ("SQLITE_IOERR", _IO),
)
# https://www.postgresql.org/docs/current/errcodes-appendix.html; the first that fits counts
_POSTGRESQL: tuple[tuple[str, _Trouble], ...] = (
    ("55P03", _LOCKED),
    ("57014", _LOCKED),
    ("40", _LOCKED),
    ("53100", _FULL),
    ("53", _UNREACHABLE),
    ("25006", _READONLY),
    ("28", _REFUSED),
    ("3D", _REFUSED),
    ("42501", _REFUSED),
    ("08", _UNREACHABLE),
    ("57P", _UNREACHABLE),
    ("XX001", _CORRUPT),
    ("XX002", _CORRUPT),
    ("58", _IO),
)
_NOT_NOW = ("starting up", "shutting down", "recovery mode", "too many clients", "administrator command")
"""Of a server that will take this user another time."""


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn what the libraries raise inside into `HistoryError`; what is a bug of ours stays what it is."""
    try:
        yield
    except DBAPIError as error:
        raise _made(error.orig or error, where, error) from error
    except sqlite3.Error as error:  # from where SQLAlchemy does not look: a new connection
        raise _made(error, where, error) from error
    except PoolTimeout as error:
        raise HistoryError(_LOCKED.what, where=where, fix=_LOCKED.fix) from error


def _made(original: BaseException, where: str, raised: Exception) -> Exception:
    trouble = _of(original)
    if trouble is None:
        return raised
    said = clean_line(str(original))[:_SHOWN].strip()
    return HistoryError(f"{trouble.what} ({said})", where=where, fix=trouble.fix)


def _of(error: BaseException) -> _Trouble | None:
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", None) or ""
        found = next((trouble for start, trouble in _SQLITE if name.startswith(start)), None)
        return found or (_OTHER if isinstance(error, sqlite3.OperationalError) else None)
    state = getattr(error, "sqlstate", None)
    if state is None:  # while connecting; FATAL is the server's own word, so one was reached
        said = str(error)
        refused = "FATAL:" in said and not any(word in said for word in _NOT_NOW)
        trouble = _REFUSED if refused else _UNREACHABLE
        return trouble if type(error).__name__ == "OperationalError" else None
    found = next((trouble for start, trouble in _POSTGRESQL if state.startswith(start)), None)
    return found or (_OTHER if type(error).__name__ == "OperationalError" else None)
