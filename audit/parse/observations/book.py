"""What the parts of an assembler share: the contacts by their keys, names of addresses, and the bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from audit.model.facts import Package
from audit.parse.observations.contact import Sighting
from audit.parse.observations.lines import Event, payload
from audit.parse.observations.values import host_of, lines, number, plain_ip, text
from audit.parse.observations.whose import Caller, Owners

MOST_KEPT = 64 << 20
"""Bytes that left, of all contacts together."""
MOST_NAMES = 100_000

_HIGHEST_UID = 2**32 - 1


class Book:
    """The state of one recording's assembly."""

    def __init__(self, packages: Mapping[str, Package], *, origin: str, most_contacts: int) -> None:
        self.owners = Owners(packages)
        self.via = ""
        self.origin = origin
        self.contacts: dict[str, Callable[[], Sighting | None]] = {}
        self.beyond = 0
        self.unkept = 0
        self._most_contacts = most_contacts
        self._kept = 0
        self._names: dict[tuple[int | None, str, str], str] = {}
        self._news: dict[str, tuple[str, ...]] = {}

    def add(self, key: str, contact: Callable[[], Sighting | None]) -> bool:
        """Keep a contact; whether there was room."""
        if key not in self.contacts and len(self.contacts) >= self._most_contacts:
            self.beyond += 1
            return False
        self.contacts[key] = contact
        return True

    def drop(self, key: str) -> None:
        """Forget a contact that turned out to be another."""
        self.contacts.pop(key, None)
        self._news.pop(key, None)

    def tell(self, key: str, instead_of: tuple[str, ...] = ()) -> None:
        """Say that more is known of a contact."""
        self._news[key] = (*self._news.get(key, ()), *instead_of)

    def take_news(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The contacts more is known of since this was last called."""
        news = tuple(self._news.items())
        self._news.clear()
        return news

    def where(self, line: int) -> str:
        """The recording, and the line in it."""
        return f"{self.origin} line {line}" if self.origin and line else self.origin

    def caller(self, event: Event) -> Caller:
        """Who *event* says did it."""
        pid = number(event, "pid")
        return Caller(
            pid=pid,
            uid=number(event, "uid", _HIGHEST_UID),
            package=text(event, "package", 255),
            process=self.owners.process(pid),
            caller=text(event, "caller"),
            stack=lines(event, "stack"),
        )

    def data(self, event: Event) -> tuple[bytes, int] | None:
        """The bytes of *event* as far as they are kept, and how many there were; None where they are damaged.

        A call that failed (``rc`` below 0) sent nothing, one that was cut short no more than it says.
        """
        data = payload(event)
        if data is None:
            if event.get("data") is not None:
                return None
            data = b""
        size = max(number(event, "size", 2**53) or 0, len(data))
        rc = number(event, "rc", 2**53, -(2**31))
        if rc is not None and rc < size:
            size, data = max(rc, 0), data[: max(rc, 0)]
        if event.get("dir") == "in":
            return data, size  # looked at once, not kept
        room = max(0, MOST_KEPT - self._kept)
        if len(data) > room:
            self.unkept += len(data) - room
            data = data[:room]
        self._kept += len(data)
        return data, size

    def name(self, by: Caller, ip: str, host: str, *, wire: bool = False) -> None:
        """Note that *host* was answered with *ip* to a process, or to an app where only that is known.

        wire: it was read on the network, where it is anybody's
        """
        scope = (by.pid, "" if wire or by.pid is not None else by.package, ip)
        if scope in self._names or len(self._names) < MOST_NAMES:
            self._names[scope] = host

    def named(self, by: Caller, ip: str) -> str:
        """The last name that was answered with *ip* to it."""
        own = "" if by.pid is not None else by.package
        return self._names.get((by.pid, own, ip), "") or self._names.get((by.pid, "", ip), "")


def answers_of(event: Event) -> tuple[str, ...]:
    """The addresses a ``dns`` event was answered with."""
    return tuple(plain_ip(one) for one in lines(event, "answers", 64) if one)


def host_in(event: Event, name: str = "host") -> str:
    """A host's name in an event."""
    return host_of(text(event, name, 300))
