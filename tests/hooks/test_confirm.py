from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.hooks.house import client, house, lines, needs_frida, web

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
