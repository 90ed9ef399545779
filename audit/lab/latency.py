"""How long units take to answer: like phones, and not all of them equally long. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from audit.errors import UsageError

PHONE_LATENCY_MS: Mapping[str, int] = MappingProxyType(
    {
        "getprop": 50,
        "cmd package": 250,
        "cmd package list users": 80,
        "pm": 250,
        "pm list users": 80,
        "cmd overlay": 80,
        "settings": 80,
        "cmd settings": 80,
        "dumpsys": 300,
        "dumpsys package": 2000,
        "dumpsys package ": 300,
        "dumpsys -t 60 package": 2000,
        "dumpsys -t 60 package ": 300,
        "cat": 20,
        "dd": 20,
        "ip": 20,
        "service": 30,
        "content": 250,
    }
)
"""Phone-like times: assumptions in the range others report. Dumping one package is quicker than all."""

_LIKE_PHONES = re.compile(r"phone(?::(?P<quickest>[0-9.]{1,6})(?:-(?P<slowest>[0-9.]{1,6}))?)?")
_MOST = 1000.0
_FIX = 'say "phone", "phone:2" (twice as slow), "phone:1-4" (one to four times) or a number of milliseconds'


def latency_of(latency: str | Mapping[str, int], number: int, count: int) -> Mapping[str, int]:
    """The times of unit *number* (0-based) of *count*. Raises UsageError for what is no latency.

    Of "phone:1-4" the first unit is as quick as `PHONE_LATENCY_MS` says, the last takes four times as long,
    and from each to the next the times grow by the same factor. One alone is the first.
    """
    if not isinstance(latency, str):
        return latency
    if latency.isdecimal():
        return {"": int(latency)}
    told = _LIKE_PHONES.fullmatch(latency)
    if told is None:
        raise UsageError(f"{latency!r} is no latency", fix=_FIX)
    quickest = _factor(told["quickest"] or "1", latency)
    slowest = _factor(told["slowest"] or told["quickest"] or "1", latency)
    factor = quickest * (slowest / quickest) ** (number / (count - 1) if count > 1 else 0.0)
    if factor == 1:
        return PHONE_LATENCY_MS
    return {command: round(factor * time_ms) for command, time_ms in PHONE_LATENCY_MS.items()}


def _factor(text: str, latency: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= _MOST:
        raise UsageError(f"{latency!r} is no latency", fix=_FIX)
    return factor
