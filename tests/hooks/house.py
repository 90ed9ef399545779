"""What the tests of hooking share: a client to hook, a server it calls, a rooted virtual unit."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import json
import os
import secrets
import struct
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Device
from audit.hooks import Ask, Confirmed, confirm
from audit.lab.living import RootKind, RootSpec
from audit.lab.load import shipped_unit
from audit.lab.say_server import SERVER_MARK
from audit.lab.spec import UnitSpec
from audit.lab.unit import VirtualUnit
from audit.model.record import record

needs_frida = pytest.mark.skipif(
    importlib.util.find_spec("frida") is None,
    reason="frida is not installed (pip install 'adb-audit[frida]')",
)

AGENT = """
const origin = Date.now();
let seq = 0;
function tell(events, blob) {
  const stamped = events.map(event => Object.assign({ts: Date.now() - origin}, event));
  send({type: "adb-audit", v: 1, agent: "native", seq: seq++, dropped: 0, events: stamped}, blob);
}
rpc.exports = {start() { begin(); }, stop() {}};
const connect = Module.getGlobalExportByName("connect");
Interceptor.attach(connect, {
  onEnter(args) {
    const address = args[1];
    if (address.readU16() !== 2) return;
    const port = address.add(2).readU8() * 256 + address.add(3).readU8();
    const ip = [4, 5, 6, 7].map(at => address.add(at).readU8()).join(".");
    tell([{kind: "connect", conn: "1", ip, port, transport: "tcp", rc: 0, errno: 0}]);
    tell([{kind: "data", conn: "1", dir: "out", size: 5, ip, port, transport: "tcp", bytes: [0, 5]}],
         [104, 101, 108, 108, 111]);
  }
});
function begin() { tell([
  {kind: "hello", agent_version: "1", contract: 1, frida: Frida.version, pid: Process.id, arch: "x64",
   platform: "linux"},
  {kind: "hooks", installed: ["connect"], missing: [["SSL_write", "no libssl"]]},
]); }
"""
"""A small agent that keeps the contract: what is tested here is who runs it."""

CLIENT = """
import sys, time, urllib.request
print("up", flush=True)
while True:
    try:
        urllib.request.urlopen(sys.argv[1], data=b"imei=490154203237518", timeout=2).read()
    except OSError:
        pass
    time.sleep(0.2)
"""

_MACHINES = {"arm64": (2, 183), "arm": (1, 40), "x86_64": (2, 62), "x86": (1, 3)}


def elf(arch: str, more: bytes = b"") -> bytes:
    """The head of a program for a processor, and *more*."""
    bits, machine = _MACHINES[arch]
    return b"\x7fELF" + bytes([bits, 1, 1]) + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44) + more


@record
class Client:
    """A process to hook. name: as it calls itself, like a package; url: what it calls"""

    name: str
    pid: int
    url: str
    process: subprocess.Popen[bytes] = field(repr=False)


@contextmanager
def client(port: int) -> Iterator[Client]:
    """A child process with a name no other process has, that posts to *port* of loopback again and again."""
    name, url = f"com.example.w{secrets.token_hex(4)}", f"http://127.0.0.1:{port}/register"
    process = subprocess.Popen(
        [name, "-c", CLIENT, url],
        executable=os.path.realpath(sys.executable),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # a process is not to be hooked in its first millisecond
        yield Client(name=name, pid=process.pid, url=url, process=process)
    finally:
        process.kill()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@asynccontextmanager
async def web() -> AsyncIterator[int]:
    """Somebody who answers every request, on a port of loopback."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def rooted(kind: RootKind = RootKind.MAGISK, **changes: Any) -> UnitSpec:  # noqa: ANN401 - whatever a unit has
    """A unit that gives root."""
    return replace(shipped_unit("incident-2019"), root=RootSpec(kind=kind), **changes)


def now() -> datetime:
    """A clock."""
    return datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@record
class House:
    """One unit under test, connected. said, events: what the operator was told."""

    unit: VirtualUnit
    device: Device
    folder: Path
    said: list[str] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)

    def ask(self, *packages: str, seconds: float = 3.0, **more: Any) -> Ask:  # noqa: ANN401 - whatever an Ask has
        """To hook *packages*, with a server that fits the unit and the small agent."""
        return Ask(
            packages=packages,
            seconds=seconds,
            **{"server": self.server(), "agents": self.agents(), **more},
        )

    def server(self, arch: str = "arm64", more: bytes = SERVER_MARK) -> Path:
        """A file the unit runs as a Frida server."""
        path = self.folder / f"frida-server-{arch}-{len(more)}"
        path.write_bytes(elf(arch, more))
        return path

    def agents(self, source: str = AGENT) -> Path:
        """A folder of agents with this one."""
        folder = self.folder / secrets.token_hex(4)
        folder.mkdir()
        (folder / "native.js").write_text(source)
        return folder

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something the operator is told makes *holds* true."""
        while not holds():
            self.told.clear()
            await self.told.wait()

    async def until_called(self) -> None:
        """Wait until the client was seen calling."""
        await self.until(lambda: any(event["kind"] == "connect" for event in self.events))

    def _event(self, event: Mapping[str, Any]) -> None:
        self.events.append(dict(event))
        self.told.set()

    def _say(self, line: str) -> None:
        self.said.append(line)
        self.told.set()

    async def confirm(self, ask: Ask) -> Confirmed:
        """Do it."""
        return await confirm(self.device, ask, clock=now, on_event=self._event, on_say=self._say)


@asynccontextmanager
async def house(folder: Path, spec: UnitSpec | None = None) -> AsyncIterator[House]:
    """A virtual unit, rooted unless *spec* says otherwise, and a direct connection to it."""
    unit = VirtualUnit(spec or rooted())
    await unit.start()
    try:
        device = await open_unit(
            ConnectOptions(transport=Transport.TCP, addresses=(unit.address,), environment={}, home=folder)
        )
        try:
            yield House(unit=unit, device=device, folder=folder)
        finally:
            await device.close()
            await asyncio.sleep(0.01)  # lets the transport close its socket
    finally:
        await unit.stop()


def lines(confirmed: Confirmed) -> list[dict[str, Any]]:
    """The events of a recording."""
    assert confirmed.artifact is not None
    return [json.loads(line) for line in confirmed.artifact.data.splitlines()]
