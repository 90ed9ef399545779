"""Writes captures: frames of every kind met on a bench, in both file formats, whole or damaged on purpose."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

ETHERNET, RAW, NULL, SLL, SLL2, RADIOTAP = 1, 101, 0, 113, 276, 127
TCP, UDP = 6, 17
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
UNIT_MAC, GATEWAY_MAC = bytes.fromhex("02aabbccdd01"), bytes.fromhex("02aabbccdd02")
EPOCH_NS = 1_546_300_800_000_000_000
"""2019-01-01T00:00:00Z."""
PEN_PCAPDROID = 62652


def tcp(
    sport: int, dport: int, seq: int, flags: int, data: bytes = b"", *, ack: int = 0, options: bytes = b""
) -> bytes:
    """A TCP segment; *options* are padded to words."""
    options += bytes(-len(options) % 4)
    head = struct.pack(
        ">HHIIBBHHH",
        sport, dport, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, (20 + len(options)) // 4 << 4, flags, 65535, 0, 0,
    )  # fmt: skip
    return head + options + data


def udp(sport: int, dport: int, data: bytes) -> bytes:
    """A UDP datagram."""
    return struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data


def ip(src: str, dst: str, protocol: int, payload: bytes, *, fragment: int = 0, more: bool = False) -> bytes:
    """An IPv4 or IPv6 packet, as the addresses are; *fragment*: offset in bytes; *more* fragments follow."""
    source, target = ip_address(src).packed, ip_address(dst).packed
    if len(source) == 4:
        where = fragment // 8 | (0x2000 if more else 0)
        head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 7, where, 64, protocol, 0)
        return head + source + target + payload
    if fragment or more:
        payload = struct.pack(">BBHI", protocol, 0, fragment | more, 7) + payload
        protocol = 44
    return struct.pack(">IHBB", 6 << 28, len(payload), protocol, 64) + source + target + payload


def extended(packet: bytes, kinds: Sequence[int]) -> bytes:
    """An IPv6 packet with extension headers of *kinds* (0 hop-by-hop, 43 routing, 60 destination)."""
    first, payload = packet[6], packet[40:]
    for kind in reversed(kinds):
        payload = bytes([first, 0]) + bytes([1, 4, 0, 0, 0, 0]) + payload
        first = kind
    return packet[:4] + struct.pack(">H", len(payload)) + bytes([first]) + packet[7:40] + payload


def ethernet(packet: bytes, *, outward: bool = True, vlans: Sequence[int] = (), tail: bytes = b"") -> bytes:
    """An Ethernet frame from the unit to the gateway, or the other way; *tail*: what follows the packet."""
    ends = GATEWAY_MAC + UNIT_MAC if outward else UNIT_MAC + GATEWAY_MAC
    tags = b"".join(struct.pack(">HH", 0x8100, vlan) for vlan in vlans)
    return ends + tags + _ethertype(packet) + packet + tail


def cooked(packet: bytes, *, outward: bool = True, version: int = 1) -> bytes:
    """A frame of Linux' "any" interface, v1 or v2."""
    way, mac = (4, UNIT_MAC) if outward else (0, GATEWAY_MAC)
    if version == 1:
        return struct.pack(">HHH", way, 1, 6) + mac + bytes(2) + _ethertype(packet) + packet
    return _ethertype(packet) + struct.pack(">HIHBB", 0, 3, 1, way, 6) + mac + bytes(2) + packet


def loopback(packet: bytes) -> bytes:
    """A frame of a BSD loopback interface."""
    return struct.pack("<I", 2 if packet[0] >> 4 == 4 else 30) + packet


def _ethertype(packet: bytes) -> bytes:
    return b"\x08\x00" if packet[0] >> 4 == 4 else b"\x86\xdd"


def with_trailer(packet: bytes, uid: int, name: str) -> bytes:
    """A frame as PCAPdroid writes it: a made-up Ethernet header, the packet, padding, trailer, checksum."""
    frame = bytes(12) + _ethertype(packet) + packet
    frame += bytes(-len(frame) % 4)
    frame += struct.pack(">Ii20s", 0x01072021, uid, name.encode()[:19])
    return frame + struct.pack("<I", zlib.crc32(frame))


@dataclass(frozen=True)
class Shot:
    """A frame to be written. length: on the wire, None = as given; options: of its block in a pcapng file."""

    data: bytes
    at_ms: float = 0
    length: int | None = None
    interface: int = 0
    options: tuple[tuple[int, bytes], ...] = ()

    @property
    def at_ns(self) -> int:
        """Since the epoch."""
        return EPOCH_NS + round(self.at_ms * 1_000_000)


def shots(frames: Iterable[bytes | Shot], every_ms: float = 1) -> list[Shot]:
    """*frames* one after the other in time."""
    return [
        one if isinstance(one, Shot) else Shot(one, at_ms=number * every_ms)
        for number, one in enumerate(frames)
    ]


