"""Why a window ends, and how it is found out that a unit is gone."""

from __future__ import annotations

import asyncio
from enum import StrEnum

from audit.adb.device import Device
from audit.adb.forward import Forward
from audit.errors import AuditError, UnitLost

_BEAT_S = 5.0
_BEAT_LIMIT_S = 10.0

HOOK_AGAIN = "Run this again; reboot the unit first if it happens again."


class End(StrEnum):
    """Why a window ended, as the recording says it."""

    TIME = "the time was up"
    STOPPED = "stopped by the operator"
    UNPLUGGED = "the unit was unplugged"
    SILENT = "the unit answered no longer"
    SERVER = "the Frida server on the unit ended"
    NOBODY = "every process that was watched has ended"
    TROUBLE = "what watched broke off"


EARLY = {
    End.UNPLUGGED: "Plug it in again, with a cable that holds, then run this again.",
    End.SILENT: "Check the cable and that the unit is awake, then run this again.",
    End.SERVER: HOOK_AGAIN,
    End.NOBODY: "Set the client off (`--trigger`), or open it by hand, while this runs.",
    End.TROUBLE: HOOK_AGAIN,
}
"""Ends before the time was up that nobody asked for, each with what to do."""


async def beat(device: Device, way: Forward, *, patience: float) -> End:
    """Ask the unit from time to time whether it is there: a pulled cable does not always say so."""
    missed = 0
    while True:
        await asyncio.sleep(_BEAT_S)
        if isinstance(way.trouble, UnitLost):
            return End.UNPLUGGED
        try:
            answer = await device.run("id -u", timeout_s=_BEAT_LIMIT_S * patience)
        except UnitLost:
            return End.UNPLUGGED
        except AuditError:
            missed += 1
        else:
            missed = missed + 1 if answer.timed_out else 0
        if missed > 1:
            return End.SILENT


async def broken(device: Device, way: Forward) -> End:
    """Why the connection broke: because the unit is gone, or the server on it."""
    if isinstance(way.trouble, UnitLost):
        return End.UNPLUGGED
    try:
        answer = await device.run("id -u", timeout_s=_BEAT_LIMIT_S)
    except UnitLost:
        return End.UNPLUGGED
    except AuditError:
        return End.SILENT
    return End.SILENT if answer.timed_out else End.SERVER
