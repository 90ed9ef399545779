"""Who is logged in: kept by the server, known to a browser by a random id of which only the hash is kept.

The file outlives the program, so that a page finds its way back after a crash and nobody has to log in again.
It holds hashes, names and times; whoever reads it cannot become anybody by it.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from audit import codec
from audit.errors import AuditError
from audit.model.record import record
from audit.web.access import Role
from audit.web.private import read_private, write_private

MOST = 1000
MOST_OF_ONE = 20
_KEPT_EVERY_S = 60.0
_LARGEST_BYTES = 4 * 1024 * 1024
_LOG = logging.getLogger(__name__)


@record
class Session:
    """Somebody who is logged in.

    sha256: hex, of the session's id; began_s, seen_s: seconds since 1970
    role: of whoever sits at the computer; None = as the file of users says
    since: of the entry in the file of users, which changes with its password
    """

    sha256: str
    name: str
    began_s: float
    seen_s: float
    role: Role | None = None
    since: str = ""


@record
class _Kept:
    """The content of the file."""

    sessions: tuple[Session, ...]


class Sessions:
    """Those who are logged in. path: of the file, None = in memory only; now: seconds since 1970"""

    def __init__(
        self,
        path: Path | None = None,
        *,
        idle_s: float,
        longest_s: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._path, self._idle_s, self._longest_s, self._now = path, idle_s, longest_s, now
        self._sessions = {one.sha256: one for one in self._read()}
        self._said: dict[str, str] = {}
        self._kept_s = 0.0

    def begin(self, name: str, *, role: Role | None = None, since: str = "") -> str:
        """Somebody comes in; the id for the browser. The oldest of too many are shown out."""
        id_ = secrets.token_urlsafe(32)
        now = self._now()
        made = Session(sha256=hash_of(id_), name=name, began_s=now, seen_s=now, role=role, since=since)
        for one in tuple(self._sessions.values()):
            if not self._holds(one):
                self._drop(one.sha256)
        theirs = [key for key, one in self._sessions.items() if one.name == name]
        for key in theirs[: max(0, len(theirs) - MOST_OF_ONE + 1)]:
            self._drop(key)
        while len(self._sessions) >= MOST:
            self._drop(next(iter(self._sessions)))
        self._sessions[made.sha256] = made
        self._keep()
        return id_

    def find(self, id_: str) -> Session | None:
        """The session of that id, while it holds."""
        found = self._sessions.get(hash_of(id_))
        if found is None or self._holds(found):
            return found
        self._drop(found.sha256)
        return None

    def hold(self, session: Session) -> bool:
        """Whether a session that was found earlier still is one."""
        found = self._sessions.get(session.sha256)
        return found is not None and self._holds(found)

    def all(self) -> tuple[Session, ...]:
        """Those that hold."""
        return tuple(one for one in self._sessions.values() if self._holds(one))

    def touch(self, session: Session) -> None:
        """It was used just now."""
        if session.sha256 in self._sessions:
            self._sessions[session.sha256] = replace(session, seen_s=self._now())
            if abs(self._now() - self._kept_s) > _KEPT_EVERY_S:
                self._keep()

    def end(self, session: Session) -> None:
        """Somebody leaves."""
        self._drop(session.sha256)
        self._keep()

    def end_others(self, session: Session) -> None:
        """Everybody of that name has to log in again, but not here."""
        theirs = [key for key, one in self._sessions.items() if one.name == session.name]
        for key in theirs:
            if key != session.sha256:
                self._drop(key)
        self._keep()

    def renew(self, session: Session, since: str) -> None:
        """It goes on under a new password."""
        if session.sha256 in self._sessions:
            self._sessions[session.sha256] = replace(session, since=since)
            self._keep()

    def say(self, session: Session, text: str) -> None:
        """What the next page of this session says on top."""
        self._said[session.sha256] = text

    def said(self, session: Session) -> str:
        """The same, once."""
        return self._said.pop(session.sha256, "")

    def _drop(self, key: str) -> None:
        self._sessions.pop(key, None)
        self._said.pop(key, None)

    def _holds(self, session: Session) -> bool:
        """Not after its time; nor before, where the clock was set back by more than it was ever used."""
        now = self._now()
        if not 0 <= now - session.began_s + _KEPT_EVERY_S <= self._longest_s + _KEPT_EVERY_S:
            return False
        return session.role is not None or now - session.seen_s <= self._idle_s

    def _read(self) -> tuple[Session, ...]:
        if self._path is None:
            return ()
        try:
            text = read_private(self._path, _LARGEST_BYTES)
            return () if text is None else codec.from_json(_Kept, text, where=str(self._path)).sessions
        except AuditError as error:
            _LOG.warning("everybody has to log in again: %s", error)
            return ()

    def _keep(self) -> None:
        self._kept_s = self._now()
        if self._path is not None:
            write_private(self._path, codec.to_json(_Kept(sessions=tuple(self._sessions.values()))))


def hash_of(id_: str) -> str:
    """What is kept of an id."""
    return hashlib.sha256(id_.encode("utf-8", "surrogateescape")).hexdigest()


def form_token(id_: str) -> str:
    """What forms of the session *id_* carry, so that no other page can send them."""
    return hmac.new(id_.encode("utf-8", "surrogateescape"), b"form", hashlib.sha256).hexdigest()
