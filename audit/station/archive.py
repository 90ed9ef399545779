"""A history asked from an event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from audit.history import History

T = TypeVar("T")

_AT_ONCE = 8
"""Fewer than the connections a history may have; who waits for a locked one takes nobody else's thread."""


class Archive:
    """Asks *history* in threads of its own, so that nobody waits for the disk; who opened it closes it."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="history")

    @property
    def where(self) -> str:
        """The file, or the URL without its password."""
        return self._history.where

    async def ask(self, call: Callable[[History], T]) -> T:
        """What *call* answers; it must not give the history, or anything that reads it later, away."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, call, self._history)
