"""What a host sends into a command, for those that wait for it. One thread feeds, another reads."""

from __future__ import annotations

import threading

_MOST_BYTES = 1 << 20


class Stdin:
    """Standard input of one command; what is beyond a megabyte and nobody reads is thrown away."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._ended = False
        self._changed = threading.Condition()

    def feed(self, data: bytes) -> None:
        """More came."""
        with self._changed:
            self._data += data[: max(0, _MOST_BYTES - len(self._data))]
            self._changed.notify_all()

    def end(self) -> None:
        """Nothing more comes."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def line(self) -> bytes | None:
        """The next line, once it is there; None when there is none any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or b"\n" in self._data)
            end = self._data.find(b"\n") + 1
            if not end:
                return None
            taken = bytes(self._data[:end])
            del self._data[:end]
            return taken

    def rest(self) -> bytes:
        """All that comes, once it has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended)
            taken = bytes(self._data)
            self._data.clear()
            return taken
