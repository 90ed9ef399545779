"""The fields of the events agents send, by kind, and what each may hold. Pure.

The same as ``hooks/message.schema.json``, with bounds of the host's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from audit.model.text import clean, clean_line

MOST_COUNT = 1 << 53
"""What a number can be in JavaScript and still be exact."""
_IP = re.compile(r"[0-9a-f:.]{2,45}(%[0-9]{1,10})?")

Check = Callable[[object], object]
"""The value as it is kept; raises WrongError."""


class WrongError(Exception):
    """A value that is not what it should be; the text says what it should."""


def _text(most: int, *, lines: bool = False) -> Check:
    def check(value: object) -> object:
        if not isinstance(value, str):
            raise WrongError("text")
        return (clean if lines else clean_line)(value[:most])

    return check


def _number(low: int, high: int) -> Check:
    def check(value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise WrongError(f"a whole number from {low} to {high}")
        return value

    return check


def _one_of(*words: str) -> Check:
    def check(value: object) -> object:
        if not isinstance(value, str) or value not in words:
            raise WrongError(" or ".join(words))
        return value

    return check


def _ip(value: object) -> object:
    if not isinstance(value, str) or (value and _IP.fullmatch(value) is None):
        raise WrongError("an address in digits")
    return value


def _list(most: int, each: Check) -> Check:
    def check(value: object) -> object:
        if not isinstance(value, list):
            raise WrongError("a list")
        return [each(one) for one in value[:most]]

    return check


def _pair(value: object) -> object:
    if not isinstance(value, list) or len(value) != 2:
        raise WrongError("pairs of a name and a reason")
    return [_NAME(one) for one in value]


def _maybe(each: Check) -> Check:
    return lambda value: None if value is None else each(value)


_NAME, _LONG, _HEAD = _text(512), _text(8192), _text(16 << 10, lines=True)
_COUNT, _PORT, _SIGNED = _number(0, MOST_COUNT), _number(0, 65535), _number(-(1 << 31), (1 << 31) - 1)
_CONN, _TRANSPORT = _text(64), _one_of("tcp", "udp", "other")
_VALUE = _maybe(_text(1024))

ANY: Mapping[str, Check] = {"tid": _COUNT, "caller": _NAME, "stack": _list(24, _NAME)}
KINDS: Mapping[str, tuple[Mapping[str, Check], frozenset[str]]] = {
    "hello": ({"frida": _NAME, "agent_version": _NAME, "contract": _COUNT, "pid": _COUNT}, frozenset()),
    "hooks": (
        {"installed": _list(512, _NAME), "missing": _list(512, _pair)},
        frozenset({"installed", "missing"}),
    ),
    "dns": (
        {"host": _LONG, "answers": _list(64, _ip), "rc": _SIGNED, "via": _NAME},
        frozenset({"host"}),
    ),
    "connect": (
        {
            "conn": _CONN, "ip": _ip, "port": _PORT, "transport": _TRANSPORT,
            "rc": _SIGNED, "errno": _SIGNED, "host": _LONG,
        },
        frozenset({"conn", "ip", "port"}),
    ),
    "data": (
        {
            "conn": _CONN, "dir": _one_of("out", "in"), "size": _COUNT,
            "ip": _ip, "port": _PORT, "transport": _TRANSPORT,
        },
        frozenset({"conn", "dir", "size"}),
    ),
    "plain": ({"conn": _CONN, "sni": _LONG, "lib": _NAME, "size": _COUNT}, frozenset({"size"})),
    "close": ({"conn": _CONN}, frozenset({"conn"})),
    "http": (
        {
            "api": _NAME, "method": _NAME, "url": _LONG, "ip": _ip, "port": _PORT,
            "head": _HEAD, "size": _COUNT,
        },
        frozenset({"api", "url"}),
    ),
    "sms": ({"api": _NAME, "to": _NAME, "port": _PORT, "size": _COUNT}, frozenset({"api", "to"})),
    "identifier": ({"api": _NAME, "value": _VALUE}, frozenset({"api", "value"})),
    "trouble": ({"where": _NAME, "what": _LONG}, frozenset({"what"})),
}  # fmt: skip
CARRIERS = frozenset({"data", "plain", "http", "sms"})
OWN = frozenset({"kind", "ts", "bytes", "pid"})
"""Fields of an event that are read apart from the table."""
