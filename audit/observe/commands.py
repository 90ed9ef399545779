"""What a watch may ask of a unit: a closed list of command lines that only read.

Sources: AOSP NetworkStatsService.java dump ("detail"; its "poll" would write and is not used), DnsResolver
DnsQueryLog ("querylog", Android 11 on), logcat.cpp (``-t`` implies ``-d``; ``-v uid``, Android 7 on), toybox
ps.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from enum import StrEnum

from audit.adb.device import Completed, Device
from audit.errors import AuditError, UnitLost
from audit.model.evidence import Kind
from audit.model.record import record
from audit.parse.logcat import CLIENT_TAGS

PROC_NET = ("/proc/net/tcp", "/proc/net/tcp6", "/proc/net/udp", "/proc/net/udp6")
MOST_DUMP_BYTES = 16 << 20
"""Kept of one answer; what comes after is cut off, and said to be."""
_GRACE_S = 2.0
"""A device ends a command at its limit by itself; this is for one that does not."""


class Look(StrEnum):
    """The command lines there are."""

    SOCKETS = f"cat {' '.join(PROC_NET)}"
    UPTIME = "cat /proc/uptime"
    OWNERS = "cmd package list packages -U --user 0"
    NETSTATS = "dumpsys netstats detail"
    COUNTERS = "cat /proc/net/xt_qtaguid/stats"
    QUERIES = "dumpsys dnsresolver querylog"
    CONNECTIVITY = "dumpsys connectivity"
    BROADCASTS = "dumpsys activity broadcasts"
    PROCESSES = "ps -A"
    PROCESSES_OLD = "ps"
    """Of toolbox (Android 7), which takes ``-A`` for the name of a process."""
    CLIENT_LOG = f"logcat -b all -d -v threadtime -v uid -s {' '.join(CLIENT_TAGS)}"
    """All there is of the client's own tags, however old: few lines."""
    LOG = f"logcat -b all -v threadtime -v uid -t 20000 {' '.join(f'{tag}:S' for tag in CLIENT_TAGS)} '*:V'"
    """The last lines of everything else."""


_TIMEOUT_S = {
    Look.SOCKETS: 5.0,
    Look.UPTIME: 5.0,
    Look.PROCESSES: 10.0,
    Look.PROCESSES_OLD: 10.0,
    Look.COUNTERS: 10.0,
}
_USUAL_TIMEOUT_S = 20.0


@record
class Dump:
    """Something to read when a watch begins and when it ends.

    optional: many Androids do not have it, which is an answer; instead: asked where *look* lists nothing
    """

    look: Look
    kind: Kind
    optional: bool = False
    instead: Look | None = None


DUMPS: tuple[Dump, ...] = (
    Dump(look=Look.COUNTERS, kind=Kind.NETSTATS, optional=True),
    Dump(look=Look.NETSTATS, kind=Kind.NETSTATS),
    Dump(look=Look.QUERIES, kind=Kind.DNSRESOLVER, optional=True),
    Dump(look=Look.CLIENT_LOG, kind=Kind.LOGCAT, optional=True),
    Dump(look=Look.LOG, kind=Kind.LOGCAT),
    Dump(look=Look.BROADCASTS, kind=Kind.BROADCASTS),
    Dump(look=Look.PROCESSES, kind=Kind.PROCESSES, instead=Look.PROCESSES_OLD),
    Dump(look=Look.CONNECTIVITY, kind=Kind.CONNECTIVITY),
)


class Calls:
    """Runs the commands on one unit. on_lost: is told when it goes away; patience: times every limit."""

    def __init__(self, device: Device, *, patience: float, on_lost: Callable[[UnitLost], None]) -> None:
        self._device, self._patience, self._on_lost = device, patience, on_lost

    async def run(self, look: Look) -> Completed:
        """The unit's answer, cut to its first bytes; `timed_out` where none came in time.

        Raises UnitLost, and TransportError when the unit will not run it.
        """
        limit_s = _TIMEOUT_S.get(look, _USUAL_TIMEOUT_S) * self._patience
        try:
            async with asyncio.timeout(limit_s + _GRACE_S * self._patience):
                completed = await self._device.run(look.value, timeout_s=limit_s)
        except TimeoutError:
            return Completed(stdout=b"", timed_out=True)
        except UnitLost as error:
            self._on_lost(error)
            raise
        if len(completed.stdout) <= MOST_DUMP_BYTES:
            return completed
        return replace(completed, stdout=completed.stdout[:MOST_DUMP_BYTES], truncated=True)

    async def ask(self, look: Look) -> bytes:
        """The same for what is only nice to know: b"" where there is no answer, whatever the reason."""
        try:
            return (await self.run(look)).stdout
        except AuditError:
            return b""