def pcap(
    frames: Iterable[bytes | Shot],
    link: int = ETHERNET,
    *,
    order: str = "<",
    nano: bool = False,
    snaplen: int = 65535,
) -> bytes:
    """A classic capture."""
    out = [struct.pack(order + "IHHiIII", 0xA1B23C4D if nano else 0xA1B2C3D4, 2, 4, 0, 0, snaplen, link)]
    for shot in shots(frames):
        seconds, part = divmod(shot.at_ns, 1_000_000_000)
        length = len(shot.data) if shot.length is None else shot.length
        out.append(
            struct.pack(order + "IIII", seconds, part if nano else part // 1000, len(shot.data), length)
        )
        out.append(shot.data)
    return b"".join(out)


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block of a pcapng file."""
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + size + body + size


def options(pairs: Iterable[tuple[int, bytes]], order: str = "<") -> bytes:
    """Options of a block, with their end; nothing for none."""
    told = [
        struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4) for code, value in pairs
    ]
    return b"".join([*told, bytes(4)]) if told else b""


def section(order: str = "<", writer: str = "") -> bytes:
    """The header of a section."""
    said = options([(4, writer.encode())], order) if writer else b""
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + said, order)


def interface(
    link: int = ETHERNET, order: str = "<", *, snaplen: int = 0, told: Iterable[tuple[int, bytes]] = ()
) -> bytes:
    """The description of an interface."""
    return block(1, struct.pack(order + "HHI", link, 0, snaplen) + options(told, order), order)


def packet_block(shot: Shot, order: str = "<", *, per_second: int = 1_000_000, kind: int = 6) -> bytes:
    """An enhanced packet block, or the obsolete one (2)."""
    ticks = shot.at_ns * per_second // 1_000_000_000
    length = len(shot.data) if shot.length is None else shot.length
    whose = (
        struct.pack(order + "I", shot.interface)
        if kind == 6
        else struct.pack(order + "HH", shot.interface, 0xFFFF)
    )
    head = whose + struct.pack(order + "IIII", ticks >> 32, ticks & 0xFFFFFFFF, len(shot.data), length)
    return block(kind, head + shot.data + bytes(-len(shot.data) % 4) + options(shot.options, order), order)


def simple_block(data: bytes, length: int | None = None, order: str = "<") -> bytes:
    """A block without time."""
    return block(3, struct.pack(order + "I", len(data) if length is None else length) + data, order)


def statistics(number: int, told: Iterable[tuple[int, bytes]], order: str = "<") -> bytes:
    """Counters of an interface: 5 is what it lost, 7 what its system lost."""
    return block(5, struct.pack(order + "III", number, 0, 0) + options(told, order), order)


def uid_names(uid: int, package: str, label: str, order: str = "<") -> bytes:
    """PCAPdroid's custom block that names a UID."""
    first, second = package.encode(), label.encode()
    head = struct.pack(order + "IHBBIBB", PEN_PCAPDROID, 1, 1, 0, uid, len(first), len(second))
    return block(0x0BAD, head + first + second, order)


def pcapng(
    frames: Iterable[bytes | Shot], link: int = ETHERNET, *, order: str = "<", writer: str = ""
) -> bytes:
    """A capture of one section and one interface."""
    blocks = [packet_block(shot, order) for shot in shots(frames)]
    return b"".join([section(order, writer), interface(link, order), *blocks])


@dataclass(frozen=True)
class Ends:
    """The two ends of a TCP connection and the numbers their bytes begin with."""

    unit: str = "192.168.1.50"
    server: str = "219.141.1.1"
    sport: int = 40000
    dport: int = 80
    unit_seq: int = 1000
    server_seq: int = 9000

    def sent(self, flags: int, data: bytes = b"", at: int = 0, *, numbered: int = 1) -> bytes:
        """A packet of the unit; *at*: which of its bytes come first (after the SYN's number)."""
        seq = self.unit_seq + at + numbered
        return ip(self.unit, self.server, TCP, tcp(self.sport, self.dport, seq, flags, data))

    def answered(self, flags: int, data: bytes = b"", at: int = 0, *, numbered: int = 1) -> bytes:
        """A packet of the server."""
        seq = self.server_seq + at + numbered
        return ip(self.server, self.unit, TCP, tcp(self.dport, self.sport, seq, flags, data))

    def hello(self) -> list[tuple[bytes, bool]]:
        """The three packets that open it, each with whether the unit sent it."""
        return [
            (self.sent(SYN, numbered=0), True),
            (self.answered(SYN | ACK, numbered=0), False),
            (self.sent(ACK), True),
        ]

    def goodbye(self, sent: int, received: int) -> list[tuple[bytes, bool]]:
        """The packets that end it after so many bytes."""
        return [
            (self.sent(FIN | ACK, at=sent), True),
            (self.answered(FIN | ACK, at=received), False),
            (self.sent(ACK, at=sent + 1), True),
        ]


def framed(packets: Iterable[tuple[bytes, bool]]) -> list[bytes]:
    """Packets as Ethernet frames, each with whether the unit sent it."""
    return [ethernet(packet, outward=outward) for packet, outward in packets]


def question(name: str, number: int = 1, kind: int = 1) -> bytes:
    """A DNS query."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)


def answer(name: str, addresses: Sequence[str], number: int = 1) -> bytes:
    """A DNS answer."""
    asked = question(name, number)[12:]
    told = [struct.pack(">HHHIH", 0xC00C, 1, 1, 60, 4) + ip_address(one).packed for one in addresses]
    return struct.pack(">HHHHHH", number, 0x8180, 1, len(told), 0, 0) + asked + b"".join(told)
