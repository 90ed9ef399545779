"""One contact in words that claim no more than was seen of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from audit.model.destinations import Destination
from audit.model.evidence import SourceKind
from audit.model.flows import Caught, Flow, FlowKind, Stage
from audit.model.record import record
from audit.model.report import Report
from audit.reports import head, places
from audit.reports.joined import Joined

SOCKET_LISTS = frozenset({"netstat", "ss"})
LOG = "logcat"
SOCKET = "socket"
_MOST_SHARING = 3
_CLEARTEXT = {True: "yes", False: "no", None: "cannot be told"}
_SECOND_MS = 1000


@record
class How:
    """How far a contact went. name: for a style; shape, words: for people, with or without colour"""

    name: str
    shape: str
    words: str


HOW: Mapping[Stage, How] = {
    Stage.ATTEMPTED: How(name="attempted", shape="·", words="attempted"),
    Stage.TRANSMITTED: How(name="sent", shape="▸", words="data sent"),
    Stage.IDENTIFIED: How(name="identified", shape="✖", words="identifiers sent"),
}


@record
class Name:
    """An identifier in a contact. what: ``IMEI 3567…89 (15), exact``; where: the way to it"""

    what: str
    where: str = ""

    def __str__(self) -> str:
        """On one line."""
        return f"{self.what}, in {self.where}" if self.where else self.what


@record
class Contact:
    """One contact, in words.

    at: when, each time; who: whose, with *shared*, the packages that share its user id, suspects first
    what: what was seen; to: as asked for; address: the address and port behind a name
    cleartext: "yes", "no", "cannot be told"; names: identifiers in it, each with how sure that is
    before: what led to it, a line each; via: what tells of it; parts: of how many records it is made
    """

    how: How
    at: tuple[str, ...]
    who: str
    what: str
    to: str
    cleartext: str
    names: tuple[Name, ...]
    via: tuple[str, ...]
    address: str = ""
    country: str = ""
    operator: str = ""
    shared: tuple[str, ...] = ()
    caller: str = ""
    stack: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    parts: int = 1

    @property
    def when(self) -> str:
        """``1.9 s``, or ``1.9 s, 12 times until 70.1 s``."""
        again = f", {len(self.at)} times" + (f" until {self.at[-1]}" if self.at[-1] else "")
        return (self.at[0] + again).removeprefix(", ") if len(self.at) > 1 else self.at[0]

    @property
    def by(self) -> str:
        """Whose it was, in few words."""
        if not self.shared:
            return self.who
        more = f" and {len(self.shared) - _MOST_SHARING} more" if len(self.shared) > _MOST_SHARING else ""
        return f"{self.who} (shared by {', '.join(self.shared[:_MOST_SHARING])}{more})"

    @property
    def of(self) -> str:
        """Whose it was, with all that share it."""
        return f"{self.who} (shared by {', '.join(self.shared)})" if self.shared else self.who

    @property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """(label, value) of all that is known of it beside how far, when and whose; whole."""
        return (
            ("To", self.to),
            ("Seen", self.what),
            ("Address", self.address),
            ("Country", self.country),
            ("Operator", self.operator),
            ("Cleartext", self.cleartext),
            ("Names", "; ".join(map(str, self.names))),
            ("Caller", self.caller),
            *(("Before", step) for step in self.before),
        )


def whose(flow: Flow) -> str:
    """Whose a contact was; a UID that no one package owns is nobody's alone."""
    if flow.who.startswith("uid ") and not flow.shared:
        return f"{flow.who} (no package's alone)"
    return flow.who or "unknown process"


class Words:
    """Puts the contacts of one report into words."""

    def __init__(self, report: Report) -> None:
        self._in_a_text = report.source.kind is SourceKind.BUGREPORT
        self._places: Mapping[str, Destination] = places.known(report)
        self._suspects = frozenset(
            name for finding in report.findings for name in finding.subject.split(", ") if name
        )

    def contact(self, one: Joined) -> Contact:
        """All that is known of one contact."""
        flow, each = one.flow, (one.flow, *one.again)
        to = flow.url or flow.to
        where = places.where(flow, self._places)
        return Contact(
            how=HOW[flow.stage],
            at=tuple(map(_time, each)),
            who=whose(flow),
            shared=tuple(sorted(flow.shared, key=lambda name: name not in self._suspects)),
            what=_what(each),
            to=to,
            address=_address(flow, to),
            country=where.country,
            operator=where.operator,
            cleartext=_CLEARTEXT[flow.cleartext],
            names=tuple(dict.fromkeys(map(_named, flow.identifiers))),
            via=tuple(dict.fromkeys(self._via(part) for part in (*each, *one.before))),
            caller=flow.caller,
            stack=flow.stack,
            before=tuple(dict.fromkeys(map(_before, sorted(one.before, key=lambda step: step.at_ms)))),
            parts=one.parts,
        )

    def _via(self, flow: Flow) -> str:
        return (head.section(flow.origin) if self._in_a_text else flow.origin) or flow.via


def _address(flow: Flow, to: str) -> str:
    """What does not stand in *to* already: ``203.0.113.5 port 80, named h.example (sni)``."""
    address = f"{flow.ip} port {flow.port}" if flow.ip and flow.port is not None else flow.ip
    how = f" ({flow.host_from})" if flow.host_from else ""
    named = f"named {flow.host}{how}" if flow.host and flow.host not in to else ""
    return ", ".join(part for part in ("" if flow.ip and flow.ip in to else address, named) if part)


def _before(flow: Flow) -> str:
    """``0.4 s name lookup of h.example: 203.0.113.5``."""
    answers = f": {', '.join(flow.answers)}" if flow.answers else ""
    return f"{_time(flow)} {_kind(flow)}: {flow.to}{answers}".strip()


def _what(flows: Sequence[Flow]) -> str:
    """``request, 312 bytes sent``."""
    return ", ".join(filter(None, (_kind(flows[0]), *_bytes(flows))))


def _kind(flow: Flow) -> str:
    if flow.what is FlowKind.DNS:
        return "name lookup"
    if flow.what is FlowKind.SMS:
        return "message Android was asked to send"
    if flow.via in SOCKET_LISTS or flow.via == "sockets":
        return SOCKET
    if flow.via == LOG:
        return "request that was logged"
    if flow.stage is Stage.ATTEMPTED and flow.what is FlowKind.HTTP:
        return "request, not seen leaving"
    return {FlowKind.TLS: "TLS connection", FlowKind.HTTP: "HTTP request"}.get(flow.what, "connection")


def _bytes(flows: Iterable[Flow]) -> Iterator[str]:
    given = tuple(flows)
    for word, counts in (
        ("sent", [flow.sent_bytes for flow in given if flow.sent_bytes is not None]),
        ("received", [flow.received_bytes for flow in given if flow.received_bytes is not None]),
    ):
        if counts:
            yield f"{sum(counts)} bytes {word}"
    if any(flow.truncated for flow in given):
        yield "not all of it looked at"


def _named(one: Caught) -> Name:
    if not one.shown:
        return Name(what=f"{one.kind.words}, by its name only", where=one.where)
    return Name(what=f"{one.kind.words} {one.shown}, {one.certainty}", where=one.where)


def _time(flow: Flow) -> str:
    if flow.at or not flow.at_ms:
        return flow.at
    return f"{flow.at_ms} ms" if flow.at_ms < _SECOND_MS else f"{flow.at_ms / _SECOND_MS:.1f} s"
