"""What agents send, as events of a recording. Pure.

The contract is ``hooks/message.schema.json``. An agent runs inside the very process it watches, which may be
hostile and may write into the agent's memory: every message is checked here against what is needed, whatever
is wrong in one is said and left out, and nothing of it can grow without bounds. Who the process is, the host
knows from its own session; what a message says of that is compared, never believed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from audit.hooks.event_fields import ANY, CARRIERS, KINDS, MOST_COUNT, OWN, WrongError
from audit.model.record import record
from audit.model.text import clean_line

CONTRACT = 1
MOST_EVENTS = 256
"""Of one message; the contract allows agents 64."""
MOST_BLOB_BYTES = 4 << 20
MOST_TROUBLES = 50
"""That one agent may cause; what comes after is counted."""

_MOST_AHEAD_MS = 2000

Event = Mapping[str, Any]


@record
class Told:
    """One event for the recording, and the bytes it carries."""

    event: Event
    data: bytes | None = None


class AgentReader:
    """Reads the messages of one agent in one process.

    pid: of the process, as the session knows it; agent: "native" or "java"
    loaded_ms: when it was loaded, in milliseconds since the recording began
    frida: version of what runs the agent on the unit, as it says; "" until it does
    hooked: it said what it hooked
    """

    def __init__(self, pid: int, agent: str, *, loaded_ms: int) -> None:
        self.frida = ""
        self.hooked = False
        self._pid = pid
        self._agent = agent
        self._loaded_ms = loaded_ms
        self._next = 0
        self._dropped = 0
        self._troubles = 0
        self._said: set[str] = set()

    def read(self, message: object, blob: bytes | None, *, now_ms: int) -> Iterator[Told]:
        """The events of one message as Frida hands it over, and whatever is wrong with it."""
        if not isinstance(message, Mapping):
            yield from self._wrong("a message that is no object", now_ms)
        elif message.get("type") == "error":
            yield from self._failed(message, now_ms)
        elif message.get("type") == "refused":
            yield from self._wrong(clean_line(str(message.get("why"))[:200]), now_ms)
        elif message.get("type") != "send" or not isinstance(message.get("payload"), dict):
            yield from self._wrong("a message that is none of an agent", now_ms)
        else:
            yield from self._payload(message["payload"], blob or b"", now_ms)

    def log(self, text: str, *, now_ms: int) -> Iterator[Told]:
        """What the agent, or the process in its name, wrote to a console."""
        yield from self._trouble(f"the agent says: {clean_line(text[:500])}", now_ms)

    def end(self, *, now_ms: int) -> Iterator[Told]:
        """What is still to be said at the end."""
        more = self._troubles - MOST_TROUBLES
        if more > 0:
            yield self._told(
                {"kind": "trouble", "where": self._where, "what": f"{more} more like these"}, now_ms
            )

    # one message

    def _payload(self, payload: Mapping[str, object], blob: bytes, now_ms: int) -> Iterator[Told]:
        if payload.get("type") != "adb-audit" or payload.get("v") != CONTRACT:
            yield from self._wrong(f"a message of another contract than {CONTRACT}", now_ms)
            return
        if payload.get("agent") != self._agent:
            yield from self._once("it calls itself by another agent's name", now_ms)
        yield from self._sequence(payload.get("seq"), now_ms)
        yield from self._lost(payload.get("dropped"), now_ms)
        if len(blob) > MOST_BLOB_BYTES:
            yield from self._wrong(f"{len(blob)} bytes beside a message", now_ms)
            blob = b""
        events = payload.get("events")
        if not isinstance(events, list):
            yield from self._wrong("a message without events", now_ms)
            return
        if len(events) > MOST_EVENTS:
            yield self._drop(len(events) - MOST_EVENTS, "more events than fit into a message", now_ms)
        for event in events[:MOST_EVENTS]:
            yield from self._event(event, blob, now_ms)

    def _sequence(self, seq: object, now_ms: int) -> Iterator[Told]:
        if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq <= MOST_COUNT:
            yield from self._wrong("a message without its number", now_ms)
            return
        if seq > self._next:
            yield self._drop(seq - self._next, "messages of the agent that never arrived", now_ms)
        elif seq < self._next:
            yield from self._wrong("a message whose number was used before", now_ms)
        self._next = max(self._next, seq + 1)

    def _lost(self, dropped: object, now_ms: int) -> Iterator[Told]:
        if isinstance(dropped, bool) or not isinstance(dropped, int) or not 0 <= dropped <= MOST_COUNT:
            yield from self._wrong("a message without the number of events it lost", now_ms)
            return
        if dropped < self._dropped:
            yield from self._wrong("fewer lost events than before", now_ms)
        elif dropped > self._dropped:
            yield self._drop(dropped - self._dropped, "events came faster than the agent may send", now_ms)
            self._dropped = dropped

    def _failed(self, message: Mapping[str, object], now_ms: int) -> Iterator[Told]:
        words = clean_line(str(message.get("description"))[:500])
        line = message.get("lineNumber")
        place = f" (line {line})" if isinstance(line, int) else ""
        yield from self._trouble(f"an error in the agent: {words}{place}", now_ms)

    # one event

    def _event(self, event: object, blob: bytes, now_ms: int) -> Iterator[Told]:
        if not isinstance(event, dict):
            yield from self._wrong("an event that is no object", now_ms)
            return
        kind = event.get("kind")
        if not isinstance(kind, str) or kind not in KINDS:
            yield from self._wrong(f"an event of the kind {clean_line(str(kind)[:40])!r}", now_ms)
            return
        if event.get("pid", self._pid) != self._pid:
            yield from self._elsewhere(event["pid"], now_ms)
        yield from self._unknown(kind, event, now_ms)
        kept: dict[str, object] = {"kind": kind}
        for name, check in (*KINDS[kind][0].items(), *ANY.items()):
            if name not in event:
                continue
            try:
                kept[name] = check(event[name])
            except WrongError as wrong:
                yield from self._wrong(f"{kind}: {name} is not {wrong}", now_ms)
        if not KINDS[kind][1] <= kept.keys():
            missing = ", ".join(sorted(KINDS[kind][1] - kept.keys()))
            yield from self._wrong(f"{kind} without {missing}: left out", now_ms)
            return
        if kind == "hello":
            yield from self._hello(kept, now_ms)
            return
        t_ms, late = self._when(event.get("ts"), now_ms)
        if late:
            yield from self._once("its clock is not to be believed", now_ms)
        yield from self._finish(kind, kept, self._bytes(kind, event, kept, blob), t_ms, now_ms)

    def _finish(
        self, kind: str, kept: dict[str, object], data: bytes | str | None, t_ms: int, now_ms: int
    ) -> Iterator[Told]:
        if isinstance(data, str):
            yield from self._wrong(f"{kind}: {data}", now_ms)
            data = None
        if kept.get("conn"):
            kept["conn"] = f"{self._pid}.{self._agent}.{kept['conn']}"
        if kind == "hooks":
            self.hooked = True
            kept["agent"] = self._agent
        if kind == "trouble":
            yield from self._trouble(f"{kept.get('where', '')}: {kept['what']}", t_ms)
            return
        if kind == "identifier" and kept["value"] is None:
            kept["value"] = ""
        yield self._told(kept, t_ms, data)

    def _unknown(self, kind: str, event: Mapping[str, object], now_ms: int) -> Iterator[Told]:
        known = KINDS[kind][0].keys() | ANY.keys() | OWN
        extra = [name for name in list(event)[:100] if name not in known]
        if extra and kind != "hello":  # which tells more than is read
            yield from self._once(f"{kind} holds what nobody knows: {clean_line(str(extra[0])[:40])}", now_ms)

    def _hello(self, kept: Mapping[str, object], now_ms: int) -> Iterator[Told]:
        self.frida = str(kept.get("frida", ""))
        if kept.get("contract", CONTRACT) != CONTRACT:
            yield from self._wrong(f"it speaks contract {kept['contract']}", now_ms)
        if kept.get("pid", self._pid) != self._pid:
            yield from self._elsewhere(kept["pid"], now_ms)

    def _elsewhere(self, pid: object, now_ms: int) -> Iterator[Told]:
        claimed = clean_line(str(pid)[:20])
        yield from self._once(
            f"it says it runs in process {claimed}; its session is with {self._pid}", now_ms
        )

    def _when(self, ts: object, now_ms: int) -> tuple[int, bool]:
        """When it happened, in milliseconds since the recording began; whether that is a guess."""
        if isinstance(ts, bool) or not isinstance(ts, int | float) or not 0 <= ts <= MOST_COUNT:
            return now_ms, True  # NaN too, and whole numbers no float can hold
        at = self._loaded_ms + ts
        return (min(int(at), now_ms), False) if at <= now_ms + _MOST_AHEAD_MS else (now_ms, True)

    @staticmethod
    def _bytes(
        kind: str, event: Mapping[str, object], kept: dict[str, object], blob: bytes
    ) -> bytes | str | None:
        """The bytes an event carries, None for none, or what is wrong with them."""
        place = event.get("bytes")
        if place is None or kind not in CARRIERS:
            return None
        if not isinstance(place, list) or len(place) != 2:
            return "bytes is not an offset and a length"
        offset, length = place
        if any(isinstance(one, bool) or not isinstance(one, int) or one < 0 for one in place):
            return "bytes is not an offset and a length"
        if offset + length > len(blob):
            return "its bytes lie beyond what came with it"
        size = kept.setdefault("size", length)
        if not isinstance(size, int) or size < length:
            kept["size"] = length
        return blob[offset : offset + length]

    # what is said

    @property
    def _where(self) -> str:
        return f"{self._agent} agent in process {self._pid}"

    def _told(self, event: Mapping[str, object], t_ms: int, data: bytes | None = None) -> Told:
        return Told(event={**event, "pid": self._pid, "t": t_ms}, data=data)

    def _drop(self, count: int, why: str, now_ms: int) -> Told:
        return self._told({"kind": "dropped", "count": count, "why": f"{self._where}: {why}"}, now_ms)

    def _wrong(self, what: str, now_ms: int) -> Iterator[Told]:
        yield from self._trouble(f"sent what it may not: {what}", now_ms)

    def _once(self, what: str, now_ms: int) -> Iterator[Told]:
        if what not in self._said and len(self._said) < MOST_TROUBLES:
            self._said.add(what)
            yield from self._trouble(what, now_ms)

    def _trouble(self, what: str, t_ms: int) -> Iterator[Told]:
        self._troubles += 1
        if self._troubles <= MOST_TROUBLES:
            yield self._told({"kind": "trouble", "where": self._where, "what": what}, t_ms)
