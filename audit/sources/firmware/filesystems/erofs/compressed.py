"""Content that is compressed: unfolded cluster by cluster, the last ones kept."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import OrderedDict

from audit.sources.firmware.filesystems.bytes_at import BytesAt
from audit.sources.firmware.filesystems.content import Content
from audit.sources.firmware.filesystems.erofs.decompress import Decoders
from audit.sources.firmware.filesystems.erofs.indexes import INTERLACED, PACKED, Extents

_READ_BYTES = 4 << 20
"""Clusters that lie one behind the other are read together, so many bytes at most."""


class Compressed:
    """The content that *extents* of *image* unfold to.

    packed: the content of the record in which ends of files lie; None where the image has none
    kept_bytes: of unfolded clusters that are kept for the next reading
    """

    def __init__(
        self,
        image: BytesAt,
        size: int,
        extents: Extents,
        decoders: Decoders,
        packed: Content | None,
        *,
        block_size: int,
        kept_bytes: int = 1 << 20,
    ) -> None:
        self.size = size
        self._image = image
        self._extents = extents
        self._decoders = decoders
        self._packed = packed
        self._block_size = block_size
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._room = kept_bytes
        self._window = b""
        self._window_at = 0

    def read(self, offset: int, size: int) -> bytes:
        """The bytes from *offset* on, clusters of the image read together where they lie together."""
        end = min(self.size, offset + size)
        starts = self._extents.starts
        index = bisect_right(starts, offset) - 1
        pieces = []
        while offset < end:
            start = starts[index]
            if self._extents.how[index] == PACKED:
                piece = self._from_packed(index, offset - start, min(end, self._end(index)) - offset)
            else:
                piece = self._extent(index, end)
                if offset != start or len(piece) > end - offset:
                    piece = piece[offset - start : end - start]
            pieces.append(piece)
            offset += len(piece)
            index += 1
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _end(self, index: int) -> int:
        starts = self._extents.starts
        return starts[index + 1] if index + 1 < len(starts) else self.size

    def _from_packed(self, index: int, skip: int, size: int) -> bytes:
        place = self._extents.places[index] + skip
        if self._packed is None or place + size > self._packed.size:
            raise self._image.bad(
                f"keeps the end of a file at byte {place} of a record that does not reach so far"
            )
        pieces = []
        while size:
            piece = self._packed.read(place, size)
            pieces.append(piece)
            place += len(piece)
            size -= len(piece)
        return b"".join(pieces)

    def _extent(self, index: int, until: int) -> bytes:
        """The extent *index*, unfolded. until: where in the file the reading will end."""
        if index in self._kept:
            self._kept.move_to_end(index)
            return self._kept[index]
        wanted = self._end(index) - self._extents.starts[index]
        place, how = self._extents.places[index], self._extents.how[index]
        data = self._cluster(index, until)
        if how >= 0:
            out = self._decoders.decode(self._image, place, how, data, wanted)
        else:
            out = self._as_it_is(index, data, wanted)
        self._keep(index, out)
        return out

    def _as_it_is(self, index: int, data: bytes, wanted: int) -> bytes:
        if wanted > len(data):
            raise self._image.bad(
                f"has a cluster of {len(data)} bytes for {wanted} bytes of a file",
                self._extents.places[index],
            )
        if self._extents.how[index] == INTERLACED:
            turn = self._extents.starts[index] % self._block_size
            return (data[turn : self._block_size] + data[:turn])[:wanted]
        return data[:wanted]

    def _keep(self, index: int, out: bytes) -> None:
        self._kept[index] = out
        self._room -= len(out)
        while self._room < 0 and len(self._kept) > 1:
            self._room += len(self._kept.popitem(last=False)[1])

    def _cluster(self, index: int, until: int) -> bytes:
        """The cluster of extent *index*, cut out of what was read last if that has it."""
        places, sizes = self._extents.places, self._extents.sizes
        place, size = places[index], sizes[index]
        at = place - self._window_at
        if at < 0 or at + size > len(self._window):
            last = bisect_left(self._extents.starts, until)
            end, ahead = place + size, index + 1
            while ahead < last and places[ahead] == end and end - place < _READ_BYTES:
                end += sizes[ahead]
                ahead += 1
            self._window, self._window_at, at = self._read(place, end - place, size), place, 0
        return self._window[at : at + size]

    def _read(self, place: int, size: int, least: int) -> bytes:
        data = self._image.read_some(place, size)
        if len(data) < least:
            raise self._image.bad(f"a cluster of {least} bytes lies at offset {place}, beyond the end", place)
        return data
