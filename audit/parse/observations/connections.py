"""The connections of a recording: which event belongs to which, and what each is for now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from audit.model.flows import Flow, FlowKind
from audit.parse.observations.book import Book, host_in
from audit.parse.observations.connection import Connection, Speaks
from audit.parse.observations.contact import Sighting
from audit.parse.observations.lines import Event
from audit.parse.observations.matching import WINDOW_MS, Matching, merged
from audit.parse.observations.names import Names
from audit.parse.observations.values import authority, ip_of, is_ip, joined, moment, number, port_of, text
from audit.parse.observations.whose import Caller
from audit.parse.wire.http_message import Request

_HIGHEST_UID = 2**32 - 1
_MOST_ALIASES = 50_000
_Id = tuple[int | None, str, str]
_Address = tuple[int | None, str, int | None]


class Connections:
    """Keeps the connections, and hands on what their bytes tell."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._names = Names(book)
        self._matching = Matching(book)
        self._all: dict[_Id, Connection] = {}
        self._second: set[_Id] = set()
        self._at: dict[_Address, Connection] = {}
        self._sni: dict[tuple[int | None, str], Connection] = {}
        self._apps: dict[str, Event] = {}
        self._count = 0

    @property
    def handlers(self) -> Mapping[str, Callable[[Event, int], str]]:
        """What to do with which kind of event; each answers why it could not be read, "" where it was."""
        return {
            **self._names.handlers,
            **self._matching.handlers,
            "connect": self._connect,
            "data": self._data,
            "plain": self._plain,
            "close": self._close,
            "app": self._app,
        }

    def settle(self) -> None:
        """Make requests that have not ended known as far as they came."""
        for connection in dict.fromkeys(self._all.values()):
            self._settle(connection)

    def _connect(self, event: Event, line: int) -> str:
        identity, ip, port = _identity(event), ip_of(event), port_of(event)
        if not ip and not text(event, "conn", 100):
            return "it has neither an address nor a name"
        pid, host = identity[0], host_in(event)
        if host and is_ip(ip) and not is_ip(host):
            self._book.name(self._book.caller(event), ip, host)
        known = self._all.get(identity)
        if known is not None and not known.closed and _goes_to(known, ip, port):
            self._better(known, event, ip, port)
            return ""
        hint = pid is not None and (identity[1] == "java" or ".java." in identity[2])
        if self._same_seen_from_elsewhere(identity, event, hint=hint, address=(pid, ip, port)):
            return ""
        self._new(identity, event, line, hinted=hint)
        return ""

    def _same_seen_from_elsewhere(
        self, identity: _Id, event: Event, *, hint: bool, address: _Address
    ) -> bool:
        """Whether the library's view of a connection and the system's are one; then they are joined."""
        peer = self._at.get(address)
        if peer is None or peer.hinted == hint or abs(peer.at_ms - moment(event)) > WINDOW_MS:
            return False
        if hint and peer.joined:
            return False
        peer.joined, peer.hinted = True, False
        peer.by = merged(peer.by, self._book.caller(event))
        if len(self._second) < _MOST_ALIASES:
            if hint:
                self._second.add(identity)
            else:
                self._second.update(one for one in (peer.identity,) if one is not None)
            self._all[identity] = peer
        self._changed(peer)
        return True

    def _new(self, identity: _Id, event: Event, line: int, *, hinted: bool = False) -> Connection | None:
        self._count += 1
        key = f"conn:{self._count}"
        connection = Connection(key=key, at_ms=moment(event), line=line, by=self._book.caller(event))
        if not self._book.add(key, lambda: self._sighting(connection)):
            return None
        connection.identity, connection.hinted = identity, hinted
        self._all[identity] = connection
        if (app := self._apps.get(identity[2])) is not None:
            _name_app(connection, app)
        self._better(connection, event, ip_of(event), port_of(event))
        self._changed(connection)
        return connection

    def _better(self, connection: Connection, event: Event, ip: str, port: int | None) -> None:
        """Fill in what was not known of a connection yet."""
        connection.ip = connection.ip or ip
        connection.port = connection.port or port
        connection.transport = connection.transport or text(event, "transport", 8)
        pid = connection.by.pid
        connection.named = connection.named or self._book.named(connection.by, connection.ip)
        if not connection.by.stack and event.get("stack"):
            connection.by = merged(connection.by, self._book.caller(event))
        if connection.ip:
            self._at[pid, connection.ip, connection.port] = connection

    def _data(self, event: Event, line: int) -> str:
        way = event.get("dir")
        if way not in ("out", "in"):
            return "it goes neither in nor out"
        identity = _identity(event)
        if identity in self._second:
            return "-bytes that a library was seen handing to a connection that was watched itself"
        found = self._book.data(event)
        if found is None:
            return "its data is no base64"
        connection = self._of_data(identity, event, line)
        if connection is None:
            return ""
        before = connection.state
        at = (moment(event), line)
        if way == "in":
            messages = connection.received(*found)
        else:
            self._requests(connection, connection.sent(*found), at, plain=False)
            messages = connection.asked_names(found[0])
        for message in messages:
            self._names.message(message, connection.by, *at)
        if connection.state != before:
            self._changed(connection)
        return ""

    def _of_data(self, identity: _Id, event: Event, line: int) -> Connection | None:
        """The connection *event* is of; a socket of UDP may send to many."""
        ip, port = ip_of(event), port_of(event)
        connection = self._all.get(identity) if identity[2] else None
        if connection is not None and _goes_to(connection, ip, port):
            self._better(connection, event, ip, port)
            return connection
        udp = text(event, "transport", 8) == "udp"
        if udp or not identity[2]:
            identity = (identity[0], identity[1], f"{identity[2]}>{joined(ip, port)}")
            connection = self._all.get(identity)
            if connection is not None:
                return connection
        return self._new(identity, event, line)

    def _plain(self, event: Event, line: int) -> str:
        found = self._book.data(event)
        if found is None:
            return "its data is no base64"
        identity, sni = _identity(event), host_in(event, "sni")
        connection = self._all.get(identity) if identity[2] else None
        connection = connection or (self._sni.get((identity[0], sni)) if sni else None)
        if connection is None:
            identity = (identity[0], identity[1], f"plain:{sni or identity[2] or text(event, 'lib', 100)}")
            connection = self._all.get(identity) or self._new(identity, event, line)
        if connection is None:
            return ""
        before = connection.state
        if not connection.by.stack and event.get("stack"):
            connection.by = merged(connection.by, self._book.caller(event))
        done = connection.given(*found, sni)
        self._requests(connection, done, (moment(event), line), plain=True)
        if connection.state != before:
            self._changed(connection)
        return ""

    def _requests(
        self, connection: Connection, done: tuple[Request, ...], at: tuple[int, int], *, plain: bool
    ) -> None:
        if done:
            connection.pending_told = False
        for request in done:
            self._matching.request(connection, request, at, plain=plain, ended=True)
        if (pending := connection.pending) is not None and not connection.pending_told:
            self._matching.request(connection, pending[0], at, plain=pending[1], ended=False)
        connection.pending_told = pending is not None

    def _close(self, event: Event, _: int) -> str:
        identity = _identity(event)
        connection = self._all.get(identity)
        if connection is None:
            return "-ends of connections that were open before"
        if identity not in self._second:
            self._settle(connection)
            connection.closed = True
        return ""

    def _app(self, event: Event, _: int) -> str:
        conn = text(event, "conn", 100)
        if not conn or not text(event, "name", 255):
            return "it names no connection, or no app"
        connection = self._all.get(_identity(event)) or self._all.get((None, "", conn))
        if connection is not None:
            _name_app(connection, event)
            self._changed(connection)
        elif len(self._apps) < _MOST_ALIASES:
            self._apps[conn] = event
        return ""

    def _settle(self, connection: Connection) -> None:
        if (rest := connection.rest) is not None:
            at = (connection.at_ms, connection.line)
            self._matching.request(connection, rest[0], at, plain=rest[1], ended=False)

    def _changed(self, connection: Connection) -> None:
        if connection.speaks is Speaks.DNS:
            self._is_resolver(connection)
            return
        if connection.encrypted:
            if connection.sni:
                self._sni[connection.by.pid, connection.sni] = connection
            self._matching.encrypted(connection)
        self._book.tell(connection.key)
        self._matching.changed(connection)

    def _is_resolver(self, connection: Connection) -> None:
        """All connections of one process to a resolver are one contact; the names asked for are their own."""
        by, transport = connection.by, connection.transport
        key = f"resolver:{by.pid}:{by.uid}:{transport}:{joined(connection.ip, connection.port)}"
        if key not in self._book.contacts and not self._book.add(key, lambda: self._sighting(connection)):
            return
        if connection.key in self._book.contacts:
            self._book.drop(connection.key)
            self._book.tell(key, (connection.key,))

    def _sighting(self, on: Connection) -> Sighting | None:
        if not on.is_contact:
            return None
        host, host_from = self._host(on)
        hello = on.hello
        flow = Flow(
            who="",
            what=FlowKind.CONNECT if on.speaks is Speaks.DNS else on.kind,
            to=joined(host or on.ip or "unknown", on.port),
            cleartext=on.cleartext,
            at_ms=on.at_ms,
            via=self._book.via,
            origin=self._book.where(on.line),
            stage=on.stage,
            host=host,
            host_from=host_from,
            ip=on.ip,
            port=on.port,
            transport=on.transport,
            sni=on.sni,
            alpn=("h2c",) if on.speaks is Speaks.H2 else hello.alpn if hello else (),
            sent_bytes=on.sent_bytes,
            received_bytes=on.received_bytes,
            truncated=on.truncated,
        )
        readable = on.speaks in (Speaks.OTHER, Speaks.NOTHING) and not on.encrypted
        return Sighting(flow=flow, by=on.by, parts=on.parts(), readable=readable)

    def _host(self, on: Connection) -> tuple[str, str]:
        """The server's name and where it was read."""
        behind = authority(on.tunnel_to)[0]
        if behind and not is_ip(behind):
            return behind, "http-host"
        if on.sni:
            return on.sni, "sni"
        named = on.named or self._book.named(on.by, on.ip)
        return named, "dns" if named else ""


def _identity(event: Event) -> _Id:
    """What a connection is called by: its name is its own within a process and an agent only."""
    conn = text(event, "conn", 100)
    if not conn and event.get("kind") == "connect":
        whose = text(event, "package", 255) or number(event, "uid", _HIGHEST_UID)
        conn = f"{whose}>{joined(ip_of(event), port_of(event))}"
    return number(event, "pid"), text(event, "agent", 20), conn


def _goes_to(connection: Connection, ip: str, port: int | None) -> bool:
    same_ip = not ip or not connection.ip or ip == connection.ip
    return same_ip and (port is None or connection.port is None or port == connection.port)


def _name_app(connection: Connection, event: Event) -> None:
    by: Caller = connection.by
    uid = number(event, "uid", _HIGHEST_UID)
    connection.by = replace(by, package=text(event, "name", 255), uid=uid if by.uid is None else by.uid)
