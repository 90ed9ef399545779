"""Real adbd daemons that answer as virtual units do, each in a network of its own, reached on loopback.

A socket that listens in this network is handed to a process in a new one, where adbd may have its one port
(5555, on every address) for itself. What calls on the socket is passed on to it. Nothing but that process
can reach the daemon.

Run as ``unshare --net python -m tests.peers.adbd_units ROOT UNIT DESCRIPTOR``; ends when standard input does.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Completed, Device
from audit.lab import Lab, UnitSpec
from audit.rulebook import load
from audit.sources.identity import naming_steps
from audit.sources.live import acquire
from tests.peers.against_adbd import _await_port as await_port
from tests.peers.against_adbd import _raise_loopback as raise_loopback
from tests.peers.debian_adbd import ADBD

PROJECT = Path(__file__).parents[2]
_PROGRAMS = ("getprop", "pm", "cmd", "settings", "dumpsys", "service", "content", "cat", "ip", "dd")
_SCRIPT = """\
#!/system/bin/sh
set -- $(/usr/bin/busybox printf %s "${0##*/}${*:+ $*}" | /usr/bin/busybox md5sum)
said=/answers/$UNIT/$1
if [ ! -f $said.out ]; then echo "not found" >&2; exit 127; fi
/usr/bin/busybox cat $said.err >&2
/usr/bin/busybox cat $said.out
exit $(/usr/bin/busybox cat $said.code)
"""


class _Recorder:
    """A device that remembers what its unit said."""

    def __init__(self, device: Device) -> None:
        self.said: dict[str, Completed] = {}
        self.row, self.features = device.row, device.features
        self._device = device

    async def run(self, command: str, *, timeout_s: float) -> Completed:
        """Run *command*."""
        self.said[command] = await self._device.run(command, timeout_s=timeout_s)
        return self.said[command]

    def __getattr__(self, name: str) -> object:
        return getattr(self._device, name)


async def _recorded(specs: Sequence[UnitSpec], home: Path) -> list[Mapping[str, Completed]]:
    """What each unit says to every command that a crate asks of it."""

    async def one(address: str) -> Mapping[str, Completed]:
        asked = ConnectOptions(transport=Transport.TCP, addresses=(address,), environment={}, home=home)
        device = _Recorder(await open_unit(asked))
        try:
            await acquire(
                device,  # type: ignore[arg-type]  # hands on what it does not have itself
                packages=rulebook.clients,
                users=None,
                full=False,
                clock=lambda: datetime.now(UTC),
                more=naming_steps,
            )
        finally:
            await device._device.close()
        return device.said

    rulebook = load()
    async with Lab(specs) as lab:
        return [await one(unit.address) for unit in lab.units]


def furnish(root: Path, specs: Sequence[UnitSpec], home: Path) -> None:
    """Let every program in *root* answer as the unit that its daemon is started for."""
    tools = root / "system" / "bin"
    for name in _PROGRAMS:
        (tools / name).unlink(missing_ok=True)
        (tools / name).write_text(_SCRIPT, encoding="ascii")
        (tools / name).chmod(0o755)
    for spec, said in zip(specs, asyncio.run(_recorded(specs, home)), strict=True):
        place = root / "answers" / spec.serial
        place.mkdir(parents=True)
        for line, answer in said.items():
            name = hashlib.md5(line.encode(), usedforsecurity=False).hexdigest()
            (place / f"{name}.out").write_bytes(answer.stdout)
            (place / f"{name}.err").write_bytes(answer.stderr)
            (place / f"{name}.code").write_text(str(answer.exit_code or 0), encoding="ascii")


@contextmanager
def daemons(unpacked: Path, specs: Sequence[UnitSpec], home: Path) -> Iterator[list[RealUnit]]:
    """A real adbd for each of *specs*, from the daemon that was *unpacked*."""
    root = home / "root"
    shutil.copytree(unpacked, root, symlinks=True, copy_function=_link)
    furnish(root, specs, home)
    with ExitStack() as running:
        yield [running.enter_context(_daemon(root, spec)) for spec in specs]


def _link(source: str, target: str) -> None:
    if Path(source).is_symlink() or Path(source).is_file():
        shutil.copy2(source, target, follow_symlinks=False)
        return
    known = os.stat(source)  # noqa: PTH116 - a device node
    os.mknod(target, known.st_mode, known.st_rdev)
    Path(target).chmod(known.st_mode & 0o777)


class RealUnit:
    """One daemon. address: where it is reached"""

    def __init__(self, address: str, process: subprocess.Popen[bytes]) -> None:
        self.address, self._process = address, process

    def die(self) -> None:
        """End as a unit does whose battery is taken out: at once, and nobody answers any more."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)


@contextmanager
def _daemon(root: Path, spec: UnitSpec) -> Iterator[RealUnit]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        handle = listener.fileno()
        process = subprocess.Popen(
            ["unshare", "--net", sys.executable, "-m", __name__, str(root), spec.serial, str(handle)],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            pass_fds=[handle],
            start_new_session=True,
        )
        address = f"127.0.0.1:{listener.getsockname()[1]}"
    unit = RealUnit(address, process)
    try:
        yield unit
    finally:
        unit.die()
        process.communicate()


async def _pass_on(listener: socket.socket) -> None:
    async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inward, outward = await asyncio.open_connection("127.0.0.1", 5555)
        except OSError:
            writer.transport.abort()
            return
        await asyncio.gather(_pump(reader, outward), _pump(inward, writer), return_exceptions=True)

    async with await asyncio.start_server(called, sock=listener):
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


def main(root: str, unit: str, handle: str) -> None:
    """Raise the loopback of this new network, start adbd in it and pass on whoever calls."""
    raise_loopback()
    daemon = subprocess.Popen(
        ["/usr/sbin/chroot", root, f"/{ADBD}"],
        env={"PATH": "/system/bin:/usr/bin:/usr/sbin", "UNIT": unit},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        await_port()
        asyncio.run(_pass_on(socket.socket(fileno=int(handle))))
    finally:
        daemon.kill()
        daemon.wait()


if __name__ == "__main__":
    main(*sys.argv[1:4])
