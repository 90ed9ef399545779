"""Requests, each once: what a library was asked for, and the bytes that then went out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from audit.model.flows import Flow, FlowKind, Stage
from audit.parse.observations.asked import Asked, of_library
from audit.parse.observations.book import Book
from audit.parse.observations.connection import Connection
from audit.parse.observations.contact import Sighting
from audit.parse.observations.lines import Event
from audit.parse.observations.values import is_ip, joined
from audit.parse.observations.whose import Caller
from audit.parse.wire.http_message import Request

WINDOW_MS = 30_000
"""What lies further apart is not taken for the same request."""
MOST_OF_ONE_CONNECTION = 2_000

_MOST_ALIKE = 64
_Name = tuple[int | None, str, int | None, str]
_Server = tuple[int | None, str, int | None]


class Matching:
    """Keeps the requests of a recording."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._alike: dict[_Name, list[Asked]] = {}
        self._waiting: dict[_Server, list[Asked]] = {}
        self._encrypted: dict[_Server, list[Connection]] = {}
        self._current: dict[tuple[str, bool], Asked] = {}
        self._on: dict[str, list[Asked]] = {}
        self._count = 0

    @property
    def handlers(self) -> Mapping[str, Callable[[Event, int], str]]:
        """What to do with which kind of event; each answers why it could not be read, "" where it was."""
        return {"http": self._http}

    def _http(self, event: Event, line: int) -> str:
        self._count += 1
        asked = of_library(event, key=f"http:{self._count}", line=line, by=self._book.caller(event))
        if asked is None:
            return "it names no server"
        for peer in self._near(asked):
            if not peer.apis & asked.apis:
                self._join(peer, asked)
                return ""
        if not self._book.add(asked.key, lambda: _sighting(self._book, asked, None, first=True)):
            return ""
        self._index(asked)
        self._book.tell(asked.key)
        server = (asked.by.pid, asked.server, asked.port)
        if asked.scheme == "https":
            connection = self._encrypted_to(server, asked.at_ms)
            if connection is not None:
                self._bind(asked, connection)
            else:
                self._waiting.setdefault(server, []).append(asked)
        return ""

    def request(
        self, on: Connection, request: Request, at: tuple[int, int], *, plain: bool, ended: bool
    ) -> None:
        """Take a request whose bytes were seen.

        at: milliseconds and line; plain: it was handed to TLS; ended: nothing more of it will come
        """
        asked = self._current.get((on.key, plain))
        if asked is None:
            asked = self._begun(on, request, at, plain=plain)
            if asked is None:
                return
        else:
            before = asked.name
            asked.seen(request, plain=plain, port=on.port, server=on.sni or on.named or on.ip)
            if asked.name != before:
                self._index(asked)
        self._book.tell(asked.key)
        if ended:
            self._current.pop((on.key, plain), None)
        else:
            self._current[on.key, plain] = asked

    def encrypted(self, on: Connection) -> None:
        """Note that *on* speaks TLS and with whom: what waits for that server may be on it."""
        for host in dict.fromkeys((on.sni, on.named)):
            if not host:
                continue
            server = (on.by.pid, host, on.port)
            connections = self._encrypted.setdefault(server, [])
            if on not in connections[-_MOST_ALIKE:]:
                connections.append(on)
            for asked in self._waiting.pop(server, ()):
                if abs(asked.at_ms - on.at_ms) <= WINDOW_MS:
                    self._bind(asked, on)

    def changed(self, on: Connection) -> None:
        """Say that more is known of a connection, and so of the requests on it whose bytes are not seen."""
        for asked in self._on.get(on.key, ()):
            if asked.request is None:
                self._book.tell(asked.key)

    def _begun(self, on: Connection, request: Request, at: tuple[int, int], *, plain: bool) -> Asked | None:
        if on.asked >= MOST_OF_ONE_CONNECTION:
            self._book.beyond += 1
            return None
        fresh = Asked(key="", at_ms=at[0], line=at[1], by=on.by)
        fresh.seen(request, plain=plain, port=on.port, server=on.sni or on.named or on.ip)
        for peer in self._near(fresh):
            if peer.request is None and (not peer.bound or peer in self._on.get(on.key, ())):
                peer.seen(request, plain=plain, port=on.port, server=on.sni or on.named or on.ip)
                if not peer.bound:
                    self._bind(peer, on)
                return peer
        if not self._bind(fresh, on):
            return None
        self._index(fresh)
        return fresh

    def _index(self, asked: Asked) -> None:
        alike = self._alike.setdefault(asked.name, [])
        alike.append(asked)
        del alike[:-_MOST_ALIKE]

    def _near(self, asked: Asked) -> list[Asked]:
        """Requests alike, within the window, the oldest first: they come in order on all sides."""
        alike = self._alike.get(asked.name, ())
        return [peer for peer in alike if abs(peer.at_ms - asked.at_ms) <= WINDOW_MS]

    def _join(self, asked: Asked, other: Asked) -> None:
        """Add what another library, further in or out, was asked for the same request."""
        asked.apis |= other.apis
        asked.by = merged(asked.by, other.by)
        asked.at_ms = min(asked.at_ms, other.at_ms)
        asked.ip = asked.ip or other.ip
        asked.method = asked.method or other.method
        if other.body_bytes > asked.body_bytes or not asked.api_parts:
            asked.api_parts, asked.body_bytes = other.api_parts, other.body_bytes
            asked.truncated = asked.truncated if asked.request is not None else other.truncated
        self._book.tell(asked.key)

    def _bind(self, asked: Asked, on: Connection) -> bool:
        """Make *asked* a request of the connection: the first stands in its row; whether there is room."""
        before = asked.key
        key = on.key if not on.asked else f"{on.key}#{on.asked + 1}"
        first = not on.asked
        if (first and on.key not in self._book.contacts) or not self._book.add(
            key, lambda: _sighting(self._book, asked, on, first=first)
        ):
            return False
        on.asked += 1
        on.asked_bytes += asked.body_bytes
        asked.key, asked.bound = key, True
        self._on.setdefault(on.key, []).append(asked)
        if before:
            self._book.drop(before)
        self._book.tell(key, (before,) if before else ())
        return True

    def _encrypted_to(self, server: _Server, at_ms: int) -> Connection | None:
        """The connection such a request went over: open, the youngest first."""
        there = self._encrypted.get(server, ())
        for on in reversed(there[-_MOST_ALIKE:]):
            if on.at_ms <= at_ms + WINDOW_MS and (not on.closed or abs(on.at_ms - at_ms) <= WINDOW_MS):
                return on
        return None


