from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import Lab, UnitSpec, VirtualUnit, shipped_unit
from audit.lab.living import TalkSpec
from audit.model.evidence import Snapshot, Source, SourceKind, UnitId
from audit.model.facts import Did, Facts
from audit.model.flows import Attribution
from audit.observe import Ask, Watched, watch
from audit.observe.commands import Look
from audit.parse.facts import read_facts
from tests.observe.test_watch import KEY, clock, events, gave

_CLIENT = "com.qualcomm.qti.autoregistration"


def _talking(android: str) -> UnitSpec:
    """A unit whose client calls home for a second."""
    talk = TalkSpec(
        package=_CLIENT, host="zzhc.vnet.cn", ip="219.141.189.20", port=80, after_s=0.4, for_s=1.0
    )
    return replace(shipped_unit("incident-2019"), android=android, talks=(talk,))


def _watched(spec: UnitSpec, home: Path, *, pull_after_s: float | None = None) -> Watched:
    async def run() -> Watched:
        async with Lab([spec]) as lab:
            options = ConnectOptions(
                transport=Transport.TCP, addresses=(lab.units[0].address,), environment={}, home=home
            )
            device = await open_unit(options)
            if pull_after_s is not None:
                asyncio.get_running_loop().call_later(pull_after_s, _pull, lab.units[0])
            outcome = await watch(device, Ask(seconds=2.0, poll_s=0.1), clock=clock, key=KEY)
            await device.close()
            return outcome

    return asyncio.run(run())


def _pull(unit: VirtualUnit) -> None:
    unit.drop()


def _facts(outcome: Watched) -> Facts:
    source = Source(kind=SourceKind.LIVE)
    return read_facts(
        Snapshot(
            unit=UnitId(), source=source, acquired_at=None, tool_version="0", artifacts=outcome.artifacts
        )
    )


@pytest.mark.parametrize("android", ["9", "13"])
def test_a_client_that_calls_home_is_seen_over_adb(tmp_path: Path, android: str) -> None:
    """One contact of the user id it shares; counters and, from Android 11 on, the resolver agree."""
    outcome = _watched(_talking(android), tmp_path)
    seen = events(outcome, "socket")[0]
    assert {one["local"] for one in events(outcome, "socket")} == {seen["local"]}
    assert (seen["uid"], seen["ip"], seen["port"]) == (1001, "219.141.189.20", 80)
    assert {_CLIENT, "com.android.phone"} <= set(seen["packages"])
    facts = _facts(outcome)
    assert [(one.who, one.attribution) for one in facts.flows or ()] == [("uid 1001", Attribution.SHARED_UID)]
    moved = [
        one for one in facts.activity if one.what is Did.TRANSFERRED and "while it was watched" in one.text
    ]
    assert {one.uid for one in moved} == {1001}
    asked = [one for one in facts.activity if one.what is Did.ASKED]
    assert len(asked) == (1 if android == "13" else 0)
    assert outcome.gaps == ()


def test_a_unit_whose_cable_is_pulled_keeps_what_was_seen(tmp_path: Path) -> None:
    """The recording is closed with why; what was not read any more is missing."""
    outcome = _watched(_talking("9"), tmp_path, pull_after_s=1.0)
    assert events(outcome, "socket")
    assert "went away" in events(outcome, "closed")[0]["why"]
    assert any("Watching sockets ended after" in gap.reason for gap in outcome.gaps)
    assert "0 when it ended" in gave(outcome, "dumps")


def test_a_slow_unit_is_watched_at_its_own_pace(tmp_path: Path) -> None:
    """It answers a look in 300 ms: there are fewer, and how many is said."""
    spec = replace(_talking("9"), latency_ms={Look.SOCKETS.value: 300})
    outcome = _watched(spec, tmp_path)
    assert events(outcome, "socket")
    (trouble,) = events(outcome, "trouble")
    looks = re.search(r"([0-9]+) looks", trouble["what"])
    assert looks is not None
    assert int(looks[1]) <= 7
