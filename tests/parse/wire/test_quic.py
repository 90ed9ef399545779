from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.parse.wire.quic import V1, V2, PacketKind, is_short, read_packet
from tests.parse.wire.writers import quic_long


@pytest.mark.parametrize(
    ("version", "bits", "kind", "name"),
    [
        (V1, 0, PacketKind.INITIAL, "1"),
        (V1, 1, PacketKind.ZERO_RTT, "1"),
        (V2, 1, PacketKind.INITIAL, "2"),
        (V2, 2, PacketKind.ZERO_RTT, "2"),
        (V2, 0, PacketKind.RETRY, "2"),
        (0xFF00001D, 0, PacketKind.INITIAL, "draft-29"),
    ],
)
def test_the_kind_depends_on_the_version(version: int, bits: int, kind: PacketKind, name: str) -> None:
    """Version 2 turned the numbers around."""
    packet = read_packet(quic_long(version, bits))
    assert packet is not None
    assert (packet.kind, packet.version_name) == (kind, name)


@given(st.binary(max_size=20), st.binary(max_size=20))
def test_both_ids_are_read(dcid: bytes, scid: bytes) -> None:
    """Of any length the versions allow."""
    packet = read_packet(quic_long(V1, 0, dcid, scid))
    assert packet is not None
    assert (packet.dcid, packet.scid) == (dcid, scid)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xc0\0\0\0\x01",
        quic_long(0x1A2A3A4A),
        quic_long(V1, dcid=bytes(21)),
        quic_long(V1)[:9],
        b"\x40" + bytes(40),
        b"\x16\x03\x01" + bytes(40),
    ],
)
def test_anything_else_is_none(data: bytes) -> None:
    """Unknown versions, ids too long, short headers, TLS over TCP."""
    assert read_packet(data) is None


def test_a_short_header_is_told_by_its_bits() -> None:
    """The fixed bit, and not the long form."""
    assert is_short(b"\x40" + bytes(40))
    assert not is_short(b"\xc0" + bytes(40))


@given(st.binary(max_size=80))
def test_no_bytes_raise(data: bytes) -> None:
    """Whatever came."""
    packet = read_packet(data)
    assert packet is None or len(packet.dcid) <= 20
