"""A recording while it is made: every event gets its time, goes on the tape, and to whoever looks on."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from audit.model.evidence import Artifact, Kind
from audit.model.text import clean_line
from audit.parse.observations.lines import Event, Recorder

Clock = Callable[[], datetime]
OnEvent = Callable[[Event], None]
OnSay = Callable[[str], None]


class Tape:
    """One observer's recording, from its making to `close`.

    observer: as `audit.model.flows.Watch.by` names it; what: what is watched, in words
    clock: says when; durations are the event loop's. on_event: is told each event as it is recorded
    """

    def __init__(
        self,
        observer: str,
        what: str,
        *,
        key: bytes,
        clock: Clock,
        window_s: float,
        on_event: OnEvent,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        self.observer = observer
        self._clock, self._on_event = clock, on_event
        self._began = asyncio.get_running_loop().time()
        opened = {"observer": observer, "at": self._now(), "what": what}
        self._recorder = Recorder(key=key, window_s=window_s, versions=versions, **opened)
        on_event({"kind": "opened", "t": 0, **opened})

    @property
    def passed_s(self) -> float:
        """Seconds since it was opened."""
        return asyncio.get_running_loop().time() - self._began

    @property
    def dropped(self) -> int:
        """Events that did not fit."""
        return self._recorder.dropped

    def add(self, event: Event, data: bytes | None = None) -> None:
        """Keep *event*, with *data* as the first bytes of its ``size``. Raises ValueError after `close`."""
        timed: dict[str, Any] = {"t": round(self.passed_s * 1000), **event}
        self._recorder.add(timed, data)
        if data is not None:
            size = int(timed.setdefault("size", len(data)))
            timed |= {"data": base64.b64encode(data).decode("ascii")}
            timed |= {"truncated": size - len(data)} if size > len(data) else {}
        self._on_event(timed)

    def trouble(self, where: str, what: str) -> None:
        """Something went wrong that whoever reads this must know."""
        self.add({"kind": "trouble", "where": clean_line(where), "what": clean_line(what)})

    def close(self, why: str) -> None:
        """Say how it ended."""
        self._recorder.close(at=self._now(), seconds=self.passed_s, why=why)
        self._on_event({"kind": "closed", "t": round(self.passed_s * 1000), "why": why})

    def artifact(self) -> Artifact:
        """The recording as evidence."""
        return Artifact(kind=Kind.OBSERVATIONS, origin=f"watch ({self.observer})", data=self._recorder.data())

    def _now(self) -> str:
        return self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
