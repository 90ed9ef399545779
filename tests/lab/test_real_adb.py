"""Google's own adb program takes a virtual unit for a phone."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from audit.adb.connect import ConnectOptions, Transport, open_unit
from audit.lab import Auth, Lab, VirtualUnit
from audit.lab.files import Tree
from audit.model.evidence import Source, SourceKind, UnitId
from audit.model.report import Expectation, Report
from audit.pipeline import audit_snapshot
from audit.rulebook import load
from audit.sources.live import acquire

pytestmark = pytest.mark.peer

LIMIT_S = 20.0
MOMENT = datetime(2026, 2, 1, tzinfo=UTC)


class Adb:
    """The program, its private server and the home folder both live in."""

    def __init__(self, program: Path, port: int, home: Path) -> None:
        self._program = program
        self.port = port
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(home),
            "ADB_MDNS": "0",
            "ADB_MDNS_OPENSCREEN": "0",
            "TMPDIR": str(home),
        }

    def start_server(self) -> subprocess.Popen[bytes]:
        """Start the server as a child of this process."""
        return subprocess.Popen(
            [self._program, "-P", str(self.port), "nodaemon", "server"],
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def answers(self) -> bool:
        """Whether the server takes calls."""
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __call__(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Run adb."""
        return subprocess.run(
            [self._program, "-P", str(self.port), *words],
            env=self._environment,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=LIMIT_S,
            check=False,
        )

    def wait_for(self, words: tuple[str, ...], wanted: bytes) -> bytes:
        """Run adb until it prints *wanted*."""
        until = time.monotonic() + LIMIT_S
        while wanted not in (printed := self(*words).stdout):
            assert time.monotonic() < until, printed
            time.sleep(0.1)
        return printed


@pytest.fixture(scope="module")
def adb(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Adb]:
    """Google's adb, with a server of its own; skipped where the program is not installed."""
    found = importlib.util.find_spec("adbutils")
    folder = Path(found.origin).parent / "binaries" if found and found.origin else Path()
    program = folder / "adb"
    if not program.is_file():
        pytest.skip(f"no adb program at {program}")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    one = Adb(program, port, tmp_path_factory.mktemp("home"))
    server = one.start_server()
    try:
        until = time.monotonic() + LIMIT_S
        while not one.answers():
            assert time.monotonic() < until, "the adb server did not start"
            time.sleep(0.05)
        yield one
    finally:
        server.terminate()
        server.wait(LIMIT_S)


@contextmanager
def running(lab: Lab) -> Iterator[tuple[VirtualUnit, ...]]:
    """*lab* in a thread of its own, so that a test may wait for a program."""
    loop = asyncio.new_event_loop()
    up = threading.Event()
    over = asyncio.Event()

    async def stay() -> None:
        async with lab:
            up.set()
            await over.wait()

    thread = threading.Thread(target=lambda: loop.run_until_complete(stay()))
    thread.start()
    try:
        assert up.wait(LIMIT_S)
        yield lab.units
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()


@pytest.fixture
def unit(adb: Adb) -> Iterator[VirtualUnit]:
    """The incident unit, connected."""
    with running(Lab(["incident-2019"])) as (one,):
        assert adb("connect", one.address).stdout == f"connected to {one.address}\n".encode()
        yield one
        adb("disconnect", one.address)


def test_devices(adb: Adb, unit: VirtualUnit) -> None:
    """``adb devices -l`` shows the unit with product, model and device."""
    printed = adb("devices", "-l").stdout.decode()
    (line,) = (line for line in printed.splitlines() if line.startswith(unit.address))
    assert " device product:Onyx_00WW model:_Nokia_7_plus_ device:B2N_sprout transport_id:" in line


def test_shell(adb: Adb, unit: VirtualUnit) -> None:
    """``adb shell`` keeps stdout, stderr and exit code apart; ``-x`` has them in one."""
    line = "getprop ro.product.name; nonsense; exit 3"
    done = adb("-s", unit.address, "shell", line)
    assert done.stdout == b"Onyx_00WW\n"
    assert done.stderr == b"/system/bin/sh: nonsense: not found\n"
    assert done.returncode == 3
    done = adb("-s", unit.address, "shell", "-x", line)
    assert done.stdout == b"Onyx_00WW\n/system/bin/sh: nonsense: not found\n"


