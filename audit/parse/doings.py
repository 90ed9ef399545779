"""What is kept of all that a unit was seen doing: each thing once, and no process pushing others out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from audit.model.facts import Activity, Did

MOST_ACTIVITY = 5_000
MOST_LOGGED = 200
"""Lines of the log kept of one package, and questions for names: a talkative one must not push others out."""

Leave = Callable[[str, int], None]
"""Books what was left on purpose: its class, and how many."""

_TALKATIVE = {Did.LOGGED: "log lines", Did.ASKED: "questions for names"}


def kept(activity: Iterable[Activity], leave: Leave) -> tuple[Activity, ...]:
    """At most `MOST_ACTIVITY`, at most `MOST_LOGGED` log lines of one process."""
    chosen: list[Activity] = []
    counts: dict[tuple[Did, str], int] = {}
    for one in _once(activity, leave):
        if (what := _TALKATIVE.get(one.what)) is not None:
            count = counts[one.what, one.who] = counts.get((one.what, one.who), 0) + 1
            if count > MOST_LOGGED:
                leave(f"{one.origin}: {what} of one process beyond the first {MOST_LOGGED}", 1)
                continue
        if len(chosen) < MOST_ACTIVITY:
            chosen.append(one)
        else:
            leave(f"{one.origin}: activity beyond the most that is kept", 1)
    return tuple(chosen)


def _once(activity: Iterable[Activity], leave: Leave) -> Iterator[Activity]:
    """What a log or history told twice, because it was asked twice, once."""
    seen: dict[tuple[str, Did, str, str, int | None], str] = {}
    for one in activity:
        first = seen.setdefault((one.who, one.what, one.text, one.at, one.uid), one.origin)
        if one.at and first != one.origin:
            leave(f"{one.origin}: told by {first} already", 1)
        else:
            yield one
