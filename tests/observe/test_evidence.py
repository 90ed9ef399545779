from __future__ import annotations

import asyncio
import base64
import socket as sockets

from audit.model.evidence import Artifact, Kind, Snapshot, Source, SourceKind, UnitId
from audit.model.facts import Did, Facts
from audit.model.flows import Attribution, Certainty, FlowKind, IdentifierKind, Stage
from audit.observe import Ask, SinkAsk, Watched, watch
from audit.parse.facts import read_facts
from tests.observe.sink.test_answer import query
from tests.observe.sink.test_sink import HERE, ask_udp
from tests.observe.talking import OWNERS, Spell, TalkingUnit, socket
from tests.observe.test_watch import KEY, clock, watched

_IMEI = "356938035643809"  # of no phone: the example number of 3GPP's own tests


def _facts(outcome: Watched) -> Facts:
    """What a snapshot says that holds the watch and a list of packages."""
    known = (
        Artifact(kind=Kind.PACKAGES_KNOWN, origin="packages", data=OWNERS.encode(), exit_code=0, user=0),
    )
    return read_facts(
        Snapshot(
            unit=UnitId(),
            source=Source(kind=SourceKind.LIVE),
            acquired_at=None,
            tool_version="0",
            artifacts=(*known, *outcome.artifacts),
            gaps=outcome.gaps,
        )
    )


def test_a_socket_becomes_one_contact_of_an_id_with_all_its_packages() -> None:
    """Attempted, never more: a list of sockets shows no bytes; and nobody is picked of those that share."""
    unit = TalkingUnit(
        sockets=[Spell(socket(), 3, 4), Spell(socket("198.51.100.9", 443, uid=10020, local=2), 5, 6)]
    )
    outcome, _ = watched(unit, Ask(seconds=10))
    facts = _facts(outcome)
    assert facts.flows is not None
    shared, own = sorted(facts.flows, key=lambda flow: flow.at_ms)
    assert (shared.who, shared.to, shared.stage) == ("uid 1001", "203.0.113.7:80", Stage.ATTEMPTED)
    assert shared.shared == ("com.android.phone", "com.example.register")
    assert (own.who, own.attribution) == ("com.example.app", Attribution.UID)
    (watching,) = facts.watches
    assert (watching.by, watching.ended, watching.seconds) == ("sockets", "the time was over", 10.0)
    assert facts.unread == ()


def test_what_the_window_moved_and_who_asked_are_activity() -> None:
    """The counters of the beginning are subtracted; a question that is in both logs is one."""
    outcome, _ = watched(TalkingUnit(sockets=[Spell(socket(), 3, 4)]), Ask(seconds=10))
    activity = _facts(outcome).activity
    moved = [one.text for one in activity if one.what is Did.TRANSFERRED]
    assert moved[0] == "received 1 bytes, sent 400 while it was watched (counted since boot)"
    assert len([one for one in activity if one.what is Did.ASKED]) == 1


def test_a_request_at_the_sink_is_a_transmission() -> None:
    """With the name of its server, in the clear, and an identifier found through its base64."""
    body = base64.encodebytes(b'{"IMEI":"%s","MODEL":"Nokia 7 plus"}' % _IMEI.encode())
    request = b"POST / HTTP/1.1\r\nHost: zzhc.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    async def run() -> Watched:
        with sockets.create_server((HERE, 0)) as free:
            port, dns = free.getsockname()[1], 0
        with sockets.create_server((HERE, 0)) as free:
            dns = free.getsockname()[1]
        ask = Ask(seconds=1.0, sink=SinkAsk(address=HERE, dns_port=dns, ports=(port,)))
        watching = asyncio.create_task(watch(None, ask, clock=clock, key=KEY))
        await asyncio.sleep(0.2)
        await ask_udp(dns, query("zzhc.example"))
        reader, writer = await asyncio.open_connection(HERE, port)
        writer.write(request)
        await reader.readuntil(b"\r\n\r\n")
        writer.close()
        return await watching

    facts = _facts(asyncio.run(run()))
    assert facts.flows is not None
    http = [flow for flow in facts.flows if flow.what is FlowKind.HTTP]
    assert [(flow.host, flow.cleartext, flow.stage) for flow in http] == [
        ("zzhc.example", True, Stage.TRANSMITTED)
    ]
    (caught,) = http[0].identifiers
    assert (caught.kind, caught.certainty) == (IdentifierKind.IMEI, Certainty.HIGH)
    assert "base64" in caught.where
    assert [flow.host for flow in facts.flows if flow.what is FlowKind.DNS] == ["zzhc.example"]
