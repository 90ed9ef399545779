"""A host for the lab's tests: the host role of the wire over TCP, with the key of a test."""

from __future__ import annotations

import asyncio
import base64
import struct
from functools import cache
from typing import Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa, utils

from audit.adb.banner import HOST_FEATURES, Banner
from audit.adb.events import (
    AuthToken,
    Connected,
    Event,
    StreamClosed,
    StreamData,
    StreamOpened,
    StreamRefused,
    TlsRequested,
)
from audit.adb.shell import RawOutput, ShellOutput
from audit.adb.wire import Role, Wire
from audit.lab import VirtualUnit

SOON_S = 5.0
QUIET_S = 0.3
"""How long nothing must happen for a test to say that nothing happens."""


@cache
def key() -> rsa.RSAPrivateKey:
    """The key of this test run."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_line(private: rsa.RSAPrivateKey) -> bytes:
    """The key as ``adbkey.pub`` holds it."""
    numbers = private.public_key().public_numbers()
    n0inv = (1 << 32) - pow(numbers.n, -1, 1 << 32)
    rr = pow(1 << 2048, 2, numbers.n)
    raw = struct.pack(
        "<II256s256sI", 64, n0inv, numbers.n.to_bytes(256, "little"), rr.to_bytes(256, "little"), numbers.e
    )
    return base64.b64encode(raw) + b" tests@lab"


class Host:
    """One connection; `answers` says how it takes part in authentication."""

    def __init__(self, unit: VirtualUnit, *, features: frozenset[str] = HOST_FEATURES) -> None:
        self.wire = Wire(Role.HOST, Banner(kind="host", features=features))
        self.events: list[Event] = []
        self.gone = False
        self.hello: Connected | None = None
        self._unit = unit
        self._tokens = 0
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._unit.host, self._unit.port)
        self._task = asyncio.create_task(self._read())
        self.wire.connect()
        self._flush()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        self._task.cancel()
        self._writer.close()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _read(self) -> None:
        try:
            while data := await self._reader.read(65536):
                for event in self.wire.receive(data):
                    self._handle(event)
                self._flush()
                self._changed.set()
        except ConnectionResetError:
            pass
        self.gone = True
        self._changed.set()

    def _handle(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Connected):
            self.hello = event
        elif isinstance(event, StreamData):
            self.wire.acknowledge(event.stream)
        elif isinstance(event, AuthToken):
            self._tokens += 1
            if self._tokens == 1:
                digest = utils.Prehashed(hashes.SHA1())  # noqa: S303  # what ADB signs with
                self.wire.answer_auth(signature=key().sign(event.token, padding.PKCS1v15(), digest))
            else:
                self.wire.answer_auth(public_key=public_line(key()))

    def _flush(self) -> None:
        self._writer.write(self.wire.data_to_send())

    async def until(self, *kinds: type[Event], within_s: float = SOON_S) -> Event:
        """Wait for an event of *kinds*; fails the test when the unit hangs up or takes too long."""
        async with asyncio.timeout(within_s):
            while True:
                for event in self.events:
                    if isinstance(event, kinds):
                        return event
                assert not self.gone, "the unit hung up"
                self._changed.clear()
                await self._changed.wait()

    async def until_gone(self) -> None:
        """Wait until the unit hangs up, or the reader finds the protocol broken."""
        async with asyncio.timeout(SOON_S):
            await asyncio.wait([self._task])

    def trouble(self) -> BaseException | None:
        """What ended the reader, once it has ended."""
        return self._task.exception()

    async def quiet(self) -> None:
        """See that nothing happens for a while."""
        before = len(self.events)
        await asyncio.sleep(QUIET_S)
        assert len(self.events) == before
        assert not self.gone

    async def say(self, service: str) -> bytes | None:
        """Open *service* and collect all it says; None when it is refused."""
        await self.until(Connected)
        stream = self.wire.open(service)
        self._flush()
        ends: set[type[Event]] = {StreamClosed, StreamRefused}
        async with asyncio.timeout(SOON_S):
            while not (self.gone or any(type(one) in ends and _of(one) == stream for one in self.events)):
                self._changed.clear()
                await self._changed.wait()
        if any(isinstance(one, StreamRefused) and one.stream == stream for one in self.events):
            return None
        return b"".join(
            bytes(one.payload) for one in self.events if isinstance(one, StreamData) and one.stream == stream
        )

    async def shell(self, command: str) -> ShellOutput:
        """Run a command under shell v2."""
        output = ShellOutput()
        output.feed(await self.say(f"shell,v2,raw:{command}") or b"")
        return output


def _of(event: Event) -> int | None:
    return (
        event.stream if isinstance(event, StreamClosed | StreamRefused | StreamOpened | StreamData) else None
    )


__all__ = ["Host", "RawOutput", "TlsRequested", "key", "public_line"]
