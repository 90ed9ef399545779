"""Flows without root: the network a unit is in, its own lists and logs, recordings of others."""

from __future__ import annotations

from audit.observe.ask import Ask, Watched
from audit.observe.rungs import LADDER, Rung
from audit.observe.sink.ask import Limits, SinkAsk
from audit.observe.watch import watch

__all__ = ["LADDER", "Ask", "Limits", "Rung", "SinkAsk", "Watched", "watch"]
