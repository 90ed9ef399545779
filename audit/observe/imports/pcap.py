"""The classic capture file: a header, then frames one after the other. Source: draft-ietf-opsawg-pcap."""

from __future__ import annotations

from collections.abc import Iterator

from audit.observe.imports.frames import MOST_FRAME, Frame, Heard, library
from audit.observe.imports.source import Source

_NANO = 0xA1B23C4D
_MAGICS = (0xA1B2C3D4, _NANO, 0xA1B2CD34)
_BIG = frozenset(magic.to_bytes(4, "big") for magic in _MAGICS)
MAGICS = _BIG | frozenset(magic.to_bytes(4, "little") for magic in _MAGICS)
"""What such a file begins with, in either byte order."""
_HEADER = 24
_LINK = 0xFFFF
"""The upper half of the field tells of frame check sequences."""


def frames(begun: bytes, source: Source, heard: Heard) -> Iterator[Frame]:
    """Its frames, the file's first bytes being *begun*.

    Ends with a trouble where a frame cannot be as long as it says: nothing marks where the next one begins.
    """
    dpkt = library("dpkt.pcap")
    heard.form = "pcap"
    head = begun + source.read(_HEADER - len(begun))
    if len(head) < _HEADER:
        heard.troubles.add("the file ends within its header", "byte 0", unseen=True)
        return
    header = (dpkt.FileHdr if begun in _BIG else dpkt.LEFileHdr)(head)
    record = dpkt.MAGIC_TO_PKT_HDR[int.from_bytes(begun, "big")]
    unit_ns = 1 if header.magic == _NANO else 1000
    link = header.linktype & _LINK
    size, at, number = record.__hdr_len__, _HEADER, 0
    while start := source.read(size):
        number += 1
        if len(start) < size:
            heard.troubles.add("the file ends within the header of a frame", _where(number, at), unseen=True)
            return
        told = record(start)
        if told.caplen > MOST_FRAME:
            heard.troubles.add(
                f"a frame says it has {told.caplen:,} bytes: damaged here, what follows is not read",
                _where(number, at),
                unseen=True,
            )
            return
        data = source.read(told.caplen)
        yield Frame(
            number,
            told.tv_sec * 1_000_000_000 + told.tv_usec * unit_ns,
            link,
            data,
            max(told.len, told.caplen),
        )
        if len(data) < told.caplen:
            heard.troubles.add("the file ends within a frame", _where(number, at), unseen=True)
            return
        at += size + told.caplen
    heard.complete = not source.trouble


def _where(number: int, at: int) -> str:
    return f"frame {number}, byte {at}"
