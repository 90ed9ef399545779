from __future__ import annotations

import pytest

from audit.checks import contacts
from audit.model.flows import Flow, FlowKind


def _flow(to: str, via: str, what: FlowKind = FlowKind.CONNECT, *, at_ms: int = 0, origin: str = "") -> Flow:
    return Flow(who="a.b", what=what, to=to, cleartext=None, via=via, at_ms=at_ms, origin=origin)


@pytest.mark.parametrize(
    ("flow", "verb"),
    [
        (_flow("x", "netstat"), "had a socket to"),
        (_flow("x", "ss"), "had a socket to"),
        (_flow("x", "logcat", FlowKind.HTTP), "logged a request to"),
        (_flow("x", "a watched network", FlowKind.DNS), "asked for the address of"),
        (_flow("x", "a watched network", FlowKind.TLS), "opened or tried a connection to"),
        (_flow("x", "frida", FlowKind.HTTP), "asked a library for a request to"),
    ],
)
def test_no_more_is_said_than_was_seen(flow: Flow, verb: str) -> None:
    """A socket is no request, a line of a log no packet, a name that was asked for no connection."""
    assert contacts.did(flow) == verb


def test_destinations_are_told_by_what_saw_them_and_counted() -> None:
    """Each way of seeing is a verb of its own; beyond the first few destinations they are counted."""
    flows = [*(_flow(f"192.0.2.{n}", "ss") for n in range(6)), _flow("http://a.example", "logcat")]
    told = contacts.sentence([*flows, *flows])
    assert told == (
        "had a socket to 192.0.2.0, 192.0.2.1, 192.0.2.2, 192.0.2.3 and 2 more"
        " and logged a request to http://a.example"
    )


def test_a_connection_tells_more_than_its_name_lookup() -> None:
    """The lookup comes first and goes no further; the connection is what is told."""
    lookup, connection = _flow("a.example", "frida", FlowKind.DNS), _flow("a.example", "frida")
    assert contacts.sentence([lookup, connection]) == "opened or tried a connection to a.example"


def test_a_place_states_a_time_only_where_there_is_one() -> None:
    """A list of sockets has no milliseconds; its file is named instead."""
    assert contacts.place(_flow("x", "ss")) == "ss"
    assert contacts.place(_flow("x", "ss", origin="br.txt > NETSTAT")) == "br.txt > NETSTAT"
    assert contacts.place(_flow("x", "wire", at_ms=7)) == "wire at 7 ms"
