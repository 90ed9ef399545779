"""A centre that can be killed, and a network to it that can be cut: for tests of forwarding."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import threading
import time
from pathlib import Path
from typing import Any, Self, TypeAlias
from urllib.parse import parse_qs, urlsplit

_Ends: TypeAlias = dict[socket.socket, tuple[socket.socket, bool]]
"""Of each end the other, and whether it is the station's."""


def kill(server: Any) -> None:  # noqa: ANN401 - it declares no types
    """Kill -9 the server's processes, these and no others."""
    pid = int(server.get_pid())
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text(encoding="ascii").split()
    ]
    for one in (pid, *children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGKILL)
    until = time.monotonic() + 20
    while any(_alive(one) for one in (pid, *children)) and time.monotonic() < until:
        time.sleep(0.02)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def restart(server: Any) -> None:  # noqa: ANN401 - it declares no types
    """Start it again on the same data; it recovers from its log."""
    # where nobody collects what was killed, its number looks taken, to the server too
    for left in (server.pgdata / "postmaster.pid", *server.pgdata.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)
    server.ensure_postgres_running()


class Network:
    """A way to the server over loopback TCP, that can be cut or go silent in the middle of whatever is said.

    allowed: bytes from the station that still go through, None = all; then the way is cut, or *stalls*: it
    stays open, and nothing comes or goes any more
    """

    def __init__(self, server_url: str) -> None:
        self._socket = _socket_of(server_url)
        self.allowed: int | None = None
        self.stalls = False
        self.broken = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._over = False
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        """Where stations reach the server; the password is one nobody asks for."""
        return f"postgresql://postgres:geheim@127.0.0.1:{self._listener.getsockname()[1]}/postgres"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over = True
        self._thread.join(timeout=10)
        self._listener.close()

    def until_broken(self) -> None:
        """Wait until all that was allowed went through."""
        until = time.monotonic() + 60
        while not self.broken and time.monotonic() < until:
            time.sleep(0.02)

    def _serve(self) -> None:
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._listener, selectors.EVENT_READ)
            ends: _Ends = {}
            while not self._over:
                for key, _ in waiting.select(timeout=0.05):
                    if key.fileobj is self._listener:
                        self._accept(waiting, ends)
                    elif isinstance(key.fileobj, socket.socket):
                        self._pass(key.fileobj, waiting, ends)
            for one in ends:
                one.close()

    def _accept(self, waiting: selectors.BaseSelector, ends: _Ends) -> None:
        station, _ = self._listener.accept()
        there = socket.socket(socket.AF_UNIX)
        try:
            there.connect(self._socket)
        except OSError:
            station.close()
            there.close()
            return
        for one, other, is_station in ((station, there, True), (there, station, False)):
            ends[one] = (other, is_station)
            waiting.register(one, selectors.EVENT_READ)

    def _pass(self, one: socket.socket, waiting: selectors.BaseSelector, ends: _Ends) -> None:
        if one not in ends:
            return
        other, is_station = ends[one]
        if self.allowed == 0 and self.stalls:
            waiting.unregister(one)  # neither end hears of it
            return
        try:
            data = one.recv(65536)
            if is_station and self.allowed is not None:
                data = data[: self.allowed]
                self.allowed -= len(data)
            if data:
                other.sendall(data)
        except OSError:
            data = b""
        if self.allowed == 0 and is_station:
            self.broken += 1
            if self.stalls:
                return
            data = b""
        if not data:
            for each in (one, other):
                with contextlib.suppress(KeyError, ValueError):
                    waiting.unregister(each)
                ends.pop(each, None)
                each.close()


def _socket_of(url: str) -> str:
    folder = parse_qs(urlsplit(url).query)["host"][0]
    return str(
        next(one for one in Path(folder).iterdir() if one.name.startswith(".s.PGSQL.") and one.is_socket())
    )
