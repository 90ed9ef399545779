from __future__ import annotations

import asyncio
from typing import Any

import pytest

from audit.adb.device import Completed
from audit.errors import UnitLost
from audit.hooks import Ask
from audit.hooks.bundles import Bundle
from audit.hooks.ending import End
from audit.hooks.link import Detached, Mail, Sent, Spawned
from audit.hooks.mailbox import Mailbox
from audit.hooks.targets import Process
from audit.hooks.troubles import About, FridaFailed, Trouble
from audit.hooks.window import Window
from audit.parse.observations.lines import Recorder, read_lines

CLIENT = "com.acme.client"
GONE = Trouble(name="ended", about=About.PROCESS, what="the process had ended", fix="Again.")
DEAD = Trouble(name="hung-up", about=About.SERVER, what="the connection was ended", fix="Again.")


class Unit:
    """Stands for a Link to a server on Android, which no test here has: it holds apps as they start.

    did: what it was told, in order; fails: what hooking a process leads to, times: so often, then it works
    """

    def __init__(
        self, *processes: Process, gates: bool = True, fails: Trouble | None = None, times: int = 99
    ) -> None:
        self._times = times
        self.did: list[str] = []
        self.hooked: frozenset[int] = frozenset()
        self._processes = processes
        self._gates = gates
        self._fails = fails
        self.hooking, self.hangs = asyncio.Event(), asyncio.Event()
        self.late: set[int] = set()

    async def gate(self) -> bool:
        """Android can."""
        self.did.append("gate")
        return self._gates

    async def processes(self) -> tuple[Process, ...]:
        """What runs."""
        return self._processes

    async def hook(
        self, pid: int, _bundles: tuple[Bundle, ...], *, spawned: bool = False
    ) -> dict[str, float]:
        """Load the agents."""
        self.did.append(f"hook {pid}{' held' if spawned else ''}")
        if pid == 99:
            self.hooking.set()
            await self.hangs.wait()
        self._times -= 1
        if self._fails is not None and self._times >= 0:
            raise FridaFailed(self._fails)
        self.hooked |= {pid}
        return {"native": asyncio.get_running_loop().time()}

    async def resume(self, pid: int) -> None:
        """Let a process go."""
        self.did.append(f"resume {pid}")

    def went_on(self, pid: int) -> bool:
        """The watchdog was faster."""
        return pid in self.late

    def gone(self, pid: int) -> None:
        """It ended."""
        self.hooked -= {pid}

    async def ungate(self) -> tuple[str, ...]:
        """Hold no more."""
        self.did.append("ungate")
        return ()

    async def stop_agents(self) -> frozenset[int]:
        """All do."""
        return frozenset()


class Bench:
    """A window over a `Unit`."""

    def __init__(self, unit: Unit, seconds: float = 1.0, uids: dict[str, int] | None = None) -> None:
        self.box: Mailbox[Mail] = Mailbox(asyncio.get_running_loop())
        self.recorder = Recorder(observer="frida", at="2026-03-01T12:00:00Z", what="x", key=b"k")
        self.unit = unit
        self.window = Window(
            Ask(packages=(CLIENT,), seconds=seconds),
            unit,  # type: ignore[arg-type]  # as much of a Link as a window needs
            self.box,
            self.recorder,
            bundles=(Bundle(name="native", source="", sha256=""),),
            uids=uids or {},
            on_event=lambda _event: None,
            on_say=lambda _line: None,
        )

    async def run(self) -> End:
        """From open to end."""
        await self.window.open()
        end = await self.window.watch(Steady(), Way())  # type: ignore[arg-type]  # as much of them as it needs
        await self.window.finish(end, "17.26.0")
        return end

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was recorded."""
        return [dict(event) for _, event in read_lines(self.recorder.data()) if not isinstance(event, str)]


class Steady:
    """A device that is there."""

    async def run(self, _command: str, *, timeout_s: float) -> Completed:
        """Answers."""
        del timeout_s
        return Completed(stdout=b"2000\n", exit_code=0)


class Way:
    """A forward without trouble."""

    trouble: UnitLost | None = None


def _run(unit: Unit, *mail: Mail, seconds: float = 1.0, uids: dict[str, int] | None = None) -> Bench:
    async def main() -> Bench:
        bench = Bench(unit, seconds, uids)
        for item in mail:
            bench.box.put(item)
        await bench.run()
        return bench

    return asyncio.run(main())


def test_a_client_that_starts_is_hooked_before_it_goes_on() -> None:
    """Held, hooked, let go: in this order, and its service's process as well."""
    unit = Unit()
    bench = _run(unit, Spawned(pid=7, identifier=CLIENT), Spawned(pid=8, identifier=f"{CLIENT}:push"))
    assert unit.did == ["gate", "hook 7 held", "resume 7", "hook 8 held", "resume 8", "ungate"]
    assert [one["name"] for one in bench.events if one["kind"] == "process"] == [CLIENT, f"{CLIENT}:push"]


