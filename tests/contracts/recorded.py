"""A unit's snapshot with recordings beside it, judged and written in every format, as any user gets it."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from audit.cli.evidence import given
from audit.hooks.messages import AgentReader
from audit.model.destinations import Atlas
from audit.model.evidence import Artifact, Kind, Snapshot
from audit.model.flows import Flow
from audit.model.report import Expectation, Finding, Report
from audit.parse.observations.lines import Recorder
from audit.pipeline import audit_snapshot
from audit.reports import FORMATS, Options, render
from tests.contracts.kept import RULEBOOK, read_live

AT = "2026-01-01T00:00:00Z"
KEY = b"k" * 32
IMEI, ICCID = "356938035643809", "89860318760123456789"
"""Of the unit: no other test number passes for them."""
CLIENT = "com.qualcomm.qti.autoregistration"
"""On ``incident-2019``, where it shares the user id of com.android.phone."""

Given = Mapping[str, Any] | tuple[Mapping[str, Any], bytes]


@functools.cache
def unit(name: str) -> Snapshot:
    """A virtual unit, read once, with the identifiers an operator knows of it."""
    with tempfile.TemporaryDirectory() as home:
        snapshot = read_live(name, Path(home))
    known = given((f"imei={IMEI}", f"iccid={ICCID}"))
    return replace(snapshot, artifacts=(*snapshot.artifacts, *known))


def recording(*events: Given, observer: str = "frida", close: bool = True) -> bytes:
    """What a recorder writes of *events*; bytes beside one are its data."""
    recorder = Recorder(observer=observer, at=AT, what="a test", key=KEY)
    if observer == "frida":
        recorder.add({"kind": "hooks", "pid": 7, "installed": ["connect", "send"], "missing": []})
    for one in events:
        event, data = one if isinstance(one, tuple) else (one, None)
        recorder.add(event, data)
    if close:
        recorder.close(at=AT, seconds=60, why="the time was up")
    return recorder.data()


def of_messages(
    pid: int, messages: Iterable[tuple[object, bytes | None]], *introduced: Given, now_ms: int = 60_000
) -> bytes:
    """The recording of what agents in process *pid* sent: (message as Frida hands it over, its bytes)."""
    recorder = Recorder(observer="frida", at=AT, what=f"process {pid}", key=KEY)
    for one in introduced:
        event, data = one if isinstance(one, tuple) else (one, None)
        recorder.add(event, data)
    readers: dict[str, AgentReader] = {}
    for message, blob in messages:
        payload = message.get("payload") if isinstance(message, dict) else None
        agent = "java" if isinstance(payload, dict) and payload.get("agent") == "java" else "native"
        reader = readers.setdefault(agent, AgentReader(pid, agent, loaded_ms=0))
        for told in reader.read(message, blob, now_ms=now_ms):
            recorder.add(told.event, told.data)
    for reader in readers.values():
        for told in reader.end(now_ms=now_ms):
            recorder.add(told.event, told.data)
    recorder.close(at=AT, seconds=now_ms / 1000, why="the process ended")
    return recorder.data()


def judged(
    *recordings: bytes, name: str = "incident-2019", market: str | None = "NO", atlas: Atlas | None = None
) -> Report:
    """The report on unit *name* with *recordings* beside its snapshot."""
    snapshot = unit(name)
    watched = tuple(
        Artifact(kind=Kind.OBSERVATIONS, origin=f"recording {n}", data=data)
        for n, data in enumerate(recordings, 1)
    )
    return audit_snapshot(
        replace(snapshot, artifacts=(*snapshot.artifacts, *watched)),
        RULEBOOK,
        Expectation(market=market),
        judged_at=AT,
        atlas=atlas,
    )


def written(report: Report, **options: Any) -> dict[str, str]:  # noqa: ANN401 - whatever Options has
    """The report in every format there is."""
    return {name: render(name, [report], Options(key=KEY, **options)) for name in FORMATS}


def of_client(report: Report, package: str = CLIENT) -> Finding:
    """What the audit finds of one client."""
    (found,) = (f for f in report.findings if f.check == "client-market" and f.subject == package)
    return found


def contacts(report: Report, via: str = "frida") -> tuple[Flow, ...]:
    """The contacts of a report that a recording tells of."""
    return tuple(flow for flow in report.flows or () if flow.via == via)


def edited(data: bytes, change: Any) -> bytes:  # noqa: ANN401 - a function of events
    """A recording after somebody changed the list of its events."""
    events = [json.loads(line) for line in data.splitlines()]
    changed: Sequence[Mapping[str, Any]] = change(events)
    return b"".join(json.dumps(event).encode() + b"\n" for event in changed)
