"""The floor: the fewest instructions that fetch the same bytes, on a blocking socket without any care.

No authentication, no checks, no deadlines, no exit codes: what a tool could at best cost, and must not be.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Sequence

_HEADER = struct.Struct("<6I")
_VERSION, _MAXDATA = 0x01000001, 1 << 20


def _command(name: bytes) -> int:
    return int.from_bytes(name, "little")


CNXN, OPEN, OKAY, WRTE, CLSE = map(_command, (b"CNXN", b"OPEN", b"OKAY", b"WRTE", b"CLSE"))


def _send(sock: socket.socket, command: int, arg0: int, arg1: int, data: bytes = b"") -> None:
    sock.sendall(_HEADER.pack(command, arg0, arg1, len(data), 0, command ^ 0xFFFFFFFF) + data)


def _receive(sock: socket.socket) -> tuple[int, int, int, bytes]:
    head = sock.recv(24, socket.MSG_WAITALL)
    command, arg0, arg1, length, _, _ = _HEADER.unpack(head)
    return command, arg0, arg1, sock.recv(length, socket.MSG_WAITALL) if length else b""


def fetch_through_server(server: tuple[str, int], unit: str, commands: Sequence[str]) -> int:
    """The same through an adb server: a connection for each command, as its protocol has it."""
    total = 0
    for line in commands:
        with socket.create_connection(server, timeout=60) as sock:
            sock.settimeout(None)
            for service in (f"host:transport:{unit}", f"shell,v2,raw:{line}"):
                sock.sendall(f"{len(service):04x}{service}".encode())
                if sock.recv(4, socket.MSG_WAITALL) != b"OKAY":
                    raise ConnectionError(service)
            while chunk := sock.recv(1 << 16):
                total += len(chunk)
    return total


def fetch(host: str, port: int, commands: Sequence[str]) -> int:
    """Run *commands* one after the other; the number of bytes they answered."""
    total = 0
    with socket.create_connection((host, port), timeout=60) as sock:
        sock.settimeout(None)  # MSG_WAITALL holds on a blocking socket only
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _send(sock, CNXN, _VERSION, _MAXDATA, b"host::features=shell_v2")
        _receive(sock)
        for local, line in enumerate(commands, start=1):
            _send(sock, OPEN, local, 0, f"shell,v2,raw:{line}\0".encode())
            while True:
                command, remote, _, data = _receive(sock)
                if command == WRTE:
                    total += len(data)
                    _send(sock, OKAY, local, remote)
                elif command == CLSE:
                    _send(sock, CLSE, local, remote)
                    break
    return total
