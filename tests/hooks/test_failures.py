from __future__ import annotations

import asyncio
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from audit.adb.device import Completed
from audit.errors import BadInput, UsageError
from audit.hooks import Confirmed
from audit.hooks.ending import End
from audit.lab.living import RootKind, ServerFault
from audit.lab.spec import UnitSpec
from tests.hooks.house import AGENT, House, client, house, lines, needs_frida, rooted, web

pytestmark = [pytest.mark.peer, needs_frida, pytest.mark.timeout(120)]

NOBODY = "com.example.nobody"
DUMB = "rpc.exports = {start() {}, stop() {}};"


def _confirm(folder: Path, spec: UnitSpec, **asked: Any) -> tuple[Confirmed, House]:  # noqa: ANN401 - an Ask's
    """Hook a package that does not run."""

    async def main() -> tuple[Confirmed, House]:
        async with house(folder, spec) as there:
            confirmed = await there.confirm(there.ask(NOBODY, seconds=1.0, **asked))
            assert there.unit.left == {}
            assert there.unit.servers == ()
        return confirmed, there

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (RootKind.NONE, "its shell gets no root"),
        (RootKind.DENIED, "refuses root to the shell"),
        (RootKind.PROMPT, "nobody allowed it"),
    ],
)
def test_a_unit_without_root_says_why_and_stays_untouched(tmp_path: Path, kind: RootKind, words: str) -> None:
    """No root, refused root and a prompt nobody answers are answers, each with what to do."""

    async def main() -> None:
        async with house(tmp_path, rooted(kind)) as there:
            confirmed = await there.confirm(there.ask(NOBODY, patience=0.02))
            assert confirmed.artifact is None
            assert confirmed.cannot is not None
            assert words in confirmed.cannot.reason
            assert confirmed.cannot.fix
            assert there.unit.changes == ()

    asyncio.run(main())


@pytest.mark.parametrize("kind", [RootKind.AOSP_SU, RootKind.ADBD])
def test_other_ways_to_root_lead_to_the_client_too(tmp_path: Path, kind: RootKind) -> None:
    """The su of userdebug builds and a daemon that is root itself."""

    async def main() -> None:
        async with house(tmp_path, rooted(kind)) as there, web() as port:
            with client(port) as target:
                confirmed = await there.confirm(there.ask(target.name, seconds=1.5))
            assert "connect" in {one["kind"] for one in lines(confirmed)}
            assert there.unit.left == {}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"server_fault": ServerFault.FAILS}, "does not start on the unit: Unable to start"),
        ({"server_fault": ServerFault.DIES_AT_ONCE}, "said it was ready and is gone"),
        ({"server_fault": ServerFault.SILENT}, "did not answer in time"),
        ({"server_fault": ServerFault.REFUSES_TOKEN}, "refuses our token"),
    ],
)
def test_a_server_that_will_not_serve_is_told_and_taken_away(
    tmp_path: Path, changes: dict[str, Any], words: str
) -> None:
    """Each way a server fails ends within its limit, with its own words, and nothing stays on the unit."""
    confirmed, _ = _confirm(tmp_path, rooted(**changes), patience=0.6)
    assert confirmed.artifact is None
    assert confirmed.cannot is not None
    assert words in confirmed.cannot.reason
    assert confirmed.cannot.fix
    assert confirmed.gaps == ()


def test_a_server_of_another_protocol_is_told(tmp_path: Path) -> None:
    """Whatever --version says: what answers decides."""
    confirmed, _ = _confirm(tmp_path, rooted(server_fault=ServerFault.WRONG_VERSION))
    assert confirmed.cannot is not None
    assert "another version" in confirmed.cannot.reason


@pytest.mark.parametrize(
    ("changes", "more", "words"),
    [
        ({"full_disk": True}, None, "No space left"),
        ({"frida": "16.7.19"}, None, "it is version 16.7.19"),
        ({"frida": "17.25.0"}, None, "it is version 17.25.0"),
        ({"frida": "no version"}, None, "says no version"),
    ],
)
def test_a_file_that_will_not_do_is_refused(
    tmp_path: Path, changes: dict[str, Any], more: bytes | None, words: str
) -> None:
    """A full unit and a server of another version end with what to do, and nothing stays."""
    del more

    async def main() -> None:
        async with house(tmp_path, rooted(**changes)) as there:
            with pytest.raises(BadInput, match=words) as caught:
                await there.confirm(there.ask(NOBODY))
            assert caught.value.fix
            assert there.unit.left == {}

    asyncio.run(main())


def test_a_program_that_does_not_run_is_told(tmp_path: Path) -> None:
    """A program of the right processor that crashes is no server."""

    async def main() -> None:
        async with house(tmp_path) as there:
            confirmed = await there.confirm(there.ask(NOBODY, server=there.server(more=b"crash")))
            assert confirmed.cannot is not None
            assert "--version of the pushed server fails: Segmentation fault" in confirmed.cannot.reason
            assert there.unit.left == {}

    asyncio.run(main())


