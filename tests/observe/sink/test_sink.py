from __future__ import annotations

import asyncio
import base64
import resource
import shutil
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from audit.errors import TransportError, UsageError
from audit.observe import Ask, Limits, SinkAsk, Watched, watch
from audit.observe.sink.sink import Sink
from audit.observe.tape import Tape
from audit.parse.observations.lines import MOST_OF_A_CONNECTION
from audit.parse.wire.dns import read_message
from audit.parse.wire.http import read_requests
from audit.parse.wire.tls import read_hello
from tests.observe.sink.test_answer import query
from tests.observe.test_watch import KEY, clock, events

HERE = "127.0.0.1"
SOON = Limits(idle_s=0.5, head_s=0.5, connection_s=20)
REQUEST = (
    b"POST /register?imei=1 HTTP/1.1\r\nHost: zzhc.example\r\nContent-Type: application/encrypted-json\r\n"
    b"Content-Length: 5\r\n\r\nhello"
)


class Bench:
    """A sink on loopback, and what it recorded."""

    def __init__(self, sink: Sink, told: list[dict[str, Any]]) -> None:
        self.sink, self.told = sink, told

    def of(self, *kinds: str) -> list[dict[str, Any]]:
        """The events recorded so far."""
        return [one for one in self.told if one["kind"] in kinds]

    def sent(self, conn: str = "1") -> bytes:
        """What is kept of what a connection sent."""
        return b"".join(base64.b64decode(one["data"]) for one in self.of("data") if one["conn"] == conn)

    async def until(self, what: Callable[[], object], within_s: float = 10.0) -> None:
        """Wait for something to be recorded."""
        async with asyncio.timeout(within_s):
            while not what():  # noqa: ASYNC110  # what is waited for sets no event
                await asyncio.sleep(0.01)

    async def say(self, data: bytes) -> bytes:
        """Send *data* on a connection of its own, and hear the answer to its end."""
        reader, writer = await asyncio.open_connection(HERE, self.sink.ports[0])
        try:
            writer.write(data)
            writer.write_eof()
            async with asyncio.timeout(10):
                return await reader.read()
        finally:
            writer.close()


@asynccontextmanager
async def bench(limits: Limits = SOON, unit: str = "") -> AsyncIterator[Bench]:
    """A sink on free ports of loopback."""
    told: list[dict[str, Any]] = []
    ask = SinkAsk(address=HERE, dns_port=0, ports=(0,), limits=limits, unit=unit)
    tape = Tape("sink", "", key=KEY, clock=clock, window_s=1, on_event=lambda one: told.append(dict(one)))
    async with Sink(ask, tape) as sink:
        yield Bench(sink, told)


def on(work: Callable[[Bench], Awaitable[None]], limits: Limits = SOON, unit: str = "") -> None:
    """Do *work* at a bench."""

    async def run() -> None:
        async with bench(limits, unit) as here:
            await work(here)

    asyncio.run(run())


def test_a_request_is_kept_whole_and_answered_with_nothing() -> None:
    """Every byte of it, in order; the answer is 204, whatever was asked."""

    async def work(here: Bench) -> None:
        answer = await here.say(REQUEST)
        assert answer == b"HTTP/1.1 204 No Content\r\n\r\n"
        await here.until(lambda: here.of("close"))
        assert here.sent() == REQUEST
        (connect,) = here.of("connect")
        assert (connect["ip"], connect["port"], connect["transport"]) == (HERE, here.sink.ports[0], "tcp")
        assert here.sink.count.requests == 1

    on(work)


def test_requests_that_come_together_are_answered_one_by_one() -> None:
    """Pipelined, the last one wants the connection closed."""

    async def work(here: Bench) -> None:
        last = b"GET /last HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
        answer = await here.say(REQUEST + REQUEST + last)
        assert answer.count(b"204 No Content") == 3
        assert answer.endswith(b"Connection: close\r\n\r\n")
        assert [one.target for one in read_requests(here.sent())] == ["/register?imei=1"] * 2 + ["/last"]

    on(work)


@pytest.mark.parametrize("piece", [1, 7, 64])
def test_a_request_in_pieces_is_the_same_request(piece: int) -> None:
    """However the network cut it."""

    async def work(here: Bench) -> None:
        reader, writer = await asyncio.open_connection(HERE, here.sink.ports[0])
        for at in range(0, len(REQUEST), piece):
            writer.write(REQUEST[at : at + piece])
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()
        assert here.sent() == REQUEST

    on(work)


def test_a_client_that_waits_for_leave_to_send_gets_it() -> None:
    """Expect: 100-continue holds the body back, and the body is what matters."""

    async def work(here: Bench) -> None:
        reader, writer = await asyncio.open_connection(HERE, here.sink.ports[0])
        head, body = REQUEST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n\0").split(b"\0")
        writer.write(head)
        assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(body)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()
        assert here.sent() == head + body

    on(work)


