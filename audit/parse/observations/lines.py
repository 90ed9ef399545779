"""A recording, as lines: what an observer writes and what is read back, in one place so that they stay one.

A recording is an artifact of kind ``observations``: JSON objects, one a line, each with its ``kind``:

    opened      v, observer, at (RFC 3339), key (hex, for HMACs), what, window_s, versions {of what: which}
    process     pid, name, uid, packages [those it may be]           one for each process that is spoken of
    hooks       pid, agent, installed [names], missing [[name, why]] what an agent could hook, and what not
    dns         host, answers [ip], rc, via                          a name was asked for
    connect     conn, ip, port, transport, rc, errno                 a connection was opened or tried
    data        conn, dir ("out" | "in"), size, data, ip, port, transport   bytes on a connection
    plain       conn | "", sni, lib, size, data                      plaintext handed to a TLS library
    close       conn
    http        api, method, url, ip, port, head, size, data         a request, as a library was asked for it
    sms         api, to, port, size, data
    identifier  api, value                               the process asked Android for an identifier
    socket      uid, ip, port, local, transport, state               a line of a list of sockets
    app         conn, name, uid                                      who the recorder says made a connection
    trouble     where, what
    dropped     count, why                                           events that were lost before here
    closed      at, seconds, why

Every event may have ``t`` (milliseconds since *opened*, by the watcher's monotonic clock), ``pid``, ``tid``,
``uid``, ``package``, ``caller`` and ``stack``. ``conn`` names a connection within the recording. ``data`` is
base64 of the first bytes of *size*; ``truncated`` says how many were not kept.

Further fields: ``agent`` keeps hooks and connections of several agents in one process apart; a later
``hooks`` of the same replaces the earlier. ``rc`` of ``data`` and ``sms`` is what the call answered, where
that is known: below 0 nothing was sent. ``host`` of ``connect`` is the name a library made the address
from. ``process`` without a pid says whose a user id is; ``packages`` of ``socket`` does too.
``unit`` of ``opened``: the addresses that were taken for the unit's, where nobody told them.
``unseen`` of ``trouble``, where it is true, says that contacts may be missing because of it.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

VERSION = 1

MOST_BYTES = 64 << 20
"""Of one recording; what comes after is counted, not kept."""
MOST_OF_A_CONNECTION = 256 << 10
"""Bytes kept of what one connection sent, and as much of what it received."""
MOST_EVENTS = 200_000
_MOST_LINE = 2 << 20

Event = Mapping[str, Any]


class Recorder:
    """Collects events as lines, within bounds; whatever does not fit is counted and said at the end."""

    def __init__(
        self,
        *,
        observer: str,
        at: str,
        what: str,
        key: bytes,
        window_s: float | None = None,
        versions: Mapping[str, str] | None = None,
        unit: Sequence[str] = (),
    ) -> None:
        self._lines: list[bytes] = []
        self._bytes = 0
        self._kept: dict[tuple[str, str], int] = {}
        self._dropped = 0
        self._closed = False
        self._write(
            {
                "kind": "opened",
                "v": VERSION,
                "observer": observer,
                "at": at,
                "what": what,
                "key": key.hex(),
                "window_s": window_s,
                "versions": dict(versions or {}),
                **({"unit": list(unit)} if unit else {}),
            }
        )

    @property
    def dropped(self) -> int:
        """Events that did not fit."""
        return self._dropped

    def add(self, event: Event, data: bytes | None = None) -> bool:
        """Keep *event*, with *data* as the first bytes of its ``size``; whether it could be kept.

        Raises ValueError after `close`.
        """
        if self._closed:
            raise ValueError("the recording is closed")
        kept = dict(event)
        if data is not None:
            size = int(kept.setdefault("size", len(data)))
            data = self._within(kept, data)
            if size > len(data):
                kept["truncated"] = size - len(data)
            kept["data"] = base64.b64encode(data).decode("ascii")
        if len(self._lines) >= MOST_EVENTS or self._bytes >= MOST_BYTES:
            self._dropped += 1
            return False
        self._write(kept)
        return True

    def _within(self, event: Event, data: bytes) -> bytes:
        """As much of *data* as is still kept of its connection and direction."""
        place = (f"{event.get('pid')}:{event.get('conn')}", str(event.get("dir", event.get("kind"))))
        kept = self._kept.get(place, 0)
        data = data[: max(0, MOST_OF_A_CONNECTION - kept)]
        if event.get("conn"):
            self._kept[place] = kept + len(data)
        return data

    def close(self, *, at: str, seconds: float, why: str) -> None:
        """Say how it ended. Without this line a recording counts as broken off."""
        if self._closed:
            return
        if self._dropped:
            self._write(
                {"kind": "dropped", "count": self._dropped, "why": "the recording had grown to its limit"}
            )
        self._write({"kind": "closed", "at": at, "seconds": round(seconds, 3), "why": why})
        self._closed = True

    def data(self) -> bytes:
        """The recording so far; complete once it is closed."""
        return b"".join(self._lines)

    def _write(self, event: Event) -> None:
        line = json.dumps(event, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"
        self._lines.append(line)
        self._bytes += len(line)


def read_lines(data: bytes) -> Iterator[tuple[int, Event | str]]:
    """Each line of a recording by its number: the event, or why it is none."""
    for number, line in enumerate(
        io.BytesIO(data), 1
    ):  # one line at a time: all at once are twice the memory
        if not line.strip():
            continue
        if len(line) > _MOST_LINE:
            yield number, "the line is too long"
            continue
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            yield number, "the line is no JSON"
            continue
        if not isinstance(event, dict) or not isinstance(event.get("kind"), str):
            yield number, "the line is no event"
            continue
        yield number, event


def payload(event: Event) -> bytes | None:
    """The bytes an event carries; None where it carries none, or what it carries is no base64."""
    text = event.get("data")
    if not isinstance(text, str):
        return None
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return None


def strings(value: object, most: int = 64) -> tuple[str, ...]:
    """A list of strings in an event; what is none is left out."""
    if not isinstance(value, Iterable) or isinstance(value, str | bytes | Mapping):
        return ()
    return tuple(one for one in value if isinstance(one, str))[:most]
