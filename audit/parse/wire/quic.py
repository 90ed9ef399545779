"""QUIC's long headers: that a handshake was begun, with which version and connection ids.

Source: RFC 8999 (what all versions share), RFC 9000 section 17.2 (version 1), RFC 9369 section 3 (version 2).
The ClientHello inside an Initial is encrypted under keys made of the id (RFC 9001 section 5.2); it is not
decrypted here, so the server's name stays unknown.
"""

from __future__ import annotations

from enum import StrEnum

from audit.model.record import record

V1, V2 = 0x00000001, 0x6B3343CF
_DRAFTS = range(0xFF00001B, 0xFF000023)  # 27 to 34, the ones that were deployed
_LONGEST_ID = 20


class PacketKind(StrEnum):
    """What a long header announces."""

    INITIAL = "initial"
    ZERO_RTT = "0-rtt"
    HANDSHAKE = "handshake"
    RETRY = "retry"


_ORDER = (PacketKind.INITIAL, PacketKind.ZERO_RTT, PacketKind.HANDSHAKE, PacketKind.RETRY)


@record
class Packet:
    """A long header. version: its number; dcid, scid: connection ids; sni is encrypted and not looked for."""

    kind: PacketKind
    version: int
    dcid: bytes
    scid: bytes

    @property
    def version_name(self) -> str:
        """As people call it."""
        if self.version in _DRAFTS:
            return f"draft-{self.version & 0xFF}"
        return {V1: "1", V2: "2"}[self.version]


def read_packet(data: bytes) -> Packet | None:
    """The long header *data* starts with; None for anything else, unknown versions included."""
    if len(data) < 7 or data[0] & 0xC0 != 0xC0:
        return None
    version = int.from_bytes(data[1:5], "big")
    if version not in (V1, V2) and version not in _DRAFTS:
        return None
    dcid_end = 6 + data[5]
    if data[5] > _LONGEST_ID or dcid_end >= len(data):
        return None
    scid_end = dcid_end + 1 + data[dcid_end]
    if data[dcid_end] > _LONGEST_ID or scid_end > len(data):
        return None
    bits = data[0] >> 4 & 3
    return Packet(
        kind=_ORDER[(bits - 1) % 4 if version == V2 else bits],
        version=version,
        dcid=data[6:dcid_end],
        scid=data[dcid_end + 1 : scid_end],
    )


def is_short(data: bytes) -> bool:
    """Whether *data* may be a 1-RTT packet (RFC 9000 section 17.3.1): only told after a long header."""
    return len(data) > _LONGEST_ID and data[0] & 0xC0 == 0x40
