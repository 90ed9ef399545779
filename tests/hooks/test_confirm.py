from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from audit.adb.server import AdbServer
from audit.adb.smartsocket import ServerAddress
from audit.hooks.bundles import shipped_agents
from audit.parse.observations.lines import payload
from tests.hooks.house import client, house, lines, needs_frida, web
from tests.peers.adb_server import Adb, adb_program, adb_server

pytestmark = [pytest.mark.peer, needs_frida, pytest.mark.timeout(120)]


def test_a_client_on_a_rooted_unit_is_seen_calling(tmp_path: Path) -> None:
    """Root, server, forward, token, agent: a real process's contacts become a recording, nothing stays."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                confirmed = await there.confirm(there.ask(target.name))
            events = lines(confirmed)
            called = [one for one in events if one["kind"] == "connect"]
            assert {(one["ip"], one["port"], one["pid"]) for one in called} == {
                ("127.0.0.1", port, target.pid)
            }
            assert confirmed.gaps == ()
            assert there.unit.left == {}
            assert confirmed.cannot is None

    asyncio.run(main())


def test_the_same_through_googles_own_adb_server(tmp_path: Path) -> None:
    """Where each stream is a connection to an adb server, hooking works as it does directly."""
    program = adb_program()
    if program is None:
        pytest.skip("no adb program: the adbutils wheel is not installed for this platform")

    async def main(adb: Adb) -> None:
        async with house(tmp_path) as there, web() as port:
            await asyncio.to_thread(adb.connect, there.unit.address)
            server = AdbServer(parse_server(adb))
            row = next(row for row in await server.devices() if row.serial == there.unit.address)
            through = replace(there, device=await server.device(row))
            with client(port) as target:
                confirmed = await through.confirm(there.ask(target.name, seconds=1.5))
            assert "connect" in {one["kind"] for one in lines(confirmed)}
            assert confirmed.gaps == ()
            assert there.unit.left == {}

    home = tmp_path / "adb"
    home.mkdir()
    with adb_server(program, home) as running:
        asyncio.run(main(running))


def parse_server(adb: Adb) -> ServerAddress:
    """Where the private server listens."""
    host, _, port = adb.address.rpartition(":")
    return ServerAddress(host=host, port=int(port))


def test_the_agent_that_ships_tells_what_a_client_sent(tmp_path: Path) -> None:
    """The built agent, run as it will be: the bytes of a request and who made it are in the recording."""
    if not (shipped_agents() / "native.js").is_file():
        pytest.skip("the agents are not built")

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                confirmed = await there.confirm(there.ask(target.name, seconds=2.0, agents=None))
            sent = b"".join(payload(one) or b"" for one in lines(confirmed) if one["kind"] == "data")
            assert b"POST /register HTTP/1.1" in sent
            assert b"imei=490154203237518" in sent
            hooks = [one for one in lines(confirmed) if one["kind"] == "hooks"]
            assert "connect" in hooks[-1]["installed"]
            assert not [one for one in lines(confirmed) if one["kind"] == "trouble" and one.get("pid")]
            assert confirmed.gaps == ()

    asyncio.run(main())


SAYS = "rpc.exports = {start() { go(); }, stop() {}}; function go() { %s }"
FLOOD = """
const event = {kind: 'dns', ts: 1, host: 'a', answers: []};
let n = 0;
function tell() {
  send({type: 'adb-audit', v: 1, agent: 'native', seq: n++, dropped: 0, events: [event]});
}
function some() {
  for (let i = 0; i < TIMES; i++) tell();
}
setTimeout(() => setInterval(some, 1), 200);
"""


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("let x = []; for (let i = 0; i < 3000; i++) x = [x]; send(x);", "cannot be read"),
        ("send('x', new ArrayBuffer(9 << 20));", "a message of 9437"),
        ("send(['frida:rpc', 1, 'error', {}]); send(['frida:rpc']);", "none of an agent"),
        (FLOOD.replace("TIMES", "10"), "never said what it hooked"),
        # more of it than this machine can read: the client, the server and we are all busy for long
        pytest.param(FLOOD.replace("TIMES", "300"), "never said what it hooked", marks=pytest.mark.slow),
    ],
    ids=["deep", "large", "answers nobody asked for", "flood", "heavy flood"],
)
def test_a_hostile_process_is_bounded_and_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], source: str, words: str
) -> None:
    """Whatever comes in an agent's name: no traceback, an end in time, and a sentence in the recording."""

    async def main() -> None:
        async with house(tmp_path) as there, web() as port:
            with client(port) as target:
                asked = there.ask(target.name, seconds=1.5, patience=0.3, agents=there.agents(SAYS % source))
                async with asyncio.timeout(60):
                    confirmed = await there.confirm(asked)
            assert any(words in one.get("what", "") for one in lines(confirmed)), lines(confirmed)
            assert there.unit.left == {}, (there.said, confirmed.gaps)

    asyncio.run(main())
    assert "Traceback" not in capfd.readouterr().err