def test_package_list(adb: Adb, unit: VirtualUnit) -> None:
    """A list that takes several packets comes whole."""
    printed = adb("-s", unit.address, "shell", "cmd package list packages -f -U").stdout.decode()
    assert len(printed.splitlines()) == len(unit.spec.packages)
    path = "/system/app/AutoRegistration/AutoRegistration.apk"
    assert f"package:{path}=com.qualcomm.qti.autoregistration uid:1001\n" in printed


def test_exec_out(adb: Adb, unit: VirtualUnit) -> None:
    """``adb exec-out`` brings raw bytes, megabytes of them."""
    dump = adb("-s", unit.address, "exec-out", "dumpsys package; dumpsys package").stdout
    assert dump.count(b"Package [com.qualcomm.qti.autoregistration]") == 2
    assert b"\r" not in dump


def test_interactive_shell(adb: Adb, unit: VirtualUnit) -> None:
    """``adb shell`` without a command runs the lines it is given."""
    done = subprocess.run(
        [adb._program, "-P", str(adb.port), "-s", unit.address, "shell"],
        env=adb._environment,
        input=b"getprop ro.product.name\nexit 4\n",
        capture_output=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert b"Onyx_00WW" in done.stdout
    assert done.returncode == 4


def test_pull(adb: Adb, unit: VirtualUnit, tmp_path: Path) -> None:
    """``adb pull`` brings a file and a folder, and says what is not there."""
    apk = "/system/app/AutoRegistration/AutoRegistration.apk"
    assert adb("-s", unit.address, "pull", apk, str(tmp_path / "a.apk")).returncode == 0
    assert (tmp_path / "a.apk").read_bytes() == Tree(unit.spec).read(apk)
    assert adb("-s", unit.address, "pull", "/system/etc", str(tmp_path / "etc")).returncode == 0
    assert (tmp_path / "etc" / "hosts").read_text().startswith("127.0.0.1")
    done = adb("-s", unit.address, "pull", "/none", str(tmp_path))
    assert done.returncode == 1
    assert b"No such file or directory" in done.stdout + done.stderr


@pytest.mark.parametrize("name", ["incident-2019", "cn-build"])
def test_push(adb: Adb, name: str, tmp_path: Path) -> None:
    """``adb push`` writes where the shell user may, in either version, and is refused elsewhere in words."""
    content = bytes(range(256)) * 3000
    (tmp_path / "x").write_bytes(content)
    (tmp_path / "x").chmod(0o755)
    with running(Lab([name])) as (one,):
        adb("connect", one.address)
        done = adb("-s", one.address, "push", str(tmp_path / "x"), "/data/local/tmp/x")
        assert done.returncode == 0, done.stderr
        assert adb("-s", one.address, "exec-out", "cat /data/local/tmp/x").stdout == content
        assert adb("-s", one.address, "shell", "stat -c %a /data/local/tmp/x").stdout == b"777\n"
        assert adb("-s", one.address, "shell", "rm /data/local/tmp/x").returncode == 0
        assert one.left == {}
        done = adb("-s", one.address, "push", str(tmp_path / "x"), "/system/bin/x")
        assert done.returncode == 1
        assert b"couldn't create file: Read-only file system" in done.stdout + done.stderr
        adb("disconnect", one.address)


def _echo_server() -> tuple[socket.socket, threading.Thread]:
    """Sends back all it is sent, one caller after another, until the listener is closed."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                caller = listener.accept()[0]
            except OSError:
                return
            with caller:
                while data := caller.recv(65536):
                    caller.sendall(data)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return listener, thread


@pytest.mark.parametrize("name", ["incident-2019", "cn-build", "work-profile"])
def test_forward(adb: Adb, name: str) -> None:
    """``adb forward`` carries megabytes both ways; where nothing listens, the caller is hung up on."""
    listener, thread = _echo_server()
    content = os.urandom(1 << 16) * 128
    with running(Lab([name])) as (one,):
        one.listen(27042, listener.getsockname()[1])
        adb("connect", one.address)
        port = int(adb("-s", one.address, "forward", "tcp:0", "tcp:27042").stdout)
        with socket.create_connection(("127.0.0.1", port), LIMIT_S) as caller:
            sender = threading.Thread(target=caller.sendall, args=(content,))
            sender.start()
            back = b""
            while len(back) < len(content):
                piece = caller.recv(1 << 20)
                assert piece
                back += piece
            sender.join()
        assert back == content
        port = int(adb("-s", one.address, "forward", "tcp:0", "tcp:27043").stdout)
        with socket.create_connection(("127.0.0.1", port), LIMIT_S) as caller:
            assert caller.recv(1) == b""
        adb("-s", one.address, "forward", "--remove-all")
        adb("disconnect", one.address)
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(LIMIT_S)


@pytest.mark.parametrize("name", ["clean-global", "work-profile", "hostile", "cn-build"])
def test_other_versions(adb: Adb, name: str) -> None:
    """Units of other Android versions, with other features, work alike."""
    with running(Lab([name])) as (one,):
        assert b"connected to" in adb("connect", one.address).stdout
        assert adb("-s", one.address, "shell", "exit 9").returncode == 9
        assert b"LAB" in adb("-s", one.address, "shell", "getprop ro.serialno").stdout
        assert b"hosts" in adb("-s", one.address, "ls", "/system/etc").stdout
        adb("disconnect", one.address)


def test_unauthorized_until_somebody_taps(adb: Adb) -> None:
    """It waits as unauthorized while the dialog is shown, and is let in when Allow is tapped."""
    with running(Lab(["clean-global"], auth=Auth.PROMPT, allow_after_s=1.5)) as (one,):
        adb("connect", one.address)
        adb.wait_for(("devices",), f"{one.address}\tunauthorized".encode())
        adb.wait_for(("devices",), f"{one.address}\tdevice".encode())
        assert adb("-s", one.address, "shell", "echo in").stdout == b"in\n"
        adb("disconnect", one.address)


def test_signs_with_its_key(adb: Adb) -> None:
    """Its own signature is verified by the key it was trusted with."""
    with running(Lab(["clean-global"], auth=Auth.TRUST)) as (one,):
        adb("connect", one.address)
        adb.wait_for(("devices",), f"{one.address}\tdevice".encode())
        adb("disconnect", one.address)
        one.spec = Lab(["clean-global"], auth=Auth.NEVER).units[0].spec
        adb("connect", one.address)
        adb.wait_for(("devices",), f"{one.address}\tdevice".encode())
        adb("disconnect", one.address)


def test_drops(adb: Adb) -> None:
    """A unit that goes away in the middle of its list leaves it with half a list and an error."""
    with running(Lab(["drops-halfway"])) as (one,):
        adb("connect", one.address)
        adb.wait_for(("devices",), f"{one.address}\tdevice".encode())
        done = adb("-s", one.address, "shell", "cmd package list packages -f")
        assert done.returncode != 0
        assert 1000 <= len(done.stdout) < 3000
        adb("disconnect", one.address)


@pytest.mark.parametrize("name", ["incident-2019", "fixed-2019", "hostile", "work-profile", "cn-build"])
def test_through_adb_and_directly_is_the_same(adb: Adb, name: str, tmp_path: Path) -> None:
    """Our client gives one report, whether it asks Google's server or the unit itself."""

    async def read(options: ConnectOptions, serial: str | None) -> Report:
        device = await open_unit(options, serial)
        try:
            snapshot = await acquire(
                device, packages=set(rulebook.clients), users=None, full=True, clock=lambda: MOMENT
            )
        finally:
            await device.close()
        report = audit_snapshot(
            snapshot, rulebook, Expectation(market="NO"), judged_at="2026-02-01T00:00:00Z"
        )
        return replace(report, source=Source(kind=SourceKind.LIVE), snapshot_sha256="", unit=UnitId())

    rulebook = load()
    with running(Lab([name])) as (one,):
        adb("connect", one.address)
        port = {"ANDROID_ADB_SERVER_PORT": str(adb.port)}
        server = ConnectOptions(transport=Transport.SERVER, environment=port, home=tmp_path)
        direct = ConnectOptions(
            transport=Transport.TCP, addresses=(one.address,), environment={}, home=tmp_path
        )
        by_server = asyncio.run(read(server, one.address))
        assert by_server == asyncio.run(read(direct, None))
        assert by_server.findings
        adb("disconnect", one.address)
