"""A partition image as a table of pieces, each read where it lies: nothing is copied, nothing unpacked early.

Every format on the way (a sparse image in a super image in an archive) only cuts and arranges pieces, so that
however deep an image is nested, reading it is one search in one table.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from audit.errors import BadInput
from audit.model.record import record
from audit.sources.firmware.containers.bases import Base
from audit.sources.firmware.containers.unpack import Codec

MOST_PIECES = 500_000
"""A 12 GB image of 4 KB pieces that never touch would have 3 million; real ones have up to 20,000."""
LARGEST_BYTES = 1 << 44
LARGEST_PACKED = 64 * 1024 * 1024
"""The most one packed piece may hold: it is unpacked in memory. AOSP's payloads hold 2 MB each."""

BROKEN = "get the package again: it is cut short or damaged"


@record
class Stored:
    """Bytes that lie in a file as they are."""

    size: int
    base: Base
    offset: int

    def cut(self, start: int, size: int) -> Stored:
        """The *size* bytes that begin *start* bytes in."""
        return Stored(size=size, base=self.base, offset=self.offset + start)


@record
class Fill:
    """Four bytes said again and again; a hole is four zeros."""

    size: int
    pattern: bytes = b"\0\0\0\0"

    def cut(self, start: int, size: int) -> Fill:
        """The *size* bytes that begin *start* bytes in."""
        turn = start % 4
        return Fill(size=size, pattern=self.pattern[turn:] + self.pattern[:turn])


@record
class Packed:
    """Bytes that are unpacked when they are read.

    size, skip: the part of the unpacked bytes that is meant, and where it begins
    offset, packed: where the packed bytes lie, and how many
    unpacked: how many they are unpacked
    """

    size: int
    base: Base
    offset: int
    packed: int
    codec: Codec
    unpacked: int
    skip: int = 0

    def cut(self, start: int, size: int) -> Packed:
        """The *size* bytes that begin *start* bytes in."""
        return Packed(
            size=size,
            base=self.base,
            offset=self.offset,
            packed=self.packed,
            codec=self.codec,
            unpacked=self.unpacked,
            skip=self.skip + start,
        )


Piece = Stored | Fill | Packed


@record
class Image:
    """Bytes that can be read at random. It can be pickled; `Base` says what another process needs.

    origin: where it was found, for errors
    ends: for each piece, the offset at which it ends
    """

    origin: str
    pieces: tuple[Piece, ...]
    ends: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes in all."""
        return self.ends[-1] if self.ends else 0

    def at(self, offset: int) -> int:
        """The index of the piece that holds *offset*."""
        return bisect_right(self.ends, offset)

    def cut(self, offset: int, size: int) -> Iterator[Piece]:
        """The pieces of *size* bytes at *offset*. Raises BadInput where the image has fewer."""
        if offset < 0 or size < 0 or offset + size > self.size:
            raise BadInput(
                f"{size} bytes are wanted at offset {offset}, but it has {self.size}",
                where=self.origin,
                fix=BROKEN,
            )
        index = self.at(offset)
        while size:
            piece = self.pieces[index]
            begin = offset - (self.ends[index] - piece.size)
            take = min(size, piece.size - begin)
            yield piece if take == piece.size else piece.cut(begin, take)
            offset, size, index = offset + take, size - take, index + 1

    def packed(self, offset: int, size: int, codec: Codec, unpacked: int) -> Packed:
        """The *size* bytes at *offset*, packed, as the *unpacked* bytes they stand for.

        Raises BadInput where they do not lie in one stretch, as they do in every archive but a hostile one.
        """
        where = f"{self.origin}, offset {offset}"
        if not 0 < unpacked <= LARGEST_PACKED:
            raise BadInput(
                f"has a packed piece of {unpacked} bytes; {LARGEST_PACKED} are the most",
                where=where,
                fix=BROKEN,
            )
        found = list(self.cut(offset, size))
        if len(found) == 1 and isinstance(found[0], Stored):
            lies = found[0]
            return Packed(
                size=unpacked, base=lies.base, offset=lies.offset, packed=size, codec=codec, unpacked=unpacked
            )
        raise BadInput("is packed within what is packed", where=where, fix="unpack the outer one first")

    def part(self, offset: int, size: int, origin: str) -> Image:
        """*size* bytes at *offset* as an image of their own."""
        return image(origin, self.cut(offset, size))


def image(origin: str, pieces: Iterable[Piece]) -> Image:
    """The image that *pieces* make, one after the other; neighbours that belong together become one.

    Raises BadInput where they are too many.
    """
    kept: list[Piece] = []
    for piece in pieces:
        if not piece.size:
            continue
        if kept and (joined := _joined(kept[-1], piece)):
            kept[-1] = joined
            continue
        kept.append(piece)
        if len(kept) > MOST_PIECES:
            raise BadInput(f"is in more than {MOST_PIECES} pieces", where=origin, fix=BROKEN)
    ends, end = [], 0
    for piece in kept:
        end += piece.size
        ends.append(end)
    if end > LARGEST_BYTES:
        raise BadInput(f"would have {end} bytes; {LARGEST_BYTES} are the most", where=origin, fix=BROKEN)
    return Image(origin=origin, pieces=tuple(kept), ends=tuple(ends))


def _joined(left: Piece, right: Piece) -> Piece | None:
    size = left.size + right.size
    if isinstance(left, Stored) and isinstance(right, Stored):
        follows = left.base is right.base and left.offset + left.size == right.offset
        return Stored(size=size, base=left.base, offset=left.offset) if follows else None
    if isinstance(left, Fill) and isinstance(right, Fill):
        same = left.size % 4 == 0 and left.pattern == right.pattern
        return Fill(size=size, pattern=left.pattern) if same else None
    return None


def whole(base: Base) -> Image:
    """All bytes of *base*."""
    return image(base.origin, [Stored(size=base.size, base=base, offset=0)])


class Canvas:
    """Lays pieces at offsets, in any order; what nothing is laid on becomes a hole of zeros."""

    def __init__(self, origin: str) -> None:
        self._origin = origin
        self._laid: list[tuple[int, Piece]] = []
        self.end = 0

    def lay(self, offset: int, pieces: Iterable[Piece]) -> int:
        """Put *pieces* at *offset*, one after the other; the offset at which they end."""
        for piece in pieces:
            if len(self._laid) >= MOST_PIECES:
                raise BadInput(f"is in more than {MOST_PIECES} pieces", where=self._origin, fix=BROKEN)
            self._laid.append((offset, piece))
            offset += piece.size
        self.end = max(self.end, offset)
        return offset

    def image(self, size: int | None = None) -> Image:
        """What was laid, *size* bytes long (None: to where the last piece ends).

        Raises BadInput where two pieces lie on each other, or one beyond *size*.
        """
        size = self.end if size is None else size
        if self.end > size:
            raise BadInput(
                f"has data up to {self.end}, beyond its size {size}", where=self._origin, fix=BROKEN
            )
        return image(self._origin, self._filled(size))

    def _filled(self, size: int) -> Iterator[Piece]:
        at = 0
        for offset, piece in sorted(self._laid, key=lambda laid: laid[0]):
            if offset < at:
                raise BadInput(f"says twice what lies at offset {offset}", where=self._origin, fix=BROKEN)
            yield Fill(size=offset - at)
            yield piece
            at = offset + piece.size
        yield Fill(size=size - at)
