"""The newer capture file: sections of blocks, several interfaces. Source: draft-ietf-opsawg-pcapng.

PCAPdroid's blocks and comments: its ``docs`` (advanced features, "PCAPdroid extensions").
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from typing import Any

from audit.model.text import clean_line
from audit.observe.imports.frames import MOST_FRAME, MOST_FRAMES, Frame, Heard, library
from audit.observe.imports.source import Source

SECTION = b"\n\r\r\n"
PCAPDROID = 62652
"""PCAPdroid's private enterprise number."""

_INTERFACE, _OLD_PACKET, _SIMPLE, _STATISTICS, _PACKET, _CUSTOM = 1, 2, 3, 5, 6, 0x00000BAD
_READ = frozenset({_INTERFACE, _OLD_PACKET, _SIMPLE, _STATISTICS, _PACKET, _CUSTOM})
_MOST_BLOCK = MOST_FRAME + (1 << 16)
"""Of a block that is looked into; others, such as TLS secrets, are passed over whatever their size."""
_MOST_BLOCKS = 2 * MOST_FRAMES
_MOST_OPTIONS, _MOST_OPTION_BYTES = 64, 4096
_MOST_INTERFACES, _MOST_NAMES = 1024, 10_000
_COMMENT, _END = 1, 0
_UID = re.compile(rb"u-(\d{1,10})\Z")


class _Interface:
    """link: its LINKTYPE; snaplen: 0 = none; per_second: its clock's ticks; lost: as last counted."""

    def __init__(self, link: int, snaplen: int, resolution: int, offset_s: int) -> None:
        self.link, self.snaplen = link, snaplen
        self.per_second: int = (2 if resolution & 0x80 else 10) ** (resolution & 0x7F)
        self.offset_ns = offset_s * 1_000_000_000
        self.lost = 0

    def at_ns(self, ticks: int) -> int:
        return ticks * 1_000_000_000 // self.per_second + self.offset_ns


class _Damaged(Exception):
    """A block is not what it says: what."""


def frames(begun: bytes, source: Source, heard: Heard) -> Iterator[Frame]:
    """Its frames, the file's first bytes being *begun*.

    A damaged block is left out with a trouble, one whose length is impossible ends the reading.
    """
    reading = _Reading(heard)
    at = blocks = 0
    while start := begun + source.read(8 - len(begun)):
        begun, where = b"", f"frame {reading.number + 1}, byte {at}"
        blocks += 1
        if blocks > _MOST_BLOCKS:
            heard.troubles.add(f"only the first {_MOST_BLOCKS:,} blocks are read", where, unseen=True)
            return
        try:
            frame, size = reading.block(start, source, where)
        except _Damaged as damage:
            heard.troubles.add(f"{damage}; what follows is not read", where, unseen=True)
            return
        if frame is not None:
            yield frame
        at += size
    heard.complete = not source.trouble


