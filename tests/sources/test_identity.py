from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Completed
from audit.errors import UnitLost
from audit.lab import Lab
from audit.model.evidence import Artifact, Gap, Kind, Topic
from audit.model.flows import IdentifierKind
from audit.parse.identifiers.own import read_identity
from audit.sources import plan
from audit.sources.identity import read_identity_of
from tests.parse.identifiers.test_own import reply
from tests.sources.scripted import Answer, ScriptedDevice

K = IdentifierKind
_IMEI = "358673091234569"
_FIRST = "service call iphonesubinfo 1 s16 com.android.shell"


def read(answers: Mapping[str, Answer], sdk: int | None = 34) -> tuple[tuple[Artifact, ...], tuple[Gap, ...]]:
    """What a scripted unit gives."""
    return asyncio.run(read_identity_of(ScriptedDevice(answers), sdk=sdk))


def test_what_a_unit_answers_is_kept_with_the_way_it_was_asked() -> None:
    """Each answer, refusals too, as an artifact of its own; the parser finds the IMEI in it."""
    artifacts, gaps = read({_FIRST: reply(_IMEI), "ip -o link": "1: lo: <UP> mtu 9\n"})
    assert {artifact.argument for artifact in artifacts} == {s.argument for s in plan.identity_steps(34)}
    assert {artifact.kind for artifact in artifacts} == {Kind.IDENTITY}
    assert gaps == ()
    assert [(one.kind, one.value) for one in read_identity(artifacts, {}, ()).identifiers] == [
        (K.IMEI, _IMEI)
    ]


def test_a_unit_that_refuses_everything_is_no_failure() -> None:
    """Nothing is raised; each kind is one gap with its cure."""
    artifacts, gaps = read({})
    told = read_identity(artifacts, {}, ())
    assert not told.identifiers
    assert not gaps
    assert len(told.gaps) == len({gap.fix for gap in told.gaps}) == 4
    assert all(gap.topic is Topic.IDENTIFIERS for gap in told.gaps)


def test_a_unit_that_goes_away_keeps_what_came() -> None:
    """What was not read is a gap that says so."""
    answers: dict[str, Answer] = {
        step.commands[0].line: UnitLost("the unit went away") for step in plan.identity_steps(34)
    }
    artifacts, gaps = read(answers | {_FIRST: reply(_IMEI)})
    assert len(artifacts) <= 1
    assert gaps
    assert all("went away" in gap.reason and gap.topic is Topic.IDENTIFIERS for gap in gaps)


def test_an_answer_that_does_not_end_is_a_gap() -> None:
    """The time was up; half a number is not taken."""
    half = Completed(stdout=reply(_IMEI).encode(), timed_out=True)
    artifacts, gaps = read({_FIRST: half})
    assert [gap.origin for gap in gaps] == [_FIRST]
    assert read_identity(artifacts, {}, ()).identifiers == ()


def test_on_step_hears_of_each_command() -> None:
    """So that a person sees what goes on."""
    lines: list[str] = []
    device = ScriptedDevice({})
    asyncio.run(read_identity_of(device, sdk=28, on_step=lambda step: lines.append(step.line)))
    assert (
        sorted(lines) == sorted(device.asked) == sorted(s.commands[0].line for s in plan.identity_steps(28))
    )


@pytest.mark.parametrize("name", ["talking-2019", "clean-global"])
def test_a_virtual_unit_tells_what_its_android_tells(tmp_path: Path, name: str) -> None:
    """Over real ADB: every answer is understood."""

    async def over_tcp() -> tuple[tuple[Artifact, ...], tuple[Gap, ...]]:
        async with Lab([name]) as lab:
            options = ConnectOptions(
                transport=Transport.TCP, addresses=(lab.units[0].address,), environment={}, home=tmp_path
            )
            device = await open_unit(options)
            try:
                return await read_identity_of(device, sdk=lab.units[0].spec.sdk)
            finally:
                await device.close()

    artifacts, gaps = asyncio.run(over_tcp())
    told = read_identity(artifacts, {}, ())
    assert not gaps
    assert not told.unread
    assert not any("not understood" in gap.reason for gap in told.gaps)
    if name == "talking-2019":
        assert {K.IMEI, K.IMSI, K.ICCID, K.MAC} <= {one.kind for one in told.identifiers}
        assert told.gaps == ()