def test_no_tunnel_is_opened() -> None:
    """Nothing is forwarded, so nobody is told that it were."""

    async def work(here: Bench) -> None:
        answer = await here.say(b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 405")

    on(work)


def test_what_is_no_http_is_kept_and_not_answered() -> None:
    """Some makers speak protocols of their own on port 80."""

    async def work(here: Bench) -> None:
        assert await here.say(b"\x00\x01own protocol\xff") == b""
        await here.until(lambda: here.of("close"))
        assert here.sent() == b"\x00\x01own protocol\xff"

    on(work)


def test_a_handshake_is_listened_to_and_hung_up_on() -> None:
    """The name of the server is in its first message; nothing after it is wanted."""

    async def work(here: Bench) -> None:
        def shake() -> None:
            context = ssl.create_default_context()
            with (
                socket.create_connection((HERE, here.sink.ports[0]), timeout=5) as plain,
                pytest.raises((ssl.SSLError, ConnectionError)),
            ):
                context.wrap_socket(plain, server_hostname="www.zzhc.example")

        await asyncio.to_thread(shake)
        await here.until(lambda: here.of("close"))
        hello = read_hello(here.sent())
        assert hello is not None
        assert (hello.sni, hello.whole) == ("www.zzhc.example", True)
        assert here.of("trouble") == []
        assert here.sink.count.requests == 0

    on(work)


def test_a_client_that_dawdles_is_left() -> None:
    """One byte now and then keeps no connection open; what it said is kept, and why it ended is said."""

    async def work(here: Bench) -> None:
        _, writer = await asyncio.open_connection(HERE, here.sink.ports[0])

        async def dawdle() -> None:
            for letter in b"POST / HTTP/1.1\r\nX: " + b"y" * 1000:
                writer.write(bytes([letter]))
                await asyncio.sleep(0.05)

        task = asyncio.create_task(dawdle())
        try:
            await here.until(lambda: here.of("close"))
        finally:
            task.cancel()
            writer.close()
        assert 0 < len(here.sent()) < 100
        assert "too long" in here.of("trouble")[0]["what"]

    on(work)


def test_a_body_may_take_its_time() -> None:
    """As long as its bytes keep coming: a slow network is no attack."""

    async def work(here: Bench) -> None:
        reader, writer = await asyncio.open_connection(HERE, here.sink.ports[0])
        head, body = REQUEST[:-5], REQUEST[-5:]
        writer.write(head)
        for letter in body:
            await asyncio.sleep(0.2)
            writer.write(bytes([letter]))
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        writer.close()

    on(work)


def test_a_connection_kept_open_for_more_lacks_nothing() -> None:
    """It is closed when nothing comes, and that is no trouble."""

    async def work(here: Bench) -> None:
        reader, writer = await asyncio.open_connection(HERE, here.sink.ports[0])
        writer.write(REQUEST)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        assert await reader.read() == b""
        writer.close()
        await here.until(lambda: here.of("close"))
        assert here.of("trouble") == []

    on(work)


def test_a_head_without_end_is_left() -> None:
    """Neither does it fill the memory: so much is kept of a connection, the rest is counted."""

    async def work(here: Bench) -> None:
        sent = b"GET / HTTP/1.1\r\nX: " + b"y" * (2 * MOST_OF_A_CONNECTION)
        answer = await here.say(sent)
        assert answer.count(b"HTTP/1.1 ") <= 1
        await here.until(lambda: here.of("close"))
        assert here.sent() == sent[:MOST_OF_A_CONNECTION]
        assert sum(one["size"] for one in here.of("data")) == len(sent)
        assert here.of("data")[-1]["truncated"] == len(sent) - MOST_OF_A_CONNECTION

    on(work)


def test_a_redirected_port_is_told_as_the_one_that_was_meant() -> None:
    """An access point may send port 80 elsewhere, where listening needs no rights."""
    outcome, _ = asyncio.run(said_to_a_watch(REQUEST, means=80))
    assert {one["port"] for one in events(outcome, "connect", "data")} == {80}


def test_too_many_at_once_are_hung_up_on() -> None:
    """Those that are there already go on, and how many were turned away is known."""

    async def work(here: Bench) -> None:
        held = [await asyncio.open_connection(HERE, here.sink.ports[0]) for _ in range(2)]
        await here.until(lambda: len(here.of("connect")) == 2)
        reader, writer = await asyncio.open_connection(HERE, here.sink.ports[0])
        with suppress(ConnectionError):  # hung up on, in another word
            assert await reader.read() == b""
        writer.close()
        held[0][1].write(REQUEST)
        assert (await held[0][0].readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 204")
        for _, one in held:
            one.close()
        assert here.sink.count.hung_up == 1

    on(work, limits=Limits(connections=2))


def test_only_the_unit_is_recorded_when_it_is_named() -> None:
    """Others are answered, or they would not leave it alone, but what they say is nobody's business."""

    async def work(here: Bench) -> None:
        assert (await here.say(REQUEST)).startswith(b"HTTP/1.1 204")
        await ask_udp(here.sink.dns_port, query("a.example"))
        await here.until(lambda: here.sink.count.others == 2)
        assert here.told[1:] == []
        assert here.sink.count.connections == here.sink.count.names == 0

    on(work, unit="127.0.0.9")


async def said_to_a_watch(
    data: bytes, *, means: int | None = None, before: bytes = b""
) -> tuple[Watched, int]:
    """A watch by the sink alone that hears *data*, answers it and is stopped; and the port it listened on.

    means: the port that was meant; before: a question for a name that is asked first
    """
    with socket.create_server((HERE, 0)) as free, socket.create_server((HERE, 0)) as names:
        port, dns = free.getsockname()[1], names.getsockname()[1]
    sink = SinkAsk(address=HERE, dns_port=dns, ports=(port,), meant={} if means is None else {port: means})
    listens = asyncio.Event()
    watching = asyncio.create_task(
        watch(None, Ask(seconds=60, sink=sink), clock=clock, key=KEY, on_say=lambda _: listens.set())
    )
    await listens.wait()
    if before:
        assert await ask_udp(dns, before)
    reader, writer = await asyncio.open_connection(HERE, port)
    writer.write(data)
    await reader.readuntil(b"\r\n\r\n")
    writer.close()
    watching.cancel()
    return await watching, port


async def ask_udp(port: int, data: bytes) -> bytes:
    """The answer to one datagram; b"" where none comes soon."""
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as plain:
        plain.setblocking(False)
        await loop.sock_connect(plain, (HERE, port))
        await loop.sock_sendall(plain, data)
        try:
            async with asyncio.timeout(0.5):
                return await loop.sock_recv(plain, 2048)
        except TimeoutError:
            return b""


def test_names_are_answered_over_udp_and_tcp() -> None:
    """Each question is recorded with who asked; where the name really leads stays open."""

    async def work(here: Bench) -> None:
        answer = read_message(await ask_udp(here.sink.dns_port, query("zzhc.example")))
        assert answer is not None
        assert answer.addresses == (HERE,)
        reader, writer = await asyncio.open_connection(HERE, here.sink.dns_port)
        for name in ("a.example", "b.example"):
            asked = query(name)
            writer.write(len(asked).to_bytes(2, "big") + asked)
            length = int.from_bytes(await reader.readexactly(2), "big")
            answer = read_message(await reader.readexactly(length))
            assert answer is not None
            assert answer.addresses == (HERE,)
        writer.close()
        await here.until(lambda: len(here.of("dns")) == 3)
        assert [(one["host"], one["via"], one["answers"]) for one in here.of("dns")] == [
            ("zzhc.example", "udp", []),
            ("a.example", "tcp", []),
            ("b.example", "tcp", []),
        ]
        assert await ask_udp(here.sink.dns_port, b"\xff" * 40) == b""

    on(work)


def test_a_name_server_that_is_talked_nonsense_to_goes_on() -> None:
    """Half a message, a message of nothing, and then a proper one."""

    async def work(here: Bench) -> None:
        for junk in (b"\x00\x20half", b"\x00\x00", b"\xff\xff", b""):
            reader, writer = await asyncio.open_connection(HERE, here.sink.dns_port)
            writer.write(junk)
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
        assert await ask_udp(here.sink.dns_port, query("a.example"))

    on(work)


def test_a_port_that_is_taken_says_so_and_what_to_do() -> None:
    """Nothing is left listening when one of them cannot be had."""
    with socket.create_server((HERE, 0)) as taken, socket.create_server((HERE, 0)) as freed:
        port, other = taken.getsockname()[1], freed.getsockname()[1]
        freed.close()

        async def run() -> None:
            ask = SinkAsk(address=HERE, dns_port=0, ports=(other, port))
            await watch(None, Ask(seconds=1, sink=ask), clock=clock, key=KEY)

        with pytest.raises(TransportError) as raised:
            asyncio.run(run())
        assert (raised.value.where, raised.value.what) == (
            f"{HERE}:{port}",
            "cannot listen there: Address already in use",
        )
        assert "Another program listens there" in raised.value.fix
        socket.create_server((HERE, other)).close()


def test_an_address_of_another_machine_says_so() -> None:
    """It is the station's own that is wanted."""

    async def run() -> None:
        ask = SinkAsk(address="192.0.2.77", dns_port=0, ports=(0,))
        await watch(None, Ask(seconds=1, sink=ask), clock=clock, key=KEY)

    with pytest.raises(TransportError, match="cannot listen"):
        asyncio.run(run())


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "0.0.0.0"},
        {"address": "::1"},
        {"address": "bench"},
        {"address": HERE, "unit": "phone"},
        {"address": HERE, "ports": ()},
        {"address": HERE, "ports": (99999,)},
        {"address": HERE, "dns_port": -1},
    ],
)
def test_what_cannot_be_listened_on_is_refused(wrong: dict[str, Any]) -> None:
    """Before anything is opened."""
    with pytest.raises(UsageError):
        SinkAsk(**wrong)


