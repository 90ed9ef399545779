"""From a rooted unit over ADB to a verdict with the destination in it, all of it real but the phone."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from audit.lab import Lab, shipped_unit
from audit.sources import saved
from tests.agents import clients, servers
from tests.build.elf_program import elf_program

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(importlib.util.find_spec("frida") is None, reason="frida is not installed"),
]

PACKAGE = "com.qualcomm.qti.autoregistration"
UID = 1001
SECONDS = 90.0
IMEI, ICCID = "356938035643809", "89860318760123456789"


@contextmanager
def unit(name: str) -> Iterator[str]:
    """The address of a virtual unit that runs meanwhile."""
    started, over = threading.Event(), asyncio.Event()
    found: list[str] = []
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        async with Lab([shipped_unit(name)]) as lab:
            found.append(lab.units[0].address)
            started.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(20)
    try:
        yield found[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(20)
        loop.close()


def program(*words: str, home: Path, on_hooked: Callable[[], object] | None = None) -> tuple[int, str, str]:
    """Exit code, output and what was said, of one command line.

    on_hooked: is called when a process was hooked
    """
    process = subprocess.Popen(
        [sys.executable, "-c", "from audit.cli.main import main; main()", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(home), "XDG_DATA_HOME": str(home / "data")},
    )
    killer = threading.Timer(SECONDS, process.kill)
    killer.start()
    said: list[str] = []

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            said.append(line)
            if on_hooked is not None and line.startswith("hooked "):
                on_hooked()

    listener = threading.Thread(target=listen)
    listener.start()
    assert process.stdout is not None
    output = process.stdout.read()
    code = process.wait()
    listener.join()
    killer.cancel()
    for stream in (process.stdout, process.stderr):
        assert stream is not None
        stream.close()
    return code, output, "".join(said)


@pytest.fixture
def everybodys() -> Iterator[Path]:
    """A folder that any user may read."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run a process under the client's user id")
def test_the_client_of_2019_is_hooked_and_its_destination_named(tmp_path: Path, everybodys: Path) -> None:
    """Its class asks for IMEI and ICCID and posts both: the audit fails, naming server and identifiers."""
    classpath = clients.jars(clients.APACHE)
    classes = clients.compiled(everybodys, classpath, "com/qualcomm")
    binary = tmp_path / "frida-server"
    binary.write_bytes(elf_program())
    kept = tmp_path / "unit.json.gz"
    with servers.serving() as server, unit("rooted-2019") as address:
        url = f"http://127.0.0.1:{server.port}/"
        command = clients.java("com.qualcomm.qti.autoregistration.RegistrationTask", classes, classpath, url)
        # the process of an Android app is called after its package, and runs under its user id
        as_app = ["setpriv", f"--reuid={UID}", "--clear-groups", "bash", "-c", 'exec -a "$0" "$@"', PACKAGE]
        with clients.waiting([*as_app, *command]) as process:

            def register() -> None:
                process.go()
                assert process.end().split() == ["200"]

            code, output, said = program(
                "confirm", "--connect", address, "--market", "NO", "--server", str(binary), "--java",
                "--package", PACKAGE, "--seconds", "60", "--format", "json", "--save", str(kept),
                home=tmp_path, on_hooked=register,
            )  # fmt: skip
    assert code == 3, said
    report = json.loads(output)
    [finding] = [f for f in report["findings"] if f["check"] == "client-market" and f["subject"] == PACKAGE]
    assert finding["level"] == "identifier-transmitted", said
    assert "sent this unit's IMEI and ICCID to" in finding["message"], finding["message"]
    assert f"127.0.0.1:{server.port} (in cleartext)" in finding["message"]
    [flow] = [f for f in report["flows"] if f["stage"] == "identifier-transmitted"]
    assert (flow["who"], flow["what"], flow["cleartext"]) == (PACKAGE, "http", True)
    assert {one["kind"] for one in flow["identifiers"] if one["certainty"] == "exact"} == {"imei", "iccid"}
    assert all(one["hmac"] and IMEI not in one["shown"] for one in flow["identifiers"])
    assert IMEI not in output
    assert ICCID not in output
    [watch] = report["watches"]
    assert watch["by"] == "frida"
    assert dict(watch["versions"])["frida on the unit"] == dict(watch["versions"])["frida on this host"]

    again, output, said = program("judge", str(kept), "--market", "NO", "--format", "json", home=tmp_path)
    assert again == 3, said
    judged = json.loads(output)
    for name in ("findings", "flows", "watches", "verdict", "snapshot_sha256"):
        assert judged[name] == report[name], name
    assert saved.load(kept).artifacts[-1].kind == "observations"


def test_a_unit_without_root_is_watched_instead(tmp_path: Path) -> None:
    """It says why, and which rung gave what, and never pins a shared user id on one package."""
    with unit("talking-2019") as address:
        code, output, said = program(
            "confirm", "--connect", address, "--market", "NO", "--seconds", "6", "--format", "json",
            home=tmp_path,
        )  # fmt: skip
    assert code == 3, said
    assert "cannot be hooked" in said
    assert "watching from outside" in said
    assert "sockets:" in said
    report = json.loads(output)
    assert any("cannot be hooked" in gap["reason"] for row in report["coverage"] for gap in row["gaps"])
    [flow] = [f for f in report["flows"] if f["ip"] == "219.141.189.20"]
    assert flow["who"] == "uid 1001"
    assert PACKAGE in flow["shared"]
    assert flow["stage"] == "attempted"
    [finding] = [f for f in report["findings"] if f["check"] == "client-market" and f["subject"] == PACKAGE]
    assert finding["level"] == "armed"
