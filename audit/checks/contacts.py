"""What a contact that was seen proves, in words that claim no more."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from audit.model.flows import Caught, Certainty, Flow, FlowKind, Stage

_SOCKET_LISTS = frozenset({"netstat", "ss", "sockets"})
_MOST_NAMED = 4
STAGES = tuple(Stage)


def did(flow: Flow) -> str:
    """What was seen, as a verb between whose it was and where to."""
    if flow.stage is Stage.IDENTIFIED:
        return f"sent this unit's {kinds(exact(flow))} to"
    if flow.what is FlowKind.SMS:
        return "asked Android to send a message to"
    if flow.stage is Stage.TRANSMITTED:
        return "sent data to"
    return _attempted(flow)


def _attempted(flow: Flow) -> str:
    if flow.via in _SOCKET_LISTS:
        return "had a socket to"  # perhaps one that was being opened, or closed: nothing need have been sent
    if flow.via == "logcat":
        return "logged a request to"
    if flow.what is FlowKind.HTTP:
        return "asked a library for a request to"  # none of its bytes were seen
    return "asked for the address of" if flow.what is FlowKind.DNS else "opened or tried a connection to"


def exact(flow: Flow) -> tuple[Caught, ...]:
    """The identifiers in it that equal one read from this unit."""
    return tuple(one for one in flow.identifiers if one.certainty is Certainty.EXACT)


def kinds(caught: Iterable[Caught]) -> str:
    """Their kinds, each once: ``IMEI and ICCID``."""
    words = list(dict.fromkeys(one.kind.words for one in caught))
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "identifiers"


def furthest(flows: Iterable[Flow]) -> tuple[Flow, ...]:
    """Those that went furthest first; what led to one of them (its name lookup, its socket) left out."""
    ranked = sorted(flows, key=lambda flow: (-STAGES.index(flow.stage), flow.what is FlowKind.DNS))
    told: set[str] = set()
    kept: list[Flow] = []
    for flow in ranked:
        names = {name for name in (flow.host, flow.ip, flow.to) if name}
        if flow.stage is Stage.ATTEMPTED and flow.via not in _SOCKET_LISTS and names & told:
            continue
        told |= names
        kept.append(flow)
    return tuple(kept)


def sentence(flows: Iterable[Flow], tell: Callable[[Flow], str] = lambda flow: flow.to) -> str:
    """All of it: ``had a socket to A, B and logged a request to C``. tell: the words for a destination."""
    told: dict[str, dict[str, None]] = {}
    for flow in furthest(flows):
        told.setdefault(did(flow), {})[tell(flow)] = None
    return " and ".join(f"{verb} {_some(list(to))}" for verb, to in told.items())


def place(flow: Flow) -> str:
    """Where it is written: what tells of it, and the time it states."""
    at = f" at {flow.at_ms} ms" if flow.at_ms else ""
    return f"{flow.origin or flow.via}{at}"


def _some(hosts: list[str]) -> str:
    more = f" and {len(hosts) - _MOST_NAMED} more" if len(hosts) > _MOST_NAMED else ""
    return ", ".join(hosts[:_MOST_NAMED]) + more
