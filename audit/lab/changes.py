"""What was changed on a unit, so that a test can see that it was undone."""

from __future__ import annotations

from collections.abc import Iterable

from audit.model.record import record


@record
class Change:
    """One thing that became different.

    what: "file", "setting", "property", "server", "process", "broadcast", "component",
        "screen", "notification", "channel"
    name: its path, its key ("global airplane_mode_on"), its pid, its action
    was, now: None = there is none; for what only happens (a broadcast) both are None
    by: user id of whoever did it
    """

    what: str
    name: str
    was: str | None = None
    now: str | None = None
    by: int = 2000


def left(changes: Iterable[Change]) -> dict[tuple[str, str], str | None]:
    """What is not as it was before the first of *changes*, by kind and name, to how it is now."""
    first: dict[tuple[str, str], str | None] = {}
    last: dict[tuple[str, str], str | None] = {}
    for change in changes:
        place = (change.what, change.name)
        first.setdefault(place, change.was)
        last[place] = change.now
    return {place: now for place, now in last.items() if now != first[place]}
