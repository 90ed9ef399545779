"""Our client against the real adbd, both in a network namespace that holds loopback alone.

Run as ``unshare --net python -m tests.peers.against_adbd ROOT``; prints one JSON object of what was seen.
"""

from __future__ import annotations

import asyncio
import fcntl
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.adb.device import Device
from tests.peers.debian_adbd import ADBD

_PORT = 5555
_PULL_BYTES = 64 << 20
# two test processes may share the root folder; each pulls a file of its own
BIG = f"/data/local/tmp/big-{os.getpid()}"
_AT_ONCE = 20


def _raise_loopback() -> None:
    """Bring up ``lo``, which a new namespace has down (SIOCSIFFLAGS, IFF_UP)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        fcntl.ioctl(sock, 0x8914, struct.pack("16sh14x", b"lo", 1))


def _start(root: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        ["/usr/sbin/chroot", str(root), f"/{ADBD}"],
        env={"PATH": "/system/bin:/usr/bin:/usr/sbin"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _await_port() -> None:
    for _ in range(100):
        with socket.socket() as sock:
            if sock.connect_ex(("127.0.0.1", _PORT)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the real adbd did not listen within 5 s")


async def _open(home: Path) -> Device:
    return await open_unit(
        ConnectOptions(
            transport=Transport.TCP,
            addresses=(f"127.0.0.1:{_PORT}",),
            environment={},
            home=home,
            wait_s=5.0,
        )
    )


async def _commands(device: Device) -> dict[str, Any]:
    both = await device.run("echo out; echo err >&2; exit 7", timeout_s=10)
    started = time.perf_counter()
    late = await device.run("echo early; sleep 30", timeout_s=1)
    waited_s = time.perf_counter() - started
    after = await device.run("echo still here", timeout_s=10)
    many = await asyncio.gather(
        *(device.run(f"seq 1 {number * 1000}", timeout_s=30) for number in range(1, _AT_ONCE + 1))
    )
    return {
        "stdout": both.stdout.decode(),
        "stderr": both.stderr.decode(),
        "exit_code": both.exit_code,
        "late": [late.timed_out, late.stdout.decode(), late.exit_code],
        "waited_s": waited_s,
        "after_timeout": after.stdout.decode(),
        "at_once": [answer.stdout.count(b"\n") for answer in many],
        "at_once_codes": [answer.exit_code for answer in many],
    }


async def _files(device: Device, root: Path) -> dict[str, Any]:
    wanted = hashlib.sha256()
    with (root / BIG.lstrip("/")).open("wb") as file:
        for _ in range(_PULL_BYTES >> 20):
            chunk = os.urandom(1 << 20)
            file.write(chunk)
            wanted.update(chunk)
    stat = await device.stat(BIG)
    got, size = hashlib.sha256(), 0
    async for chunk in device.pull(BIG, timeout_s=60):
        got.update(chunk)
        size += len(chunk)
    listed = await device.list("/data/local/tmp")
    missing = await device.stat("/data/local/tmp/none")
    return {
        "stat_size": stat.size if stat else None,
        "pulled": size,
        "intact": got.hexdigest() == wanted.hexdigest(),
        "listed": sorted(entry.path.rsplit("/", 1)[-1] for entry in listed),
        "pulled_name": BIG.rsplit("/", 1)[-1],
        "missing": missing is None,
    }


async def _everything(root: Path, home: Path) -> dict[str, Any]:
    device = await _open(home)
    try:
        seen = {"features": sorted(device.features), **await _commands(device), **await _files(device, root)}
    finally:
        await device.close()
    return seen


async def _when_it_dies(home: Path, daemon: subprocess.Popen[bytes]) -> str:
    device = await _open(home)
    running = asyncio.ensure_future(device.run("sleep 30", timeout_s=20))
    await asyncio.sleep(0.3)
    daemon.kill()
    try:
        await running
    except Exception as error:  # noqa: BLE001 - the name of whatever came is the result
        return type(error).__name__
    finally:
        await device.close()
    return "nothing"


def main(folder: str) -> None:
    """Start the daemon, look at everything, stop it."""
    root, home = Path(folder), Path(folder).parent / "home"
    home.mkdir(exist_ok=True)
    _raise_loopback()
    daemon = _start(root)
    try:
        _await_port()
        seen = asyncio.run(_everything(root, home))
        seen["death"] = asyncio.run(_when_it_dies(home, daemon))
    finally:
        daemon.kill()
        daemon.wait()
        (root / BIG.lstrip("/")).unlink(missing_ok=True)
    print(json.dumps(seen))  # noqa: T201 - the answer to whoever started this


if __name__ == "__main__":
    main(sys.argv[1])
