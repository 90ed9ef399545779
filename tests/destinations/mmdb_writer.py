"""Writes small MMDB files, honest and hostile; by MaxMind's specification of the format, version 2.0."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

MARK = b"\xab\xcd\xefMaxMind.com"
_EMPTY = -1


def encoded(value: object) -> bytes:
    """A value as the data section holds it."""
    match value:
        case str():
            return _control(2, len(value.encode())) + value.encode()
        case int():
            return integer(6 if value < 1 << 32 else 9, value)
        case dict():
            return _control(7, len(value)) + b"".join(encoded(k) + encoded(v) for k, v in value.items())
        case list():
            return _control(11, len(value)) + b"".join(encoded(item) for item in value)
        case bytes():
            return value  # written by hand
    raise TypeError(value)


def integer(kind: int, value: int) -> bytes:
    """A number as uint16 (5), uint32 (6) or uint64 (9)."""
    raw = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return _control(kind, len(raw)) + raw


def pointer(to: int) -> bytes:
    """A pointer to an offset of the data section, below 2**32."""
    return bytes([0b0011_1000]) + struct.pack(">I", to)


def _control(kind: int, size: int) -> bytes:
    first, second = (kind, b"") if kind <= 7 else (0, bytes([kind - 7]))
    if size < 29:
        return bytes([first << 5 | size]) + second
    assert size < 29 + 256
    return bytes([first << 5 | 29]) + second + bytes([size - 29])


def written(
    networks: Mapping[str, object],
    *,
    ip_version: int = 6,
    epoch: int = 1_780_000_000,
    kind: str = "Test-Country",
    data: bytes | None = None,
) -> bytes:
    """A file that says of each network the record it maps to (an int: offset into *data*, made by hand)."""
    section, places = bytearray(data or b""), dict[bytes, int]()
    nodes: list[list[int]] = [[_EMPTY, _EMPTY]]
    leaves: dict[tuple[int, int], int] = {}
    for text, record in networks.items():
        if isinstance(record, int):
            offset = record
        else:
            raw = encoded(record)
            if raw not in places:
                places[raw] = len(section)
                section += raw
            offset = places[raw]
        _insert(nodes, leaves, ip_network(text), ip_version, offset)
    tree = bytearray()
    for number, node in enumerate(nodes):
        for side in (0, 1):
            leaf = leaves.get((number, side))
            child = len(nodes) if node[side] == _EMPTY else node[side]
            tree += struct.pack(">I", child if leaf is None else len(nodes) + 16 + leaf)
    return assembled(bytes(tree), len(nodes), bytes(section), ip_version=ip_version, epoch=epoch, kind=kind)


def assembled(
    tree: bytes,
    node_count: int,
    data: bytes,
    *,
    ip_version: int = 6,
    epoch: int = 1_780_000_000,
    kind: str = "x",
) -> bytes:
    """A file around a tree of 32-bit records and a data section."""
    about: dict[str, Any] = {
        "binary_format_major_version": integer(5, 2),
        "binary_format_minor_version": integer(5, 0),
        "build_epoch": integer(9, epoch),
        "database_type": kind,
        "description": {"en": "made for a test"},
        "ip_version": integer(5, ip_version),
        "languages": [],
        "node_count": node_count,
        "record_size": integer(5, 32),
    }
    return tree + bytes(16) + data + MARK + encoded(about)


def _insert(
    nodes: list[list[int]],
    leaves: dict[tuple[int, int], int],
    network: IPv4Network | IPv6Network,
    ip_version: int,
    offset: int,
) -> None:
    bits = _bits(network, ip_version)
    at = 0
    for bit in bits[:-1]:
        if nodes[at][bit] == _EMPTY:
            nodes.append([_EMPTY, _EMPTY])
            nodes[at][bit] = len(nodes) - 1
        at = nodes[at][bit]
    leaves[at, bits[-1]] = offset


def _bits(network: IPv4Network | IPv6Network, ip_version: int) -> Sequence[int]:
    number = int(network.network_address)
    bits = [number >> (network.max_prefixlen - 1 - n) & 1 for n in range(network.prefixlen)]
    return [0] * 96 + bits if ip_version == 6 and network.version == 4 else bits
