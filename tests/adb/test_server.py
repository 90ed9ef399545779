from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from audit.adb.connect import ConnectOptions, Transport, list_units, open_unit
from audit.adb.device import DeviceRow, State
from audit.adb.opened import OpenedDevice
from audit.adb.server import AdbServer, ServerOpener
from audit.adb.smartsocket import ServerAddress, server_address
from audit.errors import BadInput, NoUnit, ProtocolError, TransportError, UnitLost, UsageError
from tests.adb.conftest import RealAdb
from tests.adb.phone import FILES, Phone

pytestmark = pytest.mark.peer

Use = Callable[[AdbServer, Phone], Awaitable[None]]


def _with(real_adb: RealAdb, use: Use, phone: Phone | None = None) -> None:
    """Run *use* while the real server is connected to a phone."""

    async def main() -> None:
        server = AdbServer(ServerAddress(port=real_adb.port))
        async with phone or Phone() as there:
            await asyncio.to_thread(real_adb.call, "connect", there.address)
            try:
                await use(server, there)
            finally:
                await asyncio.to_thread(real_adb.call, "disconnect", there.address)

    asyncio.run(main())


async def _row(server: AdbServer, phone: Phone) -> DeviceRow:
    return next(row for row in await server.devices() if row.serial == phone.address)


def test_a_real_server_lists_our_device_side_as_a_phone(real_adb: RealAdb) -> None:
    """State, product and transport id come through a real adb."""

    async def use(server: AdbServer, phone: Phone) -> None:
        assert await server.version() >= 41
        row = await _row(server, phone)
        assert (row.state, row.model, row.fix) == (State.DEVICE, "Nokia_7_plus", "")
        assert row.transport_id is not None
        assert "shell_v2" in await server.features(row)

    _with(real_adb, use)


def test_commands_and_files_through_a_real_server(real_adb: RealAdb) -> None:
    """Output, stderr, codes, deadlines and files are the same as over a direct connection."""

    async def use(server: AdbServer, phone: Phone) -> None:
        device = await server.device(await _row(server, phone))
        done = await device.run("out hello; err oops; exit 7", timeout_s=5)
        assert (done.stdout, done.stderr, done.exit_code) == (b"hello", b"oops", 7)
        late = await device.run("out so far; hang", timeout_s=0.3)
        assert (late.stdout, late.timed_out) == (b"so far", True)
        cut = await device.run("out half; cut", timeout_s=5)
        assert (cut.stdout, cut.truncated, cut.exit_code) == (b"half", True, None)
        many = await asyncio.gather(
            *(device.run(f"big {n * 5000}; exit {n}", timeout_s=10) for n in range(20))
        )
        assert [(len(one.stdout), one.exit_code) for one in many] == [(n * 5000, n) for n in range(20)]
        stat = await device.stat("/big")
        assert stat is not None
        assert stat.size == len(FILES["/big"])
        assert [one.path for one in await device.list("/system")] == ["/system/build.prop"]
        assert b"".join([chunk async for chunk in device.pull("/big", timeout_s=20)]) == FILES["/big"]
        with pytest.raises(BadInput, match="No such file"):
            [chunk async for chunk in device.pull("/nothing", timeout_s=5)]

    _with(real_adb, use)


def test_a_unit_lost_behind_a_real_server_is_noticed(real_adb: RealAdb) -> None:
    """A command whose unit goes away raises UnitLost, not a truncated answer."""

    async def use(server: AdbServer, phone: Phone) -> None:
        device = await server.device(await _row(server, phone))
        running = asyncio.ensure_future(device.run("hang", timeout_s=20))
        await asyncio.sleep(0.1)
        phone._server.close()
        phone.vanish()
        with pytest.raises(UnitLost):
            await running
        with pytest.raises(UnitLost):
            await device.run("out x", timeout_s=5)

    _with(real_adb, use)


def test_changes_are_tracked(real_adb: RealAdb) -> None:
    """The tracker tells of a unit that comes and goes without being asked."""

    async def main() -> None:
        server = AdbServer(ServerAddress(port=real_adb.port))
        async with Phone() as phone, asyncio.timeout(15):
            seen: list[State] = []
            tracked = server.track()
            assert await anext(tracked) is not None
            await asyncio.to_thread(real_adb.call, "connect", phone.address)
            while State.DEVICE not in seen:
                seen += [row.state for row in await anext(tracked) if row.serial == phone.address]
            await asyncio.to_thread(real_adb.call, "disconnect", phone.address)
            while any(row.serial == phone.address for row in await anext(tracked)):
                pass

    asyncio.run(main())


def test_auto_takes_a_running_server_and_says_so(real_adb: RealAdb) -> None:
    """The listing names the server, its version and the variable that led to it."""

    async def use(_server: AdbServer, phone: Phone) -> None:
        options = ConnectOptions(environment=real_adb.environment, home=real_adb.home)
        listing = await list_units(options)
        assert listing.transport is Transport.SERVER
        assert "ANDROID_ADB_SERVER_PORT" in listing.because
        assert phone.address in [row.serial for row in listing.rows]
        device = await open_unit(options, phone.address)
        assert (await device.run("out x", timeout_s=5)).stdout == b"x"
        with pytest.raises(NoUnit, match=phone.address):
            await open_unit(options, "another")

    _with(real_adb, use)