def merged(by: Caller, other: Caller) -> Caller:
    """Who did it, with the calls that tell more: a Java stack names classes."""
    takes = bool(other.stack)
    return replace(
        by,
        uid=other.uid if by.uid is None else by.uid,
        package=by.package or other.package,
        process=by.process or other.process,
        caller=other.caller if takes and other.caller else by.caller or other.caller,
        stack=other.stack if takes else by.stack,
    )


def _sighting(book: Book, asked: Asked, on: Connection | None, *, first: bool) -> Sighting:
    stage, left = _reached(asked, on)
    cleartext = on.cleartext if on is not None else None
    if asked.request is not None and not asked.plain and on is not None and not on.encrypted:
        cleartext = True
    named = not is_ip(asked.server)
    stated = asked.request is None or bool(asked.request.host)
    alone = on is not None and on.asked == 1
    hello = on.hello if on is not None else None
    flow = Flow(
        who="",
        what=FlowKind.HTTP,
        to=joined(asked.server, asked.port),
        cleartext=cleartext,
        at_ms=asked.at_ms,
        via=book.via,
        origin=book.where(asked.line),
        stage=stage,
        host=asked.server if named else "",
        host_from=_host_from(asked, stated=stated) if named else "",
        ip=(on.ip if on is not None else "") or asked.ip,
        port=(on.port if on is not None else None) or asked.port,
        transport=on.transport if on is not None else "",
        url=asked.url,
        sni=on.sni if on is not None else "",
        alpn=hello.alpn if hello else (),
        sent_bytes=_sent(asked, on),
        received_bytes=on.received_bytes if on is not None and alone else None,
        truncated=asked.truncated or (first and on is not None and on.truncated),
    )
    by = asked.by if on is None else merged(on.by, asked.by)
    others = on.parts() if on is not None and first else ()
    return Sighting(flow=flow, by=by, parts=(*asked.parts(left=left), *others))


def _host_from(asked: Asked, *, stated: bool) -> str:
    if not stated:
        return "dns"
    return "http-host" if asked.request is not None else "url"


def _reached(asked: Asked, on: Connection | None) -> tuple[Stage, bool]:
    """How far it went, and whether what the library was asked for left with it.

    The bytes of a library's request over TLS are not seen again; they left only where as many did.
    """
    if asked.request is not None:
        return Stage.TRANSMITTED, True
    if on is None or on.stage is Stage.ATTEMPTED:
        return Stage.ATTEMPTED, False
    return Stage.TRANSMITTED, on.sent_bytes >= on.asked_bytes


def _sent(asked: Asked, on: Connection | None) -> int | None:
    if asked.request is not None:
        return asked.request.size
    return on.sent_bytes if on is not None and on.asked == 1 else None
