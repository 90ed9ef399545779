"""Packets of the ADB device protocol: a 24-byte header and a payload, in and out of bytes.

Source: AOSP packages/modules/adb, ``docs/dev/protocol.md`` and ``adb.h`` (struct amessage).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple
from zlib import adler32

from audit.errors import ProtocolError

CNXN = 0x4E584E43
AUTH = 0x48545541
OPEN = 0x4E45504F
OKAY = 0x59414B4F
WRTE = 0x45545257
CLSE = 0x45534C43
STLS = 0x534C5453
COMMANDS = frozenset({CNXN, AUTH, OPEN, OKAY, WRTE, CLSE, STLS})

VERSION_MIN = 0x01000000
VERSION_SKIP_CHECKSUM = 0x01000001
"""From this version on nobody computes ``data_check``."""

HEADER = struct.Struct("<6I")
HEADER_BYTES = HEADER.size
_ALL_ONES = 0xFFFFFFFF

# 256 bytes sum to at most 65,280, below Adler-32's modulus of 65,521: its low half is then 1 + the sum.
_EXACT_BYTES = 256

_NOT_ADB = (
    "Check the address: a phone listens on port 5555 or the one given to `adb tcpip`; 5037 is the adb server."
)


class Frame(NamedTuple):
    """One packet. check: ``data_check`` as received, the payload's byte sum in old versions."""

    command: int
    arg0: int
    arg1: int
    payload: bytes
    check: int = 0


def checksum(payload: bytes) -> int:
    """Sum of the bytes modulo 2**32, what AOSP calls a CRC; about eight times faster than ``sum``."""
    if len(payload) <= _EXACT_BYTES:
        return sum(payload)
    view = memoryview(payload)
    starts = range(0, len(payload), _EXACT_BYTES)
    total = sum([adler32(view[at : at + _EXACT_BYTES]) & 0xFFFF for at in starts]) - len(starts)
    return total & _ALL_ONES


def pack_header(
    command: int, arg0: int, arg1: int, payload: bytes | memoryview = b"", check: int = 0
) -> bytes:
    """The header that goes before *payload*."""
    return HEADER.pack(command, arg0, arg1, len(payload), check, command ^ _ALL_ONES)


class Framer:
    """Cuts a stream of bytes into packets.

    max_payload: longest payload accepted, in bytes
    """

    def __init__(self, max_payload: int) -> None:
        self._max_payload = max_payload
        self._head = b""
        self._header: tuple[int, int, int, int] | None = None
        self._parts: list[memoryview] = []
        self._missing = 0

    def feed(self, data: bytes) -> Iterator[Frame]:
        """The packets that *data* completes; raises ProtocolError where it stops being ADB."""
        view = memoryview(data)
        at, end = 0, len(data)
        while True:
            if self._header is None:
                take = HEADER_BYTES - len(self._head)
                self._head += view[at : at + take]
                if end - at < take:
                    return
                at += take
                self._start(self._head)
                self._head = b""
            take = min(self._missing, end - at)
            if take:
                self._parts.append(view[at : at + take])
                at += take
                self._missing -= take
            if self._missing:
                return
            yield self._finish()

    def _start(self, head: bytes) -> None:
        command, arg0, arg1, length, check, magic = HEADER.unpack(head)
        if magic != command ^ _ALL_ONES or command not in COMMANDS:
            raise ProtocolError(f"not an ADB packet: {head[:8].hex(' ')} …", fix=_NOT_ADB)
        if length > self._max_payload:
            raise ProtocolError(
                f"a packet of {length} bytes, more than the {self._max_payload} agreed on",
                fix="Reconnect the phone.",
            )
        self._header = command, arg0, arg1, check
        self._missing = length

    def _finish(self) -> Frame:
        if self._header is None:  # pragma: no cover - only called with a header
            raise AssertionError
        command, arg0, arg1, check = self._header
        payload = b"".join(self._parts)
        self._header, self._parts = None, []
        return Frame(command, arg0, arg1, payload, check)
