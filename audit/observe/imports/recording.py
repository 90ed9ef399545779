"""What every import does the same: times as text, and a recorder that is full staying cheap."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from audit.model.evidence import Artifact, Kind
from audit.model.record import record
from audit.model.text import clean_line
from audit.observe.imports.troubles import Troubles
from audit.parse.observations.lines import MOST_BYTES, MOST_EVENTS, Recorder

Clock = Callable[[], datetime]
OnProgress = Callable[[int, int], None]
"""Told bytes done and bytes in all."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_NAME = 200
_EVENT_BYTES = 300
"""About what a line has besides its data."""
_MOST_EVENTS, _MOST_BYTES = MOST_EVENTS - 1000, MOST_BYTES - (1 << 20)


@record
class Told:
    """What is known of a recording before its events are read.

    observer: as `audit.model.flows.Watch.by` has it; name: of the file; what: in words
    first_ms, last_ms: since the epoch; None where nothing in it has a time
    unit: addresses that were taken for the unit's, where nobody told them
    """

    observer: str
    name: str
    what: str
    first_ms: int | None
    last_ms: int | None
    unit: tuple[str, ...] = ()


class Recording:
    """A recording that is written after the fact."""

    def __init__(self, told: Told, *, key: bytes, clock: Clock, troubles: Troubles) -> None:
        self._told, self._troubles = told, troubles
        self._events = self._bytes = self._left = 0
        self._at = written(told.first_ms)
        if not self._at:
            troubles.add("it has no time that could be one: its times are those of the import", told.name)
            self._at = clock().astimezone(UTC).isoformat(timespec="milliseconds")
        span = (
            None if told.first_ms is None or told.last_ms is None else (told.last_ms - told.first_ms) / 1000
        )
        self._seconds = max(0.0, span or 0.0)
        self._recorder = Recorder(
            observer=told.observer,
            at=self._at,
            what=told.what,
            key=key,
            window_s=None if span is None else round(self._seconds, 3),
            unit=told.unit,
        )

    def write(self, event: Mapping[str, Any], data: bytes | None = None) -> None:
        """Keep *event*, unless the room is needed to say what went wrong; then it is counted."""
        if self._events >= _MOST_EVENTS or self._bytes >= _MOST_BYTES:
            self._left += 1
            return
        self._events += 1
        self._bytes += _EVENT_BYTES + len(data or b"") * 4 // 3
        self._recorder.add(event, data)

    def finished(self, *, why: str, lost: int = 0, lost_why: str = "") -> Artifact:
        """The recording as evidence; *lost*: events that were lost before they came here."""
        for event in self._troubles.events():
            self._recorder.add(event)
        if self._left:
            why_left = "they are more than a recording holds"
            self._recorder.add({"kind": "dropped", "count": self._left, "why": why_left})
        if lost:
            self._recorder.add({"kind": "dropped", "count": lost, "why": lost_why})
        at = written(None if self._told.first_ms is None else self._told.last_ms) or self._at
        self._recorder.close(at=at, seconds=self._seconds, why=why)
        return Artifact(kind=Kind.OBSERVATIONS, origin=self._told.name, data=self._recorder.data())


def written(at_ms: int | None) -> str:
    """Milliseconds since the epoch as RFC 3339 in UTC; "" for none, and for what is no time (year 10000)."""
    if at_ms is None:
        return ""
    try:
        return (_EPOCH + timedelta(milliseconds=at_ms)).isoformat(timespec="milliseconds")
    except OverflowError:
        return ""


def named(name: str) -> str:
    """A file's name as it may be shown."""
    return clean_line(name)[:_MOST_NAME]