MUTE = Trouble(name="agent-mute", about=About.PROCESS, what="the agent does not answer", fix="Again.")


@pytest.mark.parametrize(("times", "hooked", "gaps"), [(1, True, 0), (2, False, 1)])
def test_a_process_that_is_only_slow_is_tried_once_more(times: int, hooked: bool, gaps: int) -> None:
    """Once, and said; a second time it is a gap."""
    unit = Unit(Process(pid=7, name=CLIENT), fails=MUTE, times=times)
    bench = _run(unit)
    assert [one for one in unit.did if one.startswith("hook")] == ["hook 7", "hook 7"]
    assert (unit.hooked == {7}) is hooked
    assert sum("does not answer" in gap.reason for gap in bench.window.gaps) == gaps
    said = [one["what"] for one in bench.events if one["kind"] == "trouble"]
    assert any("tried once more" in what for what in said)


def test_a_held_process_and_one_that_ended_are_not_tried_again() -> None:
    """The first has seconds only, the second is not there."""
    held = Unit(fails=MUTE)
    _run(held, Spawned(pid=7, identifier=CLIENT))
    ended = Unit(Process(pid=7, name=CLIENT), fails=GONE)
    _run(ended)
    for unit in (held, ended):
        assert sum(one.startswith("hook") for one in unit.did) == 1


def test_everything_else_that_starts_is_let_go_at_once() -> None:
    """Other apps are not touched, whatever their names begin with, and none waits behind messages."""
    unit = Unit()
    noise = [Sent(key=(1, "native"), message={}, blob=None, at_s=0.0)] * 100
    _run(unit, *noise, Spawned(pid=7, identifier=f"{CLIENT}s"), Spawned(pid=8, identifier=""))
    assert unit.did == ["gate", "resume 7", "resume 8", "ungate"]


@pytest.mark.parametrize("trouble", [GONE, DEAD])
def test_a_held_process_is_let_go_whatever_happens(trouble: Trouble) -> None:
    """Hooking it fails, or the server is gone: it goes on all the same, and the gap is told."""
    unit = Unit(fails=trouble)
    bench = _run(unit, Spawned(pid=7, identifier=CLIENT))
    assert unit.did[:3] == ["gate", "hook 7 held", "resume 7"]
    assert any(trouble.what in gap.reason for gap in bench.window.gaps)


def test_a_window_that_ends_while_a_process_is_held_lets_it_go() -> None:
    """The time is up, or the operator stops, in the middle of hooking."""
    unit = Unit()
    _run(unit, Spawned(pid=99, identifier=CLIENT), Spawned(pid=100, identifier="other"), seconds=1.0)
    assert unit.did == ["gate", "resume 100", "hook 99 held", "resume 99", "ungate"]


def test_a_process_that_went_on_by_itself_is_told() -> None:
    """Frida's watchdog was faster: what it did meanwhile was not seen."""

    async def main() -> None:
        unit = Unit()
        bench = Bench(unit)
        running = asyncio.ensure_future(bench.run())
        bench.box.put(Spawned(pid=99, identifier=CLIENT))
        await unit.hooking.wait()
        unit.late.add(99)
        unit.hangs.set()
        await running
        assert any("went on before it was hooked" in gap.reason for gap in bench.window.gaps)

    asyncio.run(main())


def test_what_runs_is_hooked_and_the_merged_host_process_with_it() -> None:
    """A shared user id leads into com.android.phone; what the unit hangs on stays out."""
    unit = Unit(
        Process(pid=5, name=CLIENT, uid=1001),
        Process(pid=6, name="com.android.phone", uid=1001),
        Process(pid=7, name="system_server", uid=1001),
        Process(pid=8, name="com.other", uid=10_001),
    )
    bench = _run(unit, uids={CLIENT: 1001})
    assert unit.did == ["gate", "hook 5", "hook 6", "ungate"]
    phone = next(one for one in bench.events if one.get("name") == "com.android.phone")
    assert (phone["uid"], phone["packages"]) == (1001, [CLIENT])


def test_a_server_that_ends_ends_the_window() -> None:
    """The window does not wait for its time."""

    async def main() -> End:
        bench = Bench(Unit(Process(pid=5, name=CLIENT)), seconds=60)
        bench.box.put(Detached(pid=5, reason="connection-terminated"))
        async with asyncio.timeout(10):
            return await bench.run()

    assert asyncio.run(main()) is End.SERVER


def test_a_client_that_ends_does_not_end_a_window_that_holds_new_ones() -> None:
    """It may start again, and is held then."""

    async def main() -> None:
        unit = Unit(Process(pid=5, name=CLIENT))
        bench = Bench(unit, seconds=1.0)
        bench.box.put(Detached(pid=5, reason="process-terminated"))
        bench.box.put(Spawned(pid=6, identifier=CLIENT))
        assert await bench.run() is End.TIME
        assert unit.did == ["gate", "hook 5", "hook 6 held", "resume 6", "ungate"]
        assert any("ended" in one.get("what", "") for one in bench.events)

    asyncio.run(main())
