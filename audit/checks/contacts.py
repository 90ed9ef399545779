"""What a contact that was seen proves, in words that claim no more."""

from __future__ import annotations

from collections.abc import Iterable

from audit.model.flows import Flow, FlowKind

_SOCKET_LISTS = frozenset({"netstat", "ss"})


def did(flow: Flow) -> str:
    """What was seen, as a verb between whose it was and where to."""
    if flow.via in _SOCKET_LISTS:
        return "had a socket to"  # perhaps one that was being opened, or closed: nothing need have been sent
    if flow.via == "logcat":
        return "logged a request to"
    return "asked for the address of" if flow.what is FlowKind.DNS else "was seen in contact with"


def sentence(flows: Iterable[Flow]) -> str:
    """All of it: ``had a socket to A, B and logged a request to C``."""
    told: dict[str, dict[str, None]] = {}
    for flow in flows:
        told.setdefault(did(flow), {})[flow.to] = None
    return " and ".join(f"{verb} {_some(list(to))}" for verb, to in told.items())


def place(flow: Flow) -> str:
    """Where it is written: what tells of it, and the time it states."""
    at = f" at {flow.at_ms} ms" if flow.at_ms else ""
    return f"{flow.origin or flow.via}{at}"


def _some(hosts: list[str]) -> str:
    more = f" and {len(hosts) - _MOST_NAMED} more" if len(hosts) > _MOST_NAMED else ""
    return ", ".join(hosts[:_MOST_NAMED]) + more


_MOST_NAMED = 4
