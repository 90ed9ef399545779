"""Events in, contacts out: what belongs together becomes one flow, while it happens or afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from audit.model.facts import Package
from audit.model.flows import Flow, OwnIdentifier
from audit.model.record import record
from audit.parse.identifiers.scan import Scanner
from audit.parse.observations.book import Book
from audit.parse.observations.connections import Connections
from audit.parse.observations.contact import finished
from audit.parse.observations.identifier_events import own_identifier
from audit.parse.observations.lines import Event
from audit.parse.observations.single import Singles
from audit.parse.observations.values import text

MOST_CONTACTS = 50_000
"""That are followed in one recording; what comes after is counted."""
MOST_IDENTIFIERS = 256


@record
class Seen:
    """A contact that is new, or better known than before.

    key: of the contact, the same for as long as it is one
    instead_of: keys of contacts that turned out to be this one
    """

    key: str
    flow: Flow
    instead_of: tuple[str, ...] = ()


@record
class Taken:
    """What became of an event. left: why it could not be read; skipped: why it tells nothing; else ""."""

    left: str = ""
    skipped: str = ""


class Assembler:
    """Puts the events of one recording together, in the order they come.

    packages: of the unit, to say whose a contact is; origin: of the recording, for the flows
    """

    def __init__(
        self, packages: Mapping[str, Package], *, origin: str = "", most_contacts: int = MOST_CONTACTS
    ) -> None:
        self._book = Book(packages, origin=origin, most_contacts=most_contacts)
        self._connections = Connections(self._book)
        self._singles = Singles(self._book)
        self._identifiers: dict[tuple[str, str], OwnIdentifier] = {}
        self._scanner: Scanner | None = None
        self._key = b""
        self._handlers: Mapping[str, Callable[[Event, int], str]] = {
            **self._connections.handlers,
            **self._singles.handlers,
            "opened": self._opened,
            "process": self._process,
            "identifier": self._identifier,
            **dict.fromkeys(("hooks", "trouble", "dropped", "closed"), _nothing),
        }

    @property
    def identifiers(self) -> tuple[OwnIdentifier, ...]:
        """Those Android was seen giving to a process."""
        return tuple(self._identifiers.values())

    @property
    def beyond(self) -> int:
        """Events of contacts beyond the most that are followed."""
        return self._book.beyond

    @property
    def unkept(self) -> int:
        """Bytes that left and were not looked at, because they were too many."""
        return self._book.unkept

    def feed(self, event: Event) -> tuple[Seen, ...]:
        """Take one event; the contacts that are new or better known by it, without their identifiers.

        Whatever the event holds, this does not raise.
        """
        self.take(event)
        return tuple(
            Seen(key=key, flow=flow, instead_of=gone)
            for key, gone in self._book.take_news()
            if (flow := self._flow(key, (), b"", looking=False)) is not None
        )

    def take(self, event: Event, line: int = 0) -> Taken:
        """Take one event, of *line* in the recording, and say what became of it; for `flows` at the end."""
        kind = text(event, "kind", 40)
        handler = self._handlers.get(kind)
        if handler is None:
            return Taken(left=f"no event is called {kind}")
        trouble = handler(event, line)
        if trouble.startswith("-"):
            return Taken(skipped=trouble[1:])
        if trouble:
            return Taken(left=f"{kind}: {trouble}")
        return Taken()

    def flow(self, key: str, known: Sequence[OwnIdentifier], hmac_key: bytes) -> Flow | None:
        """The contact *key* as it stands, with the identifiers in it; None where there is no such contact."""
        return self._flow(key, known, hmac_key, looking=True)

    def flows(self, known: Sequence[OwnIdentifier], key: bytes) -> tuple[Flow, ...]:
        """All contacts, with the identifiers in them. known: the unit's own; key: of HMACs, b"" for none."""
        self._connections.settle()
        flows = (self._flow(contact, known, key, looking=True) for contact in self._book.contacts)
        return tuple(flow for flow in flows if flow is not None)

    def _flow(
        self, key: str, known: Sequence[OwnIdentifier], hmac_key: bytes, *, looking: bool
    ) -> Flow | None:
        contact = self._book.contacts.get(key)
        sighting = None if contact is None else contact()
        if sighting is None:
            return None
        if self._scanner is None or (self._scanner.known, self._key) != (tuple(known), hmac_key):
            self._scanner, self._key = Scanner(known, key=hmac_key), hmac_key
        return finished(sighting, self._book.owners, self._scanner, looking=looking)

    def _opened(self, event: Event, _: int) -> str:
        self._book.via = text(event, "observer", 40)
        return ""

    def _process(self, event: Event, _: int) -> str:
        return "" if self._book.owners.introduce(event) else "it names no process"

    def _identifier(self, event: Event, _: int) -> str:
        one = own_identifier(event)
        if one is None:
            return "-identifiers asked for without an answer that names the unit"
        if len(self._identifiers) < MOST_IDENTIFIERS:
            self._identifiers.setdefault((one.kind.value, one.value), one)
        return ""


def _nothing(_: Event, __: int) -> str:
    """An event that tells of the watching, not of the unit."""
    return ""
