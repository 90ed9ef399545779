"""Faults of this program: caught where the rest of a station has to go on, and told on standard error."""

from __future__ import annotations

import asyncio
import sys
import traceback
from collections.abc import Coroutine
from typing import Any


async def fault_of(work: Coroutine[Any, Any, object]) -> Exception | None:
    """What went wrong in *work*, expected or not; None = nothing. Cancelling it cancels *work*."""
    (outcome,) = await asyncio.gather(work, return_exceptions=True)
    if isinstance(outcome, Exception):
        return outcome
    if isinstance(outcome, BaseException):
        raise outcome
    return None


async def pause(stop: asyncio.Event, longest_s: float) -> None:
    """Let time pass, no longer than until *stop*."""
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((stopping,), timeout=longest_s)
    finally:
        stopping.cancel()


def told(fault: BaseException) -> None:
    """Write where it happened on standard error, for who mends it."""
    sys.stderr.write("".join(traceback.format_exception(fault)))
    sys.stderr.flush()
