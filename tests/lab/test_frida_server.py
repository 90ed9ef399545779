"""A real Frida server on a virtual unit: reached through ADB, attached with, and gone when it should be."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Device
from audit.adb.forward import forward
from audit.adb.push import push
from audit.adb.shell import ShellId, pack_shell
from audit.lab import Lab, UnitSpec, VirtualUnit, unit_from_table
from tests.build.elf_program import elf_program

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(importlib.util.find_spec("frida") is None, reason="frida is not installed"),
]

PATH = "/data/local/tmp/s"
PORT = 31999
TOKEN = "0123456789abcdef"
LIMIT_S = 20.0


def unit(**more: object) -> UnitSpec:
    """A small rooted unit."""
    table = {"title": "t", "android": "9", "serial": "LABT", "root": {"kind": "magisk"}, **more}
    return unit_from_table(table, name="t")


@asynccontextmanager
async def running(
    home: Path, *, start: bool = True, **more: object
) -> AsyncIterator[tuple[VirtualUnit, Device]]:
    """A unit with a server on it, and a connection to it."""
    async with Lab([unit(**more)]) as lab:
        options = ConnectOptions(
            transport=Transport.TCP, addresses=(lab.units[0].address,), environment={}, home=home
        )
        device = await open_unit(options)
        try:
            await push(device, PATH, elf_program(size=300_000), mode=0o755, mtime=1, timeout_s=LIMIT_S)
            if start:
                assert await shell(device, f"su -c '{PATH} -D -l 127.0.0.1:{PORT} --token {TOKEN}'") == (
                    0,
                    "",
                    "",
                )
            yield lab.units[0], device
        finally:
            await device.close()


async def shell(device: Device, command: str) -> tuple[int | None, str, str]:
    """Exit code and output of a command."""
    done = await device.run(command, timeout_s=LIMIT_S)
    return done.exit_code, done.stdout.decode(), done.stderr.decode()


@contextmanager
def victim() -> Iterator[int]:
    """A process of this host."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as one:
        try:
            yield one.pid
        finally:
            one.kill()


def ask(port: int, use: Callable[[Any], object]) -> object:
    """What *use* makes of the server behind *port*, or the error's name and words; at most `LIMIT_S`."""
    import frida  # noqa: PLC0415  # skipped without

    address = f"127.0.0.1:{port}"
    manager = frida.get_device_manager()
    with frida.Cancellable() as over:  # type: ignore[no-untyped-call]  # generated without types
        timer = threading.Timer(LIMIT_S, over.cancel)
        timer.start()
        try:
            return use(manager.add_remote_device(address, token=TOKEN))
        except (
            frida.TransportError,
            frida.ProtocolError,
            frida.InvalidArgumentError,
            frida.ServerNotRunningError,
        ) as trouble:
            return f"{type(trouble).__name__}: {trouble}"
        finally:
            timer.cancel()
            manager.remove_remote_device(address)


def version_in(pid: int) -> Callable[[Any], object]:
    """Attach to *pid* and ask the agent which Frida it is."""

    def use(device: Any) -> object:  # noqa: ANN401  # frida's own
        session = device.attach(pid)
        script = session.create_script(
            "rpc.exports = { version: () => Frida.version, pid: () => Process.id };"
        )
        script.load()
        found = (script.exports_sync.version(), script.exports_sync.pid())
        session.detach()
        return found

    return use


def test_attach_through_a_forward(tmp_path: Path) -> None:
    """Pushed, started by su, reached by ``tcp:``, attached by pid; told to end, nothing is left."""

    async def check() -> None:
        import frida  # noqa: PLC0415

        async with running(tmp_path) as (one, device), forward(device, f"tcp:{PORT}") as relayed:
            with victim() as pid:
                found = await asyncio.to_thread(ask, relayed.port, version_in(pid))
                assert found == (frida.__version__, pid)
            (server,) = one.servers
            assert (server.port, server.uid, server.path) == (PORT, 0, PATH)
            assert ("server", str(server.pid)) in one.left
            assert await shell(device, f"kill -TERM {server.pid}") == (
                1,
                "",
                f"/system/bin/sh: kill: {server.pid}: Operation not permitted\n",
            )
            assert (await shell(device, f"su -c 'kill -TERM {server.pid}'"))[0] == 0
            until = time.monotonic() + LIMIT_S
            while (await shell(device, f"su -c 'kill -0 {server.pid}'"))[0] == 0:
                assert time.monotonic() < until
            assert (await shell(device, f"rm {PATH}"))[0] == 0
            assert one.left == {}
            found = await asyncio.to_thread(ask, relayed.port, lambda seen: seen.query_system_parameters())
            assert found == "TransportError: connection closed"

    asyncio.run(check())


