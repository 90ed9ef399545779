"""PCAPdroid's trailer at the end of a frame, and the addresses of its VPN.

Source: PCAPdroid's guide (advanced features, "PCAPdroid extensions") and pcap_dump.c: a made-up Ethernet
header, the IP packet, up to three zeros, then magic, UID and name (20 bytes, cut at 19) in network order,
then a checksum.
"""

from __future__ import annotations

import struct

from audit.model.text import clean_line
from audit.observe.imports.frames import Frame

ADDRESSES = (bytes.fromhex("0ad7ad01"), bytes.fromhex("fd000002fd000001fd000001fd000001"))
"""What the unit is called inside PCAPdroid's VPN."""
NAME_BYTES = 19
_TRAILER = struct.Struct(">Ii20s")
_MAGIC = 0x01072021
_CHECKSUM = 4


def trailer(frame: Frame, end: int) -> tuple[int, str] | None:
    """UID (-1: unknown) and name in the trailer of *frame*, whose IP packet ends at *end*; None without one.

    A trailer within the packet is none: anybody may send bytes that look like one.
    """
    at = len(frame.data) - _TRAILER.size - _CHECKSUM
    if not end <= at <= end + 3:
        return None
    magic, uid, name = _TRAILER.unpack_from(frame.data, at)
    if magic != _MAGIC:
        return None
    return uid, clean_line(name.split(b"\0", 1)[0].decode("utf-8", "replace")).strip()