def test_the_sink_watches_alone_and_what_came_is_evidence() -> None:
    """Without a unit connected: the recording is closed, the rung says what it gave."""
    outcome, port = asyncio.run(said_to_a_watch(REQUEST))
    assert [one["kind"] for one in events(outcome)] == ["opened", "connect", "data", "close", "closed"]
    assert events(outcome, "closed")[0]["why"] == "it was stopped"
    rung = next(one for one in outcome.rungs if one.name == "sink")
    assert rung.gave == "0 questions for names, 1 connection with 1 request in the clear"
    assert (
        next(one for one in outcome.rungs if one.name == "sockets").gave == "nothing: no unit was connected"
    )
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((HERE, port), timeout=1)


def test_whoever_is_still_talking_at_the_end_is_hung_up_on() -> None:
    """The watch ends when its time is over, and what was said until then is kept."""

    async def run() -> list[dict[str, Any]]:
        async with bench(limits=Limits()) as here:
            reader, writer = await asyncio.open_connection(HERE, here.sink.ports[0])
            writer.write(REQUEST[:40])
            await here.until(lambda: here.of("data"))
        assert await reader.read() == b""
        writer.close()
        return here.told

    told = asyncio.run(run())
    assert [one["kind"] for one in told] == ["opened", "connect", "data", "close"]


