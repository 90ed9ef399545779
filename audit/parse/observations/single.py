"""Contacts that one event, or events alike, tell of: text messages, sockets in a list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from audit.model.flows import Flow, FlowKind, Stage
from audit.parse.observations.book import Book
from audit.parse.observations.contact import Part, Sighting
from audit.parse.observations.lines import Event
from audit.parse.observations.values import ip_of, joined, moment, number, port_of, text
from audit.parse.observations.whose import Caller
from audit.parse.sockets import is_unicast

# include/net/tcp_states.h: SYN_RECV, LISTEN are not the unit's own doing; TIME_WAIT has lost its user id
_NOT_OURS = frozenset({"LISTEN", "0A", "SYN_RECV", "03", "UNCONN"})
_NOBODYS = frozenset({"TIME_WAIT", "06"})
_MOST_PAIRS = 50_000


class Singles:
    """Keeps contacts that are no connections."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._kept: dict[str, Sighting] = {}
        self._pairs: dict[tuple[str, str, int | None], Caller] = {}

    @property
    def handlers(self) -> Mapping[str, Callable[[Event, int], str]]:
        """What to do with which kind of event; each answers why it could not be read, "" where it was."""
        return {"sms": self._sms, "socket": self._socket}

    def _sms(self, event: Event, line: int) -> str:
        number_to = text(event, "to", 64)
        found = self._book.data(event)
        if found is None or not number_to:
            return "it names no number" if found else "its data is no base64"
        data, size = found
        rc = number(event, "rc", least=-(2**31))
        sent = rc is None or rc >= 0
        port = port_of(event)
        self._keep(
            f"sms:{len(self._kept)}",
            Sighting(
                flow=Flow(
                    who="",
                    what=FlowKind.SMS,
                    to=joined(number_to, port),
                    cleartext=None,
                    at_ms=moment(event),
                    via=self._book.via,
                    origin=self._book.where(line),
                    # handed to the system, which is as far as anybody on the unit can see
                    stage=Stage.TRANSMITTED if sent else Stage.ATTEMPTED,
                    port=port,
                    sent_bytes=size,
                    truncated=size > len(data),
                ),
                by=self._book.caller(event),
                parts=(Part(where="message", data=data, left=sent),),
            ),
        )
        return ""

    def _socket(self, event: Event, line: int) -> str:
        ip, port = ip_of(event), port_of(event)
        state = text(event, "state", 20).upper().replace("-", "_")
        if not ip:
            return "it has no address"
        if state in _NOT_OURS or port is None or not is_unicast(ip):
            return "-sockets that lead nowhere else"
        if "packages" in event and number(event, "pid") is None:
            self._book.owners.introduce(event)
        by, local = self._book.caller(event), text(event, "local", 100)
        pair = (local, ip, port)
        if state in _NOBODYS and not by.uid:
            # closed: its user id is 0 whosever it was
            by = self._pairs.get(pair) or replace(by, uid=None)
        elif local and len(self._pairs) < _MOST_PAIRS:
            self._pairs[pair] = by
        transport = text(event, "transport", 8)
        key = f"socket:{by.uid}:{by.pid}:{transport}:{joined(ip, port)}"
        if key not in self._kept:
            flow = Flow(
                who="",
                what=FlowKind.CONNECT,
                to=joined(ip, port),
                cleartext=None,
                at_ms=moment(event),
                via=self._book.via,
                origin=self._book.where(line),
                ip=ip,
                port=port,
                transport=transport,
            )
            self._keep(key, Sighting(flow=flow, by=by))
        return ""

    def _keep(self, key: str, sighting: Sighting) -> None:
        if self._book.add(key, lambda: self._kept.get(key)):
            self._kept[key] = sighting
            self._book.tell(key)
