"""Google's adb drives every virtual unit, and our client follows its list of them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from audit.adb.device import State
from audit.adb.server import AdbServer
from audit.adb.smartsocket import server_address
from audit.lab import Lab, UnitSpec, shipped_units
from tests.peers.adb_server import LIMIT_S, Adb

pytestmark = pytest.mark.peer
READABLE = [unit for unit in shipped_units() if unit.id != "unauthorized"]


@pytest.mark.parametrize("unit", READABLE, ids=lambda unit: unit.id)
def test_connect_list_shell_and_pull(adb: Adb, unit: UnitSpec, tmp_path: Path) -> None:
    """Connect, devices -l, shell with exit code and standard error, and pull work as with a phone."""

    async def drive() -> tuple[str, bytes, bytes, int, bytes]:
        async with Lab([unit]) as lab:
            address = lab.units[0].address
            await asyncio.to_thread(adb.connect, address)
            listed = await asyncio.to_thread(adb, "devices", "-l")
            [row] = [line for line in listed.stdout.decode().splitlines() if line.startswith(address)]
            words = "getprop ro.product.device; ls /none; exit 9"
            shell = await asyncio.to_thread(adb, "-s", address, "shell", words)
            copy = tmp_path / "hosts"
            await asyncio.to_thread(adb, "-s", address, "pull", "/system/etc/hosts", str(copy))
            await asyncio.to_thread(adb, "disconnect", address)
            return row, shell.stdout, shell.stderr, shell.returncode, copy.read_bytes()

    row, stdout, stderr, code, hosts = asyncio.run(drive())
    assert " device product:" in row
    assert stdout.decode().strip() == unit.properties["ro.product.device"]
    assert b"No such file" in stderr
    assert code == 9
    assert hosts.startswith(b"127.0.0.1")


def test_a_unit_that_never_allows_stays_unauthorized(adb: Adb) -> None:
    """It is in adb's list, in that state, and its shell is refused."""

    async def drive() -> tuple[str, int]:
        async with Lab(["unauthorized"]) as lab:
            address = lab.units[0].address
            await asyncio.to_thread(adb.connect, address)
            listed = await asyncio.to_thread(adb, "devices")
            shell = await asyncio.to_thread(adb, "-s", address, "shell", "id")
            await asyncio.to_thread(adb, "disconnect", address)
            return listed.stdout.decode(), shell.returncode

    listed, code = asyncio.run(drive())
    assert "\tunauthorized" in listed
    assert code != 0


def test_track_devices_tells_of_units_that_come_and_go(adb: Adb) -> None:
    """Our client hears of a unit when it is connected and when it is gone."""

    async def follow() -> list[bool]:
        heard: list[bool] = []
        server = AdbServer(server_address({"ADB_SERVER_SOCKET": f"tcp:{adb.address}"}))
        async with Lab(["clean-global"]) as lab, asyncio.timeout(LIMIT_S):
            address = lab.units[0].address
            async for rows in server.track():
                there = any(row.serial == address and row.state is State.DEVICE for row in rows)
                if not heard:
                    heard.append(there)
                    await asyncio.to_thread(adb, "connect", address)
                elif there and not heard[-1]:
                    heard.append(there)
                    await asyncio.to_thread(adb, "disconnect", address)
                elif heard[-1] and not there:
                    heard.append(there)
                    break
        return heard

    assert asyncio.run(follow()) == [False, True, False]
