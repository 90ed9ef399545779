"""Commands in a unit's shell: the shell protocol v2, and the older one with its exit code recovered.

Version 2 frames each piece with an id and a length, so stdout, stderr and exit code stay apart. Before
Android 7 there is one raw stream; there the exit code is printed behind a random marker.

Source: AOSP packages/modules/adb, shell_protocol.h and docs/dev/services.md ("shell[,arg1,…]:[command]").
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Protocol

from audit.adb.device import Completed, Sink
from audit.model.record import record

_HEADER = struct.Struct("<BI")
_MARKER = re.compile(rb"([0-9a-f]{16}):(\d{1,3})\r?\n?\Z")
_WRAPPED = re.compile(r"\((?P<command>.*)\n\); echo (?P<marker>[0-9a-f]{16}):\$\?\Z", re.DOTALL)


class ShellId(IntEnum):
    """What a frame of the shell protocol holds."""

    STDIN = 0
    STDOUT = 1
    STDERR = 2
    EXIT = 3
    CLOSE_STDIN = 4
    WINDOW_SIZE = 5


def pack_shell(kind: ShellId, data: bytes = b"") -> bytes:
    """One frame, either direction; EXIT holds one byte, the code."""
    return _HEADER.pack(kind, len(data)) + data


class ShellReader:
    """Cuts a v2 stream into pieces of frames.

    Nothing is held back: a frame of any announced length is handed on as it arrives, so a peer that announces
    four gigabytes costs no memory.
    """

    def __init__(self) -> None:
        self._head = b""
        self._kind = 0
        self._missing = 0

    def feed(self, data: bytes) -> Iterator[tuple[int, memoryview]]:
        """Pairs of frame id and a piece of its data; a frame without data gives one empty piece."""
        view = memoryview(data)
        at, end = 0, len(data)
        while at < end:
            if not self._missing:
                take = _HEADER.size - len(self._head)
                self._head += view[at : at + take]
                at += take
                if len(self._head) < _HEADER.size:
                    return
                self._kind, self._missing = _HEADER.unpack(self._head)
                self._head = b""
                if not self._missing:
                    yield self._kind, view[:0]
                continue
            piece = view[at : at + self._missing]
            at += len(piece)
            self._missing -= len(piece)
            yield self._kind, piece


class Output(Protocol):
    """Collects what a command says. size: bytes so far; done: nothing more can come."""

    size: int
    done: bool

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""

    def completed(self, *, timed_out: bool = False) -> Completed:
        """What the command answered, as far as it came."""


class ShellOutput:
    """The output of a v2 stream: apart, and truncated unless its exit packet came.

    sink: takes standard output, which is then not collected
    """

    def __init__(self, sink: Sink | None = None) -> None:
        self.size = 0
        self._sink = sink
        self.done = False
        self._reader = ShellReader()
        self._parts: dict[int, list[memoryview]] = {ShellId.STDOUT: [], ShellId.STDERR: []}
        self._exit_code: int | None = None

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream; unknown frames and all after the exit are passed over."""
        if self.done:
            return
        self.size += len(data)
        for kind, piece in self._reader.feed(data):
            if kind == ShellId.STDOUT and self._sink is not None:
                self._sink(piece)
            elif kind in self._parts:
                self._parts[kind].append(piece)
            elif kind == ShellId.EXIT and piece:
                self._exit_code, self.done = piece[0], True
                return

    def completed(self, *, timed_out: bool = False) -> Completed:
        """What the command answered, as far as it came."""
        return Completed(
            stdout=b"".join(self._parts[ShellId.STDOUT]),
            stderr=b"".join(self._parts[ShellId.STDERR]),
            exit_code=self._exit_code,
            truncated=not self.done,
            timed_out=timed_out and not self.done,
        )


class RawOutput:
    """The output of a v1 stream: *marker* says where it ends and with which code; truncated without."""

    def __init__(self, marker: str) -> None:
        self.size = 0
        self.done = False
        self._marker = marker.encode()
        self._parts: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the stream."""
        self.size += len(data)
        self._parts.append(data)

    def completed(self, *, timed_out: bool = False) -> Completed:
        """What the command answered, as far as it came; stdout and stderr cannot be told apart."""
        data = b"".join(self._parts)
        found = _MARKER.search(data[-32:])
        if found is None or found[1] != self._marker:
            return Completed(stdout=data, truncated=True, timed_out=timed_out)
        return Completed(stdout=data[: len(data) - len(found[0])], exit_code=int(found[2]))


def with_marker(command: str, marker: str) -> str:
    """*command* for a v1 shell, so that it prints its exit code behind *marker* (16 hex digits).

    A subshell, so that an ``exit`` in it does not leave before the marker; a newline, so that a comment ends.
    """
    return f"({command}\n); echo {marker}:$?"


def split_marker(command: str) -> tuple[str, str] | None:
    """The command and marker that `with_marker` joined, or None. For the device side."""
    found = _WRAPPED.match(command)
    return (found["command"], found["marker"]) if found else None


@record
class ShellService:
    """What a host asks of the shell. v2: framed; pty: through a terminal, where LF comes out as CR LF."""

    command: str
    v2: bool = False
    pty: bool = False


def shell_service(command: str) -> str:
    """The service that runs *command* under v2, without a terminal."""
    return f"shell,v2,raw:{command}"


def raw_shell_service(command: str) -> str:
    """The service that runs *command* in a v1 stream."""
    return f"shell:{command}"


def parse_shell_service(service: str) -> ShellService | None:
    """Read ``shell[,v2][,raw|pty][,TERM=…]:COMMAND`` or ``exec:COMMAND``; None for any other.

    For the device side.     Without raw or pty, a terminal is used only when there is no command.
    """
    head, colon, command = service.partition(":")
    name, *options = head.split(",")
    if not colon or name not in {"shell", "exec"} or (name == "exec" and options):
        return None
    pty = "pty" in options or (name == "shell" and "raw" not in options and not command)
    return ShellService(command=command, v2="v2" in options, pty=pty)
