"""The connections of a capture, as the events of a recording.

Of each connection the first `MOST_OF_A_CONNECTION` bytes are kept either way; so many connections, and so
many bytes that wait for others, are held at once. Whatever goes beyond is counted and said.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from audit.observe.imports.packet import ACK, FIN, RST, SYN, TCP, Packet
from audit.observe.imports.sides import text
from audit.observe.imports.stream import Run, Stream
from audit.observe.imports.troubles import Troubles
from audit.parse.observations.lines import MOST_OF_A_CONNECTION

MOST_OPEN = 4096
MOST_HELD = 32 << 20
"""Bytes of all connections that wait: for bytes before them, or to be written with those after."""
MOST_DATAGRAMS = 64
"""Kept of those that one UDP conversation sends, and as many of those it receives; of DNS all are."""
_CHUNK = 64 << 10
_PAUSE_MS = 1000
"""Bytes of one direction that follow sooner are written as one event."""
_DNS = 53
_SERVED = 32768
"""Ports from here on are picked for clients (Linux' net.ipv4.ip_local_port_range)."""

Write = Callable[[Mapping[str, Any], bytes | None], None]
_Key = tuple[int, bytes, int, bytes, int]


class _Conversation:
    """One connection, or the datagrams between two ends. Ways are True for out, False for in."""

    def __init__(self, name: str, key: _Key, begun_ms: int) -> None:
        self.name, self.key, self.begun_ms, self.last_ms = name, key, begun_ms, begun_ms
        self.where = {
            "conn": name,
            "ip": text(key[3]),
            "port": key[4],
            "transport": "tcp" if key[0] == TCP else "udp",
        }
        self.streams = {True: Stream(MOST_OF_A_CONNECTION), False: Stream(MOST_OF_A_CONNECTION)}
        self.ended: set[bool] = set()
        self.opened = False
        self.answered = False
        self.reset = ""
        self.uid: int | None = None
        self.way = True
        """Of the bytes in *chunk*."""
        self.chunk: list[bytes] = []
        self.chunk_bytes = 0
        self.chunk_ms = begun_ms
        self.counted = 0
        """Of what is held, as far as it is in the sum."""
        self.kept = {True: 0, False: 0}
        self.datagrams = {True: 0, False: 0}
        self.left = {True: 0, False: 0}
        """Bytes of datagrams beyond what is kept."""

    @property
    def held(self) -> int:
        return self.chunk_bytes + self.streams[True].held + self.streams[False].held


class Conversations:
    """Takes packets, writes events: *write* gets each with its bytes.

    most_open: connections followed at once; most_held: bytes of all of them that wait
    """

    def __init__(
        self,
        write: Write,
        troubles: Troubles,
        *,
        most_open: int = MOST_OPEN,
        most_held: int = MOST_HELD,
    ) -> None:
        self._write, self._troubles = write, troubles
        self._most_open, self._most_held = most_open, most_held
        self._open: OrderedDict[_Key, _Conversation] = OrderedDict()
        self._held = 0
        self._count = 0

    def add(self, packet: Packet, at_ms: int, where: str, *, out: bool, app: tuple[int, str] | None) -> None:
        """A packet of the unit's. out: it sent it; where: its frame; app: UID and name, where known."""
        if out:
            key = (packet.transport, packet.source, packet.source_port, packet.target, packet.target_port)
        else:
            key = (packet.transport, packet.target, packet.target_port, packet.source, packet.source_port)
        one = self._open.get(key)
        if one is not None and packet.flags & SYN and self._is_new(one, packet, out=out):
            self._close(one)
            one = None
        if one is None:
            if packet.transport == TCP and not packet.size and packet.flags & (FIN | RST):
                return  # the last words of a connection that is over, or was never there
            one = self._begin(key, packet, at_ms, where, out=out)
        one.last_ms = at_ms
        if app is not None and one.uid is None:
            self._name(one, app, at_ms)
        if packet.transport == TCP:
            self._segment(one, packet, at_ms, where, out=out)
        else:
            self._datagram(one, packet, at_ms, out=out)
        self._open.move_to_end(key)
        self._held += one.held - one.counted
        one.counted = one.held
        self._bound()

    def close(self) -> None:
        """The capture ends: everything that is held is written."""
        for one in list(self._open.values()):
            self._close(one)

    def _begin(self, key: _Key, packet: Packet, at_ms: int, where: str, *, out: bool) -> _Conversation:
        self._count += 1
        one = self._open[key] = _Conversation(f"c{self._count}", key, at_ms)
        opens = packet.flags & (SYN | ACK) == SYN
        inward = opens and not out
        if packet.transport == TCP and not packet.flags & SYN:
            self._troubles.add("a connection was under way when the capture began", where)
            inward = key[2] < _SERVED <= key[4]
        elif packet.transport == TCP and not opens:
            inward = out  # the first seen of it is the answer to its opening
        elif packet.transport != TCP:
            inward = not out
        if not inward:
            self._write({"kind": "connect", "t": at_ms, **one.where}, None)
        one.opened = opens
        return one

    def _is_new(self, one: _Conversation, packet: Packet, *, out: bool) -> bool:
        """Whether a SYN opens another connection between the same two ports."""
        if packet.transport != TCP:
            return False
        stream = one.streams[out]
        return stream.begun and not stream.is_start(packet.seq + 1)

    def _name(self, one: _Conversation, app: tuple[int, str], at_ms: int) -> None:
        one.uid, name = app
        event = {"kind": "app", "t": at_ms, "conn": one.name, "uid": one.uid, "name": name}
        self._write(event, None)

    def _segment(self, one: _Conversation, packet: Packet, at_ms: int, where: str, *, out: bool) -> None:
        stream = one.streams[out]
        seq = packet.seq
        if packet.flags & SYN:
            seq = (seq + 1) & 0xFFFFFFFF
            one.answered = one.answered or bool(packet.flags & ACK)
            self._runs(one, stream.starts(seq), at_ms, out=out)
        if packet.size:
            strays = stream.strays
            runs = stream.add(seq, packet.data, packet.size)
            if stream.strays > strays:
                self._troubles.add("a segment whose number cannot be of its connection", where)
            other = one.streams[not out]
            if runs and not other.sure and other.held:  # what was sent before this answer comes before it
                self._runs(one, other.settle(), at_ms, out=not out)
            self._runs(one, runs, at_ms, out=out)
        if packet.flags & RST:  # not the end yet: anybody on the way may send one, and the two go on
            one.reset = "the unit" if out else "the other side"
        if packet.flags & FIN:
            one.ended.add(out)
        if one.reset or len(one.ended) == 2:
            self._flush(one)

    def _runs(self, one: _Conversation, runs: Iterable[Run], at_ms: int, *, out: bool) -> None:
        for data, lost in runs:
            if one.chunk and (one.way is not out or at_ms - one.chunk_ms > _PAUSE_MS):
                self._flush(one)
            if lost:
                self._flush(one)
                self._data(one, b"", lost, at_ms, out=out)
                self._troubles.add("bytes of a connection are not in the capture", f"connection {one.name}")
                continue
            if not one.chunk:
                one.way, one.chunk_ms = out, at_ms
            one.chunk.append(data)
            one.chunk_bytes += len(data)
            if one.chunk_bytes >= _CHUNK:
                self._flush(one)

    def _datagram(self, one: _Conversation, packet: Packet, at_ms: int, *, out: bool) -> None:
        kept = packet.data[: max(0, MOST_OF_A_CONNECTION - one.kept[out])]
        dns = _DNS in (one.key[2], one.key[4])
        if (
            not packet.size
            or (one.datagrams[out] >= MOST_DATAGRAMS and not dns)
            or (packet.data and not kept)
        ):
            one.left[out] += packet.size
            return
        one.datagrams[out] += 1
        one.kept[out] += len(kept)
        self._data(one, kept, packet.size, at_ms, out=out)

    def _data(self, one: _Conversation, data: bytes, size: int, at_ms: int, *, out: bool) -> None:
        event = {"kind": "data", "t": at_ms, **one.where, "dir": "out" if out else "in", "size": size}
        self._write(event, data)

    def _flush(self, one: _Conversation) -> None:
        if one.chunk:
            data = b"".join(one.chunk)
            one.chunk, one.chunk_bytes = [], 0
            self._data(one, data, len(data), one.chunk_ms, out=one.way)

    def _close(self, one: _Conversation) -> None:
        del self._open[one.key]
        self._held -= one.counted
        for out in (True, False):
            stream = one.streams[out]
            self._runs(one, stream.settle(), one.last_ms, out=out)
        self._flush(one)
        for out in (True, False):
            if more := one.streams[out].beyond + one.left[out]:
                self._data(one, b"", more, one.last_ms, out=out)
        self._write({"kind": "close", "t": one.last_ms, "conn": one.name, "why": _why(one)}, None)

    def _bound(self) -> None:
        """Give up those that were quiet longest, where there are too many."""
        while self._open and (len(self._open) > self._most_open or self._held > self._most_held):
            oldest = next(iter(self._open.values()))
            self._close(oldest)
            if oldest.key[0] == TCP and not oldest.ended and not oldest.reset:
                self._troubles.add(
                    "more connections at once than are followed: the quietest was ended",
                    f"connection {oldest.name}",
                )


def _why(one: _Conversation) -> str:
    if one.key[0] != TCP:
        return "nothing more of it is in the capture"
    if one.reset and one.opened and not one.answered:
        return "refused"
    if one.reset:
        return f"reset by {one.reset}"
    if one.opened and not one.answered and not one.streams[False].begun:
        return "no answer"
    return "ended" if one.ended else "nothing more of it is in the capture"
