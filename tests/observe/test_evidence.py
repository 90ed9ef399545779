from __future__ import annotations

import asyncio
import base64

from audit.model.evidence import Artifact, Kind, Snapshot, Source, SourceKind, UnitId
from audit.model.facts import Did, Facts
from audit.model.flows import Attribution, Certainty, FlowKind, IdentifierKind, Stage
from audit.observe import Ask, Watched
from audit.parse.facts import read_facts
from tests.observe.sink.test_answer import query
from tests.observe.sink.test_sink import said_to_a_watch
from tests.observe.talking import OWNERS, Spell, TalkingUnit, socket
from tests.observe.test_watch import watched

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

    outcome, _ = asyncio.run(said_to_a_watch(request, before=query("zzhc.example")))
    facts = _facts(outcome)
    assert facts.flows is not None
    http = [flow for flow in facts.flows if flow.what is FlowKind.HTTP]
    assert [(flow.host, flow.cleartext, flow.stage) for flow in http] == [
        ("zzhc.example", True, Stage.TRANSMITTED)
    ]
    (caught,) = http[0].identifiers
    assert (caught.kind, caught.certainty) == (IdentifierKind.IMEI, Certainty.HIGH)
    assert "base64" in caught.where
    assert [flow.host for flow in facts.flows if flow.what is FlowKind.DNS] == ["zzhc.example"]
