"""How fast many things are done, and how long it will take; said to a person, and ten times to a pipe."""

from __future__ import annotations

import sys
import time

from audit.cli.output import note
from audit.cli.progress import FilesMeter

_PARTS = 10
_MINUTE_S, _HOUR_S = 60, 3600
_SILENT_S = 60.0


class Pace:
    """Counts what is done. unit: of what; total: how many there will be, None = nobody knows yet."""

    def __init__(self, unit: str, total: int | None = None) -> None:
        self.unit, self.total = unit, total
        self.done = 0
        self._began = self._ended = time.monotonic()
        self._told = self._began
        self.meter = FilesMeter(unit)

    def begin(self) -> None:
        """Now: what came before is not part of the rate."""
        self._began = self._told = time.monotonic()

    def end(self) -> None:
        """Nothing more is done."""
        self._ended = time.monotonic()

    @property
    def took_s(self) -> float:
        """From beginning to end."""
        return max(self._ended - self._began, 1e-6)

    @property
    def rate(self) -> float:
        """Done in a second, until now."""
        return self.done / max(time.monotonic() - self._began, 1e-6)

    def step(self, last: str = "") -> None:
        """One more is done. last: what it was, "" = nothing to say of it"""
        self.done += 1
        told = self._sentence()
        self.meter.step(self.done, self.total or self.done, f"{told}  {last}".rstrip())
        if not sys.stderr.isatty() and self._is_due():
            self._told = time.monotonic()
            of = "" if self.total is None else f" of {self.total:,}"
            note(f"{self.done:,}{of} {self.unit}, {told}")

    def _is_due(self) -> bool:
        if self.total is None:
            return time.monotonic() - self._told > _SILENT_S
        before, now = (_PARTS * done // max(self.total, 1) for done in (self.done - 1, self.done))
        return now > before and self.done < self.total

    def _sentence(self) -> str:
        rate = self.rate
        if self.total is None:
            return f"{rate:,.0f} a second, still counting"
        return f"{rate:,.0f} a second, {lasting(max(self.total - self.done, 0) / rate)} left"


def lasting(seconds: float) -> str:
    """A time for people: 40 s, 12 min, 3 h 20 min."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:,.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:,.0f} min"
    return f"{seconds // _HOUR_S:,.0f} h {seconds % _HOUR_S // _MINUTE_S:.0f} min"
