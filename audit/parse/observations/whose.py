"""Whose a contact is: a package only where nothing else can be meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from audit.model.facts import Package
from audit.model.flows import Attribution
from audit.model.record import record
from audit.parse.observations.lines import Event
from audit.parse.observations.values import lines, number, text
from audit.parse.uids import FIRST_ISOLATED, HOSTS, app_of

MOST_PROCESSES = 20_000

_HIGHEST_UID = 2**32 - 1
# Code that every app calls through; a package may still be called "android".
_LIBRARIES = (
    *(
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "android.",
        "androidx.",
        "dalvik.",
        "libcore.",
        "kotlin.",
        "kotlinx.",
    ),
    *("com.android.okhttp.", "com.android.org.", "com.android.internal.", "org.apache.", "org.conscrypt."),
    *("okhttp3.", "okio.", "retrofit2."),
)
_FRAME = re.compile(r"(?:at )?((?:[A-Za-z_$][\w$]*\.)+[\w$<>]+)(?:\(|\Z)")
# PackageManager.getNameForUid of a shared user id: "android.uid.phone:1001"
_SHARED_NAME = re.compile(r"[\w.]+:([0-9]{1,9})\Z")


@record
class Process:
    """A process, as the recording introduces it. packages: those it may be"""

    pid: int
    name: str
    uid: int | None
    packages: tuple[str, ...]


@record
class Caller:
    """What an event says of who did it. package: as the recorder names it"""

    pid: int | None = None
    uid: int | None = None
    package: str = ""
    process: Process | None = None
    caller: str = ""
    stack: tuple[str, ...] = ()


@record
class Whose:
    """The answer, as `audit.model.flows.Flow` has it."""

    who: str
    uid: int | None
    process: str
    attribution: Attribution
    shared: tuple[str, ...] = ()


class Owners:
    """Answers whose a contact is, from the packages of the unit and the processes that were introduced."""

    def __init__(self, packages: Mapping[str, Package]) -> None:
        self._packages = packages
        self._processes: dict[int, Process] = {}
        self._of_uid: dict[int, list[str]] = {}
        self._told: dict[int, tuple[str, ...]] = {}
        for package in packages.values():
            if package.uid is not None:
                self._of_uid.setdefault(app_of(package.uid), []).append(package.name)

    def introduce(self, event: Event) -> bool:
        """Take what *event* says of a process, or of the packages of a user id; whether it names either."""
        pid = number(event, "pid")
        uid = number(event, "uid", _HIGHEST_UID)
        if pid is None and uid is not None and len(self._told) < MOST_PROCESSES:
            told = (*self._told.get(app_of(uid), ()), *lines(event, "packages", 64))
            self._told[app_of(uid)] = tuple(dict.fromkeys(told))[:64]
            return True
        if pid is None or (len(self._processes) >= MOST_PROCESSES and pid not in self._processes):
            return False
        self._processes[pid] = Process(
            pid=pid,
            name=text(event, "name", 255),
            uid=uid,
            packages=tuple(dict.fromkeys(lines(event, "packages", 64))),
        )
        return True

    def process(self, pid: int | None) -> Process | None:
        """The process *pid* is now."""
        return None if pid is None else self._processes.get(pid)

    def of(self, by: Caller) -> Whose:
        """Whose *by* is: by its calls, its process, whoever named it, its user id, in this order."""
        process = by.process or self.process(by.pid)
        uid = by.uid if by.uid is not None else (process.uid if process else None)
        if process is not None and process.uid is not None and by.uid not in (None, process.uid):
            process = None  # they contradict each other: the process is another by now
        named = _SHARED_NAME.match(by.package)
        if uid is None and named is not None and by.package not in self._packages:
            uid = int(named[1])
        name = process.name if process else ""
        own = self._own(uid, process)
        if uid is None:  # whichever of them it is, they share it
            uids = (self._packages[one].uid for one in own if one in self._packages)
            uid = next((one for one in uids if one is not None), None)
            own = self._own(uid, process)
        if found := self._by_stack(by.stack, own, uid):
            return Whose(who=found, uid=_app(uid), process=name, attribution=Attribution.STACK)
        if process is not None and (found := self._by_process(process, uid)):
            return Whose(who=found, uid=_app(uid), process=name, attribution=Attribution.PROCESS)
        if by.package and named is None and len(own) < 2:
            return Whose(who=by.package, uid=_app(uid), process=name, attribution=Attribution.NAMED)
        return self._by_uid(uid, own, process)

    def _own(self, uid: int | None, process: Process | None) -> tuple[str, ...]:
        """The packages it can be, all that are known."""
        of_uid: tuple[str, ...] = ()
        if uid is not None:
            of_uid = (*self._of_uid.get(app_of(uid), ()), *self._told.get(app_of(uid), ()))
        claimed = process.packages if process else ()
        possible = (one for one in claimed if one not in self._packages or not self._elsewhere(one, uid))
        return tuple(dict.fromkeys((*possible, *of_uid)))

    def _by_stack(self, stack: Sequence[str], own: Sequence[str], uid: int | None) -> str:
        """The package whose code the innermost call of anybody's own is, unless it cannot run there."""
        for frame in stack:
            found = _FRAME.match(frame)
            if found is None or found[1].startswith(_LIBRARIES):
                continue
            name = found[1]
            while name:
                name = name.rpartition(".")[0]
                if name in self._packages:
                    break
            if name and (name in own or not (own or self._elsewhere(name, uid))):
                return name
        return ""

    def _elsewhere(self, name: str, uid: int | None) -> bool:
        """Whether *name* runs under another user id: then its classes are a library's here."""
        own = self._packages[name].uid
        if uid is None or own is None or app_of(uid) >= FIRST_ISOLATED:
            return False
        return app_of(own) != app_of(uid)

    def _by_process(self, process: Process, uid: int | None) -> str:
        own = self._own(uid, process)
        base = process.name.partition(":")[0]
        shared = len(own) > 1 or any(self._shares(one) for one in (*own, base))
        if base in own or (base in self._packages and not self._elsewhere(base, uid)):
            return "" if shared and base.startswith(HOSTS) else base
        # whoever hooked it names those that were asked for: others of the same user id may run in it too
        return own[0] if own and own == process.packages and not shared else ""

    def _shares(self, name: str) -> bool:
        return name in self._packages and self._packages[name].shared_user is not None

    def _by_uid(self, uid: int | None, own: Sequence[str], process: Process | None) -> Whose:
        name = process.name if process else ""
        if len(own) > 1:
            who = f"process {name}" if uid is None else f"uid {app_of(uid)}"
            kind = Attribution.SHARED_UID
            return Whose(who=who, uid=_app(uid), process=name, attribution=kind, shared=tuple(own[:64]))
        if len(own) == 1:
            if not self._shares(own[0]):
                return Whose(who=own[0], uid=_app(uid), process=name, attribution=Attribution.UID)
            # it shares by its own word; with whom was not listed
            who, kind = f"uid {_app(uid)}", Attribution.SHARED_UID
            return Whose(who=who, uid=_app(uid), process=name, attribution=kind, shared=tuple(own))
        base = name.partition(":")[0]
        if name and not (base in self._packages and self._elsewhere(base, uid)):
            return Whose(who=name, uid=_app(uid), process=name, attribution=Attribution.PROCESS)
        who = "" if uid is None else f"uid {app_of(uid)}"
        return Whose(who=who, uid=_app(uid), process=name, attribution=Attribution.NONE)


def _app(uid: int | None) -> int | None:
    return None if uid is None else app_of(uid)
