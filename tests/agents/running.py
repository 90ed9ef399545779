"""What a test of the agents needs: loopback servers, clients, Java classes, and an agent in a real process.

Everything that is started is stopped by its own handle, and every wait has an end.
"""

from __future__ import annotations

import contextlib
import datetime
import ipaddress
import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

PROJECT = Path(__file__).parents[2]
AGENTS = PROJECT / "hooks" / "agents"
JAVA_SOURCES = Path(__file__).parent / "java"
JARS = Path("/usr/share/java")
APACHE = ("httpclient.jar", "httpcore.jar", "commons-logging.jar", "commons-codec.jar")
OKHTTP = ("okhttp.jar", "okio.jar")
SECONDS = 20.0
"""Longest wait for one thing."""


# --- servers ------------------------------------------------------------------------------------------------


@dataclass
class Request:
    """A request as a server received it."""

    line: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Server:
    """A server on loopback that answers everything with 200, and what it was asked."""

    port: int
    requests: list[Request] = field(default_factory=list)


@contextlib.contextmanager
def serving(certificate: Path | None = None) -> Iterator[Server]:
    """A server at 127.0.0.1; with *certificate* (PEM of key and certificate) one that speaks TLS."""
    server = Server(port=0)

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            server.requests.append(Request(self.requestline, dict(self.headers), body))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            """Nothing: a test's output is its own."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients may end as they like
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listening.socket = context.wrap_socket(
            listening.socket, server_side=True, do_handshake_on_connect=False
        )
    server.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()
        thread.join(SECONDS)


def certificate(folder: Path, name: str = "client.example") -> Path:
    """A certificate for *name*, localhost and 127.0.0.1, signed by itself, with its key in one PEM file."""
    from cryptography import x509  # noqa: PLC0415 - only tests of TLS pay for it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = [
        x509.DNSName(name),
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "server.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


# --- agents in processes ------------------------------------------------------------------------------------


@dataclass
class Message:
    """What an agent sent: its JSON, and the bytes beside it."""

    payload: dict[str, Any]
    blob: bytes | None


class Watched:
    """A process with agents in it, and what they sent."""

    def __init__(self, session: Any, pid: int) -> None:  # noqa: ANN401 - frida's own types are of an extra
        self.pid = pid
        self.messages: list[Message] = []
        self.errors: list[str] = []
        self._session = session
        self._scripts: dict[str, Any] = {}
        self._ended = threading.Event()
        self._news = threading.Condition()
        session.on("detached", lambda *_: self._ended.set())

    def load(self, agent: str, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Put *agent* into the process and start it; what it says of itself."""
        source = (AGENTS / f"{agent}.js").read_text(encoding="utf-8")
        with bounded():
            script = self._session.create_script(source)
            script.on("message", self._received)
            script.load()
            self._scripts[agent] = script
            said: dict[str, Any] = script.exports_sync.start(dict(config or {}))
        return said

    def call(self, agent: str, what: str, *words: object) -> Any:  # noqa: ANN401 - whatever the agent answers
        """Call ``start``, ``stop`` or ``ping`` of *agent*."""
        with bounded():
            return getattr(self._scripts[agent].exports_sync, what)(*words)

    def events(self, kind: str | None = None, agent: str | None = None) -> list[dict[str, Any]]:
        """Events in the order they came, of one *kind* and *agent*; with ``blob``, what ``bytes`` points to."""
        found = []
        for message in list(self.messages):
            if agent not in (None, message.payload["agent"]):
                continue
            for event in message.payload["events"]:
                if kind not in (None, event["kind"]):
                    continue
                offset, length = event.get("bytes", (0, 0))
                found.append({**event, "blob": (message.blob or b"")[offset : offset + length]})
        return found

    def wait_for(self, holds: Callable[[Watched], object], seconds: float = SECONDS) -> None:
        """Until *holds*; AssertionError with what came instead after *seconds*."""
        end = time.monotonic() + seconds
        with self._news:
            while not holds(self):
                left = end - time.monotonic()
                if left <= 0:
                    kinds = [f"{e['kind']} {e.get('api', e.get('conn', ''))}" for e in self.events()]
                    raise AssertionError(f"not within {seconds} s; seen: {kinds}; errors: {self.errors}")
                self._news.wait(left)

    def wait_end(self, seconds: float = SECONDS) -> None:
        """Until the process is gone, and what it sent last has come."""
        assert self._ended.wait(seconds), f"process {self.pid} did not end within {seconds} s"
        time.sleep(0.1)  # messages on their way are delivered by frida's own thread

    def _received(self, message: dict[str, Any], data: bytes | None) -> None:
        with self._news:
            if message["type"] == "send":
                self.messages.append(Message(message["payload"], data))
            else:
                self.errors.append(str(message.get("description", message)))
            self._news.notify_all()


@contextlib.contextmanager
def bounded(seconds: float = SECONDS) -> Iterator[None]:
    """Give up what frida is asked in this block after *seconds*: OperationCancelledError."""
    frida = the_frida()
    cancellable = frida.Cancellable()
    timer = threading.Timer(seconds, cancellable.cancel)
    timer.daemon = True
    timer.start()
    try:
        with cancellable:
            yield
    finally:
        timer.cancel()