def test_a_program_for_another_processor_never_reaches_the_unit(tmp_path: Path) -> None:
    """The host looks at the file before the unit gets it."""

    async def main() -> None:
        async with house(tmp_path) as there:
            with pytest.raises(BadInput, match="made for x86_64; the unit needs arm64"):
                await there.confirm(there.ask(NOBODY, server=there.server("x86_64")))
            assert there.unit.changes == ()

    asyncio.run(main())


def test_a_missing_server_is_named(tmp_path: Path) -> None:
    """Which file, from where, and where it is looked for."""

    async def main() -> None:
        async with house(tmp_path) as there:
            with pytest.raises(UsageError, match=r"no frida-server-17\.\S+-android-arm64") as caught:
                await there.confirm(there.ask(NOBODY, server=None, folder=tmp_path))
            assert "github.com/frida/frida/releases/tag/17." in caught.value.fix
            assert there.unit.changes == ()

    asyncio.run(main())


def test_a_skewed_version_is_noted_where_it_is_allowed(tmp_path: Path) -> None:
    """A server of the same major may be taken, and the result says that it was."""
    confirmed, _ = _confirm(tmp_path, rooted(frida="17.25.0"), allow_version_skew=True)
    assert any("17.25.0" in gap.reason for gap in confirmed.gaps)


def test_nobody_running_is_no_recording(tmp_path: Path) -> None:
    """Where nothing was watched there is no recording that says nothing was seen."""
    confirmed, _ = _confirm(tmp_path, rooted())
    assert confirmed.artifact is None
    assert confirmed.cannot is None
    assert "nothing was watched" in confirmed.gaps[-1].reason


def test_a_server_killed_in_the_middle_ends_the_recording(tmp_path: Path) -> None:
    """What was seen until then is kept; that watching broke off is a gap; its files are removed."""

    async def main() -> None:
        spec = rooted(server_fault=ServerFault.DIES_AFTER_CONNECT, server_dies_after_s=1.5)
        async with house(tmp_path, spec) as there, web() as port:
            with client(port) as target:
                confirmed = await there.confirm(there.ask(target.name, seconds=60))
                assert target.process.poll() is None
            events = lines(confirmed)
            assert events[-1]["why"] == End.SERVER.value
            assert events[-1]["seconds"] < 30
            assert "connect" in {one["kind"] for one in events}
            assert any(End.SERVER.value in gap.reason for gap in confirmed.gaps)
            assert there.unit.left == {}

    asyncio.run(main())


def test_a_server_that_does_not_end_is_ended_by_force(tmp_path: Path) -> None:
    """It hangs, and asked to end it does not: it is not left running as root, and the operator is told."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asked = there.ask(target.name, seconds=60, patience=0.2)
                asking = asyncio.ensure_future(there.confirm(asked))
                await there.until_called()
                [server] = there.unit.servers
                os.kill(server.pid, signal.SIGSTOP)
                asking.cancel()
                confirmed = await asking
            assert any("ended by force" in gap.reason for gap in confirmed.gaps), confirmed.gaps
            assert there.unit.left == {}

    asyncio.run(main())


def test_a_unit_pulled_out_ends_the_recording(tmp_path: Path) -> None:
    """What was seen until then is kept, and what may be left on the unit is said with the command."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asking = asyncio.ensure_future(there.confirm(there.ask(target.name, seconds=60)))
                await there.until_called()
                there.unit.drop()
                confirmed = await asking
            events = lines(confirmed)
            assert events[-1]["why"] == End.UNPLUGGED.value
            assert events[-1]["seconds"] < 30
            reasons = [gap.reason for gap in confirmed.gaps]
            assert any(End.UNPLUGGED.value in reason for reason in reasons)
            assert any("adb shell" in reason and "rm -f /data/local/tmp/a" in reason for reason in reasons)
            async with asyncio.timeout(20):  # the unit tidies up by itself
                while there.unit.left:  # noqa: ASYNC110 - and tells nobody
                    await asyncio.sleep(0.1)

    asyncio.run(main())


def test_stopped_by_the_operator_hands_back_what_was_seen(tmp_path: Path) -> None:
    """Ctrl-C ends the window, not the result; the unit is as it was."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asking = asyncio.ensure_future(there.confirm(there.ask(target.name, seconds=60)))
                await there.until_called()
                asking.cancel()
                confirmed = await asking
            events = lines(confirmed)
            assert events[-1]["why"] == End.STOPPED.value
            assert confirmed.gaps == ()
            assert there.unit.left == {}

    asyncio.run(main())


@pytest.mark.parametrize("moment", ["is asked for root", "starts it as root", "hooked"])
def test_stopped_before_it_watches_cleans_up(tmp_path: Path, moment: str) -> None:
    """Cancelled at any time before, nothing stays on the unit."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asking = asyncio.ensure_future(there.confirm(there.ask(target.name, seconds=60)))
                await there.until(lambda: any(moment in line for line in there.said))
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            assert there.unit.left == {}
            assert there.unit.servers == ()

    asyncio.run(main())


