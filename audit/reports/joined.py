"""What was seen of one contact, together: the name's lookup, the connection, the request, and its repeats."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from audit.checks.contacts import STAGES
from audit.model.flows import Flow, FlowKind, Stage
from audit.model.record import record

WINDOW_MS = 30_000
"""What lies further apart is not taken for one contact."""
_MOST_TRIED = 64
_Key = tuple[str, str]


@record
class Joined:
    """One contact.

    flow: the part of it that went furthest; before: what led to it; again: the very same at other times
    """

    flow: Flow
    before: tuple[Flow, ...] = ()
    again: tuple[Flow, ...] = ()

    @property
    def parts(self) -> int:
        """Of how many records it is made."""
        return 1 + len(self.before) + len(self.again)


def joined(flows: Iterable[Flow]) -> tuple[Joined, ...]:
    """Every flow in exactly one contact, those that went furthest first, then by time."""
    given = tuple(flows)
    leads_to = _Leads(given).roots()
    before: dict[int, list[Flow]] = {}
    for step, root in leads_to.items():
        before.setdefault(root, []).append(given[step])
    alike: dict[Flow, list[int]] = {}
    for at, flow in enumerate(given):
        if at not in leads_to:
            alike.setdefault(_timeless(flow), []).append(at)
    contacts = [
        Joined(
            flow=given[same[0]],
            before=tuple(step for at in same for step in before.get(at, ())),
            again=tuple(given[at] for at in same[1:]),
        )
        for same in alike.values()
    ]
    return tuple(sorted(contacts, key=lambda one: (-STAGES.index(one.flow.stage), one.flow.at_ms)))


def _timeless(flow: Flow) -> Flow:
    return replace(flow, at="", at_ms=0, origin="", pid=None, sent_bytes=None, received_bytes=None)


class _Leads:
    """Which flow led to which other: by whose they are, by name and address, and by time."""

    def __init__(self, flows: Sequence[Flow]) -> None:
        self._flows = flows
        self._index: dict[_Key, list[tuple[int, int]]] = {}
        for at, flow in enumerate(flows):
            if _rank(flow):
                for who in {flow.who, "*"}:
                    for name in _names(flow):
                        self._index.setdefault((who, name), []).append((flow.at_ms, at))
        for places in self._index.values():
            places.sort()

    def roots(self) -> dict[int, int]:
        """For each flow that only led to another: that other, which itself led to none."""
        leads = {at: to for at, flow in enumerate(self._flows) if (to := self._next(flow)) is not None}
        return {at: self._root(leads, at) for at in leads}

    def _root(self, leads: dict[int, int], at: int) -> int:
        while at in leads:  # each leads to one of a higher rank, so this ends after two
            at = leads[at]
        return at

    def _next(self, flow: Flow) -> int | None:
        if _rank(flow) == _HIGHEST:
            return None
        who = (flow.who, "") if flow.who else ("*",)
        for name in _sought(flow):
            for key in ((one, name) for one in who):
                for at in self._after(key, flow):
                    if _rank(self._flows[at]) > _rank(flow) and _is_of(flow, self._flows[at]):
                        return at
        return None

    def _after(self, key: _Key, flow: Flow) -> Iterator[int]:
        places = self._index.get(key, [])
        start = bisect_left(places, (flow.at_ms, -1))
        for at_ms, at in places[start : start + _MOST_TRIED]:
            if at_ms > flow.at_ms + WINDOW_MS:
                return
            yield at


_HIGHEST = 2


def _rank(flow: Flow) -> int:
    if flow.stage is not Stage.ATTEMPTED or flow.what not in {FlowKind.DNS, FlowKind.CONNECT}:
        return _HIGHEST
    return 0 if flow.what is FlowKind.DNS else 1


def _is_of(step: Flow, flow: Flow) -> bool:
    """A lookup is no part of a contact with another name, nor a connection of one with another port."""
    if step.what is FlowKind.DNS:
        return not flow.host or flow.host.lower() == (step.host or step.to).lower()
    same_name = not step.host or not flow.host or step.host.lower() == flow.host.lower()
    return same_name and step.port == flow.port


def _names(flow: Flow) -> set[str]:
    return {name.lower() for name in (flow.host, flow.ip) if name}


def _sought(flow: Flow) -> tuple[str, ...]:
    if flow.what is FlowKind.DNS:
        return tuple(dict.fromkeys(name.lower() for name in (flow.host or flow.to, *flow.answers) if name))
    return (flow.ip.lower(),) if flow.ip else ()
