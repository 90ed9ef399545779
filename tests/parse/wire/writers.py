"""Writes messages as clients do, to be read back; small, and apart from the readers."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence


def vector(data: bytes, size: int) -> bytes:
    """*data* with its length before it in *size* bytes."""
    return len(data).to_bytes(size, "big") + data


def client_hello(
    sni: str = "", alpn: Sequence[str] = (), versions: Sequence[int] = (0x0304, 0x0303)
) -> bytes:
    """A ClientHello message (RFC 8446 section 4.1.2), without its record."""
    extensions = b"\x0a\x0a" + vector(b"", 2)  # grease
    if sni:
        extensions += b"\0\0" + vector(vector(b"\0" + vector(sni.encode(), 2), 2), 2)
    if alpn:
        extensions += b"\0\x10" + vector(vector(b"".join(vector(one.encode(), 1) for one in alpn), 2), 2)
    if versions:
        offered = b"\x7a\x7a" + b"".join(one.to_bytes(2, "big") for one in versions)
        extensions += b"\0\x2b" + vector(vector(offered, 1), 2)
    body = b"\x03\x03" + bytes(32) + vector(bytes(32), 1) + vector(b"\x13\x01", 2) + vector(b"\0", 1)
    return b"\x01" + vector(body + vector(extensions, 2), 3)


def server_hello(version: int) -> bytes:
    """A ServerHello message that chose *version*."""
    extensions = b"\0\x2b" + vector(version.to_bytes(2, "big"), 2) if version >= 0x0304 else b""
    legacy = min(version, 0x0303).to_bytes(2, "big")
    body = legacy + bytes(32) + vector(b"", 1) + b"\x13\x01\0" + vector(extensions, 2)
    return b"\x02" + vector(body, 3)


def records(message: bytes, kind: int = 22, most: int = 1 << 14) -> bytes:
    """*message* in TLS records of at most *most* bytes."""
    pieces = [message[at : at + most] for at in range(0, len(message), most)]
    return b"".join(bytes([kind, 3, 1]) + vector(piece, 2) for piece in pieces)


def dns_name(name: str) -> bytes:
    """A name as labels (RFC 1035 section 3.1)."""
    return b"".join(vector(label.encode(), 1) for label in name.split(".") if label) + b"\0"


def dns_message(
    name: str, answers: Sequence[str] = (), *, alias: str = "", response: bool | None = None
) -> bytes:
    """A question for *name*, or its answer, with compression as servers use it."""
    answer = bool(answers or alias) if response is None else response
    message = b"\x12\x34" + (b"\x81\x80" if answer else b"\x01\0")
    message += b"".join(n.to_bytes(2, "big") for n in (1, len(answers) + bool(alias), 0, 0))
    message += dns_name(name) + b"\0\x01\0\x01"
    if alias:
        message += b"\xc0\x0c\0\x05\0\x01" + bytes(4) + vector(dns_name(alias), 2)
    for one in answers:
        packed = ipaddress.ip_address(one).packed
        kind = b"\0\x01" if len(packed) == 4 else b"\0\x1c"
        message += b"\xc0\x0c" + kind + b"\0\x01" + bytes(4) + vector(packed, 2)
    return message


def quic_long(
    version: int, kind: int = 0, dcid: bytes = b"\1" * 8, scid: bytes = b"", rest: bytes = bytes(30)
) -> bytes:
    """A packet with a long header (RFC 9000 section 17.2); kind: its two bits."""
    head = bytes([0xC0 | kind << 4]) + version.to_bytes(4, "big")
    return head + vector(dcid, 1) + vector(scid, 1) + rest


def chunked(body: bytes, size: int, *, extension: bytes = b"") -> bytes:
    """*body* in chunks (RFC 9112 section 7.1)."""
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    lines = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    return lines + b"0\r\n\r\n"
