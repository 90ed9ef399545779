"""What changes on a virtual unit while it runs (files, settings, servers), with a list of all of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from audit.lab.changes import Change, left
from audit.lab.disk import CAPACITY_BYTES, HOME, ROOT_UID, SHELL_UID, Disk, Pushed
from audit.lab.living import RootKind
from audit.lab.memory import Memory
from audit.lab.say_sockets import proc_net, qtaguid
from audit.lab.schedule import Sent, Talk, begun
from audit.lab.screen import Screen
from audit.lab.servers import Running, Servers
from audit.lab.spec import UnitSpec
from audit.model.record import record

_SERVER_FOLDER = f"{HOME}/re.frida.server"
"""Where a server keeps what it injects; it removes it when it is told to end, and only then."""

_FIRST_PID = 1200
_UP_S = 86_400.0
"""How long the unit was up when somebody first asked."""
_NO_QTAGUID = 29
"""Android 9 was the last with the kernel's counters by user id."""
_NO_MAC = "02:00:00:00:00:00"
_ALWAYS_RUNNING = ("com.android.phone", "com.android.systemui")


def uid_of(spec: UnitSpec, package: str) -> int:
    """The user id of *package*; root's where there is no such package."""
    found = spec.packages.get(package)
    return ROOT_UID if found is None or found.uid is None else found.uid


@record
class Process:
    """A process of the unit. name: as in ``ps``; command: its command line."""

    pid: int
    uid: int
    name: str
    command: str
    parent: int = 1


def process_file(path: str, running: tuple[Process, ...]) -> bytes | None:
    """``/proc/PID/cmdline``, ``comm`` and ``status``."""
    match path.split("/"):
        case ["", "proc", pid, ("cmdline" | "comm" | "status") as name] if pid.isdecimal():
            one = next((one for one in running if str(one.pid) == pid), None)
            if one is None:
                return None
            if name == "cmdline":
                return one.command.encode(errors="surrogateescape") + b"\0"
            comm = one.name[-15:].encode(errors="surrogateescape")
            ids = "\t".join([str(one.uid)] * 4)
            status = f"\nState:\tS (sleeping)\nTgid:\t{pid}\nPid:\t{pid}\nPPid:\t{one.parent}\nUid:\t{ids}\n"
            return comm + b"\n" if name == "comm" else b"Name:\t" + comm + status.encode()
        case _:
            return None