def test_an_unauthorized_unit_is_waited_for(real_adb: RealAdb) -> None:
    """The owner taps Allow while we wait: the server's own tracking tells, and the unit opens."""
    told: list[DeviceRow] = []

    async def use(_server: AdbServer, phone: Phone) -> None:
        options = ConnectOptions(environment=real_adb.environment, home=real_adb.home, wait_s=15)

        def say(row: DeviceRow) -> None:
            told.append(row)
            if row.state is State.UNAUTHORIZED:
                phone.sessions[-1].allow()

        device = await open_unit(options, phone.address, say)
        assert (await device.run("out x", timeout_s=5)).stdout == b"x"
        assert "Allow USB debugging" in told[0].fix
        assert str(real_adb.home) in told[0].fix

    _with(real_adb, use, Phone(auth=lambda _key: False))


def test_no_server_is_a_transport_error_that_names_the_address() -> None:
    """Nothing is started in its place."""
    with pytest.raises(TransportError, match="no adb server") as caught:
        asyncio.run(AdbServer(ServerAddress(port=1)).version())
    assert "127.0.0.1:1" in caught.value.where


@pytest.mark.parametrize("state", [b"OKAY0007offline", b"FAIL0014device 'X' not found", b""])
def test_a_unit_that_left_is_told_from_a_command_that_was_cut(state: bytes) -> None:
    """A stream that ends early is looked into: gone, offline or without a server means the unit is lost."""

    async def main() -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            request = await reader.readexactly(int(await reader.readexactly(4), 16))
            if request.endswith(b":get-state"):
                writer.write(state)
            elif request.startswith(b"host:transport"):
                writer.write(b"OKAY")
                await reader.readexactly(int(await reader.readexactly(4), 16))
                writer.write(b"OKAY\1\4\0\0\0half")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        address = ServerAddress(port=server.sockets[0].getsockname()[1])
        row = DeviceRow(serial="X", state=State.DEVICE, transport="server")
        async with server:
            device = OpenedDevice(row, frozenset({"shell_v2"}), ServerOpener(AdbServer(address), row))
            with pytest.raises(UnitLost):
                await device.run("anything", timeout_s=5)

    asyncio.run(main())


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400\r\n\r\n", b"OKAYzzzz", b"FAIL", b"", b"OKAY0004"])
def test_a_stranger_on_the_port_is_recognised(answer: bytes) -> None:
    """Another program's answer is a transport error, at once."""

    async def main() -> None:
        async def talk(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(answer)
            writer.close()
            await writer.wait_closed()

        stranger = await asyncio.start_server(talk, "127.0.0.1", 0)
        port = stranger.sockets[0].getsockname()[1]
        async with stranger:
            with pytest.raises(ProtocolError):
                await AdbServer(ServerAddress(port=port)).version()

    asyncio.run(main())


def test_a_server_that_hangs_is_given_up() -> None:
    """One that takes the connection and stays silent costs its reply time, no more."""

    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as mute:  # the kernel takes connections, nobody answers
            address = ServerAddress(port=mute.getsockname()[1])
            with pytest.raises(TransportError, match="did not answer"):
                await AdbServer(address, reply_s=0.2).version()

    asyncio.run(main())


@pytest.mark.parametrize(
    ("environment", "address"),
    [
        ({}, ServerAddress()),
        ({"ADB_SERVER_SOCKET": "tcp:7"}, ServerAddress(port=7, why="ADB_SERVER_SOCKET")),
        ({"ADB_SERVER_SOCKET": "tcp:h:7"}, ServerAddress(host="h", port=7, why="ADB_SERVER_SOCKET")),
        ({"ADB_SERVER_SOCKET": "tcp:[::1]:7"}, ServerAddress(host="::1", port=7, why="ADB_SERVER_SOCKET")),
        ({"ADB_SERVER_SOCKET": "localfilesystem:/a"}, ServerAddress(path="/a", why="ADB_SERVER_SOCKET")),
        ({"ANDROID_ADB_SERVER_PORT": "7"}, ServerAddress(port=7, why="ANDROID_ADB_SERVER_PORT")),
        ({"ANDROID_ADB_SERVER_ADDRESS": "h"}, ServerAddress(host="h", why="ANDROID_ADB_SERVER_ADDRESS")),
        (
            {"ADB_SERVER_SOCKET": "tcp:7", "ANDROID_ADB_SERVER_PORT": "8"},
            ServerAddress(port=7, why="ADB_SERVER_SOCKET"),
        ),
    ],
)
def test_the_server_is_looked_for_where_adb_would(
    environment: dict[str, str], address: ServerAddress
) -> None:
    """The variables and their order are adb's own."""
    assert server_address(environment) == address


@pytest.mark.parametrize(
    "environment",
    [{"ADB_SERVER_SOCKET": "udp:7"}, {"ADB_SERVER_SOCKET": "tcp:"}, {"ANDROID_ADB_SERVER_PORT": "x"}],
)
def test_an_address_that_cannot_be_meant_is_refused(environment: dict[str, str]) -> None:
    """The variable is named."""
    with pytest.raises(UsageError):
        server_address(environment)
