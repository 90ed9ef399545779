from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.device import Completed
from audit.errors import TransportError
from audit.model.code import Code
from audit.model.evidence import Kind, Snapshot
from audit.sources import plan
from audit.sources.live import acquire, acquire_steps
from tests.sources.scripted import File, ScriptedDevice, ordinary
from tests.sources.virtual_time import timed

NOON = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)


class PacedDevice(ScriptedDevice):
    """A scripted unit that, as a real one, has given no whole answer when the time of a question is over."""

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """The table's answer, or what came of it until then."""
        completed = await super().run(command, timeout_s=timeout_s)
        return completed if self._delay(command) <= timeout_s else Completed(stdout=b"", timed_out=True)

    async def pull(self, path: str, *, timeout_s: float) -> AsyncIterator[bytes]:
        """The content, or the words of a device that ran out of time."""
        async for chunk in super().pull(path, timeout_s=timeout_s):
            if self._delay(f"pull {path}") > timeout_s:
                raise TransportError(f"pull was not answered within {timeout_s:g} s", where=path)
            yield chunk


FOLDER = "/data/app/com.acme-QT=="


def reading(device: ScriptedDevice, limit_s: float | None, *, suspects: tuple[str, ...] = ()) -> object:
    """A whole acquisition with a deadline."""
    return acquire(
        device,
        packages={"com.acme"},
        users=None,
        full=False,
        clock=lambda: NOON,
        suspects=suspects,
        limit_s=limit_s,
    )


def read(
    device: ScriptedDevice, limit_s: float | None, *, suspects: tuple[str, ...] = ()
) -> tuple[Snapshot, float]:
    """What came of it, and the virtual seconds it took."""
    return timed(reading(device, limit_s, suspects=suspects))  # type: ignore[arg-type]  # a coroutine


def slow(command: str) -> float:
    """A unit on which every list takes ten seconds."""
    return 10.0 if "list packages" in command else 0.1


def test_at_the_deadline_what_was_read_stays() -> None:
    """What came in time is there, what did not is a gap that says so, and nothing more is begun."""
    device = PacedDevice(ordinary(), delay=slow)
    snapshot, took_s = read(device, 5.0)
    assert took_s <= 5.0
    kinds = {one.kind for one in snapshot.artifacts}
    assert {Kind.GETPROP, Kind.USERS} <= kinds
    lists = [gap for gap in snapshot.gaps if "list packages" in gap.origin]
    assert len(lists) == 3
    assert all("its time was over (5.0 s)" in gap.reason and gap.fix for gap in lists)


def test_what_was_never_begun_says_so() -> None:
    """With more to ask than streams, the rest is not asked at all once the time is over."""
    device = PacedDevice(ordinary(), delay=lambda _: 3.0)
    snapshot, took_s = read(device, 4.0)
    assert took_s <= 4.0
    never = [gap for gap in snapshot.gaps if gap.reason == "Not read: its time was over (4.0 s)."]
    assert never
    assert not {gap.origin for gap in never} & set(device.asked)


def test_without_a_limit_it_takes_as_long_as_it_takes() -> None:
    """The same unit, with time, is read without a gap."""
    snapshot, took_s = read(PacedDevice(ordinary(), delay=slow), None)
    assert snapshot.gaps == ()
    assert took_s > 5.0


@given(st.floats(0.0, 60.0), st.floats(0.0, 20.0))
def test_no_limit_is_exceeded_and_nothing_is_lost(limit_s: float, delay_s: float) -> None:
    """Every step of the plan is an artifact or a gap, whatever the time and the unit's pace."""
    device = PacedDevice(ordinary(), delay=lambda _: delay_s)
    snapshot, took_s = read(device, limit_s)
    assert took_s <= limit_s + 0.001, device.asked
    told = {one.origin for one in snapshot.artifacts} | {gap.origin for gap in snapshot.gaps}
    assert {"getprop", "pm list users", "settings list global"} <= told


@pytest.mark.parametrize("limit_s", [0.5, 1.8])
def test_code_is_read_within_the_deadline_too(limit_s: float) -> None:
    """Files of a suspect that did not come in time are files whose code is unreadable, and say why."""
    files = {f"{FOLDER}/base.apk": File(content=b"PK" * 2000)}
    device = PacedDevice(
        ordinary(),
        files=files,
        delay=lambda what: 1.0 if what.startswith(("list /", "pull")) else 0.1,
    )
    snapshot, took_s = read(device, limit_s, suspects=("com.acme",))
    assert took_s <= limit_s + 1.0  # a scripted unit pulls and lists to the end
    unread = [one for one in snapshot.code if one.code is Code.UNREADABLE]
    reasons = [trouble.reason for one in unread for trouble in one.troubles]
    assert any("its time was over" in reason or "not answered within" in reason for reason in reasons)


def test_single_steps_have_a_deadline_too() -> None:
    """`acquire_steps` keeps what came, and says what did not."""
    device = PacedDevice(ordinary(), delay=lambda line: 9.0 if line.startswith("settings") else 0.0)
    steps = (plan.getprop_step(), *plan.settings_steps())
    (artifacts, gaps), took_s = timed(acquire_steps(device, steps, limit_s=2.0))
    assert took_s == 2.0
    assert [one.kind for one in artifacts][:1] == [Kind.GETPROP]
    assert all("its time was over (2.0 s)" in gap.reason for gap in gaps)
    assert len(gaps) == 3


def test_a_deadline_needs_no_loop_before_it_is_used() -> None:
    """Reading without one is as before."""
    snapshot = asyncio.run(reading(PacedDevice(ordinary()), None))  # type: ignore[arg-type, var-annotated]
    assert snapshot.gaps == ()
