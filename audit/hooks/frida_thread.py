"""All calls into Frida: on one thread, one after the other, each with a time limit.

Frida's Python binding blocks, and knows no limit but a Cancellable: `asyncio` stays free here, and a peer
that never answers costs its limit and no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from types import ModuleType
from typing import Any, Self, TypeVar

from audit.errors import UsageError
from audit.hooks.troubles import FridaFailed, trouble_of

T = TypeVar("T")

_GRACE_S = 3.0
"""How long a call may take to end once it is cancelled."""


def load_frida() -> ModuleType:
    """The library, which is an extra: 50 MB that only hooking needs. Raises UsageError where it is absent."""
    try:
        return import_module("frida")
    except ImportError as error:
        raise UsageError(
            f"hooking needs Frida, which is not installed ({error})", fix="pip install 'adb-audit[frida]'"
        ) from error


class FridaThread:
    """Runs functions that call *frida*; made anew for each window."""

    def __init__(self, frida: ModuleType) -> None:
        self.frida = frida
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="frida")
        self.errors: tuple[type[Exception], ...] = tuple(
            one for one in vars(frida).values() if isinstance(one, type) and issubclass(one, Exception)
        )

    @property
    def version(self) -> str:
        """Of the library."""
        return str(self.frida.__version__)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        # what runs has been cancelled by its own limit; waiting for it could only hang
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def call(self, doing: str, work: Callable[[], T], *, timeout_s: float) -> T:
        """What *work* returns; *doing*: in words. Raises `FridaFailed`, also when *timeout_s* passed."""
        cancellable = self.frida.Cancellable()
        job = asyncio.get_running_loop().run_in_executor(self._pool, self._run, doing, work, cancellable)
        try:
            done, _ = await asyncio.wait((job,), timeout=timeout_s)
            if not done:
                cancellable.cancel()
                done, _ = await asyncio.wait((job,), timeout=_GRACE_S)
        except asyncio.CancelledError:
            cancellable.cancel()
            job.add_done_callback(_look_away)
            raise
        if not done:
            job.add_done_callback(_look_away)
            raise FridaFailed(trouble_of(self.frida.OperationCancelledError("it hangs"), doing))
        return job.result()

    def _run(self, doing: str, work: Callable[[], T], cancellable: Any) -> T:  # noqa: ANN401 - frida's own
        with cancellable:
            try:
                return work()
            except self.errors as error:
                raise FridaFailed(trouble_of(error, doing)) from error


def _look_away(job: asyncio.Future[Any]) -> None:
    """Take the result of a call nobody waits for any more, so that asyncio does not complain of it."""
    if not job.cancelled():
        job.exception()
