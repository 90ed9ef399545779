"""The services of a unit's daemon: ``shell``, ``exec``, ``sync`` and ``tcp``; everything else is refused."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress

from audit.adb.shell import ShellId, ShellReader, ShellService, pack_shell, parse_shell_service
from audit.lab.brain import answer, waits_for_input
from audit.lab.connection import Connection, Hub, Stream
from audit.lab.file_service import FileService
from audit.lab.files import Tree
from audit.lab.protocol import Daemon
from audit.lab.relay import Relay, parse_tcp_service
from audit.lab.shell import Answer
from audit.lab.spec import Fault, FaultSpec
from audit.lab.stdin import Stdin

_FRAME_BYTES = 32 * 1024
_SMALL_FRAME_BYTES = 1024
"""Where an answer is cut off: adb shows a frame only once it has all of it."""

_SHELL_STATES = frozenset({"device", "recovery"})
_END_OF_INPUT = b"\x04"


def start_service(hub: Hub, connection: Connection, stream: int, service: str) -> Stream | None:
    """Start *service* ("shell,v2,raw:id", "exec:id", "sync:", "tcp:27042"); None = there is none such."""
    spec, life = hub.spec, hub.life
    if spec.state not in _SHELL_STATES:
        return None
    if service == "sync:":
        connection.wire.accept(stream)
        return _Sync(connection, stream, Tree(spec, life.disk, life.uid, life.made, life.memory))
    port = parse_tcp_service(service)
    if port is not None:
        return Relay(connection, stream, life, port)
    wanted = parse_shell_service(service)
    if wanted is None or not _given(wanted, service, hub.daemon, connection):
        return None
    connection.wire.accept(stream)
    if not wanted.command:
        return _Terminal(hub, connection, stream, v2=wanted.v2)
    pty = wanted.pty or (service.startswith("shell") and hub.daemon.terminal)
    return _Command(hub, connection, stream, wanted, pty=pty)


def _given(wanted: ShellService, service: str, daemon: Daemon, connection: Connection) -> bool:
    return (
        (daemon.shell_v2 or not wanted.v2)
        and (daemon.exec_service or not service.startswith("exec"))
        and connection.fault(wanted.command, Fault.CLOSE_OPEN) is None
    )


def _framed(kind: ShellId, data: bytes, frame_bytes: int = _FRAME_BYTES) -> bytes:
    chunks = (data[at : at + frame_bytes] for at in range(0, len(data), frame_bytes))
    return b"".join(pack_shell(kind, chunk) for chunk in chunks)


class _Command:
    """One command: answered once, after its delay, in the way its faults allow."""

    full = False

    def __init__(
        self, hub: Hub, connection: Connection, stream: int, wanted: ShellService, *, pty: bool
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._wanted = wanted
        self._pty = pty or connection.fault(wanted.command, Fault.CRLF) is not None
        self._hanging_up = False
        self._timer: asyncio.TimerHandle | None = None
        self._over = False
        self._stdin = Stdin()
        self._frames = ShellReader() if wanted.v2 else None
        if connection.fault(wanted.command, Fault.HANG_SHELL) is not None:
            return
        if hub.life.starts_program(wanted.command) or waits_for_input(wanted.command):
            self._run_aside(hub)
        else:
            self._later(answer(hub.spec, wanted.command, hub.life))

    def _run_aside(self, hub: Hub) -> None:
        """Run it in a thread, as it may take long: other streams go on, and it ends though its host went."""
        loop = asyncio.get_running_loop()

        def run() -> None:
            said = answer(hub.spec, self._wanted.command, hub.life, stdin=self._stdin)
            with suppress(RuntimeError):  # the unit was switched off meanwhile
                loop.call_soon_threadsafe(self._later, said)

        threading.Thread(target=run, daemon=True).start()

    def _later(self, said: Answer) -> None:
        if not self._over:
            self._timer = self._connection.later(said.delay_ms, lambda: self._say(said))

    def data(self, payload: bytes) -> None:
        """Standard input, which few commands read."""
        if self._frames is None:
            self._stdin.feed(payload)
            return
        for kind, piece in self._frames.feed(payload):
            if kind == ShellId.STDIN:
                self._stdin.feed(bytes(piece))
            elif kind == ShellId.CLOSE_STDIN:
                self._stdin.end()

    def drained(self) -> None:
        """What was sent before a drop has left: hang up now."""
        if self._hanging_up:
            self._connection.flush()
            self._connection.hang_up()

    def ended(self) -> None:
        """The host gave up, or is gone: nobody listens any more, and nothing more comes in."""
        self._over = True
        self._stdin.end()
        if self._timer:
            self._timer.cancel()

    def _say(self, said: Answer) -> None:
        if said.hangs:
            self._send(self._output(said, _FRAME_BYTES))
            self._connection.flush()
            return
        cut = self._connection.fault(self._wanted.command, Fault.DROP, Fault.HALF_EXIT)
        if cut is None:
            self._send(self._output(said, _FRAME_BYTES) + self._ending(said))
            self._close()
        else:
            self._send(self._output(said, _SMALL_FRAME_BYTES)[: cut.after_bytes])
            if cut.kind is Fault.HALF_EXIT:
                self._close()
            else:
                self._drop()
        self._connection.flush()

    def _send(self, data: bytes) -> None:
        self._connection.wire.send(self._stream, data)

    def _close(self) -> None:
        self._connection.streams.pop(self._stream, None)
        self._connection.wire.close(self._stream)

    def _drop(self) -> None:
        self._hanging_up = True
        if not self._connection.wire.queued(self._stream):
            self._connection.flush()
            self._connection.hang_up()

    def _output(self, said: Answer, frame_bytes: int) -> bytes:
        stdout, stderr = said.stdout, said.stderr
        if self._pty or not self._wanted.v2:
            stdout, stderr = said.together, b""
        if self._pty:
            stdout = stdout.replace(b"\n", b"\r\n")
        if not self._wanted.v2:
            return stdout
        return _framed(ShellId.STDOUT, stdout, frame_bytes) + _framed(ShellId.STDERR, stderr, frame_bytes)

    def _ending(self, said: Answer) -> bytes:
        return pack_shell(ShellId.EXIT, bytes([said.exit_code & 0xFF])) if self._wanted.v2 else b""


class _Terminal:
    """``adb shell`` without a command: lines in, answers out, until ``exit`` or Ctrl-D."""

    full = False

    def __init__(self, hub: Hub, connection: Connection, stream: int, *, v2: bool) -> None:
        self._spec = hub.spec
        self._life = hub.life
        self._connection = connection
        self._stream = stream
        self._frames = ShellReader() if v2 else None
        self._line = b""
        self._code = 0
        self._over = False
        self._prompt()

    def data(self, payload: bytes) -> None:
        """Keys: echoed as a terminal does, run at the end of a line."""
        for key in self._keys(payload):
            if self._over:
                return
            if key in (b"\r", b"\n"):
                self._show(b"\r\n")
                self._run()
            elif key == _END_OF_INPUT:
                self._leave()
            else:
                self._line += key
                self._show(key)

    def drained(self) -> None:
        """Nothing waits for this."""

    def ended(self) -> None:
        """Nothing to give up."""

    def _keys(self, payload: bytes) -> list[bytes]:
        if self._frames is None:
            typed = payload
        else:
            typed = b"".join(
                _END_OF_INPUT if kind == ShellId.CLOSE_STDIN else bytes(piece)
                for kind, piece in self._frames.feed(payload)
                if kind in (ShellId.STDIN, ShellId.CLOSE_STDIN)
            )
        return [typed[at : at + 1] for at in range(len(typed))]

    def _run(self) -> None:
        line, self._line = self._line.decode(errors="surrogateescape").strip(), b""
        if line:
            said = answer(self._spec, line, self._life)
            self._code = said.exit_code
            self._show(said.together.replace(b"\n", b"\r\n"))
        if line.split(" ", 1)[0] == "exit":
            self._leave()
        else:
            self._prompt()

    def _prompt(self) -> None:
        device = self._spec.properties.get("ro.product.device", "android")
        self._show(f"{device}:/ $ ".encode(errors="replace"))

    def _show(self, data: bytes) -> None:
        framed = data if self._frames is None else _framed(ShellId.STDOUT, data)
        self._connection.wire.send(self._stream, framed)

    def _leave(self) -> None:
        self._over = True
        if self._frames is not None:
            self._connection.wire.send(self._stream, pack_shell(ShellId.EXIT, bytes([self._code])))
        self._connection.streams.pop(self._stream, None)
        self._connection.wire.close(self._stream)


class _Sync:
    """One ``sync:`` stream; a fault whose command names a file ends it in the middle of that file."""

    full = False

    def __init__(self, connection: Connection, stream: int, tree: Tree) -> None:
        self._connection = connection
        self._stream = stream
        self._service = FileService(tree)
        self._hanging_up = False

    def data(self, payload: bytes) -> None:
        """A request, or a part of one."""
        reply = self._service.feed(payload)
        cut = self._cut()
        self._connection.wire.send(self._stream, reply if cut is None else reply[: cut.after_bytes])
        if cut is not None and cut.kind is Fault.DROP:
            self._hanging_up = True
        elif cut is not None or self._service.done:
            self._connection.streams.pop(self._stream, None)
            self._connection.wire.close(self._stream)

    def _cut(self) -> FaultSpec | None:
        path, self._service.giving = self._service.giving, ""
        fault = self._connection.fault(path, Fault.DROP, Fault.HALF_EXIT) if path else None
        return fault if fault is not None and fault.command else None

    def drained(self) -> None:
        """What was sent before a drop has left: hang up now."""
        if self._hanging_up:
            self._connection.flush()
            self._connection.hang_up()

    def ended(self) -> None:
        """Nothing to give up."""
