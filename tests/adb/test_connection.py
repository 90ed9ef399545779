from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from audit.adb.banner import DELAYED_ACK
from audit.adb.connection import WAITING, WireConnection
from audit.adb.device import Device, DeviceRow, State
from audit.adb.opened import OpenedDevice
from audit.adb.tcp import connect_tcp, parse_address
from audit.errors import AuditError, BadInput, ProtocolError, TransportError, UnitLost, UsageError
from tests.adb.pair import PHONE, without
from tests.adb.phone import FILES, Phone

Use = Callable[[Device, Phone], Awaitable[None]]


def _with(use: Use, phone: Phone | None = None) -> None:
    """Run *use* with an open device."""

    async def main() -> None:
        async with phone or Phone() as there:
            connection = WireConnection(there.address)
            connection.attach(await connect_tcp(*parse_address(there.address), connection))
            assert await connection.leave(WAITING) is State.DEVICE
            row = DeviceRow(serial="x", state=State.DEVICE, transport="tcp")
            device = OpenedDevice(row, connection.wire.features, connection)
            await use(device, there)
            await device.close()

    asyncio.run(main())


async def _quiet(phone: Phone) -> None:
    """The phone has no stream left, or soon has none."""
    async with asyncio.timeout(2):
        while phone.sessions[0].wire._streams:  # noqa: ASYNC110 - there is no event for it on the phone's side
            await asyncio.sleep(0.01)


MODERN = PHONE
NOUGAT = without(PHONE, DELAYED_ACK, "ls_v2", "sendrecv_v2")
KITKAT = without(PHONE, DELAYED_ACK, "ls_v2", "sendrecv_v2", "stat_v2", "shell_v2", "cmd")


@pytest.fixture(params=["modern", "nougat", "kitkat"])
def phone(request: pytest.FixtureRequest) -> Phone:
    """A phone of each dialect."""
    if request.param == "modern":
        return Phone(MODERN)
    if request.param == "nougat":
        return Phone(NOUGAT, version=0x01000000, max_data=256 << 10)
    return Phone(KITKAT, version=0x01000000, max_data=4096)


def test_a_command_gives_its_output_and_code(phone: Phone) -> None:
    """Every dialect tells the exit code; the older one cannot tell stderr apart."""

    async def use(device: Device, _phone: Phone) -> None:
        done = await device.run("out hello; err oops; exit 7", timeout_s=5)
        assert done.exit_code == 7
        assert not done.truncated
        if "shell_v2" in device.features:
            assert (done.stdout, done.stderr) == (b"hello", b"oops")
        else:
            assert done.stdout == b"hellooops"

    _with(use, phone)


def test_many_streams_at_once_do_not_mix(phone: Phone) -> None:
    """Forty commands over one connection each get their own answer."""

    async def use(device: Device, _phone: Phone) -> None:
        commands = [device.run(f"out {n}; big {n * 900}; exit {n}", timeout_s=10) for n in range(40)]
        for n, done in enumerate(await asyncio.gather(*commands)):
            assert done.stdout == str(n).encode() + b"x" * (n * 900)
            assert done.exit_code == n

    _with(use, phone)


def test_a_deadline_ends_the_command_and_keeps_what_came(phone: Phone) -> None:
    """After a time-out the connection goes on, and the unit was told to stop."""

    async def use(device: Device, there: Phone) -> None:
        done = await device.run("out so far; hang", timeout_s=0.2)
        assert done.timed_out
        assert done.truncated
        assert done.stdout == b"so far"
        assert (await device.run("out on", timeout_s=5)).stdout == b"on"
        await _quiet(there)

    _with(use, phone)


def test_a_stream_that_is_cut_is_truncated(phone: Phone) -> None:
    """A command that ends without its exit code is no success, and no lost unit either."""

    async def use(device: Device, _phone: Phone) -> None:
        done = await device.run("out half; cut", timeout_s=5)
        assert done.truncated
        assert done.exit_code is None
        assert done.stdout == b"half"

    _with(use, phone)


def test_a_unit_that_goes_away_is_noticed_at_once() -> None:
    """All commands under way raise UnitLost long before their deadlines, and so do later ones."""

    async def use(device: Device, _phone: Phone) -> None:
        began = time.perf_counter()
        waiting = [asyncio.ensure_future(device.run("hang", timeout_s=30)) for _ in range(3)]
        await asyncio.sleep(0.05)
        results = await asyncio.gather(*waiting, device.run("vanish", timeout_s=30), return_exceptions=True)
        assert [type(one) for one in results] == [UnitLost] * 4
        assert time.perf_counter() - began < 2
        with pytest.raises(UnitLost):
            await device.run("out x", timeout_s=5)

    _with(use)


