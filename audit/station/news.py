"""What changed on a bench since somebody looked, and what whoever stands there should know."""

from __future__ import annotations

import asyncio

from audit.errors import AuditError
from audit.model.text import clean_line
from audit.station.faults import told

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
    """The last of them. What is said about the same thing takes the place of what was, and is the newest."""

    def __init__(self, news: News) -> None:
        self._news = news
        self._said: dict[str, str] = {}

    @property
    def all(self) -> tuple[str, ...]:
        """The newest last."""
        return tuple(self._said.values())

    def say(self, text: str, about: str = "") -> None:
        """Tell *text*. about: which notice it takes the place of, "" = one that says the same"""
        told = clean_line(text)[:_LONGEST]
        key = about or told
        if next(reversed(self._said.items()), None) == (key, told):
            return
        self._said.pop(key, None)
        self._said[key] = told
        while len(self._said) > _MOST:
            del self._said[next(iter(self._said))]
        self._news.rise()

    def trouble(self, doing: str, error: AuditError, after: str = "") -> None:
        """Tell what went wrong, where, and what to do.

        doing: what could not be done, which it is about; after: what happens now
        """
        where = f" ({error.where})" if error.where else ""
        fix = f" Fix: {error.fix}." if error.fix else ""
        self.say(f"{doing}: {error.what}{where}.{fix}{f' {after}' if after else ''}", about=doing)

    def fault(self, doing: str, fault: BaseException, after: str = "") -> None:
        """Tell that this program failed, and on standard error where, for who mends it."""
        told(fault)
        self.say(
            f"{doing}, by a fault of this program ({type(fault).__name__}).{f' {after}' if after else ''}"
            " Fix: report it with what is written on standard error.",
            about=doing,
        )
