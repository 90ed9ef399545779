from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from audit.adb.banner import DELAYED_ACK, Banner
from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Device
from audit.adb.forward import MOST_CONNECTIONS, forward
from audit.adb.server import AdbServer
from audit.adb.smartsocket import ServerAddress
from audit.errors import ProtocolError, UnitLost
from tests.adb.conftest import RealAdb
from tests.adb.pair import PHONE, without
from tests.adb.phone import Phone

Handle = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def listening(handle: Handle) -> AsyncIterator[int]:
    """A program on the unit that listens."""
    tasks: set[asyncio.Task[None] | None] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(asyncio.current_task())
        try:
            await handle(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await asyncio.sleep(0.01)  # lets the transports close their sockets


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says what it hears."""
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()


async def opened(phone: Phone, home: Path) -> Device:
    """A direct connection to *phone*."""
    return await open_unit(
        ConnectOptions(transport=Transport.TCP, addresses=(phone.address,), environment={}, home=home)
    )


async def ended(reader: asyncio.StreamReader) -> bool:
    """Whether the other side hung up without another word."""
    try:
        return not await reader.read()
    except ConnectionError:
        return True


async def exchange(port: int, data: bytes) -> bytes:
    """Send *data* and return as much of what comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def say() -> None:
        for at in range(0, len(data), 1 << 16):
            writer.write(data[at : at + (1 << 16)])
            await writer.drain()

    saying = asyncio.ensure_future(say())
    got = await reader.readexactly(len(data))
    await saying
    writer.close()
    return got


@pytest.mark.parametrize("banner", [PHONE, without(PHONE, DELAYED_ACK)], ids=["delayed ack", "one by one"])
def test_what_goes_in_comes_back_whole(tmp_path: Path, banner: Banner) -> None:
    """Several connections at once carry megabytes both ways, under either kind of flow control."""

    async def main() -> None:
        async with Phone(banner) as phone, listening(echo) as port:
            device = await opened(phone, tmp_path)
            async with forward(device, f"tcp:{port}") as way:
                sent = [hashlib.shake_128(bytes([n])).digest(3_000_000) for n in range(3)]
                async with asyncio.timeout(60):
                    assert await asyncio.gather(*(exchange(way.port, one) for one in sent)) == sent
                assert way.trouble is None
            await device.close()

    asyncio.run(main())


def test_what_a_program_says_last_arrives(tmp_path: Path) -> None:
    """A service that answers and hangs up is read to its end, and then the connection ends."""

    async def goodbye(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(10)
        writer.write(b"x" * 500_000)
        writer.close()
        await writer.wait_closed()

    async def main() -> None:
        async with Phone() as phone, listening(goodbye) as port:
            device = await opened(phone, tmp_path)
            async with forward(device, f"tcp:{port}") as way, asyncio.timeout(20):
                reader, writer = await asyncio.open_connection("127.0.0.1", way.port)
                writer.write(b"hello")
                assert await reader.read() == b"x" * 500_000
                writer.close()
            await device.close()

    asyncio.run(main())


def test_a_reader_that_does_not_read_holds_the_sender_back(tmp_path: Path) -> None:
    """A unit that takes nothing does not make this host keep what it is sent."""

    async def main() -> None:
        async with Phone(without(PHONE, DELAYED_ACK), max_data=4096) as phone, listening(echo) as port:
            device = await opened(phone, tmp_path)
            async with forward(device, f"tcp:{port}") as way, asyncio.timeout(30):
                _, writer = await asyncio.open_connection("127.0.0.1", way.port)
                phone.stalled = True
                total = 0
                while total < 64 << 20:
                    writer.write(b"x" * (1 << 16))
                    try:
                        await asyncio.wait_for(writer.drain(), 1)
                    except TimeoutError:
                        break
                    total += 1 << 16
                assert total < 16 << 20
                writer.transport.abort()
            await device.close()

    asyncio.run(main())


def test_a_port_nobody_listens_on_is_a_trouble_and_an_end(tmp_path: Path) -> None:
    """The connection ends at once, and the forward says why."""

    async def main() -> None:
        async with Phone() as phone, listening(echo) as port:
            device = await opened(phone, tmp_path)
            async with forward(device, "tcp:1") as way, asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", way.port)
                assert await ended(reader)
                writer.close()
                assert isinstance(way.trouble, ProtocolError)
            assert port
            await device.close()

    asyncio.run(main())


def test_a_unit_pulled_out_ends_what_is_relayed(tmp_path: Path) -> None:
    """Whoever is connected sees the end, and the forward knows that the unit is gone."""

    async def main() -> None:
        async with Phone() as phone, listening(echo) as port:
            device = await opened(phone, tmp_path)
            async with forward(device, f"tcp:{port}") as way, asyncio.timeout(10):
                reader, writer = await asyncio.open_connection("127.0.0.1", way.port)
                writer.write(b"hello")
                assert await reader.readexactly(5) == b"hello"
                phone.vanish()
                assert await ended(reader)
                writer.close()
                assert isinstance(way.trouble, UnitLost)
            await device.close()

    asyncio.run(main())


def test_connections_are_bounded_and_end_with_the_block(tmp_path: Path) -> None:
    """One more than allowed is hung up on; after the block nothing listens and nothing is relayed."""

    async def main() -> None:
        async with Phone() as phone, listening(echo) as port:
            device = await opened(phone, tmp_path)
            async with forward(device, f"tcp:{port}") as way, asyncio.timeout(20):
                callers = [
                    await asyncio.open_connection("127.0.0.1", way.port) for _ in range(MOST_CONNECTIONS)
                ]
                for reader, writer in callers:
                    writer.write(b"hi")
                    assert await reader.readexactly(2) == b"hi"
                late, late_writer = await asyncio.open_connection("127.0.0.1", way.port)
                assert await ended(late)
            async with asyncio.timeout(5):
                for reader, _ in callers:
                    assert await ended(reader)
                with pytest.raises(OSError, match="onnect"):
                    await asyncio.open_connection("127.0.0.1", way.port)
            for _, writer in (*callers, (late, late_writer)):
                writer.close()
            await device.close()

    asyncio.run(main())


@pytest.mark.peer
def test_through_a_real_adb_server(real_adb: RealAdb) -> None:
    """The same relay works where a stream is a connection of its own to Google's adb server."""

    async def main() -> None:
        server = AdbServer(ServerAddress(port=real_adb.port))
        async with Phone() as phone, listening(echo) as port:
            await asyncio.to_thread(real_adb.call, "connect", phone.address)
            try:
                row = next(row for row in await server.devices() if row.serial == phone.address)
                device = await server.device(row)
                async with forward(device, f"tcp:{port}") as way, asyncio.timeout(60):
                    sent = hashlib.shake_128(b"real").digest(3_000_000)
                    assert await exchange(way.port, sent) == sent
            finally:
                await asyncio.to_thread(real_adb.call, "disconnect", phone.address)

    asyncio.run(main())