async def _pour(here: Bench, total: int) -> bytes:
    reader, writer = await asyncio.open_connection(HERE, here.sink.ports[0])
    writer.write(b"PUT /big HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n" % total)
    piece = b"z" * (1 << 20)
    for _ in range(total // len(piece)):
        writer.write(piece)
        await writer.drain()
    answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    return answer


@pytest.mark.parametrize("size", [8 << 20, pytest.param(1 << 30, marks=pytest.mark.slow)])
def test_a_huge_body_is_counted_and_not_kept(size: int) -> None:
    """The first bytes are kept, all are taken, and the memory stays what it was."""

    async def work(here: Bench) -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        assert (await _pour(here, size)).startswith(b"HTTP/1.1 204")
        await here.until(lambda: here.of("close"))
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert sum(one["size"] for one in here.of("data")) > size
        assert len(here.sent()) == MOST_OF_A_CONNECTION
        assert grown_kb < 64 << 10

    on(work, limits=Limits(idle_s=5, head_s=5))


def test_a_body_beyond_the_most_that_is_taken_ends_the_connection() -> None:
    """And that is said."""

    async def work(here: Bench) -> None:
        with pytest.raises((ConnectionError, EOFError)):
            await _pour(here, 16 << 20)
        await here.until(lambda: here.of("trouble"))
        assert "it sent more than 1048576 bytes" in here.of("trouble")[0]["what"]

    on(work, limits=Limits(drained_bytes=1 << 20))


@pytest.mark.peer
def test_curl_is_content_with_the_sink() -> None:
    """A real client, a form and a file."""
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no curl here")

    async def work(here: Bench) -> None:
        url = f"http://{HERE}:{here.sink.ports[0]}/register"
        header = "Expect: 100-continue"
        for extra in (("-d", "imei=1"), ("-H", header, "--data-binary", "x" * 5000), ("-T", "/etc/hostname")):
            process = await asyncio.create_subprocess_exec(
                *(curl, "-sS", "--noproxy", "*", "--max-time", "10", "-o", "/dev/null", "-w", "%{http_code}"),
                *(*extra, url),
                stdout=asyncio.subprocess.PIPE,
            )
            said, _ = await process.communicate()
            assert (process.returncode, said) == (0, b"204")
        assert here.sink.count.requests == 3

    on(work)


def test_one_conversation_ends_when_its_client_leaves() -> None:
    """A reset is no error of the sink's, and is told."""

    async def work(here: Bench) -> None:
        _, writer = await asyncio.open_connection(HERE, here.sink.ports[0])
        writer.write(REQUEST[:30])
        await here.until(lambda: here.of("data"))
        plain = writer.get_extra_info("socket")
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()
        await here.until(lambda: here.of("close"))
        assert here.sent() == REQUEST[:30]
        assert "broke off" in here.of("trouble")[0]["what"]

    on(work)
