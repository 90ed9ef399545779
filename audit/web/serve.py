"""The page on a port, in an event loop that runs already and does other things too."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from audit.errors import AuditError, BadInput, UsageError
from audit.model.record import record

if TYPE_CHECKING:
    import uvicorn
    from starlette.applications import Starlette

BACKLOG = 128


@record
class Tls:
    """Files in PEM. certificate: with those between it and its authority; key: not encrypted"""

    certificate: Path
    key: Path


async def serve(
    app: Starlette,
    *,
    host: str,
    port: int,
    tls: Tls | None,
    ready: Callable[[str], None],
    stop: asyncio.Event,
) -> None:
    """Serve *app* until *stop*; then streams end, what is being answered is finished, within five seconds.

    port: 0 = any that is free; ready: told the address of the page, once it can be opened
    Signals stay whose they are. Raises UsageError where there is no way to listen, BadInput for poor keys.
    """
    context = None if tls is None else tls_context(tls)
    with _listening(host, port) as listening:
        server = _server(app, context)
        url = _url(host, listening.getsockname()[1], tls)
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        stopping = asyncio.create_task(_stop(app, server, stop))
        try:
            await _started(server, serving)
            if server.started:
                ready(url)
            await serving
        finally:
            server.should_exit = True
            app.state.house.stopping.set()
            stopping.cancel()
            await asyncio.gather(serving, stopping, return_exceptions=True)


def tls_context(tls: Tls) -> ssl.SSLContext:
    """Keys as they are used. Raises BadInput where they are none, or do not belong together."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(tls.certificate, tls.key, password=lambda: b"")
    except ssl.SSLError as error:
        raise BadInput(
            f"no certificate with its key: {error.reason or error}",
            where=f"{tls.certificate}, {tls.key}",
            fix="give both in PEM, the key without a passphrase, and of one pair",
        ) from error
    except OSError as error:
        raise BadInput(
            f"cannot be read: {error.strerror}",
            where=f"{tls.certificate}, {tls.key}",
            fix="check both paths, and that this user may read them",
        ) from error
    return context


async def _stop(app: Starlette, server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    app.state.house.stopping.set()
    server.should_exit = True


async def _started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.01)


@contextmanager
def _listening(host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens there."""
    where = f"{host}:{port}"
    if port not in range(65536):
        raise UsageError("there is no such port", where=where, fix="give a --port from 0 to 65535")
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (socket.gaierror, UnicodeError, OverflowError) as error:
        raise UsageError(
            "there is no such address here",
            where=where,
            fix="give --host an address of this computer, such as 127.0.0.1",
        ) from error
    family, _, _, _, address = found[0]
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        try:
            if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # Windows, where REUSEADDR would share it
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
            else:
                listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen(BACKLOG)
        except (OSError, OverflowError) as error:
            raise _cannot_listen(error, where) from error
        listening.setblocking(False)
        yield listening


def _cannot_listen(error: Exception, where: str) -> UsageError:
    number = error.errno if isinstance(error, OSError) else None
    what, fix = {
        errno.EADDRINUSE: (
            "another program listens there already",
            "end it (perhaps another station), or give another --port; --port 0 takes a free one",
        ),
        errno.EACCES: ("this user may not listen there", "give a --port of 1024 or more"),
        errno.EADDRNOTAVAIL: ("this is no address of this computer", "give --host one that it has"),
    }.get(number or 0, (f"nobody can listen there: {error}", "give another --host or --port"))
    return UsageError(what, where=where, fix=fix)


def _url(host: str, port: int, tls: Tls | None) -> str:
    everywhere = host in ("", "0.0.0.0", "::")
    name = "localhost" if everywhere else f"[{host}]" if ":" in host else host
    return f"{'http' if tls is None else 'https'}://{name}:{port}"


def _server(app: Starlette, context: ssl.SSLContext | None) -> uvicorn.Server:
    try:
        from audit.web.uvicorn_server import server  # noqa: PLC0415 - of an extra
    except ImportError as error:
        raise AuditError("the page needs uvicorn", fix="pip install 'adb-audit[station]'") from error
    return server(app, context)
