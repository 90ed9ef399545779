"""Flow control of one stream: what may leave now, and what was received and not yet acknowledged."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator


class Flow:
    """One stream of a connection, seen from our side.

    local, remote: the ids of both sides; remote is 0 until the peer told it
    window: bytes we let the peer send ahead; None without ``delayed_ack``: one packet at a time
    closing: to be closed as soon as all that was queued has left
    """

    __slots__ = (
        "_credit",
        "_in_flight",
        "_queue",
        "closing",
        "local",
        "queued",
        "remote",
        "unacknowledged",
        "window",
    )

    def __init__(self, local: int, *, remote: int = 0, window: int | None = None, credit: int = 0) -> None:
        self.local = local
        self.remote = remote
        self.window = window
        self.closing = False
        self.queued = 0
        self.unacknowledged = 0
        self._credit = credit
        self._in_flight = False
        self._queue: deque[memoryview] = deque()

    @property
    def idle(self) -> bool:
        """Nothing is queued, and without ``delayed_ack`` nothing awaits its OKAY: it may be closed."""
        return not self.queued and not self._in_flight

    def push(self, data: bytes) -> None:
        """Queue *data*."""
        if data:
            self._queue.append(memoryview(data))
            self.queued += len(data)

    def drop(self) -> None:
        """Forget what is queued."""
        self._queue.clear()
        self.queued = 0
        self._in_flight = False

    def acked(self, credit: int | None) -> bool:
        """The peer took our last packet, or gave *credit* bytes; False if it speaks the other dialect."""
        if (credit is None) != (self.window is None):
            return False
        self._in_flight = False
        self._credit += credit or 0
        return True

    def ready(self, max_data: int) -> Iterator[bytes | memoryview]:
        """The payloads that may leave now, each at most *max_data* bytes."""
        while self.queued:
            if self.window is None:
                if self._in_flight:
                    return
                self._in_flight = True
                yield self._take(max_data)
            else:
                if self._credit <= 0:
                    return
                payload = self._take(min(max_data, self._credit))
                self._credit -= len(payload)
                yield payload

    def _take(self, limit: int) -> bytes | memoryview:
        parts: list[memoryview] = []
        room = min(limit, self.queued)
        self.queued -= room
        while room:
            part = self._queue.popleft()
            if len(part) > room:
                self._queue.appendleft(part[room:])
                part = part[:room]
            parts.append(part)
            room -= len(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def received(self, count: int, max_data: int) -> bool:
        """Count *count* bytes as received; False if the peer sent more than it was let."""
        if self.window is None:
            first = not self.unacknowledged
            self.unacknowledged += max(count, 1)  # an empty packet wants its OKAY, too
            return first
        self.unacknowledged += count
        # AOSP sends a whole packet while any credit is left: it may overshoot by one.
        return self.unacknowledged <= self.window + max_data

    def acknowledgement(self) -> int | None:
        """Bytes to acknowledge now; None when it is better to wait.

        With ``delayed_ack`` an OKAY for every quarter of the window, at most each MiB, keeps the peer sending
        and costs next to nothing.
        """
        due = 1 if self.window is None else min(max(self.window // 4, 1), 1 << 20)
        if self.unacknowledged < due:
            return None
        count, self.unacknowledged = self.unacknowledged, 0
        return count