@contextlib.contextmanager
def spawned(
    words: Sequence[str],
    agents: Sequence[str] = ("native",),
    config: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Watched]:
    """Run *words* with *agents* in from its first instruction; killed at the end if it still runs."""
    frida = the_frida()
    device = frida.get_local_device()
    with bounded():
        pid = device.spawn(list(words), stdio="pipe", env=dict(environment or {}))
    try:
        with bounded():
            watched = Watched(device.attach(pid), pid)
        for agent in agents:
            watched.load(agent, config)
        with bounded():
            device.resume(pid)
        yield watched
    finally:
        with contextlib.suppress(frida.ProcessNotFoundError), bounded():
            device.kill(pid)


@contextlib.contextmanager
def attached(
    pid: int, agents: Sequence[str] = ("native",), config: Mapping[str, Any] | None = None
) -> Iterator[Watched]:
    """Put *agents* into the running process *pid*; out again at the end."""
    frida = the_frida()
    with bounded():
        session = frida.get_local_device().attach(pid)
    watched = Watched(session, pid)
    try:
        for agent in agents:
            watched.load(agent, config)
        yield watched
    finally:
        with contextlib.suppress(frida.InvalidOperationError), bounded():  # it ended by itself
            session.detach()


def the_frida() -> Any:  # noqa: ANN401 - of an extra
    """The module, or skip."""
    return pytest.importorskip("frida", reason="frida is not installed: pip install 'adb-audit[frida]'")


# --- clients ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def waiting(words: Sequence[str], cwd: Path | None = None) -> Iterator[Waiting]:
    """Run *words*, a program that prints a line "ready" and waits for one; killed at the end."""
    process = subprocess.Popen(
        list(words),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    killer = threading.Timer(3 * SECONDS, process.kill)
    killer.daemon = True
    killer.start()
    try:
        client = Waiting(process)
        assert client.line() == "ready"
        yield client
    finally:
        killer.cancel()
        process.kill()
        process.communicate(timeout=SECONDS)


class Waiting:
    """A program that waits for a line before it goes on."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.pid = process.pid
        self._process = process

    def line(self) -> str:
        """The next line it prints."""
        assert self._process.stdout is not None
        return self._process.stdout.readline().rstrip("\n")

    def go(self) -> None:
        """Let it go on."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()

    def end(self, seconds: float = SECONDS) -> str:
        """Let it end; what it printed."""
        output, _ = self._process.communicate(timeout=seconds)
        assert self._process.returncode == 0, output
        return output


def program(*names: str) -> str:
    """The first of *names* that is installed, or skip."""
    for name in names:
        if found := shutil.which(name):
            return found
    pytest.skip(f"{' or '.join(names)} is not installed")


def jars(names: Sequence[str]) -> list[Path]:
    """Debian's *names* in /usr/share/java, or skip."""
    found = [JARS / name for name in names]
    if absent := [path.name for path in found if not path.exists()]:
        pytest.skip(f"{', '.join(absent)} not in {JARS}: Debian's libhttpclient-java or libokhttp-java")
    return found


def java_17() -> str:
    """A java of version 17, whose virtual machine Frida's bridge knows, or skip."""
    java = program("java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=SECONDS, check=False)
    if 'version "17' not in said.stderr:
        pytest.skip(f"OpenJDK 17 is needed, not {said.stderr.splitlines()[:1]}")
    return java


def compiled(folder: Path, classpath: Sequence[Path], source: str) -> Path:
    """Classes of tests/agents/java in *folder*: *source*, a file or folder of it, and what that needs."""
    place = JAVA_SOURCES / source
    files = [str(place)] if place.is_file() else sorted(str(path) for path in place.rglob("*.java"))
    words = [program("javac"), "-nowarn", "-d", str(folder), "-cp", ":".join(map(str, [folder, *classpath]))]
    done = subprocess.run(
        [*words, "-sourcepath", str(JAVA_SOURCES), *files],
        capture_output=True,
        text=True,
        timeout=3 * SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


def java(main: str, classes: Path, classpath: Sequence[Path], *words: str) -> list[str]:
    """A command that runs class *main* without its compiler, under which hooked methods can hang the machine."""
    path = ":".join(map(str, [classes, *classpath]))
    return [java_17(), "-Xint", "-Xshare:auto", "-cp", path, main, *words]


# --- what must hold of every run ----------------------------------------------------------------------------


def schema() -> dict[str, Any]:
    """The contract of the messages."""
    read: dict[str, Any] = json.loads((PROJECT / "hooks" / "message.schema.json").read_text(encoding="utf-8"))
    return read


def check(watched: Watched) -> None:
    """Every message is one of the contract, numbered without holes, its bytes inside its blob, hello first."""
    assert watched.errors == []
    validator = Draft202012Validator(schema())
    expected: dict[str, int] = {}
    for message in watched.messages:
        payload = message.payload
        [*errors] = validator.iter_errors(payload)
        assert not errors, [error.message for error in errors]
        agent = payload["agent"]
        assert payload["seq"] == expected.get(agent, 0)
        if payload["seq"] == 0:
            assert [event["kind"] for event in payload["events"][:2]] == ["hello", "hooks"]
        expected[agent] = payload["seq"] + 1
        blob = len(message.blob or b"")
        assert sum(event.get("bytes", (0, 0))[1] for event in payload["events"]) == blob
        for event in payload["events"]:
            offset, length = event.get("bytes", (0, 0))
            assert offset + length <= blob
            assert length <= event.get("size", 0)
    assert expected, "no agent said anything"
    assert not watched.events("trouble")
