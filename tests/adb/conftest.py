"""A real adb server of our own, on a private port."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.model.record import record


@record
class RealAdb:
    """A running adb server.

    program: the adb that speaks to it; environment: to find it by; home: its HOME
    """

    program: Path
    port: int
    home: Path
    environment: dict[str, str]

    def call(self, *arguments: str) -> str:
        """Run adb against this server."""
        done = subprocess.run(
            [self.program, *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        return done.stdout + done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await_listening(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail("the adb server did not start")


@pytest.fixture(scope="module")
def real_adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealAdb]:
    """A real adb server without mDNS and with its own HOME; stopped by its process, never by kill-server."""
    adbutils = pytest.importorskip("adbutils")
    program = Path(adbutils.__file__).parent / "binaries" / "adb"
    if not program.is_file():
        pytest.skip("the adbutils wheel for this platform carries no adb")
    home, port = tmp_path_factory.mktemp("home"), _free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ADB_", "ANDROID_"))}
    environment = {**kept, "HOME": str(home), "ADB_MDNS": "0", "ANDROID_ADB_SERVER_PORT": str(port)}
    process = subprocess.Popen(
        [program, "-P", str(port), "server", "nodaemon"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _await_listening(process, port)
        yield RealAdb(program=program, port=port, home=home, environment=environment)
    finally:
        process.terminate()
        process.wait(10)
