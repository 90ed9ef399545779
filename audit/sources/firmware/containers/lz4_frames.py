"""LZ4 frames, read at random where their blocks do not depend on each other, as Samsung's do.

Source: the LZ4 frame format description 1.6: magic, flags, block size, content size, then the blocks.
"""

from __future__ import annotations

from collections.abc import Iterator

from audit.errors import BadInput
from audit.model.record import record
from audit.sources.firmware.containers.image import BROKEN, MOST_PIECES, Image, Piece, image
from audit.sources.firmware.containers.reader import ImageReader
from audit.sources.firmware.containers.unpack import Codec

MAGIC = b"\x04\x22\x4d\x18"

_INDEPENDENT, _BLOCK_SUM, _CONTENT_SIZE, _DICTIONARY = 0x20, 0x10, 0x08, 0x01
_PLAIN = 1 << 31
_LONGEST_HEADER = 19


@record
class _Frame:
    independent: bool
    block_sum: int
    block_bytes: int
    content: int | None
    blocks_at: int


def content_size(packed: Image) -> int | None:
    """How many bytes the frame *packed* says it unpacks to, where it says so."""
    with ImageReader(packed) as reader:
        return _frame(packed, reader).content


def indexed(packed: Image, origin: str) -> Image | None:
    """What the frame *packed* holds, unpacked block by block when read; None where it has to be streamed.

    It has to be where blocks depend on each other, and where the size is not told: then only unpacking tells
    how long the last block is. Raises BadInput for a damaged frame.
    """
    with ImageReader(packed) as reader:
        frame = _frame(packed, reader)
        if not frame.independent or frame.content is None:
            return None
        return image(origin, _pieces(packed, reader, frame, frame.content))


def _frame(packed: Image, reader: ImageReader) -> _Frame:
    head = reader.read_at(0, _LONGEST_HEADER)
    if len(head) < 7 or not head.startswith(MAGIC):
        raise _bad(packed, "is no LZ4 frame", 0)
    flags, block = head[4], head[5] >> 4 & 7
    if flags >> 6 != 1 or block < 4:
        raise _bad(packed, "is no LZ4 frame of version 1", 4)
    sized = bool(flags & _CONTENT_SIZE)
    if len(head) < _LONGEST_HEADER and sized:
        raise _bad(packed, "ends in its header", len(head))
    return _Frame(
        independent=bool(flags & _INDEPENDENT) and not flags & _DICTIONARY,
        block_sum=4 if flags & _BLOCK_SUM else 0,
        block_bytes=1 << (8 + 2 * block),
        content=int.from_bytes(head[6:14], "little") if sized else None,
        blocks_at=7 + (8 if sized else 0) + (4 if flags & _DICTIONARY else 0),
    )


def _pieces(packed: Image, reader: ImageReader, frame: _Frame, content: int) -> Iterator[Piece]:
    """Every block but the last is full: what else writes the format flushes early, and is found when read."""
    at, left, blocks = frame.blocks_at, content, 0
    while True:
        raw = reader.read_at(at, 4)
        if len(raw) < 4:
            raise _bad(packed, "ends in the middle of its blocks", at)
        word = int.from_bytes(raw, "little")
        if not word:
            break
        size, here = word & ~_PLAIN, min(left, frame.block_bytes)
        if not here or size > frame.block_bytes or blocks >= MOST_PIECES:
            raise _bad(packed, f"has more blocks than the {content} bytes it announces", at)
        if word & _PLAIN:
            if size != here:
                raise _bad(packed, f"has a block of {size} bytes where {here} belong", at)
            yield from packed.cut(at + 4, size)
        else:
            yield packed.packed(at + 4, size, Codec.LZ4, here)
        at, left, blocks = at + 4 + size + frame.block_sum, left - here, blocks + 1
    if left:
        raise _bad(packed, f"ends {left} bytes before the {content} it announces", at)


def _bad(packed: Image, what: str, at: int) -> BadInput:
    return BadInput(what, where=f"{packed.origin}, offset {at}", fix=BROKEN)
