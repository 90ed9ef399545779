"""What a unit was seen doing: sockets, counters, processes, broadcasts and logs, each with whose it was."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from audit.model.evidence import Artifact, Gap, Kind
from audit.model.facts import Activity, Did, Package, Parsed, Unread
from audit.model.flows import Flow, FlowKind
from audit.model.record import record
from audit.parse.attribution import Names
from audit.parse.broadcasts import ActivityDump, Delivery, Hosted, parse_broadcasts
from audit.parse.connectivity import Asker, parse_connectivity
from audit.parse.counters import moved
from audit.parse.dnsresolver import Query, parse_dnsresolver
from audit.parse.doings import kept
from audit.parse.gaps import gaps_of, stderr_lines
from audit.parse.log_attribution import Logs
from audit.parse.logcat import Log, parse_logcat
from audit.parse.netstat import parse_netstat
from audit.parse.netstats import Counted, parse_netstats
from audit.parse.processes import Process, parse_processes
from audit.parse.sockets import Socket, is_unicast
from audit.parse.ss import parse_ss
from audit.parse.text import decode

V = TypeVar("V")

MOST_FLOWS = 5_000

_MOST_OWN = 64
_NETSTAT, _SS = "netstat", "ss"


@record
class Traffic:
    """All of it.

    flows: None when no list of sockets was there and no request was logged: nobody watched; () when there was
    one and nothing left the unit
    own_addresses: the unit's ends of its sockets
    unread, skipped: as `audit.model.facts.Facts` keeps them
    """

    flows: tuple[Flow, ...] | None = None
    own_addresses: tuple[str, ...] = ()
    activity: tuple[Activity, ...] = ()
    gaps: tuple[Gap, ...] = ()
    unread: tuple[Unread, ...] = ()
    skipped: Mapping[str, int]


def read_traffic(artifacts: Iterable[Artifact], packages: Mapping[str, Package]) -> Traffic:
    """Read *artifacts* of the kinds that tell of contacts and processes, and say whose each was.

    A package is named only where its process or user id can be nobody else's; user ids that several packages
    share (1001: com.android.phone and everything beside it) stay "uid 1001". No socket is called cleartext:
    a port proves nothing, and several makers speak protocols of their own, encrypted, on port 80.
    """
    asked = tuple(artifacts)
    if not asked:  # as of most units: then nobody's name has to be known
        return Traffic(skipped={})
    reader = _Reader()
    for artifact in asked:
        reader.read(artifact)
    return reader.traffic(packages)


class _Reader:
    def __init__(self) -> None:
        self._gaps: list[Gap] = []
        self._unread: list[Unread] = []
        self._skipped: dict[str, int] = {}
        self._sockets: list[tuple[str, Socket]] = []
        self._listed: dict[str, str] = {}
        self._counted: list[tuple[str, Counted]] = []
        self._counted_whole: set[str] = set()
        self._processes: list[tuple[str, Process]] = []
        self._hosted: list[tuple[str, Hosted]] = []
        self._deliveries: list[tuple[str, Delivery]] = []
        self._askers: list[Asker] = []
        self._logs: list[tuple[str, Log]] = []
        self._queries: list[tuple[str, Query]] = []

    def read(self, artifact: Artifact) -> None:
        """Parse one artifact and keep what it says."""
        _READERS[artifact.kind](self, artifact)

    def _parsed(self, artifact: Artifact, parse: Callable[[str, str], Parsed[V]]) -> V:
        """The value, its account booked. Empty is what has no line that the parser knows."""
        parsed = parse(decode(artifact.data), artifact.origin)
        known = parsed.read + sum(n for what, n in parsed.skipped.items() if what != "blank lines")
        self._gaps += gaps_of(artifact, parsed, empty=not known)
        self._unread += parsed.unread
        where = f"{artifact.origin} (standard error)"
        self._unread += (Unread(origin=where, line=n, text=line) for n, line in stderr_lines(artifact))
        for what, count in parsed.skipped.items():
            self._leave(f"{artifact.origin}: {what}", count)
        return parsed.value

    def _leave(self, what: str, count: int) -> None:
        self._skipped[what] = self._skipped.get(what, 0) + count

    def netstat(self, artifact: Artifact) -> None:
        self._sockets += ((_NETSTAT, one) for one in self._parsed(artifact, parse_netstat))
        self._listed.setdefault(_NETSTAT, artifact.origin)

    def ss(self, artifact: Artifact) -> None:
        self._sockets += ((_SS, one) for one in self._parsed(artifact, parse_ss))
        self._listed.setdefault(_SS, artifact.origin)

    def netstats(self, artifact: Artifact) -> None:
        gaps = len(self._gaps)
        self._counted += ((artifact.origin, one) for one in self._parsed(artifact, parse_netstats))
        if len(self._gaps) == gaps:
            self._counted_whole.add(artifact.origin)

    def connectivity(self, artifact: Artifact) -> None:
        askers: tuple[Asker, ...] = self._parsed(artifact, parse_connectivity)
        self._askers += askers

    def processes(self, artifact: Artifact) -> None:
        self._processes += ((artifact.origin, one) for one in self._parsed(artifact, parse_processes))

    def broadcasts(self, artifact: Artifact) -> None:
        found: ActivityDump = self._parsed(artifact, parse_broadcasts)
        self._hosted += ((artifact.origin, one) for one in found.processes)
        self._deliveries += ((artifact.origin, one) for one in found.deliveries)

    def logcat(self, artifact: Artifact) -> None:
        self._logs.append((artifact.origin, self._parsed(artifact, parse_logcat)))

    def queries(self, artifact: Artifact) -> None:
        log = self._parsed(artifact, parse_dnsresolver)
        self._queries += ((artifact.origin, one) for one in log.queries)

    def traffic(self, packages: Mapping[str, Package]) -> Traffic:
        """What all the artifacts say together."""
        now = Names(
            packages,
            (process for _, process in self._processes),
            (process for _, process in self._hosted),
            self._askers,
        )
        logs = Logs(self._logs, now, Names(packages))
        requests = tuple(logs.requests())
        sockets = tuple(self._flows(now)) if self._listed else None
        flows = (*(sockets or ()), *requests) if sockets is not None or requests else None
        if flows is not None and len(flows) > MOST_FLOWS:
            self._leave("contacts beyond the most that are kept", len(flows) - MOST_FLOWS)
            flows = flows[:MOST_FLOWS]
        return Traffic(
            flows=flows,
            own_addresses=tuple(_own(self._sockets)),
            activity=kept(
                (
                    *logs.started(),
                    *self._received(now),
                    *self._running(now, packages),
                    *self._transferred(now),
                    *self._asked(now),
                    *logs.logged(),
                ),
                self._leave,
            ),
            gaps=tuple(self._gaps),
            unread=tuple(self._unread),
            skipped=self._skipped,
        )

    def _flows(self, names: Names) -> Iterator[Flow]:
        """One for each pair of a process and a destination, however many sockets it has there."""
        known: dict[tuple[str, int | None, str], None] = {}
        for via, socket in _merged(self._sockets):
            who, uid = names.of(socket.uid, socket.pid, socket.program)
            key = (who, uid, str(socket.remote))
            if key in known:
                continue
            known[key] = None
            yield Flow(
                who=who,
                what=FlowKind.CONNECT,
                to=key[2],
                cleartext=None,
                via=via,
                uid=uid,
                origin=self._listed.get(via, ""),
            )

    def _received(self, names: Names) -> Iterator[Activity]:
        for origin, one in self._deliveries:
            # a manifest's receiver is a package; a registered one is known by its process
            who, uid = (one.to, one.uid) if one.pid is None else names.of(one.uid, one.pid, one.to)
            yield Activity(
                who=who,
                what=Did.RECEIVED,
                text=f"broadcast {one.action}",
                origin=origin,
                line=one.line,
                at=one.at,
                uid=uid,
            )

    def _running(self, names: Names, packages: Mapping[str, Package]) -> Iterator[Activity]:
        seen: set[str] = set()
        for origin, hosted in self._hosted:
            for package in hosted.packages:
                if package in packages and package not in seen:
                    seen.add(package)
                    text = f"its code was loaded in process {hosted.pid} ({hosted.name})"
                    yield Activity(
                        who=package,
                        what=Did.RUNNING,
                        text=text,
                        origin=origin,
                        line=hosted.line,
                        uid=hosted.uid,
                    )
        for origin, process in self._processes:
            who, uid = names.of(process.uid, None, process.name)
            if who in packages and who not in seen and _is_its(process.name, who):
                seen.add(who)
                text = f"process {process.pid} ({process.name}) was running"
                yield Activity(
                    who=who, what=Did.RUNNING, text=text, origin=origin, line=process.line, uid=uid
                )

    def _transferred(self, names: Names) -> Iterator[Activity]:
        for each in moved(self._counted, self._counted_whole):
            one = each.counted
            who, _ = names.of(one.uid)
            when = " while it was watched" if each.during else ""
            text = f"received {one.received_bytes} bytes, sent {one.sent_bytes}{when} ({one.where})"
            yield Activity(who=who, what=Did.TRANSFERRED, text=text, origin=each.origin, uid=one.uid)

    def _asked(self, names: Names) -> Iterator[Activity]:
        for origin, one in self._queries:
            who, uid = names.of(one.uid, one.pid)
            answer = f"answered {', '.join(one.answers)}" if one.answers else "without an answer"
            text = f"asked for the name {one.host} (masked by Android), {answer}, in {one.took_ms} ms"
            yield Activity(
                who=who, what=Did.ASKED, text=text, origin=origin, line=one.line, at=one.at, uid=uid
            )


def _is_its(name: str, package: str) -> bool:
    """Whether the name of a process speaks of *package*: its user id alone does not say that it runs."""
    base = name.partition(":")[0]
    return base == package or (len(base) > 1 and package.endswith(base))


def _merged(sockets: Iterable[tuple[str, Socket]]) -> Iterator[tuple[str, Socket]]:
    """Sockets that leave the unit, each once: ss knows the user id, netstat may know the process."""
    given = [(via, one) for via, one in sockets if one.leaves]
    ends = {(one.local.ip, one.remote.ip) for via, one in given if via == _SS}
    merged: dict[tuple[str, str, str], tuple[str, Socket]] = {}
    for via, one in sorted(given, key=lambda pair: pair[0] != _SS):
        if (
            via == _NETSTAT
            and not (one.local.whole and one.remote.whole)
            and (one.local.ip, one.remote.ip) in ends
        ):
            continue  # ss has it whole
        key = (one.protocol, str(one.local), str(one.remote))
        earlier = merged.get(key)
        if earlier is None or not (one.local.whole and one.remote.whole):
            merged.setdefault(key, (via, one))
            continue
        first = earlier[1]
        filled = replace(
            first,
            uid=one.uid if first.uid is None else first.uid,
            pid=one.pid if first.pid is None else first.pid,
            program=first.program or one.program,
        )
        merged[key] = (earlier[0], filled)
    yield from merged.values()


def _own(sockets: Iterable[tuple[str, Socket]]) -> Iterator[str]:
    """The unit's own addresses, each once, no more than so many: every other end is somebody else's."""
    told = dict.fromkeys(one.local.ip for _, one in sockets if one.local.whole and is_unicast(one.local.ip))
    yield from islice(told, _MOST_OWN)


_READERS: Mapping[Kind, Callable[[_Reader, Artifact], None]] = {
    Kind.SOCKETS: _Reader.netstat,
    Kind.SOCKET_DETAILS: _Reader.ss,
    Kind.NETSTATS: _Reader.netstats,
    Kind.CONNECTIVITY: _Reader.connectivity,
    Kind.PROCESSES: _Reader.processes,
    Kind.BROADCASTS: _Reader.broadcasts,
    Kind.LOGCAT: _Reader.logcat,
    Kind.DNSRESOLVER: _Reader.queries,
}
