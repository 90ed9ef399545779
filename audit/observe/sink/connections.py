"""One TCP connection to the sink: what the client sends is kept, what it gets means as little as can be.

To a request in the clear the answer is 204 without content, whatever was asked: it is what Android's own
test of a network wants to hear, so that the unit stays in the bench Wi-Fi, and it tells a client nothing. It
is still an answer that the real server would not have given. To a ClientHello there is none: the connection
ends.
"""

from __future__ import annotations

import asyncio

from audit.observe.sink.ask import Limits
from audit.observe.tape import Tape
from audit.parse.observations.lines import MOST_OF_A_CONNECTION
from audit.parse.wire.http import Requests
from audit.parse.wire.http_message import Request
from audit.parse.wire.tls import MOST_HELLO, Records

_NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
_LAST_NO_CONTENT = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
_NO_TUNNEL = b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_GO_ON = b"HTTP/1.1 100 Continue\r\n\r\n"
_HANDSHAKE = 22
_READ_BYTES = 64 << 10


class Heard:
    """What a client sent on one connection: the first bytes go on the tape, all are counted.

    tape: None where it is not to be recorded
    """

    def __init__(self, tape: Tape | None, conn: str, ip: str, port: int, client: str) -> None:
        self._tape = tape
        self._common = {"conn": conn, "ip": ip, "port": port, "transport": "tcp"}
        self.bytes = 0
        self._kept = 0
        self._add({"kind": "connect", "rc": 0, "errno": 0, "client": client, **self._common})

    def take(self, data: bytes) -> None:
        """Bytes came."""
        self.bytes += len(data)
        first = data[: MOST_OF_A_CONNECTION - self._kept]
        if first:
            self._kept += len(first)
            self._add({"kind": "data", "dir": "out", **self._common}, first)

    def end(self) -> None:
        """The connection is over: say how much more there was than is kept."""
        if self.bytes > self._kept:
            self._add({"kind": "data", "dir": "out", "size": self.bytes - self._kept, **self._common}, b"")
        self._add({"kind": "close", "conn": self._common["conn"]})

    def _add(self, event: dict[str, object], data: bytes | None = None) -> None:
        if self._tape is not None:
            self._tape.add(event, data)


class Conversation:
    """Listens to one client until it leaves or has had its share.

    requests: that ended; why: how it ended, in words, "" where the client just left
    """

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, heard: Heard, limits: Limits
    ) -> None:
        self._reader, self._writer = reader, writer
        self._heard, self._limits = heard, limits
        self._loop = asyncio.get_running_loop()
        self._head_by = self._loop.time() + limits.head_s
        self._between = False
        self.requests = 0
        self.why = ""

    async def run(self) -> None:
        """Listen. What was heard is kept, however it ends."""
        try:
            async with asyncio.timeout(self._limits.connection_s):
                first = await self._more()
                if first[:1] == bytes([_HANDSHAKE]):
                    await self._hello(first)
                else:
                    await self._requests(first)
        except TimeoutError:
            # a connection that is kept open for more requests ends like this, and lacks nothing
            self.why = self.why or ("" if self._between else "it took too long to send the rest")
        except ConnectionError as error:
            self.why = f"it broke off: {error.strerror or error}"

    async def _more(self, by: float | None = None) -> bytes:
        """The next bytes, kept; b"" at the end. by: loop time at which a client that dawdles is left."""
        idle_at = self._loop.time() + self._limits.idle_s
        async with asyncio.timeout_at(min(idle_at, self._head_by if by is None else by)):
            data = await self._reader.read(_READ_BYTES)
        self._heard.take(data)
        if self._heard.bytes > self._limits.drained_bytes:
            self.why = f"it sent more than {self._limits.drained_bytes} bytes"
            return b""
        return data

    async def _hello(self, data: bytes) -> None:
        """Listen to the ClientHello, which names the server, and to nothing after it."""
        records = Records()
        while data and not records.feed(data) and not records.lost and self._heard.bytes < MOST_HELLO:
            data = await self._more()

    async def _requests(self, data: bytes) -> None:
        requests = Requests()
        told_to_go_on = False
        while data:
            ended = requests.feed(data)
            for request in ended:
                self.requests += 1
                if not await self._answer(request):
                    return
            head = requests.head
            self._between = bool(ended) and requests.rest() is None
            if ended:
                told_to_go_on = False
                self._head_by = self._loop.time() + self._limits.head_s
            if head is not None and not told_to_go_on and "100-continue" in head.header("expect").lower():
                told_to_go_on = True
                await self._write(_GO_ON)
            # a body may take as long as its bytes keep coming
            data = await self._more(None if head is None else float("inf"))

    async def _answer(self, request: Request) -> bool:
        """Answer with as little as can be; whether the client may go on."""
        if request.method == "CONNECT":
            await self._write(_NO_TUNNEL)
            return False
        wishes = request.header("connection").lower()
        stays = "keep-alive" in wishes if request.version == "1.0" else "close" not in wishes
        await self._write(_NO_CONTENT if stays else _LAST_NO_CONTENT)
        return stays

    async def _write(self, data: bytes) -> None:
        self._writer.write(data)
        async with asyncio.timeout(self._limits.idle_s):
            await self._writer.drain()
