"""Recordings that somebody else made: captures, PCAPdroid's lists, network logs of a device owner."""

from __future__ import annotations

from audit.observe.imports.recognise import read_capture
from audit.observe.imports.recording import Clock, OnProgress

__all__ = ["Clock", "OnProgress", "read_capture"]
