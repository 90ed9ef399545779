"""The sink's name server: UDP and TCP on one port, every name leads to the station."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from ipaddress import IPv4Address
from typing import cast

from audit.observe.sink.answer import answer_to
from audit.observe.sink.ask import Limits
from audit.parse.wire.dns import Question

OnQuestion = Callable[[str, Question, str], None]
"""Is told who asked, what, and over what ("udp", "tcp")."""

_LENGTH = 2


class Datagrams(asyncio.DatagramProtocol):
    """Answers one datagram with one datagram."""

    def __init__(self, station: IPv4Address, on_question: OnQuestion) -> None:
        self._station, self._on_question = station, on_question
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Listening."""
        # asyncio's own is none by its class before Python 3.12
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Somebody asked."""
        answered = answer_to(data, self._station)
        if answered is None or self._transport is None:
            return
        self._transport.sendto(answered.data, addr)
        if answered.question is not None:
            self._on_question(addr[0], answered.question, "udp")


async def answer_stream(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    station: IPv4Address,
    limits: Limits,
    on_question: OnQuestion,
) -> None:
    """Answer the questions of one connection, each with its length before it (RFC 1035 section 4.2.2).

    Raises TimeoutError when the client takes too long, ConnectionError and EOFError when it leaves.
    """
    client = str(writer.get_extra_info("peername")[0])
    while True:
        async with asyncio.timeout(limits.idle_s):
            length = int.from_bytes(await reader.readexactly(_LENGTH), "big")
            answered = answer_to(await reader.readexactly(length), station)
            if answered is None:
                return
            writer.write(len(answered.data).to_bytes(_LENGTH, "big") + answered.data)
            await writer.drain()
        if answered.question is not None:
            on_question(client, answered.question, "tcp")
