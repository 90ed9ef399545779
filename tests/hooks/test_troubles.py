from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from audit.hooks.frida_thread import FridaThread, load_frida
from audit.hooks.troubles import ROWS, About, FridaFailed, Trouble, trouble_of
from tests.hooks.house import client, needs_frida

peer = [pytest.mark.peer, needs_frida, pytest.mark.timeout(60)]


class ProtocolError(Exception):
    """Named like one of Frida's."""


class SurpriseError(Exception):
    """Named like none."""


def test_every_row_says_what_to_do_and_is_reached() -> None:
    """Each row has a fix, a name of its own, and is not hidden behind an earlier one."""
    assert len({row.trouble.name for row in ROWS}) == len(ROWS)
    for row in ROWS:
        assert row.trouble.fix.endswith(".")
        error = type(row.error, (Exception,), {})(row.words.split("|")[0])
        assert trouble_of(error, "looking").name == row.trouble.name


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (ProtocolError("unable to communicate …; please ensure that major versions match"), "version"),
        (ProtocolError("not Found"), "stranger"),
        (ProtocolError("the connection is closed"), "static"),
        (SurpriseError("what\x1b[31m"), "other"),
    ],
)  # fmt: skip
def test_an_exception_is_told_by_its_words(error: Exception, name: str) -> None:
    """One class of Frida's means several things; what is in no row keeps its own words, made safe."""
    trouble = trouble_of(error, "connecting")
    assert trouble.name == name
    assert "\x1b" not in trouble.what


def provoke(work: Callable[[Any], object], *, timeout_s: float = 10.0) -> Trouble:
    """The trouble that *work*, given frida, leads to."""

    async def main() -> Trouble:
        async with FridaThread(load_frida()) as thread:
            with pytest.raises(FridaFailed) as caught:
                await thread.call("trying", lambda: work(thread.frida), timeout_s=timeout_s)
            return caught.value.trouble

    return asyncio.run(main())


@contextmanager
def listener(answer: bytes | None) -> Iterator[int]:
    """A port that says *answer* to everybody and hangs up; None = it says nothing, for ever."""
    server = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                caller = server.accept()[0]
            except OSError:
                return
            kept.append(caller)
            if answer is not None:
                if answer:
                    caller.recv(4096)
                    caller.sendall(answer)
                caller.close()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield int(server.getsockname()[1])
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join()
        for caller in kept:
            caller.close()


@contextmanager
def service(token: str) -> Iterator[int]:
    """Frida's own server in a process of its own; its port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.hooks.control_service", str(port), token],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        if process.stdout.readline() != b"ready\n":
            pytest.skip("this version of frida lets no ControlService be made")
        yield port
    finally:
        process.communicate()


def ask(frida: Any, port: int, **options: str) -> object:  # noqa: ANN401 - frida's own
    """Ask the server on *port* what it is, and forget it again."""
    manager = frida.get_device_manager()
    device = manager.add_remote_device(f"127.0.0.1:{port}", **options)
    try:
        return device.query_system_parameters()
    finally:
        manager.remove_remote_device(f"127.0.0.1:{port}")


class TestServers:
    """What answers, or does not, on the port of a server."""

    pytestmark = peer

    @pytest.mark.parametrize(
        ("answer", "name"),
        [
            (b"", "hung-up"),
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "stranger"),
            (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "stranger"),
            (None, "slow"),
        ],
        ids=["hangs up", "a web server", "another program", "silent"],
    )
    def test_another_program_on_the_port(self, answer: bytes | None, name: str) -> None:
        """Whoever else listens there is told apart, and one that says nothing costs its limit alone."""
        with listener(answer) as port:
            trouble = provoke(lambda frida: ask(frida, port, token="t"), timeout_s=1.5)  # noqa: S106
        assert (trouble.name, trouble.about) == (name, About.SERVER)

    def test_nobody_on_the_port(self) -> None:
        """A port nobody listens on is a server that does not."""
        with listener(b"") as port:
            pass
        assert provoke(lambda frida: ask(frida, port)).name == "not-listening"

    def test_tokens(self) -> None:
        """A missing token and a wrong one are told apart, and one too many as well."""
        with service("right") as port:
            assert provoke(lambda frida: ask(frida, port)).name == "token-missing"
            assert provoke(lambda frida: ask(frida, port, token="wrong")).name == "token-wrong"  # noqa: S106


class TestProcesses:
    """What goes wrong with one process; the others go on."""

    pytestmark = peer

    def test_a_process_that_is_gone(self) -> None:
        """One that ended before it was hooked."""
        with client(9) as target:
            pass
        trouble = provoke(lambda frida: frida.get_local_device().attach(target.pid))
        assert trouble.name in {"ended", "ended-meanwhile"}
        assert trouble.about is About.PROCESS

    def test_an_agent_that_is_no_script(self) -> None:
        """A broken bundle is told as that."""

        def load(frida: Any) -> None:  # noqa: ANN401 - frida's own
            session = frida.get_local_device().attach(target.pid)
            try:
                session.create_script("this is none")
            finally:
                time.sleep(0.3)  # let go of at once, a process may die of it
                session.detach()

        with client(9) as target:
            assert provoke(load).name == "agent"

    def test_a_session_that_is_gone(self) -> None:
        """A process that ends between attaching and loading."""

        def load(frida: Any) -> None:  # noqa: ANN401 - frida's own
            session = frida.get_local_device().attach(target.pid)
            time.sleep(0.3)  # let go of at once, a process may die of it
            session.detach()
            session.create_script("send(1)")

        names: list[str] = []
        while "session" not in names and len(names) < 3:  # a busy machine may keep a process from answering
            with client(9) as target:
                names.append(provoke(load, timeout_s=20).name)
        assert names[-1] == "session"


class TestThread:
    """The one thread all calls go through."""

    pytestmark = peer

    def test_a_bug_stays_a_bug(self) -> None:
        """What is no exception of Frida's reaches whoever called, and the thread goes on."""

        async def main() -> None:
            async with FridaThread(load_frida()) as thread:
                with pytest.raises(ZeroDivisionError):
                    await thread.call("dividing", lambda: 1 / 0, timeout_s=5)
                assert await thread.call("adding", lambda: 1 + 1, timeout_s=5) == 2

        asyncio.run(main())

    def test_a_call_given_up_does_not_hold_the_next(self) -> None:
        """A silent peer costs its limit; cancelled, it costs nothing; and then the thread is free."""

        async def main(port: int) -> None:
            async with FridaThread(load_frida()) as thread, asyncio.timeout(20):
                hanging = asyncio.ensure_future(
                    thread.call("trying", lambda: ask(thread.frida, port), timeout_s=60)
                )
                await asyncio.sleep(0.3)
                hanging.cancel()
                await asyncio.gather(hanging, return_exceptions=True)
                assert await thread.call("adding", lambda: 1 + 1, timeout_s=5) == 2

        with listener(None) as port:
            asyncio.run(main(port))