class _Reading:
    """A section while it is read."""

    def __init__(self, heard: Heard) -> None:
        heard.form = "pcapng"
        self._heard = heard
        self._dpkt = library("dpkt.pcapng")
        self.number = 0
        self._last_ns: int | None = None
        self._section("<")

    def _section(self, order: str) -> None:
        """What is known of a new section: nothing but its byte order."""
        name = "LE" if order == "<" else ""
        self._order = order
        self._pair = struct.Struct(order + "II")
        self._interfaces: list[_Interface] = []
        blocks = {
            _INTERFACE: "InterfaceDescriptionBlock",
            _PACKET: "EnhancedPacketBlock",
            _OLD_PACKET: "PacketBlock",
        }
        self._headers = {kind: getattr(self._dpkt, block + name)() for kind, block in blocks.items()}

    def block(self, start: bytes, source: Source, where: str) -> tuple[Frame | None, int]:
        """The frame in the next block, where it holds one, and its length. Raises _Damaged for no block."""
        section = start[:4] == SECTION
        mark = source.read(4) if section else b""
        if section:
            self._section(_order(mark))
        if len(start) < 8:
            raise _Damaged("the file ends within the header of a block")
        kind, size = self._pair.unpack(start)
        looked_into = section or kind in _READ
        if size < 12 + len(mark) or size % 4 or (looked_into and size > _MOST_BLOCK):
            raise _Damaged(f"a block says it has {size:,} bytes: the file is damaged here")
        if not looked_into:
            whole = source.skip(size - 12) == size - 12
            body = b""
        else:
            body = mark + source.read(size - 12 - len(mark))
            whole = len(body) == size - 12
        tail = source.read(4)
        if not whole or len(tail) < 4:
            self._heard.troubles.add("the file ends within a block", where, unseen=True)
        elif self._pair.unpack(tail + tail)[0] != size:
            self._heard.troubles.add("the length at the end of a block is not that at its beginning", where)
        if not looked_into:
            return None, size
        try:
            if section:
                self._written_by(body)
                return None, size
            return self._content(kind, body, where), size
        except _Damaged as damage:
            self._heard.troubles.add(str(damage), where, unseen=True)
            return None, size

    def _content(self, kind: int, body: bytes, where: str) -> Frame | None:
        """The frame in a block; None for one that holds none. Raises _Damaged for one that cannot be read."""
        if kind in {_PACKET, _OLD_PACKET}:
            return self._packet(kind, body, where)
        if kind == _SIMPLE:
            return self._simple(body)
        if kind == _INTERFACE:
            self._describe(body)
        elif kind == _STATISTICS:
            self._count(body)
        else:
            self._name(body)
        return None

    def _header(self, kind: int, body: bytes) -> Any:  # noqa: ANN401 - of a library without types
        """The fixed fields of a block, as the library reads them."""
        header = self._headers[kind]
        size = header.__hdr_len__ - 12
        if len(body) < size:
            raise _Damaged("a block is too short for its kind")
        header.unpack_hdr(bytes(8) + body[:size] + bytes(4))
        return header

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Code and value of each option, within bounds: the library copies all that follow for each."""
        data = data[:_MOST_OPTION_BYTES]
        for _ in range(_MOST_OPTIONS):
            if len(data) < 4:
                return
            code, size = struct.unpack_from(self._order + "HH", data)
            if code == _END:
                return
            if size > len(data) - 4:
                raise _Damaged("an option is longer than its block")
            yield code, data[4 : 4 + size]
            data = data[4 + size + -size % 4 :]

    def _written_by(self, body: bytes) -> None:
        """A section's header names the program that wrote it."""
        for code, value in self._options(body[16:]):
            if code == 4:  # shb_userappl
                self._heard.writer = clean_line(value.decode("utf-8", "replace"))[:100]

    def _describe(self, body: bytes) -> None:
        if len(self._interfaces) >= _MOST_INTERFACES:
            raise _Damaged(f"a section has more than {_MOST_INTERFACES} interfaces")
        header = self._header(_INTERFACE, body)
        link, snaplen, resolution, offset_s = header.linktype, header.snaplen, 6, 0
        try:
            for code, value in self._options(body[8:]):
                if code == 9 and value:  # if_tsresol
                    resolution = value[0]
                elif code == 14 and len(value) == 8:  # if_tsoffset
                    offset_s = struct.unpack(self._order + "q", value)[0]
        finally:  # what follows counts interfaces: one with damaged options is one all the same
            self._interfaces.append(_Interface(link, snaplen, resolution, offset_s))

    def _interface(self, number: int) -> _Interface:
        if number >= len(self._interfaces):
            raise _Damaged(f"a block is of interface {number}, which the file does not describe")
        return self._interfaces[number]

    def _packet(self, kind: int, body: bytes, where: str) -> Frame:
        header = self._header(kind, body)
        at, size = header.__hdr_len__ - 12, header.caplen
        self.number += 1
        interface = self._interface(header.iface_id)
        self._last_ns = interface.at_ns((header.ts_high << 32) | header.ts_low)
        data = body[at : at + size]
        if len(data) < size:
            self._heard.troubles.add("a frame is longer than its block", where)
        uid, outbound = None, None
        if rest := body[at + size + -size % 4 :]:
            try:
                uid, outbound = self._marks(rest)
            except _Damaged as damage:
                self._heard.troubles.add(str(damage), where)
        if kind == _OLD_PACKET and header.drops_count != 0xFFFF:
            self._heard.lost_between += header.drops_count
        return Frame(
            self.number, self._last_ns, interface.link, data, max(header.pkt_len, size), uid, outbound
        )

    def _marks(self, options: bytes) -> tuple[int | None, bool | None]:
        """What the options of a frame say: the UID as PCAPdroid notes it, and the direction."""
        uid, outbound = None, None
        for code, value in self._options(options):
            if code == _COMMENT and (found := _UID.match(value)):
                uid = int(found[1])
            elif code == 2 and len(value) == 4:  # epb_flags: the lowest bits are 1 inbound, 2 outbound
                way = struct.unpack(self._order + "I", value)[0] & 3
                outbound = {1: False, 2: True}.get(way)
            elif code == 4 and len(value) == 8:  # epb_dropcount: since the frame before
                self._heard.lost_between += struct.unpack(self._order + "Q", value)[0]
        return uid, outbound

    def _simple(self, body: bytes) -> Frame:
        """A block without time and interface: it is of the first, the time is that of the frame before."""
        if len(body) < 4:
            raise _Damaged("a block is too short for its kind")
        self.number += 1
        interface = self._interface(0)
        length = struct.unpack_from(self._order + "I", body)[0]
        kept = min(length, interface.snaplen or length, len(body) - 4)
        self._heard.troubles.add("frames without a time have that of the one before", f"frame {self.number}")
        return Frame(self.number, self._last_ns, interface.link, body[4 : 4 + kept], length)

    def _count(self, body: bytes) -> None:
        """Frames that an interface (isb_ifdrop) and its system (isb_osdrop) lost since the beginning."""
        if len(body) < 12:
            raise _Damaged("a block is too short for its kind")
        interface = self._interface(struct.unpack_from(self._order + "I", body)[0])
        lost = sum(
            struct.unpack(self._order + "Q", value)[0]
            for code, value in self._options(body[12:])
            if code in {5, 7} and len(value) == 8
        )
        self._heard.lost_counted += max(0, lost - interface.lost)
        interface.lost = max(lost, interface.lost)

    def _name(self, body: bytes) -> None:
        """PCAPdroid's custom block 1: UID, length of package, length of label, package, label."""
        if len(body) < 14 or struct.unpack_from(self._order + "IHB", body) != (PCAPDROID, 1, 1):
            return
        uid, first, second = struct.unpack_from(self._order + "IBB", body, 8)
        names = body[14:]
        if len(names) < first + second:
            raise _Damaged("PCAPdroid's block of names is shorter than the names")
        if len(self._heard.names) < _MOST_NAMES:
            package, label = names[:first], names[first : first + second]
            self._heard.names.setdefault(uid, (_text(package), _text(label)))


def _order(mark: bytes) -> str:
    """The byte order that a section states."""
    try:
        return {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}[mark]
    except KeyError:
        raise _Damaged("a section does not say in which order its bytes are") from None


def _text(data: bytes) -> str:
    return clean_line(data.decode("utf-8", "replace")).strip()