class Life:
    """The state of one unit.

    changes: all that was changed, in order
    processes: real processes of this host that the unit has as its own, name to pid
    ports: ports of the unit something listens on besides its servers, to ports of this host
    memory: what was worked out once, perhaps for other units, too
    """

    def __init__(
        self,
        spec: UnitSpec,
        clock: Callable[[], float] = time.monotonic,
        calendar: Callable[[], datetime] = lambda: datetime.now(UTC),
        memory: Memory | None = None,
    ) -> None:
        self.memory = Memory() if memory is None else memory
        self.changes: list[Change] = []
        self.processes: dict[str, int] = {}
        self.ports: dict[int, int] = {}
        self.broadcasts: list[Sent] = []
        self.disk = Disk(self.changes, 0 if spec.full_disk else CAPACITY_BYTES)
        self.servers = Servers()
        self.screen = Screen(spec.screen, self.changes)
        self.uid = ROOT_UID if spec.root.kind is RootKind.ADBD else SHELL_UID
        self._spec = spec
        self._clock = clock
        self._calendar = calendar
        self._began: float | None = None
        self._first_look: datetime | None = None
        self._settings: dict[tuple[str, str], str | None] = {}
        self._properties: dict[str, str] = {}

    def now(self) -> UnitSpec:
        """The unit as it is described, with what was changed of it."""
        if not (self._settings or self._properties):
            return self._spec
        settings = {space: dict(rows) for space, rows in self._spec.settings.items()}
        for (space, key), value in self._settings.items():
            rows = settings.setdefault(space, {})
            rows.pop(key, None)
            if value is not None:
                rows[key] = value
        properties = {**self._spec.properties, **self._properties}
        return replace(self._spec, settings=settings, properties=properties)

    def seconds(self) -> float:
        """Since somebody first asked; a unit's schedule begins when it is looked at."""
        if self._began is None:
            self._began, self._first_look = self._clock(), self._calendar()
        return self._clock() - self._began

    def wall(self, at_s: float) -> datetime:
        """What the unit's clock showed, *at_s* seconds since somebody first asked."""
        self.seconds()
        return (self._first_look or self._calendar()) + timedelta(seconds=at_s)

    def talks(self) -> tuple[Talk, ...]:
        """The conversations that have begun."""
        return begun(self._spec.talks, self.broadcasts, self.seconds())

    # what can be changed

    def set_setting(self, space: str, key: str, value: str | None, by: int) -> None:
        """Put or, with None, delete a row of the settings."""
        was = self.now().settings.get(space, {}).get(key)
        self.note(Change(what="setting", name=f"{space} {key}", was=was, now=value, by=by))
        self._settings[space, key] = value

    def set_property(self, name: str, value: str, by: int) -> None:
        """Set a property."""
        was = self.now().properties.get(name)
        self.note(Change(what="property", name=name, was=was, now=value, by=by))
        self._properties[name] = value

    def broadcast(self, action: str, package: str, by: int) -> None:
        """Somebody sent *action*, to *package* alone unless it is ""."""
        self.broadcasts.append(Sent(action=action, package=package, at_s=self.seconds()))
        self.note(Change(what="broadcast", name=f"{action} {package}".strip(), by=by))

    def note(self, change: Change) -> None:
        """Remember *change*."""
        self.changes.append(change)

    def left(self) -> Mapping[tuple[str, str], str | None]:
        """What is not as it was when the unit was started."""
        self.settle()
        return left(self.changes)

    # servers

    def serve(self, path: str, port: int, token: str, uid: int) -> Running:
        """Run a Frida server. Raises CannotStart."""
        one = self.servers.start(path=path, port=port, token=token, uid=uid, fault=self._spec.server_fault)
        self.note(Change(what="server", name=str(one.pid), now=path, by=uid))
        self.disk.write(
            f"{_SERVER_FOLDER}/frida-agent-64.so",
            Pushed(content=b"\x7fELF", mode=0o755, mtime=0, owner=uid),
        )
        return one

    def settle(self) -> None:
        """See which servers ended, and whether they tidied up."""
        for one in self.servers.ended():
            self.note(Change(what="server", name=str(one.pid), was=one.path, by=one.uid))
            if one.process.returncode == 0:
                self.disk.remove(_SERVER_FOLDER, ROOT_UID, deep=True)

    def host_port(self, port: int) -> int | None:
        """Where *port* of the unit is on this host; None when nothing listens."""
        server = self.servers.by_port(port)
        return server.host_port if server is not None else self.ports.get(port)

    def starts_program(self, command: str) -> bool:
        """Whether *command* may run something that was pushed, and so take its time."""
        return any(file.mode & 0o111 and path in command for path, file in self.disk.files.items())

    def made(self, path: str) -> bytes | None:
        """Files of ``/proc`` that are what they are at this moment; None when *path* is none."""
        if path.startswith("/proc/net/"):
            return self._network_file(path.removeprefix("/proc/net/"))
        if path == "/proc/uptime":
            up = _UP_S + self.seconds()
            return f"{up:.2f} {2 * up:.2f}\n".encode()
        if path == "/sys/class/net/wlan0/address":
            return f"{self._spec.identity.wlan_mac or _NO_MAC}\n".encode()
        return process_file(path, self.running())

    def _network_file(self, name: str) -> bytes | None:
        def uid(package: str) -> int:
            return uid_of(self._spec, package)

        if name == "xt_qtaguid/stats" and self._spec.sdk < _NO_QTAGUID:
            return qtaguid(self.talks(), uid).encode()
        text = proc_net(name, self.talks(), self.seconds(), uid)
        return None if text is None else text.encode()

    # processes

    def running(self) -> tuple[Process, ...]:
        """All processes, by pid."""
        self.settle()
        found = {one.pid: one for one in (*self._described(), *self._real())}
        return tuple(found[pid] for pid in sorted(found))

    def _described(self) -> list[Process]:
        system = [
            Process(pid=1, uid=0, name="init", command="/init", parent=0),
            Process(pid=612, uid=0, name="zygote64", command="zygote64"),
            Process(pid=618, uid=0, name="netd", command="/system/bin/netd"),
            Process(pid=1003, uid=self.uid, name="adbd", command="/sbin/adbd"),
            Process(pid=1101, uid=1000, name="system_server", command="system_server", parent=612),
        ]
        names = [name for name in _ALWAYS_RUNNING if name in self._spec.packages]
        names += [talk.package for talk in self._spec.talks if talk.package not in names]
        return [
            *system,
            *(
                Process(
                    pid=_FIRST_PID + number,
                    uid=uid_of(self._spec, name),
                    name=name,
                    command=name,
                    parent=612,
                )
                for number, name in enumerate(names)
                if name not in self.processes
            ),
        ]

    def _real(self) -> list[Process]:
        registered = [
            Process(
                pid=pid,
                uid=uid_of(self._spec, name),
                name=name,
                command=name,
                parent=612,
            )
            for name, pid in self.processes.items()
        ]
        servers = [
            Process(pid=one.pid, uid=one.uid, name=one.path.rpartition("/")[2], command=one.path)
            for one in self.servers.alive()
        ]
        return [*registered, *servers]

    def pid_of(self, name: str) -> int | None:
        """The process of that name."""
        return next((one.pid for one in self.running() if one.name == name), None)
