"""The page on a real port."""

from __future__ import annotations

import asyncio
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from audit.errors import BadInput, UsageError
from audit.model.report import Decision
from audit.web import uvicorn_server
from audit.web.serve import Tls, serve
from tests.web.benches import MemoryBench
from tests.web.visiting import Site, visit

T = TypeVar("T")


async def _served(site: Site, work: Callable[[str], Awaitable[T]], tls: Tls | None = None) -> T:
    """What *work* comes to with the address of the page; the server has ended by itself when this returns."""
    stop = asyncio.Event()
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    serving = asyncio.create_task(
        serve(site.app, host="127.0.0.1", port=0, tls=tls, ready=ready.set_result, stop=stop)
    )
    try:
        await asyncio.wait((serving, ready), return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            serving.result()
        return await work(await ready)
    finally:
        stop.set()
        async with asyncio.timeout(10):
            await serving


def _keys(folder: Path) -> Tls:
    """A certificate that this station made out to itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    tls = Tls(certificate=folder / "cert.pem", key=folder / "key.pem")
    tls.certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    tls.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return tls


def test_stream_over_a_port(tmp_path: Path) -> None:
    """A browser gets in by its token and looks on; signals stay whose they were."""
    handler = signal.getsignal(signal.SIGTERM)

    async def looking(site: Site, url: str) -> list[str]:
        entrance = site.doors.entrance
        assert entrance is not None
        seen: list[str] = []
        async with httpx.AsyncClient(base_url=url, follow_redirects=True) as client:
            page = await client.get(entrance.path())
            assert page.status_code == 200
            assert "server" not in page.headers
            async with client.stream("GET", "/events") as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data: "):
                        seen.append(line)
                        if len(seen) == 1:
                            assert isinstance(site.services.bench, MemoryBench)
                            site.services.bench.judge("7", Decision.REVIEW)
                            assert site.house.subscribers == 1
                        if len(seen) == 2:
                            site.house.stopping.set()
        return seen

    async def work(site: Site) -> None:
        seen = await _served(site, lambda url: looking(site, url))
        assert '"verdict":"REVIEW"' in seen[1]
        await asyncio.sleep(0)
        assert site.house.subscribers == 0

    visit(tmp_path, work)
    assert signal.getsignal(signal.SIGTERM) is handler


def test_server_ends_while_somebody_looks_on(tmp_path: Path) -> None:
    """A page that looks on does not keep the station from ending."""

    async def work(site: Site) -> None:
        entrance = site.doors.entrance
        assert entrance is not None
        client = httpx.AsyncClient(follow_redirects=True)

        async def open_it(url: str) -> None:
            assert (await client.get(url + entrance.path())).status_code == 200
            request = client.build_request("GET", url + "/events")
            answer = await client.send(request, stream=True)
            assert answer.status_code == 200

        await _served(site, open_it)
        await client.aclose()

    visit(tmp_path, work)


def test_taken_port(tmp_path: Path) -> None:
    """A port that is taken, or an address that is none, is told with what to do about it."""

    async def work(site: Site) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            for host, number, fix in (
                ("127.0.0.1", port, "--port"),
                ("192.0.2.1", 0, "--host"),
                ("nowhere.invalid", 0, "--host"),
                ("127.0.0.1", 99999, "--"),
            ):
                with pytest.raises(UsageError) as told:
                    await serve(
                        site.app, host=host, port=number, tls=None, ready=lambda _: None, stop=asyncio.Event()
                    )
                assert fix in told.value.fix

    visit(tmp_path, work)


def test_over_tls(tmp_path: Path) -> None:
    """With a certificate the page is served over TLS alone; one that is none is told at once."""
    tls = _keys(tmp_path)

    async def look(url: str) -> None:
        assert url.startswith("https://")
        context = ssl.create_default_context(cafile=tls.certificate)
        context.check_hostname = False
        async with httpx.AsyncClient(verify=context) as client:
            assert (await client.get(url + "/login")).status_code == 200
        async with httpx.AsyncClient() as plain:
            with pytest.raises(httpx.TransportError):
                await plain.get(url.replace("https", "http") + "/login")

    async def work(site: Site) -> None:
        await _served(site, look, tls)
        for wrong in (Tls(certificate=tls.key, key=tls.key), Tls(certificate=tmp_path / "none", key=tls.key)):
            with pytest.raises(BadInput) as told:
                await _served(site, look, wrong)
            assert told.value.fix

    visit(tmp_path, work)


async def _said(url: str, *pieces: bytes) -> bytes:
    """What comes back until the other side closes."""
    port = int(url.rpartition(":")[2])
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await writer.drain()
    async with asyncio.timeout(20):
        answer = await reader.read()
    writer.close()
    return answer


_CLOSE = b"Host: localhost\r\nConnection: close\r\n"
_FORM = (
    b"Host: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n"
)
_CHUNK = b"1000\r\n" + b"a" * 4096 + b"\r\n"
RAW = (
    (b"GET / HTTP/1.1\r\n\r\n", b"400"),
    (b"GET /login HTTP/1.1\r\nHost: evil\r\n" + _CLOSE + b"\r\n", b"400"),
    (b"GET /login HTTP/1.1\r\nX: a\r\n b\r\n" + _CLOSE + b"\r\n", b"200"),
    (b"GET http://evil/login HTTP/1.1\r\nHost: evil\r\nConnection: close\r\n\r\n", b"400"),
    (b"GET /login HTTP/1.1\r\nX: \x00\r\n" + _CLOSE + b"\r\n", b"400"),
    (b"\x16\x03\x01\x02\x00\x01\x00", b"400"),
    (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n", b"400"),
    (b"GET /\xff HTTP/1.1\r\n" + _CLOSE + b"\r\n", b"400"),
    (b"POST /login HTTP/1.1\r\nContent-Length: 5\r\n" + _FORM + b"\r\n0\r\n\r\n", b"40"),
    (b"POST /login HTTP/1.1\r\n" + _FORM + b"\r\n" + 3 * _CHUNK, b"413"),
)


def test_raw_garbage(tmp_path: Path) -> None:
    """What is no HTTP, or ambiguous, is answered once and the connection ended; the server goes on."""

    async def garbage(url: str) -> None:
        for sent, status in RAW:
            answer = await _said(url, sent)
            assert answer.startswith(b"HTTP/1.1 " + status), (sent[:60], answer[:200])
        async with httpx.AsyncClient() as client:
            assert (await client.get(url + "/healthz")).text == "ok\n"

    async def work(site: Site) -> None:
        await _served(site, garbage)

    visit(tmp_path, work)


@pytest.mark.slow
def test_slow_heads(tmp_path: Path) -> None:
    """A connection on which nothing comes to its end is closed, on the first request and on the next."""

    async def slowly(url: str) -> None:
        first = _said(url, b"GET / HT")
        silent = _said(url)
        second = _said(url, b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n", b"GET / HT")
        answers = await asyncio.gather(first, silent, second)
        assert answers[0] == answers[1] == b""
        assert answers[2].startswith(b"HTTP/1.1 200")

    async def work(site: Site) -> None:
        assert uvicorn_server.IDLE_S < 20
        await _served(site, slowly)

    visit(tmp_path, work)


@pytest.mark.slow
def test_slow_handshakes(tmp_path: Path) -> None:
    """Who begins no TLS, or does not go on with it, holds no file of the station for longer than others."""
    tls = _keys(tmp_path)

    async def slowly(url: str) -> None:
        answers = await asyncio.gather(_said(url), _said(url, b"\x16\x03\x01\x02\x00\x01\x00"))
        assert set(answers) == {b""}

    async def work(site: Site) -> None:
        assert uvicorn_server.IDLE_S < 20
        await _served(site, slowly, tls)

    visit(tmp_path, work)


def test_so_many_connections(tmp_path: Path) -> None:
    """However many a stranger opens, the station keeps files for its units; it answers when they are gone."""
    most = uvicorn_server.MOST_OPEN

    async def crowd(url: str) -> None:
        host, port = urlsplit(url).hostname, urlsplit(url).port
        held = [await asyncio.open_connection(host, port) for _ in range(most)]
        try:
            reader, writer = await asyncio.open_connection(host, port)
            held.append((reader, writer))
            with suppress(ConnectionError):
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert await reader.read() == b""
        finally:
            for _, writer in held:
                writer.transport.abort()
        async with httpx.AsyncClient(transport=httpx.AsyncHTTPTransport(retries=3)) as client:
            assert (await client.get(url + "/healthz")).text == "ok\n"

    async def work(site: Site) -> None:
        await _served(site, crowd)

    visit(tmp_path, work)
