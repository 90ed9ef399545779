"""The way in for whoever sits at the computer: a token that is good once, and not for long."""

from __future__ import annotations

import getpass
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable

VALID_S = 600.0
_MOST = 8


class Entrance:
    """Tokens for the browser of the user who runs the program; only their hashes are kept.

    name: of that user, for the trail; now: monotonic, in seconds
    """

    def __init__(self, name: str = "", *, now: Callable[[], float] = time.monotonic) -> None:
        self.name = name or _user()
        self._now = now
        self._tokens: dict[str, float] = {}

    def path(self) -> str:
        """The address, from the root of the page, that lets one browser in, once, within ten minutes.

        Older ones that nobody used stay good until their time is over, the latest few of them.
        """
        token = secrets.token_urlsafe(32)
        now = self._now()
        self._tokens = {one: until for one, until in self._tokens.items() if until > now}
        while len(self._tokens) >= _MOST:
            del self._tokens[next(iter(self._tokens))]
        self._tokens[_hash(token)] = now + VALID_S
        return f"/enter?token={token}"

    def take(self, token: str) -> bool:
        """Whether *token* lets somebody in; it does not do so again."""
        given = _hash(token)
        found = next((one for one in self._tokens if hmac.compare_digest(one, given)), None)
        return found is not None and self._tokens.pop(found) > self._now()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no entry in the user database, as in a bare container
        return "local user"
