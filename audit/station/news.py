"""What changed on a bench since somebody looked, and what whoever stands there should know."""

from __future__ import annotations

import asyncio
from collections import deque

from audit.errors import AuditError
from audit.model.text import clean_line

_MOST = 50
_LONGEST = 600


class News:
    """A number that rises with each change, and those who wait for it. Of one event loop."""

    def __init__(self) -> None:
        self.version = 0
        self._risen = asyncio.Event()

    def rise(self) -> None:
        """Something changed."""
        self.version += 1
        risen, self._risen = self._risen, asyncio.Event()
        risen.set()

    async def changed(self, after: int) -> int:
        """Wait until the number is more than *after*, and return it."""
        while self.version <= after:
            await self._risen.wait()
        return self.version


class Notices:
    """The last of them, each once: one that is said again is the newest."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._said: deque[str] = deque(maxlen=_MOST)

    @property
    def all(self) -> tuple[str, ...]:
        """The newest last."""
        return tuple(self._said)

    def say(self, text: str) -> None:
        """Tell *text*."""
        told = clean_line(text)[:_LONGEST]
        if self._said and self._said[-1] == told:
            return
        if told in self._said:
            self._said.remove(told)
        self._said.append(told)
        self._news.rise()

    def trouble(self, doing: str, error: AuditError, after: str = "") -> None:
        """Tell what went wrong, where, and what to do.

        doing: what could not be done; after: what happens now
        """
        where = f" ({error.where})" if error.where else ""
        fix = f" Fix: {error.fix}." if error.fix else ""
        self.say(f"{doing}: {error.what}{where}.{fix}{f' {after}' if after else ''}")