def test_a_process_of_the_unit_by_name(tmp_path: Path) -> None:
    """What a test registers is listed with its pid, which a client attaches to."""

    async def check() -> None:
        async with running(tmp_path) as (one, device), forward(device, f"tcp:{PORT}") as relayed:
            with victim() as pid:
                one.processes["com.example"] = pid
                shown = (await shell(device, "ps -A -o PID,NAME"))[1]
                assert f"{pid} " in shown
                assert (await shell(device, "pidof com.example"))[1] == f"{pid}\n"
                found = await asyncio.to_thread(ask, relayed.port, version_in(pid))
                assert isinstance(found, tuple)

    asyncio.run(check())


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        ("refuses-token", "InvalidArgumentError: incorrect token"),
        ("wrong-version", "ProtocolError: unable to communicate with remote frida-server"),
        ("dies-at-once", "TransportError: connection closed"),
        ("dies-after-connect", "TransportError: "),
    ],
)
def test_faults(fault: str, wanted: str, tmp_path: Path) -> None:
    """Each fault is what a client of a real server sees of it."""

    async def check() -> None:
        async with (
            running(tmp_path, server_fault=fault) as (_, device),
            forward(device, f"tcp:{PORT}") as relayed,
        ):
            with victim() as pid:
                found = await asyncio.to_thread(ask, relayed.port, version_in(pid))
            assert str(found).startswith(wanted)

    asyncio.run(check())


def test_a_silent_server(tmp_path: Path) -> None:
    """It takes the connection and never answers; the client's own limit ends it."""

    async def check() -> None:
        silent = running(tmp_path, server_fault="silent")
        async with silent as (_, device), forward(device, f"tcp:{PORT}") as relayed:
            reader, writer = await asyncio.open_connection("127.0.0.1", relayed.port)
            writer.write(b"GET /ws HTTP/1.1\r\n\r\n")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await reader.read(1)
            writer.close()

    asyncio.run(check())


def test_a_server_that_does_not_start(tmp_path: Path) -> None:
    """Its exit code says so, as daemonising does."""

    async def check() -> None:
        async with running(tmp_path, start=False, server_fault="fails") as (one, device):
            code, _, said = await shell(device, f"su -c '{PATH} -D -l 127.0.0.1:{PORT}'")
            assert (code, said.partition(":")[0]) == (1, "Unable to start")
            assert one.servers == ()

    asyncio.run(check())


def test_stopping_the_unit_ends_its_servers(tmp_path: Path) -> None:
    """Whatever a test forgot is gone with the unit, also on this host."""

    async def check() -> tuple[int, str]:
        async with running(tmp_path) as (one, _):
            (server,) = one.servers
            assert os.path.exists(server.home)  # noqa: ASYNC240, PTH110  # a look, no work
            return server.pid, server.home

    pid, home = asyncio.run(check())
    assert not Path(home).exists()
    assert not Path(f"/proc/{pid}").exists()


def test_a_killed_server_leaves_its_folder(tmp_path: Path) -> None:
    """SIGKILL leaves on the unit what SIGTERM removes, and only root can."""

    async def check() -> None:
        async with running(tmp_path) as (one, device):
            (server,) = one.servers
            assert (await shell(device, f"su -c 'kill -9 {server.pid}'"))[0] == 0
            until = time.monotonic() + LIMIT_S
            while one.servers:
                assert time.monotonic() < until
            kept = "/data/local/tmp/re.frida.server/frida-agent-64.so"
            assert ("file", kept) in one.left
            assert (await shell(device, "rm -rf /data/local/tmp/re.frida.server"))[0] == 1
            assert (await shell(device, "su -c 'rm -rf /data/local/tmp/re.frida.server'"))[0] == 0
            assert set(one.left) == {("file", PATH)}

    asyncio.run(check())


GUARD = 'trap "" HUP; read a && cat >/dev/null && [ -e {path} ] && rm -f {path} && kill -TERM {pid}'


def test_a_shell_that_waits_for_its_host_tidies_up_after_it(tmp_path: Path) -> None:
    """Unplugged: what a second shell waits with is done, though nobody hears of it."""

    async def check() -> None:
        async with running(tmp_path) as (one, device):
            (server,) = one.servers
            line = GUARD.format(path=PATH, pid=server.pid)
            stream = await device.open(f"shell,v2,raw:su -c '{line}'")
            stream.write(pack_shell(ShellId.STDIN, b"go\n"))
            assert (await shell(device, "id -u"))[1] == "2000\n"
            assert len(one.servers) == 1
            one.drop()
            until = time.monotonic() + LIMIT_S
            while one.left:
                assert time.monotonic() < until, one.left
                await asyncio.sleep(0.02)

    asyncio.run(check())
