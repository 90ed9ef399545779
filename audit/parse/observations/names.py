"""Names that were asked for, once for each process and name: by an API, or by a message of DNS."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from audit.model.flows import Flow, FlowKind, Stage
from audit.model.record import record
from audit.model.text import clean_line
from audit.parse.observations.book import Book, answers_of, host_in
from audit.parse.observations.contact import Part, Sighting
from audit.parse.observations.lines import Event
from audit.parse.observations.values import MOST_ANSWERS, host_of, is_ip, moment
from audit.parse.observations.whose import Caller
from audit.parse.wire.dns import Message


@record
class _Name:
    """A name asked for. wire: the question was seen going out; seen: it was read on the network."""

    host: str
    by: Caller
    at_ms: int
    line: int
    answers: tuple[str, ...] = ()
    wire: bool = False
    seen: bool = False


class Names:
    """Keeps the names, and tells the book which address is whose."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._kept: dict[str, _Name] = {}

    @property
    def handlers(self) -> Mapping[str, Callable[[Event, int], str]]:
        """What to do with which kind of event; each answers why it could not be read, "" where it was."""
        return {"dns": self._dns}

    def _dns(self, event: Event, line: int) -> str:
        host = host_in(event)
        if not host:
            return "it names no host"
        if is_ip(host):
            return "-addresses that were asked for as names, which asks nobody"
        by = self._book.caller(event)
        asked = _Name(host=host, by=by, at_ms=moment(event), line=line, answers=answers_of(event))
        self._asked(asked)
        return ""

    def message(self, message: Message, by: Caller, at_ms: int, line: int) -> None:
        """Take a message of DNS that was seen on its way."""
        for question in message.questions:
            host = host_of(clean_line(question.name))
            if host:
                answers = message.addresses[:MOST_ANSWERS]
                self._asked(
                    _Name(
                        host=host,
                        by=by,
                        at_ms=at_ms,
                        line=line,
                        answers=answers,
                        wire=not message.response,
                        seen=True,
                    )
                )

    def _asked(self, name: _Name) -> None:
        for ip in name.answers:
            self._book.name(name.by, ip, name.host, wire=name.seen)
        key = f"dns:{name.by.pid}:{name.by.uid}:{name.by.package}:{name.host}"
        earlier = self._kept.get(key)
        if earlier is None:
            if self._book.add(key, lambda: self._sighting(key)):
                self._kept[key] = name
                self._book.tell(key)
            return
        answers = tuple(dict.fromkeys((*earlier.answers, *name.answers)))[:MOST_ANSWERS]
        wire = earlier.wire or name.wire
        if (answers, wire) != (earlier.answers, earlier.wire):
            self._book.tell(key)
            self._kept[key] = _Name(
                host=name.host,
                by=earlier.by,
                at_ms=earlier.at_ms,
                line=earlier.line,
                answers=answers,
                wire=wire,
            )

    def _sighting(self, key: str) -> Sighting | None:
        name = self._kept.get(key)
        if name is None:
            return None
        flow = Flow(
            who="",
            what=FlowKind.DNS,
            to=name.host,
            cleartext=True if name.wire else None,
            at_ms=name.at_ms,
            via=self._book.via,
            origin=self._book.where(name.line),
            stage=Stage.ATTEMPTED,
            host=name.host,
            host_from="dns",
            answers=name.answers,
        )
        part = Part(where="host", data=name.host.encode("utf-8", "replace"), left=name.wire)
        return Sighting(flow=flow, by=name.by, parts=(part,))
