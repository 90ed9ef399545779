"""Servers on loopback for clients that are watched, and their certificate."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SECONDS = 20.0
"""Longest wait for one thing."""


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

        do_GET = do_POST = answer  # noqa: N815 - so the base class names them

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


@contextlib.contextmanager
def listening() -> Iterator[int]:
    """A port at 127.0.0.1 that takes whatever comes, by TCP, and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.05)
        ending = threading.Event()
        thread = threading.Thread(target=_swallow, args=(listener, ending), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            ending.set()
            thread.join(SECONDS)


def _swallow(listener: socket.socket, ending: threading.Event) -> None:
    with contextlib.ExitStack() as connections:
        while not ending.is_set():
            with contextlib.suppress(TimeoutError):
                connection = connections.enter_context(listener.accept()[0])
                threading.Thread(target=_drain, args=(connection,), daemon=True).start()


def _drain(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it is closed at the end, whether or not its client was done
        while connection.recv(1 << 16):
            pass


def certificate(folder: Path, name: str = "client.example") -> Path:
    """A certificate for *name*, localhost and 127.0.0.1, signed by itself, with its key in one PEM file."""
    from cryptography import x509  # noqa: PLC0415 - only tests of TLS pay for it
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - as above

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
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
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
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