def test_waiting_costs_no_cpu() -> None:
    """A silent unit is waited for without spinning."""

    async def use(device: Device, _phone: Phone) -> None:
        began = time.process_time()
        await device.run("hang", timeout_s=0.5)
        assert time.process_time() - began < 0.1

    _with(use)


def test_files_come_back(phone: Phone) -> None:
    """Stat, list and pull work in every dialect."""

    async def use(device: Device, _phone: Phone) -> None:
        stat = await device.stat("/big")
        assert stat is not None
        assert stat.size == len(FILES["/big"])
        assert await device.stat("/nothing") is None
        assert [one.path for one in await device.list("/system")] == ["/system/build.prop"]
        assert await device.list("/nothing") == ()
        assert b"".join([chunk async for chunk in device.pull("/big", timeout_s=20)]) == FILES["/big"]

    _with(use, phone)


def test_a_file_that_cannot_be_read_says_why() -> None:
    """The unit's reason reaches the reader, with the path."""

    async def use(device: Device, _phone: Phone) -> None:
        with pytest.raises(BadInput, match="No such file") as caught:
            [chunk async for chunk in device.pull("/nothing", timeout_s=5)]
        assert caught.value.where == "/nothing"

    _with(use)


def test_a_reader_that_stops_early_ends_the_transfer() -> None:
    """Half a pull leaves nothing running."""

    async def use(device: Device, there: Phone) -> None:
        chunks = device.pull("/big", timeout_s=5)
        assert await anext(chunks)
        await chunks.aclose()  # type: ignore[attr-defined]  # the contract says iterator, it is a generator
        assert (await device.run("out on", timeout_s=5)).exit_code == 0
        await _quiet(there)

    _with(use)


def test_a_refused_service_is_told_at_once() -> None:
    """No time-out has to pass."""

    async def main() -> None:
        async with Phone() as there:
            connection = WireConnection(there.address)
            connection.attach(await connect_tcp(*parse_address(there.address), connection))
            await connection.leave(WAITING)
            with pytest.raises(ProtocolError, match="reboot"):
                await connection.open("reboot:")
            await connection.close()

    asyncio.run(main())


def test_a_unit_that_talks_nonsense_is_left() -> None:
    """Garbage in the middle fails the commands under way by ProtocolError with the address."""

    async def use(device: Device, there: Phone) -> None:
        running = asyncio.ensure_future(device.run("hang", timeout_s=30))
        await asyncio.sleep(0.05)
        there.sessions[0].transport.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        with pytest.raises(ProtocolError) as caught:
            await running
        assert there.address in str(caught.value)

    _with(use)


def test_nothing_on_this_side_can_be_opened_by_the_unit() -> None:
    """A service the unit asks us for is refused."""

    async def use(device: Device, there: Phone) -> None:
        session = there.sessions[0]
        session.wire.open("tcp:22")
        session.flush()
        await device.run("out x", timeout_s=5)
        await _quiet(there)

    _with(use)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10.0.0.1", ("10.0.0.1", 5555)),
        ("phone:4444", ("phone", 4444)),
        ("[fe80::1]:5", ("fe80::1", 5)),
        ("[::1]", ("::1", 5555)),
        ("fe80::1", ("fe80::1", 5555)),
    ],
)
def test_addresses_are_read(text: str, expected: tuple[str, int]) -> None:
    """With and without a port, IPv6 too."""
    assert parse_address(text) == expected


@pytest.mark.parametrize("text", ["", ":", "host:0", "host:65536", "host:port", "host:²", ":5555"])
def test_addresses_that_are_none_are_refused(text: str) -> None:
    """An address that makes no sense is a usage error."""
    with pytest.raises(UsageError):
        parse_address(text)


def test_nothing_listening_says_so() -> None:
    """A refused connection is a transport error with the address."""
    with pytest.raises(TransportError, match="refused") as caught:
        asyncio.run(connect_tcp("127.0.0.1", 1, WireConnection("x")))
    assert isinstance(caught.value, AuditError)
    assert caught.value.where == "127.0.0.1:1"
