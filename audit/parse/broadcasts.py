"""The output of ``dumpsys activity``, as far as it tells what was delivered to whom and what runs."""

from __future__ import annotations

import re
from dataclasses import replace

from audit.model.facts import Parsed
from audit.model.record import record
from audit.parse.failures import failure
from audit.parse.ledger import Ledger
from audit.parse.text import lines_of

_HEADING = re.compile(r"([A-Z][A-Z ]+) \(dumpsys activity [^)]{1,80}\)\s*\Z")
_BROADCASTS = "ACTIVITY MANAGER BROADCAST STATE"
_PROCESSES = "ACTIVITY MANAGER RUNNING PROCESSES"
_RECORD = re.compile(r"\s+Historical Broadcast .{0,80}#[0-9]+:\s*\Z")
_OTHER_RECORD = re.compile(r"\s+(?:Active|Pending|Sticky|Historical|Receiver|Registered)\b.*:\s*\Z")
_ACTION = re.compile(r"\s+Intent \{.{0,200}?\bact=(\S{1,200})")
_CLOCK = re.compile(r"\s+(?:enqueueClockTime=.{0,40}?\s)?dispatchClockTime=([0-9:. \-]{1,40})")
_DELIVERED = re.compile(r"\s+(?:Deliver|DELIVERED)\b.{0,120}?#[0-9]+: (.*)\Z")
_NOT_DELIVERED = re.compile(
    r"\s+(?:Pending|Skipped|Timeout|PENDING|SKIPPED|TIMEOUT|SCHEDULED|FAILURE|DEFERRED|\?+).{0,90}?#[0-9]+: "
)
_FILTER = re.compile(r"ReceiverList\{\S+ ([0-9]{1,7}) (\S{1,300})/([0-9]{1,10})/u")
_PACKAGE = re.compile(r"\s+packageName=([\w.]{1,300})\s*\Z")
_PROCESS = re.compile(r"\s+\*[A-Z]+\* UID ([0-9]{1,10}) ProcessRecord\{\S+ ([0-9]{1,7}):(\S{1,300})/\S+\}")
_LOADED = re.compile(r"\s+packageList=\{([^}]{0,4000})\}")
_MOST = 20_000


@record
class Delivery:
    """A broadcast that reached a receiver.

    to: a package where the receiver is declared in its manifest, else the name of the process that registered
    it; uid, pid: of that process, None for a manifest receiver; at: the unit's local time as printed
    """

    action: str
    to: str
    uid: int | None = None
    pid: int | None = None
    at: str = ""
    line: int = 0


@record
class Hosted:
    """A running process and the packages whose code it has loaded."""

    pid: int
    uid: int
    name: str
    packages: tuple[str, ...]
    line: int = 0


@record
class ActivityDump:
    """What was read of a dump."""

    deliveries: tuple[Delivery, ...] = ()
    processes: tuple[Hosted, ...] = ()


def parse_broadcasts(text: str, origin: str = "") -> Parsed[ActivityDump]:
    """Read delivered broadcasts and running processes; count the lines of the rest by section.

    Source: AOSP services/core/java/com/android/server/am/BroadcastRecord.java dump, BroadcastQueue.java,
    ProcessRecord.java dump, Android 7 to 16
    """
    reader = _Reader(Ledger(origin))
    for number, line in enumerate(lines_of(text), start=1):
        reader.take(number, line)
    reader.end_process()
    return reader.ledger.parsed(
        ActivityDump(deliveries=tuple(reader.deliveries), processes=tuple(reader.processes))
    )


class _Reader:
    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.deliveries: list[Delivery] = []
        self.processes: list[Hosted] = []
        self._section = ""
        self._action = self._at = ""
        self._awaits = 0
        self._process: Hosted | None = None

    def take(self, number: int, line: str) -> None:
        if heading := _HEADING.match(line):
            self._section = heading[1].strip()
            self._action = ""
            self.end_process()
            self.ledger.skip(self._section)
        elif failure(number, line) or not self._section:
            self.ledger.left_over(number, line)
        elif (self._section == _BROADCASTS and self._broadcast(number, line)) or (
            self._section == _PROCESSES and self._running(number, line)
        ):
            self.ledger.read()
        else:
            self.ledger.skip(self._section)

    def _broadcast(self, number: int, line: str) -> bool:
        """Read a line of the history; False where it tells nothing that is kept."""
        if _RECORD.match(line) or _OTHER_RECORD.match(line):
            self._action, self._at, self._awaits = "", "", 0
            return False
        if action := _ACTION.match(line):
            self._action = action[1]
        elif clock := _CLOCK.match(line):
            self._at = clock[1]
        elif delivered := _DELIVERED.match(line):
            return self._delivered(delivered[1], number)
        elif _NOT_DELIVERED.match(line):
            self._awaits = 0
            return False
        elif self._awaits and (package := _PACKAGE.match(line)):
            self._keep(Delivery(action=self._action, to=package[1], at=self._at, line=self._awaits))
            self._awaits = 0
        else:
            return False
        return True

    def _delivered(self, receiver: str, number: int) -> bool:
        self._awaits = 0
        if not self._action:
            return False
        if registered := _FILTER.search(receiver[:1000]):
            self._keep(
                Delivery(
                    action=self._action,
                    to=registered[2],
                    uid=int(registered[3]),
                    pid=int(registered[1]),
                    at=self._at,
                    line=number,
                )
            )
        else:
            self._awaits = number  # the lines that follow name the package of the manifest
        return True

    def _keep(self, delivery: Delivery) -> None:
        if len(self.deliveries) < _MOST:
            self.deliveries.append(delivery)

    def _running(self, number: int, line: str) -> bool:
        if found := _PROCESS.match(line):
            self.end_process()
            self._process = Hosted(
                pid=int(found[2]), uid=int(found[1]), name=found[3], packages=(), line=number
            )
            return True
        if self._process is not None and (loaded := _LOADED.match(line)):
            packages = tuple(name.strip() for name in loaded[1].split(",") if name.strip())
            self._process = replace(self._process, packages=packages)
            return True
        return False

    def end_process(self) -> None:
        if self._process is not None and len(self.processes) < _MOST:
            self.processes.append(self._process)
        self._process = None