def test_cancelled_again_while_it_tidies_up_it_still_does(tmp_path: Path) -> None:
    """A second Ctrl-C does not leave half of it on the unit."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asking = asyncio.ensure_future(there.confirm(there.ask(target.name, seconds=60)))
                await there.until_called()
                asking.cancel()
                await there.until(lambda: any("ends the server" in line for line in there.said))
                for _ in range(3):
                    asking.cancel()
                    await asyncio.sleep(0.01)
                await asyncio.gather(asking, return_exceptions=True)
            assert there.unit.servers == ()
            assert there.unit.left == {}
            assert there.said[-1].startswith("ends the server")

    asyncio.run(main())


class Tampering:
    """A unit on which something changes a file between its arrival and its start."""

    def __init__(self, there: House) -> None:
        self._there = there

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a device has
        return getattr(self._there.device, name)

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """As the device does; before its checksum, the file becomes another."""
        files = self._there.unit.life.disk.files
        for path, file in list(files.items()):
            if "sha256sum" in command and path in command:
                files[path] = replace(file, content=file.content + b"!")
        return await self._there.device.run(command, timeout_s=timeout_s)


def test_a_file_that_changed_on_the_way_is_never_run(tmp_path: Path) -> None:
    """What lies on the unit must be what was sent, byte for byte, before it is run as root."""

    async def main() -> None:
        async with house(tmp_path) as there:
            device: Any = Tampering(there)
            confirmed = await replace(there, device=device).confirm(there.ask(NOBODY))
            assert confirmed.cannot is not None
            assert "not what was sent" in confirmed.cannot.reason
            assert not [one for one in there.unit.changes if one.what == "server"]
            assert there.unit.left == {}

    asyncio.run(main())


def test_a_client_that_ends_is_told(tmp_path: Path) -> None:
    """Where nothing that starts can be held, the end of the last process is the end of watching."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asking = asyncio.ensure_future(there.confirm(there.ask(target.name, seconds=60)))
                await there.until_called()
                target.process.kill()
                confirmed = await asking
            assert lines(confirmed)[-1]["why"] == End.NOBODY.value
            assert any(target.name in one.get("what", "") for one in lines(confirmed))
            assert there.unit.left == {}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("source", "words"),
    [
        (f"{DUMB} setTimeout(() => {{ throw new Error('boo'); }}, 0);", "an error in the agent: Error: boo"),
        (f"{DUMB} console.log('hello');", "the agent says: hello"),
        # of a contract it does not know, test_messages.py has it without a client to hook
        pytest.param(
            f"{DUMB} send({{type: 'adb-audit', v: 7}});", "another contract", marks=pytest.mark.slow
        ),
        (AGENT.replace('agent: "native"', 'agent: "other"'), "another agent's name"),
    ],
)
def test_an_agent_that_does_not_work_is_no_quiet_client(tmp_path: Path, source: str, words: str) -> None:
    """What went wrong in it is in the recording; that it never said what it hooked is a gap."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asked = there.ask(target.name, seconds=1.0, agents=there.agents(source))
                confirmed = await there.confirm(asked)
            assert any(words in one.get("what", "") for one in lines(confirmed))
            if "hooks" not in source:
                assert any("never said what it hooked" in gap.reason for gap in confirmed.gaps)
            assert there.unit.left == {}

    asyncio.run(main())


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("this is no script", "agent could not be loaded"),
        # two more moments at which it fails, after which the same is undone
        pytest.param("throw new Error('boo');", "agent could not start", marks=pytest.mark.slow),
        pytest.param("rpc.exports = {start() { throw new Error('boo'); }};", "boo", marks=pytest.mark.slow),
        ("rpc.exports = {start() { return new Promise(() => {}); }};", "does not answer"),
    ],
)
def test_an_agent_that_cannot_be_started_leaves_the_client_running(
    tmp_path: Path, source: str, words: str
) -> None:
    """A broken agent is a gap for the process, whose life goes on."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asked = there.ask(target.name, seconds=1.0, agents=there.agents(source), patience=0.25)
                confirmed = await there.confirm(asked)
                assert target.process.poll() is None
            assert confirmed.artifact is None
            assert any(words in gap.reason for gap in confirmed.gaps), confirmed.gaps
            assert there.unit.left == {}

    asyncio.run(main())


def test_what_is_set_off_is_undone(tmp_path: Path) -> None:
    """The client alone is told that the unit booted; airplane mode ends as it was found."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asked = there.ask(
                    target.name, seconds=2.0, patience=0.2, triggers=("boot-completed", "airplane-mode")
                )
                confirmed = await there.confirm(asked)
            told = [change for change in there.unit.changes if change.what == "broadcast"]
            assert f"android.intent.action.BOOT_COMPLETED {target.name}" in [one.name for one in told]
            modes = [change.now for change in there.unit.changes if change.name == "global airplane_mode_on"]
            assert modes[:2] == ["1", "0"]
            assert there.unit.left == {}, confirmed.gaps

    asyncio.run(main())
