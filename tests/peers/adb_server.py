"""Google's own adb with a server of its own, on a port and in a home of its own."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIMIT_S = 20.0


def adb_program() -> Path | None:
    """The adb inside the adbutils wheel; None where that is not installed."""
    found = importlib.util.find_spec("adbutils")
    if found is None or found.origin is None:
        return None
    program = Path(found.origin).parent / "binaries" / "adb"
    return program if program.is_file() else None


class Adb:
    """The program and its private server."""

    def __init__(self, program: Path, port: int, home: Path) -> None:
        self.words = (str(program), "-P", str(port))
        self.address = f"127.0.0.1:{port}"
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "TMPDIR": str(home),
            "ADB_MDNS": "0",
            "ADB_MDNS_OPENSCREEN": "0",
        }

    def __call__(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run adb with *words*."""
        return subprocess.run(
            [*self.words, *words],
            env=self.environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
            check=False,
        )

    def connect(self, address: str) -> None:
        """Connect to a unit and wait until it is a device, or unauthorized."""
        self("connect", address)
        until = time.monotonic() + LIMIT_S
        while True:
            states = self("devices").stdout.decode()
            if any(f"{address}\t{state}" in states for state in ("device", "unauthorized")):
                return
            if time.monotonic() > until:
                raise TimeoutError(f"adb does not reach {address}: {states}")
            time.sleep(0.05)


@contextmanager
def adb_server(program: Path, home: Path) -> Iterator[Adb]:
    """A running server of *program*, stopped by pid."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    adb = Adb(program, port, home)
    server = subprocess.Popen(
        [*adb.words, "nodaemon", "server"],
        env=adb.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + LIMIT_S
        while not _answers(port):
            if time.monotonic() > until:
                raise TimeoutError("the adb server did not start")
            time.sleep(0.05)
        yield adb
    finally:
        server.terminate()
        server.wait(LIMIT_S)


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
