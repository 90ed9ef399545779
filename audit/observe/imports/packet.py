"""From a frame to the TCP or UDP packet in it.

Sources: the LINKTYPE registry of tcpdump.org, IEEE 802.1Q, RFC 791 (IPv4), RFC 8200 (IPv6), RFC 9293 (TCP),
RFC 768 (UDP). Nothing else is decoded, and no packet within a packet: what a hostile frame nests is left.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

TCP, UDP = 6, 17
FIN, SYN, RST, ACK = 1, 2, 4, 16

_ETHERNET, _SLL, _SLL2, _NULL, _LOOP = 1, 113, 276, 0, 108
_IP_LINKS = frozenset({12, 14, 101, 228, 229})
"""Raw IP: DLT_RAW of several systems, LINKTYPE_RAW, LINKTYPE_IPV4, LINKTYPE_IPV6."""
_WIRELESS = frozenset({105, 119, 127, 163, 192})
_NAMES = {
    _ETHERNET: "Ethernet",
    _SLL: "Linux cooked",
    _SLL2: "Linux cooked v2",
    _NULL: "loopback",
    _LOOP: "loopback",
    105: "802.11",
    127: "802.11 with radiotap",
    **dict.fromkeys(_IP_LINKS, "raw IP"),
}
_VLANS = frozenset({0x8100, 0x88A8, 0x9100})
_IP4, _IP6 = 0x0800, 0x86DD
_MOST_TAGS = 4
_MOST_EXTENSIONS = 16
_EXTENSIONS = frozenset({0, 43, 51, 60, 135, 139, 140})
_FRAGMENT = 44

_V4 = struct.Struct(">BxHxxHxBxx4s4s")
_V6 = struct.Struct(">4xHBx16s16s")
_TCP = struct.Struct(">HHI4xBB")
_UDP = struct.Struct(">HHH")
_ETHER = struct.Struct(">6s6sH")


class Packet(NamedTuple):
    """A TCP segment or UDP datagram. No record, as `Frame` is none.

    source_mac, target_mac: b"" where the link tells none
    data: its payload as captured; size: as it was sent
    flags, seq: of TCP; fragment: the first of several, the others are not joined
    end: where the IP packet ends in the frame
    """

    transport: int
    source: bytes
    target: bytes
    source_port: int
    target_port: int
    data: bytes
    size: int
    flags: int
    seq: int
    source_mac: bytes
    target_mac: bytes
    fragment: bool
    end: int


def link_name(link: int) -> str:
    """What a link type is called."""
    return _NAMES.get(link, f"link type {link}")


def readable(link: int) -> bool:
    """Whether frames of this link type are decoded."""
    return link in _NAMES and link not in _WIRELESS


def link_fix(link: int) -> str:
    """What to do about a link type that is not decoded."""
    if link in _WIRELESS:
        return (
            "802.11 frames as they are in the air are encrypted and not decoded:"
            " capture on the access point's own interface, or on the unit with PCAPdroid"
        )
    return "capture on an Ethernet, Wi-Fi (not in monitor mode), raw IP or Linux 'any' interface"


def decode(link: int, data: bytes, length: int) -> Packet | str:
    """The packet in a frame, or why there is none that is read, in words.

    length: of the frame as it was sent, where *data* is less
    """
    source_mac = target_mac = b""
    if link == _ETHERNET:
        if len(data) < 14:
            return "the frame is too short"
        target_mac, source_mac, kind = _ETHER.unpack_from(data)
        at, tags = 14, 0
        while kind in _VLANS:
            tags += 1
            if tags > _MOST_TAGS or len(data) < at + 4:
                return "the VLAN tags do not end"
            kind = data[at + 2] << 8 | data[at + 3]
            at += 4
    elif link in _IP_LINKS:
        kind, at = _version(data, 0), 0
    else:
        found = _other_link(link, data)
        if isinstance(found, str):
            return found
        kind, at, source_mac = found
    if kind == _IP4:
        return _ip4(data, at, length, source_mac, target_mac)
    if kind == _IP6:
        return _ip6(data, at, length, source_mac, target_mac)
    return "no IP packet"


def _version(data: bytes, at: int) -> int:
    return {4: _IP4, 6: _IP6}.get(data[at] >> 4, 0) if len(data) > at else 0


def _other_link(link: int, data: bytes) -> tuple[int, int, bytes] | str:
    """EtherType, where the packet begins, and who sent it."""
    if link in {_NULL, _LOOP}:
        # the family's number differs between systems and its byte order too: the packet says it better
        return _version(data, 4), 4, b""
    if link == _SLL and len(data) >= 16:
        size = min(data[5], 8) if data[4] == 0 else 0
        return data[14] << 8 | data[15], 16, data[6 : 6 + size] if size == 6 else b""
    if link == _SLL2 and len(data) >= 20:
        return data[0] << 8 | data[1], 20, data[12:18] if data[11] == 6 else b""
    return "the frame is too short" if readable(link) else f"{link_name(link)} is not decoded"


def _ip4(data: bytes, at: int, length: int, source_mac: bytes, target_mac: bytes) -> Packet | str:
    if len(data) < at + 20:
        return "the IP header is cut off"
    first, total, where, protocol, source, target = _V4.unpack_from(data, at)
    begin = at + (first & 15) * 4
    if first >> 4 != 4 or begin < at + 20:
        return "the IP header is damaged"
    end = at + total if total else length  # segmentation offload leaves the length to the card
    if end < begin:
        return "the IP header is damaged"
    if where & 0x1FFF:
        return "a later fragment of a packet"
    fragment = bool(where & 0x2000)
    return _transport(data, begin, end, protocol, source, target, source_mac, target_mac, fragment=fragment)


def _ip6(data: bytes, at: int, length: int, source_mac: bytes, target_mac: bytes) -> Packet | str:
    if len(data) < at + 40:
        return "the IP header is cut off"
    if data[at] >> 4 != 6:
        return "the IP header is damaged"
    size, protocol, source, target = _V6.unpack_from(data, at)
    begin = at + 40
    end = begin + size if size else length
    fragment = False
    for _ in range(_MOST_EXTENSIONS):
        if protocol != _FRAGMENT and protocol not in _EXTENSIONS:
            return _transport(
                data, begin, end, protocol, source, target, source_mac, target_mac, fragment=fragment
            )
        if len(data) < begin + 8 or end < begin + 8:
            return "the extension headers are cut off"
        if protocol == _FRAGMENT:
            where = data[begin + 2] << 8 | data[begin + 3]
            if where & 0xFFF8:
                return "a later fragment of a packet"
            fragment = fragment or bool(where & 1)
            step = 8
        elif protocol == 51:  # RFC 4302 counts in words
            step = (data[begin + 1] + 2) * 4
        else:
            step = (data[begin + 1] + 1) * 8
        protocol, begin = data[begin], begin + step
    return "the extension headers do not end"


def _transport(  # noqa: PLR0917 - a record for these would cost as much as the decoding
    data: bytes,
    at: int,
    end: int,
    protocol: int,
    source: bytes,
    target: bytes,
    source_mac: bytes,
    target_mac: bytes,
    *,
    fragment: bool,
) -> Packet | str:
    flags = seq = 0
    if protocol == TCP:
        if len(data) < at + 20 or end < at + 20:
            return "the TCP header is cut off"
        source_port, target_port, seq, offset, flags = _TCP.unpack_from(data, at)
        begin = at + (offset >> 4) * 4
        if not at + 20 <= begin <= end:
            return "the TCP header is damaged"
        stop = end
    elif protocol == UDP:
        if len(data) < at + 8 or end < at + 8:
            return "the UDP header is cut off"
        source_port, target_port, size = _UDP.unpack_from(data, at)
        begin = at + 8
        stop = at + size if size >= 8 else end
        if stop > end and not fragment:
            return "the UDP header is damaged"
    else:
        return f"protocol {protocol}, neither TCP nor UDP"
    return Packet(
        protocol,
        source,
        target,
        source_port,
        target_port,
        data[begin : min(stop, end)],
        stop - begin,
        flags,
        seq,
        source_mac,
        target_mac,
        fragment,
        end,
    )
