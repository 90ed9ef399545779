"""Hooking through Google's own adbd, in network and mount namespaces of its own.

Run as ``unshare --net --mount python -m tests.hooks.against_adbd ROOT FOLDER``; prints one JSON object of
what was seen. The daemon runs in ROOT, which holds no Python: a stand-in of a few lines of C is
pushed there, and Frida's real server runs beside it, on the port the stand-in was told.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Device
from audit.hooks import Ask, Confirmed, confirm
from tests.hooks.house import AGENT, client, lines, now, web
from tests.peers.against_adbd import _await_port, _raise_loopback, _start

_HELPER_PORT = 27_999
_APPLETS = ("chmod", "ls", "pidof", "ps", "rm", "sha256sum")
_TMP = "data/local/tmp"


def _furnish(root: Path, folder: Path) -> Path:
    """A root folder of our own, with what hooking asks of a phone beside what audits do."""
    own = folder / "root"
    shutil.copytree(root, own, symlinks=True, ignore=shutil.ignore_patterns("dev"), dirs_exist_ok=True)
    (own / "dev").mkdir(exist_ok=True)
    (own / "proc").mkdir(exist_ok=True)
    shutil.rmtree(own / _TMP, ignore_errors=True)
    (own / _TMP).mkdir(parents=True)
    for name in _APPLETS:
        link = own / "system/bin" / name
        if not link.is_symlink():
            link.symlink_to("/usr/bin/busybox")
    getprop = own / "system/bin/getprop"
    getprop.write_text('#!/system/bin/sh\n[ "$1" = ro.product.cpu.abilist64 ] && echo x86_64\nexit 0\n')
    getprop.chmod(0o755)
    for what, where in (("/dev", own / "dev"), ("/proc", own / "proc")):
        subprocess.run(["mount", "--bind", what, where], check=True)
    return own


def _compile(folder: Path) -> Path:
    import frida  # noqa: PLC0415 - its version is what the stand-in says

    program = folder / "frida-server"
    subprocess.run(
        [
            "gcc", "-static", "-O1", f'-DVERSION="{frida.__version__}"', f"-DHELPER_PORT={_HELPER_PORT}",
            "-o", program, Path(__file__).with_name("stand_in.c"),
        ],
        check=True,
    )  # fmt: skip
    return program


@asynccontextmanager
async def _helper() -> AsyncIterator[list[str]]:
    """Runs Frida's server on the ports the stand-ins are told, each as long as its stand-in lives."""
    happened: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port, token = (await reader.readline()).decode().split()
        service = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.hooks.control_service", port, token,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert service.stdout is not None
        assert service.stdin is not None
        await service.stdout.readline()
        happened.append("started")
        writer.write(b"r")
        await reader.read()
        service.stdin.close()
        await service.wait()
        happened.append("ended")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", _HELPER_PORT)
    try:
        yield happened
    finally:
        server.close()


async def _open(home: Path) -> Device:
    return await open_unit(
        ConnectOptions(
            transport=Transport.TCP, addresses=("127.0.0.1:5555",), environment={}, home=home, wait_s=5.0
        )
    )


def _told(confirmed: Confirmed) -> dict[str, Any]:
    return {
        "cannot": None if confirmed.cannot is None else confirmed.cannot.reason,
        "gaps": [gap.reason for gap in confirmed.gaps],
        "kinds": sorted({one["kind"] for one in lines(confirmed)}) if confirmed.artifact else [],
        "ended": lines(confirmed)[-1]["why"] if confirmed.artifact else "",
    }


async def _watch(folder: Path, program: Path, *, pulled: bool) -> tuple[dict[str, Any], list[str]]:
    """Hook a client once; *pulled*: this host goes away in the middle."""
    agents = folder / "agents"
    agents.mkdir(exist_ok=True)
    (agents / "native.js").write_text(AGENT)
    said: list[str] = []
    called = asyncio.Event()

    def see(event: Mapping[str, Any]) -> None:
        if event["kind"] == "connect":
            called.set()

    device = await _open(folder)
    try:
        async with web() as port:
            with client(port) as target:
                ask = Ask(packages=(target.name,), seconds=60 if pulled else 2, server=program, agents=agents)
                asking = asyncio.ensure_future(
                    confirm(device, ask, clock=now, on_event=see, on_say=said.append)
                )
                if pulled:
                    async with asyncio.timeout(30):
                        await called.wait()
                    await device.close()
                return _told(await asking), said
    finally:
        await device.close()


def _left(own: Path) -> list[str]:
    return sorted(path.name for path in (own / _TMP).iterdir())


async def _everything(own: Path, folder: Path, program: Path) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    async with _helper() as happened:
        seen["whole"], seen["said"] = await _watch(folder, program, pulled=False)
        seen["left"] = _left(own)
        seen["servers"] = list(happened)
        happened.clear()
        seen["pulled"], _ = await _watch(folder, program, pulled=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(15):
                while _left(own) or "ended" not in happened:  # noqa: ASYNC110 - the unit tells nobody
                    await asyncio.sleep(0.1)
        seen["left_pulled"] = _left(own)
        seen["servers_pulled"] = list(happened)
    return seen


def main(root: str, scratch: str) -> None:
    """Start the daemon, hook, look at what is left, stop it."""
    folder = Path(scratch)
    own, program = _furnish(Path(root), folder), _compile(folder)
    _raise_loopback()
    daemon = _start(own)
    try:
        _await_port()
        seen = asyncio.run(_everything(own, folder, program))
    finally:
        daemon.kill()
        daemon.wait()
    print(json.dumps(seen))  # noqa: T201 - the answer to whoever started this


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
