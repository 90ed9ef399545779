"""What went wrong while something was read: each kind once, with where it was first and how often."""

from __future__ import annotations

from collections.abc import Iterator

_MOST = 100


class Troubles:
    """Collects troubles within bounds: a damaged file of a million frames has a million of them."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, int]] = {}
        self._other = 0
        self._unseen: set[str] = set()

    def add(self, what: str, where: str, count: int = 1, *, unseen: bool = False) -> None:
        """*what* went wrong at *where*; *count*: how often; *unseen*: contacts may be missing for it."""
        if unseen:
            self._unseen.add(what if what in self._seen or len(self._seen) < _MOST else "")
        if what in self._seen:
            first, before = self._seen[what]
            self._seen[what] = first, before + count
        elif len(self._seen) < _MOST:
            self._seen[what] = where, count
        else:
            self._other += count

    def __len__(self) -> int:
        return len(self._seen) + bool(self._other)

    def events(self) -> Iterator[dict[str, object]]:
        """Each as a ``trouble`` event."""
        for what, (where, count) in self._seen.items():
            often = "" if count == 1 else f" ({count:,} times, the first here)"
            yield self._event(what, where, what + often)
        if self._other:
            yield self._event("", "", f"{self._other:,} further troubles of other kinds")

    def _event(self, kind: str, where: str, what: str) -> dict[str, object]:
        unseen = {"unseen": True} if kind in self._unseen else {}
        return {"kind": "trouble", "where": where, "what": what, **unseen}
