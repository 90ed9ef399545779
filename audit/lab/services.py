"""The services of a unit's daemon: ``shell``, ``exec`` and ``sync``; everything else is refused."""

from __future__ import annotations

import asyncio
import struct

from audit.lab.brain import answer
from audit.lab.connection import Connection, Stream
from audit.lab.file_service import FileService
from audit.lab.files import Tree
from audit.lab.protocol import Daemon
from audit.lab.shell import Answer
from audit.lab.spec import Fault, UnitSpec

_PACKET = struct.Struct("<BI")
_STDOUT, _STDERR, _EXIT = 1, 2, 3
_PACKET_BYTES = 32 * 1024
_SHELL_STATES = frozenset({"device", "recovery"})


def start_service(
    spec: UnitSpec, daemon: Daemon, connection: Connection, stream: int, service: str
) -> Stream | None:
    """Start *service* ("shell,v2,raw:id", "exec:id", "sync:"); None = the daemon has no such service."""
    name, _, rest = service.partition(":")
    kind, *options = name.split(",")
    if spec.state not in _SHELL_STATES:
        return None
    if kind == "sync":
        connection.wire.accept(stream)
        return _Sync(connection, stream, Tree(spec))
    if kind == "shell" or (kind == "exec" and daemon.exec_service):
        if connection.fault(rest, Fault.CLOSE_OPEN) or ("v2" in options and not daemon.shell_v2):
            return None
        connection.wire.accept(stream)
        pty = "pty" in options or (kind == "shell" and daemon.terminal)
        return _Command(spec, connection, stream, rest, v2="v2" in options, pty=pty)
    return None


class _Command:
    """One command: answered once, after its delay, in the way its faults allow."""

    def __init__(
        self, spec: UnitSpec, connection: Connection, stream: int, command: str, *, v2: bool, pty: bool
    ) -> None:
        self._connection = connection
        self._stream = stream
        self._command = command
        self._v2 = v2
        self._pty = pty or connection.fault(command, Fault.CRLF) is not None
        self._hanging_up = False
        self._timer: asyncio.TimerHandle | None = None
        if connection.fault(command, Fault.HANG_SHELL) is None:
            said = answer(spec, command)
            self._timer = connection.later(said.delay_ms, lambda: self._say(said))

    def data(self, payload: bytes) -> None:
        """Standard input: no command of an audit reads it."""
        del payload

    def drained(self) -> None:
        """What was sent before a drop has left: hang up now."""
        if self._hanging_up:
            self._connection.hang_up()

    def ended(self) -> None:
        """The host gave up: the command is ended with it."""
        if self._timer:
            self._timer.cancel()

    def _say(self, said: Answer) -> None:
        cut = self._connection.fault(self._command, Fault.DROP, Fault.HALF_EXIT)
        if cut is None:
            self._send(self._encoded(said) + self._ending(said))
            self._close()
        else:
            self._send(self._encoded(said)[: cut.after_bytes])
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

    def _encoded(self, said: Answer) -> bytes:
        stdout, stderr = said.stdout, said.stderr
        if self._pty:
            stdout, stderr = (stdout + stderr).replace(b"\n", b"\r\n"), b""
        if not self._v2:
            return stdout + stderr
        return _packets(_STDOUT, stdout) + _packets(_STDERR, stderr)

    def _ending(self, said: Answer) -> bytes:
        return _PACKET.pack(_EXIT, 1) + bytes([said.exit_code & 0xFF]) if self._v2 else b""


def _packets(kind: int, data: bytes) -> bytes:
    """Shell v2 packets (AOSP shell_protocol.h): kind, length, data."""
    chunks = (data[at : at + _PACKET_BYTES] for at in range(0, len(data), _PACKET_BYTES))
    return b"".join(_PACKET.pack(kind, len(chunk)) + chunk for chunk in chunks)


class _Sync:
    """One ``sync:`` stream."""

    def __init__(self, connection: Connection, stream: int, tree: Tree) -> None:
        self._connection = connection
        self._stream = stream
        self._service = FileService(tree)

    def data(self, payload: bytes) -> None:
        """A request, or a part of one."""
        self._connection.wire.send(self._stream, self._service.feed(payload))
        if self._service.done:
            self._connection.streams.pop(self._stream, None)
            self._connection.wire.close(self._stream)

    def drained(self) -> None:
        """Nothing waits for this."""

    def ended(self) -> None:
        """Nothing to give up."""
