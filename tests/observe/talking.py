"""A unit in memory that opens and closes sockets by the clock of the event loop, and answers a watch."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address

from audit.adb.device import Completed, DeviceRow, FileStat, State
from audit.adb.stream import Stream
from audit.errors import AuditError, UnitLost
from audit.observe.commands import Look
from tests.build.proc_net import Row, proc_net_lists

Answer = Completed | AuditError | str

OWNERS = """\
package:com.android.phone uid:1001
package:com.example.register uid:1001
package:com.example.app uid:10020
"""
PROCESSES = "USER PID PPID VSZ RSS WCHAN ADDR S NAME\nradio 1500 1 1 1 0 0 S com.android.phone\n"
NETSTATS = (
    "BPF map content:\n  mAppUidStatsMap:\n    uid rxBytes rxPackets txBytes txPackets\n    1001 {} 1 {} 1\n"
)
QUERIES = """\
DNS query log (last 60 minutes):
  time=20:50:17.123 netId=100 uid=1001 pid=1500 hostname=z*** answer=[203.***] (12ms)
"""
LOG = "--------- beginning of main\n05-10 20:50:17.123  1500  1500 I RegistrationTask: Response: ok\n"
REFUSED = Completed(
    stdout=b"",
    stderr=b"".join(
        f"cat: /proc/net/{name}: Permission denied\n".encode() for name in ("tcp", "tcp6", "udp", "udp6")
    ),
    exit_code=1,
)


@dataclass(frozen=True)
class Spell:
    """A socket that is there from one second to another."""

    row: Row
    begins: float = 0.0
    ends: float = float("inf")


def socket(
    remote: str = "203.0.113.7",
    port: int = 80,
    *,
    uid: int = 1001,
    protocol: str = "tcp",
    state: int = 1,
    local: int = 40001,
) -> Row:
    """A socket of the unit to *remote*."""
    here = "192.168.9.100" if ip_address(remote).version == 4 else "2001:db8::100"
    return Row(
        protocol=protocol,
        local=ip_address(here),
        local_port=local,
        remote=ip_address(remote),
        remote_port=port,
        state=state,
        uid=uid,
        inode=0 if state == 6 else 7000 + local,
    )


@dataclass
class TalkingUnit:
    """A `audit.adb.device.Device`. sockets: when each is there; answers: to other commands, by line

    takes_s: until a command is answered; lost_after_s: when the cable is pulled; asked: (second, line)
    """

    sockets: Sequence[Spell] = ()
    answers: Mapping[str, Answer] = field(default_factory=dict)
    takes_s: Callable[[str], float] = lambda _: 0.0
    lost_after_s: float = float("inf")
    asked: list[tuple[float, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _began: float | None = None

    @property
    def row(self) -> DeviceRow:
        """Who this is."""
        return DeviceRow(serial="S1", state=State.DEVICE, transport="tcp")

    @property
    def features(self) -> frozenset[str]:
        """With exit codes."""
        return frozenset({"shell_v2"})

    @property
    def now(self) -> float:
        """Seconds since the first command."""
        time = asyncio.get_running_loop().time()
        self._began = time if self._began is None else self._began
        return time - self._began

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """Answer as a unit of Android 13 does, unless *answers* says otherwise."""
        self.asked.append((self.now, command))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            takes = self.takes_s(command)
            await asyncio.sleep(max(0.0, min(takes, timeout_s, self.lost_after_s - self.now)))
        finally:
            self.at_once -= 1
        if self.now >= self.lost_after_s:
            raise UnitLost("the unit went away (pulled)", where="S1", fix="Plug it in again.")
        if takes > timeout_s:
            return Completed(stdout=b"", timed_out=True, truncated=True)
        answer = self.answers.get(command, self._usual(command))
        if isinstance(answer, AuditError):
            raise answer
        return answer if isinstance(answer, Completed) else Completed(stdout=answer.encode(), exit_code=0)

    def _usual(self, command: str) -> Answer:
        if command == Look.SOCKETS:
            return proc_net_lists([one.row for one in self.sockets if one.begins <= self.now < one.ends])
        if command == Look.NETSTATS:
            moved = sum(one.begins <= self.now for one in self.sockets)
            return NETSTATS.format(100 + moved, 200 + 400 * moved)
        if command == Look.COUNTERS:
            missing = b"cat: /proc/net/xt_qtaguid/stats: No such file or directory\n"
            return Completed(stdout=b"", stderr=missing, exit_code=1)
        return {
            Look.OWNERS: OWNERS,
            Look.UPTIME: "30.50 100.00\n",
            Look.QUERIES: QUERIES,
            Look.PROCESSES: PROCESSES,
            Look.PROCESSES_OLD: PROCESSES,
            Look.LOG: LOG,
            Look.CLIENT_LOG: LOG,
            Look.BROADCASTS: "ACTIVITY MANAGER BROADCAST STATE (dumpsys activity broadcasts)\n",
            Look.CONNECTIVITY: "NetworkProviders for: none\n",
        }[Look(command)]

    async def stat(self, path: str, *, timeout_s: float = 10.0) -> FileStat | None:
        """Not needed."""
        raise AssertionError((path, timeout_s))

    async def list(self, path: str, *, timeout_s: float = 10.0) -> tuple[FileStat, ...]:
        """Not needed."""
        raise AssertionError((path, timeout_s))

    def pull(self, path: str, *, timeout_s: float) -> AsyncIterator[bytes]:
        """Not needed."""
        raise AssertionError((path, timeout_s))

    async def open(self, service: str) -> Stream:
        """Not needed."""
        raise AssertionError(service)

    async def close(self) -> None:
        """Hang up."""
