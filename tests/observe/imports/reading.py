"""Imports what a test wrote, and puts the events of the recording together again."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from audit.model.flows import Flow
from audit.observe.imports import read_capture
from audit.parse.observations.assemble import Assembler
from audit.parse.observations.lines import payload, read_lines
from tests.build import pcap

UNIT = "192.168.1.50"
KEY = b"0123456789abcdef"
IMPORTED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def recording(
    path: Path, data: bytes | None = None, addresses: tuple[str, ...] = (UNIT,)
) -> list[dict[str, Any]]:
    """The events of *path*, written first where *data* is given."""
    if data is not None:
        path.write_bytes(data)
    (artifact,) = read_capture(path, clock=lambda: IMPORTED, key=KEY, addresses=addresses)
    events = []
    for _, event in read_lines(artifact.data):
        assert not isinstance(event, str), event
        events.append(dict(event))
    assert events[0]["kind"] == "opened"
    assert events[-1]["kind"] == "closed"
    return events


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Those of one kind."""
    return [event for event in events if event["kind"] == kind]


def carried(events: list[dict[str, Any]], way: str, port: int | None = None) -> bytes:
    """All bytes of one direction; what was not kept is no part of them."""
    return b"".join(
        payload(event) or b""
        for event in of(events, "data")
        if event["dir"] == way and port in {None, event["port"]}
    )


def troubles(events: list[dict[str, Any]]) -> str:
    """What went wrong, as one text."""
    return "\n".join(f"{event['where']}: {event['what']}" for event in of(events, "trouble"))


def flows(events: list[dict[str, Any]]) -> tuple[Flow, ...]:
    """The contacts that the judging makes of it."""
    assembler = Assembler({})
    for number, event in enumerate(events, 1):
        taken = assembler.take(event, number)
        assert not taken.left, taken.left
    return assembler.flows((), KEY)


def exchange(sent: bytes, received: bytes, ends: pcap.Ends | None = None, *, piece: int = 700) -> list[bytes]:
    """Ethernet frames of a connection in which the unit says *sent* and is answered *received*."""
    ends = ends or pcap.Ends()
    flags = pcap.PSH | pcap.ACK
    out = [(ends.sent(flags, sent[at : at + piece], at), True) for at in range(0, len(sent), piece)]
    back = [
        (ends.answered(flags, received[at : at + piece], at), False) for at in range(0, len(received), piece)
    ]
    return pcap.framed([*ends.hello(), *out, *back, *ends.goodbye(len(sent), len(received))])
