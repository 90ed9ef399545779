"""One direction of a TCP connection: segments in any order in, its bytes in order out, within bounds.

Sequence numbers wrap (RFC 9293 3.4); each is read as the one nearest to those before. Of bytes that come
twice the first are kept. What is missing when it can no longer come is said as so many bytes lost.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

_MOST_PIECES = 512
"""That wait for the bytes before them."""
_UNSURE_PIECES, _UNSURE_BYTES = 64, 64 << 10
"""That are waited for before the lowest number seen is the beginning, where nobody saw the beginning."""
_FURTHEST = 1 << 30
"""Bytes that two segments may lie apart: the widest window TCP has (RFC 7323)."""


class Run(NamedTuple):
    """Bytes that follow the ones before. lost: None for *data*; else so many bytes that were never seen."""

    data: bytes
    lost: int = 0


class _Piece(NamedTuple):
    start: int
    end: int
    data: bytes | None


class Stream:
    """Puts segments in order.

    most: bytes that are handed out; beyond: how many more were seen; held: bytes that wait
    sure: where it begins is known, or settled; strays: segments whose numbers cannot be of this connection
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._anchor: int | None = None
        self.sure = False
        self._next = 0
        self._high = 0
        self._pieces: list[_Piece] = []
        self.held = 0
        self.beyond = 0
        self.strays = 0

    @property
    def begun(self) -> bool:
        """Whether any segment was seen."""
        return self._anchor is not None

    def starts(self, seq: int) -> list[Run]:
        """Its first byte has the number *seq*, as a SYN tells."""
        if self.sure:
            return []
        if self._anchor is None:
            self._anchor = seq
        return self._begin(self._offset(seq))

    def is_start(self, seq: int) -> bool:
        """Whether a SYN before byte *seq* is (again) the one of this stream, or may be: it may come late."""
        if self._anchor is None or self.sure:
            return self._anchor == seq & 0xFFFFFFFF
        return -_UNSURE_BYTES <= self._offset(seq) <= 0

    def add(self, seq: int, data: bytes, size: int) -> list[Run]:
        """A segment of *size* bytes of which *data* are known; what can be handed out now."""
        if not size:
            return []
        if self._anchor is None:
            self._anchor = seq
        start = self._offset(seq)
        end = start + size
        if not -_FURTHEST < end - max(self._next, self._high) < _FURTHEST:
            self.strays += 1
            return []
        if self.sure:
            self.beyond += max(0, min(size, end - max(start, self._high, self._most)))
        self._high = max(self._high, end)
        if self.sure and start == self._next and not self._pieces and len(data) == size and end <= self._most:
            self._next = end  # the usual case needs no list
            return [Run(data)]
        self._insert(start, data, size)
        if self.sure:
            return self._drain()
        if len(self._pieces) > _UNSURE_PIECES or self.held > _UNSURE_BYTES:
            return self.settle()
        return []

    def settle(self) -> list[Run]:
        """Nothing more is waited for: all that is held, with what is missing between."""
        runs = [] if self.sure or not self._pieces else self._begin(self._pieces[0].start)
        while self._pieces:
            runs += self._leap() + self._drain()
        return runs

    def _offset(self, seq: int) -> int:
        """Where *seq* lies from the anchor; of all such places the one nearest to the last byte seen."""
        near = max(self._next, self._high)
        ahead = (seq - (self._anchor or 0) - near) & 0xFFFFFFFF
        return near + (ahead - 0x100000000 if ahead & 0x80000000 else ahead)

    def _begin(self, offset: int) -> list[Run]:
        """The stream begins at *offset*: count from there; what is before it was no part of it."""
        self._anchor = ((self._anchor or 0) + offset) & 0xFFFFFFFF
        waiting, self._pieces, self.held = self._pieces, [], 0
        self._high -= offset
        self.sure = True
        for start, end, data in waiting:
            self._insert(start - offset, data or b"", end - start)
        return self._drain()

    def _insert(self, start: int, data: bytes, size: int) -> None:
        """Keep what is new of a segment and lies within what is handed out."""
        end = start + size
        if self.sure:
            if start < self._next:
                data, start = data[self._next - start :], self._next
            end = min(end, self._most)
        else:
            end = min(end, start + self._most)
        if start >= end:
            return
        known = min(end, start + len(data))
        self._fill(start, known, data)
        self._fill(known, end, None)
        if len(self._pieces) > _MOST_PIECES and self.sure:
            # so many holes are no reordering: the oldest is given up
            self._missing_filled()

    def _fill(self, start: int, end: int, data: bytes | None) -> None:
        """Put *data*, or that nothing is known, wherever between *start* and *end* nothing is yet."""
        origin = start
        at = max(0, bisect_right(self._pieces, start, key=lambda piece: piece.start) - 1)
        while start < end:
            while at < len(self._pieces) and self._pieces[at].end <= start:
                at += 1
            following = self._pieces[at] if at < len(self._pieces) else None
            if following is not None and following.start <= start:
                start = following.end
                continue
            stop = end if following is None else min(end, following.start)
            part = None if data is None else data[start - origin : stop - origin]
            self._pieces.insert(at, _Piece(start, stop, part))
            self.held += 0 if part is None else len(part)
            start = stop

    def _missing_filled(self) -> None:
        first = self._pieces[0]
        if first.start > self._next:
            self._pieces.insert(0, _Piece(self._next, first.start, None))

    def _leap(self) -> list[Run]:
        """Go on at the first piece that waits."""
        gap = self._pieces[0].start - self._next
        self._next = self._pieces[0].start
        return [Run(b"", gap)] if gap > 0 else []

    def _drain(self) -> list[Run]:
        """Everything that follows what was handed out."""
        runs: list[Run] = []
        done = 0
        for start, end, data in self._pieces:
            if start > self._next:
                break
            self._next = end
            done += 1
            if data is None:
                runs.append(Run(b"", end - start))
            else:
                self.held -= len(data)
                runs.append(Run(data))
        del self._pieces[:done]
        return runs
