"""Who watched, for how long, and what could not be seen: the other half of every recording."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from audit.model.evidence import Gap, Topic
from audit.model.flows import Watch
from audit.model.text import clean_line
from audit.parse.observations.lines import VERSION, Event, payload
from audit.parse.observations.values import LONGEST, lines, number, plain_ip, text
from audit.parse.observations.witnesses import witness

MOST_HOOKS = 512
MOST_TROUBLES = 64

_LONGEST_KEY = 64
_LONGEST_WATCH_S = 10 * 365 * 86_400.0
_ADDRESSES = frozenset({"getaddrinfo", "android_getaddrinfofornetcontext"})
"""One of them is enough: the other calls it, or is called by it."""
_WRITES = frozenset({"send", "sendto", "sendmsg", "write", "writev"})


class Watching:
    """Collects what a recording says of itself."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self.opened = False
        self.version: int | None = None
        self.key = b""
        self.unit: tuple[str, ...] = ()
        self._by = self._what = self._ended = ""
        self._seconds: float | None = None
        self._versions: dict[str, str] = {}
        self._hooks: dict[tuple[int | None, str], tuple[tuple[str, ...], tuple[tuple[str, str], ...]]] = {}
        self._dropped = 0
        self._uncounted = False
        self._begun = False
        self._disorder: dict[str, None] = {}
        self._truncated = 0
        self._troubles: dict[str, None] = {}
        self._unseen: dict[str, None] = {}

    @property
    def known_version(self) -> bool:
        """Whether its events mean what this program takes them for."""
        return not self.opened or self.version == VERSION

    def take(self, event: Event) -> None:
        """Take one event; those that tell nothing of the watching are counted only."""
        kind = event.get("kind")
        self._order(kind)
        handler = _HANDLERS.get(kind) if isinstance(kind, str) else None
        if handler is not None:
            handler(self, event)

    def watch(self) -> Watch:
        """All of it."""
        says = witness(self._by)
        return Watch(
            by=self._by,
            what=self._what,
            origin=self._origin,
            seconds=self._seconds,
            ended=self._ended,
            hooks=self._installed,
            hooks_missing=self._missing,
            dropped=self._dropped,
            truncated=self._truncated,
            versions=tuple(self._versions.items()),
            troubles=tuple(self._troubles),
            proves=says.proves,
            leaves_open=says.leaves_open,
        )

    def gaps(self) -> Iterator[Gap]:
        """Why the absence of a contact in it proves nothing."""
        if not self.opened:
            yield self._gap("The recording does not say who made it: its first line is missing.", _AGAIN)
        elif not self.known_version:
            yield self._gap(
                f"The recording is of version {self.version if self.version is not None else 'unknown'};"
                f" this program reads version {VERSION}.",
                "Judge it with the program that recorded it, or record it again.",
            )
            return
        if not self._ended:
            yield self._gap("The recording breaks off: nothing says how it ended.", _AGAIN)
        if self._disorder:
            yield self._gap(f"The recording is not as it was written: {'; '.join(self._disorder)}.", _AGAIN)
        for said in self._unseen:
            yield self._gap(f"Not all of it could be read: {said}.", _AGAIN)
        if self._uncounted:
            yield self._gap("Events of the recording were lost; how many cannot be read.", _AGAIN)
        if self._dropped:
            yield self._gap(
                f"{self._dropped} events of the recording were lost.",
                "Watch fewer processes, or for less time.",
            )
        if self._by == "frida" and self.opened and not self._installed:
            yield self._gap("Nothing in the recording says that a process was hooked.", _AGAIN)
        blind = self._blind()
        if blind:
            yield self._gap(
                f"Not everything could be hooked: {'; '.join(blind)}.",
                "Watch the unit's network beside it (a capture at the access point, or the bench's sink).",
            )

    def _gap(self, reason: str, fix: str) -> Gap:
        return Gap(topic=Topic.FLOWS, reason=reason, fix=fix, origin=self._origin)

    @property
    def _installed(self) -> tuple[str, ...]:
        names = (name for installed, _ in self._hooks.values() for name in installed)
        return tuple(dict.fromkeys(names))[:MOST_HOOKS]

    @property
    def _missing(self) -> tuple[tuple[str, str], ...]:
        pairs = (pair for _, missing in self._hooks.values() for pair in missing)
        return tuple(dict.fromkeys(pairs))[:MOST_HOOKS]

    def _blind(self) -> list[str]:
        """Missing hooks without which contacts or bytes go unseen, once each."""
        blind: dict[str, None] = {}
        for installed, missing in self._hooks.values():
            there = {_function(name) for name in installed}
            for name, why in missing:
                function = _function(name)
                covered = function in there or (function in _ADDRESSES and bool(there & _ADDRESSES))
                if function in _ADDRESSES | _WRITES | {"connect"} and not covered:
                    blind[f"{name} ({why})" if why else name] = None
        return list(blind)[:8]

    def _order(self, kind: object) -> None:
        """Note what no recorder writes: lines moved, or two recordings in one."""
        if self._ended:
            self._disorder["it goes on after its end"] = None
        if kind == "opened" and self.opened:
            self._disorder["it begins more than once"] = None
        elif kind == "opened" and self._begun:
            self._disorder["it begins after other lines"] = None
        self._begun = True

    def _opened(self, event: Event) -> None:
        if self.opened:
            return
        self.opened = True
        self.version = number(event, "v")
        self._by, self._what = text(event, "observer", 40), text(event, "what")
        self.unit = tuple(map(plain_ip, lines(event, "unit", 64)))
        written = event.get("key")
        try:
            key = bytes.fromhex(written) if isinstance(written, str) else b""
        except ValueError:
            key = b""
        self.key = key if len(key) <= _LONGEST_KEY else b""
        stated = event.get("versions")
        pairs = list(stated.items())[:32] if isinstance(stated, Mapping) else []
        for name, which in pairs:
            if isinstance(name, str) and isinstance(which, str):
                self._versions[clean_line(name[:100])] = clean_line(which[:100])

    def _hooks_event(self, event: Event) -> None:
        place = (number(event, "pid"), text(event, "agent", 40))
        if place not in self._hooks and len(self._hooks) >= MOST_HOOKS:
            return
        installed, missing = event.get("installed"), event.get("missing")
        names = installed[:MOST_HOOKS] if isinstance(installed, list) else []
        pairs = missing[:MOST_HOOKS] if isinstance(missing, list) else []
        self._hooks[place] = (
            tuple(clean_line(name[:200]) for name in names if isinstance(name, str)),
            tuple(pair for pair in map(_pair, pairs) if pair is not None),
        )

    def _dropped_event(self, event: Event) -> None:
        count = number(event, "count", 2**53)
        self._dropped += count or 0
        self._uncounted = self._uncounted or count is None

    def _trouble(self, event: Event) -> None:
        where, what = text(event, "where"), text(event, "what")
        said = f"{where}: {what}" if where else what
        if len(self._troubles) < MOST_TROUBLES:
            self._troubles[said] = None
        if event.get("unseen") and len(self._unseen) < MOST_TROUBLES:
            self._unseen[said] = None

    def _closed_event(self, event: Event) -> None:
        self._ended = text(event, "why")
        seconds = event.get("seconds")
        if isinstance(seconds, int | float) and not isinstance(seconds, bool):
            self._seconds = float(seconds) if 0 <= seconds <= _LONGEST_WATCH_S else None

    def _bytes(self, event: Event) -> None:
        size = number(event, "size", 2**53)
        if size and event.get("dir") != "in":
            self._truncated += max(0, size - len(payload(event) or b""))


def _pair(value: object) -> tuple[str, str] | None:
    if isinstance(value, list) and value and all(isinstance(one, str) for one in value[:2]):
        return clean_line(value[0][:200]), clean_line(value[1][:LONGEST]) if len(value) > 1 else ""
    return None


def _function(name: str) -> str:
    """The native function a hook is called after ("libc.so!connect"); a Java method keeps its class."""
    return re.split(r"[!:]|\.so\.", name)[-1].strip().lower()


_AGAIN = "Watch the unit again, to the end."
_HANDLERS = {
    "opened": Watching._opened,  # noqa: SLF001  # the table of this class
    "hooks": Watching._hooks_event,  # noqa: SLF001
    "dropped": Watching._dropped_event,  # noqa: SLF001
    "trouble": Watching._trouble,  # noqa: SLF001
    "closed": Watching._closed_event,  # noqa: SLF001
    **dict.fromkeys(("data", "plain", "http", "sms"), Watching._bytes),  # noqa: SLF001
}
