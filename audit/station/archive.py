"""A history asked from an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from audit.history import History

T = TypeVar("T")


class Archive:
    """Asks *history* in threads, so that nobody waits for the disk; it is closed by who opened it."""

    def __init__(self, history: History) -> None:
        self._history = history

    @property
    def where(self) -> str:
        """The file, or the URL without its password."""
        return self._history.where

    async def ask(self, call: Callable[[History], T]) -> T:
        """What *call* answers; it must not give the history, or anything that reads it later, away."""
        return await asyncio.to_thread(call, self._history)
