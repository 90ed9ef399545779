"""Undoes the compression of one cluster: LZ4, MicroLZMA, DEFLATE or Zstandard."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable

from audit.errors import AuditError
from audit.model.record import record
from audit.sources.firmware.filesystems.bytes_at import BytesAt

NAMES = ("LZ4", "LZMA", "DEFLATE", "Zstandard")
"""By the number an inode states."""

LARGEST = 12 << 20
"""Bytes a cluster may unfold to, as Linux has it (``Z_EROFS_PCLUSTER_MAX_DSIZE``)."""

_LZ4_RATIO = 255
_ZEROS_TRIED = 3
_MORE = bytes(15)
"""Literals put behind a block that was cut: no match may stand in a block's last 12 bytes."""

_INSTALL = "pip install 'adb-audit[firmware]'"

Decode = Callable[[bytes, int], bytes | None]
"""(compressed, bytes wanted) to that many bytes or fewer; None for what does not decode."""


@record
class Decoders:
    """The decoders that were needed so far, by the number of the algorithm; made once for a file system."""

    padded: bool
    made: dict[int, Decode]

    def decode(self, image: BytesAt, place: int, algorithm: int, data: bytes, wanted: int) -> bytes:
        """The first *wanted* bytes of what *data*, the cluster at *place* in *image*, unfolds to.

        Raises BadInput where it does not unfold to so much, AuditError where a library is missing.
        """
        if wanted > LARGEST:
            raise image.bad(f"has a cluster that unfolds to {wanted} bytes; {LARGEST} are the most", place)
        if algorithm not in self.made:
            self.made[algorithm] = self._make(image, algorithm)
        out = self.made[algorithm](data.lstrip(b"\0") if self.padded else data, wanted)
        if out is None or len(out) < wanted:
            have = "nothing" if out is None else f"{len(out)} bytes"
            raise image.bad(
                f"has damaged {NAMES[algorithm]} data: {wanted} bytes are wanted, {have} came of it", place
            )
        return out if len(out) == wanted else out[:wanted]

    def _make(self, image: BytesAt, algorithm: int) -> Decode:
        if algorithm >= len(NAMES):
            raise image.bad(f"is compressed with an unknown algorithm, number {algorithm}")
        if algorithm == 0:
            return _lz4() if self.padded else _loose_lz4()
        return (_micro_lzma, _deflate, None)[algorithm - 1] or _zstandard()


def _lz4() -> Decode:
    try:
        import lz4.block  # noqa: PLC0415 - of an extra, needed for compressed images only
    except ImportError as error:
        raise AuditError("reading this image needs the library lz4", fix=_INSTALL) from error
    unfold, failed = lz4.block.decompress, lz4.block.LZ4BlockError

    def decode(data: bytes, wanted: int) -> bytes | None:
        # the second size serves where only the beginning of a cluster is wanted: it is unfolded whole
        for room in (wanted, max(wanted, min(LARGEST, len(data) * _LZ4_RATIO))):
            try:
                out: bytes = unfold(data, uncompressed_size=room)
            except failed:
                continue
            return out
        return None

    return decode


def _loose_lz4() -> Decode:
    """For images made for Linux before 5.3, whose clusters are filled up with zeros at the end.

    LZ4 blocks do not state their length, and a library that decodes whole blocks has to know it.
    """
    strict = _lz4()

    def decode(data: bytes, wanted: int) -> bytes | None:
        used = len(data.rstrip(b"\0"))
        # the block itself may end with zeros, mostly with few; a wrong length never gives the wanted one
        for end in range(used, min(used + _ZEROS_TRIED, len(data)) + 1):
            out = strict(data[:end], wanted)
            if out is not None and len(out) == wanted:
                return out
        block, room = lz4_beginning(data, wanted)
        return strict(block, room)

    return decode


def lz4_beginning(data: bytes, wanted: int) -> tuple[bytes, int]:
    """A whole LZ4 block that unfolds to the first *wanted* bytes of what *data* does, and then some.

    data: begins with a block that may be longer, and may be followed by anything
    The second value is how many bytes the new block unfolds to, if *data* unfolds to enough.
    Source: lz4's doc/lz4_Block_format.md: a sequence is a token, literals, and a distance with a length; the
    last one has literals only.
    """
    at = out = 0
    while at < len(data):
        start = at
        literals, at = _longer(data, at + 1, data[at] >> 4)
        at += literals
        out += literals
        if out >= wanted or at >= len(data):
            last = data[at - literals : at] + _MORE
            return data[:start] + _literals(last), out + len(_MORE)
        match, at = _longer(data, at + 2, data[start] & 15)
        out += match + 4
        if out >= wanted:
            break
    return data[:at] + _literals(_MORE), out + len(_MORE)


def _literals(data: bytes) -> bytes:
    """*data*, 15 bytes or more, as the last sequence of a block."""
    whole, rest = divmod(len(data) - 15, 255)
    return b"\xf0" + b"\xff" * whole + bytes([rest]) + data


def _longer(data: bytes, at: int, length: int) -> tuple[int, int]:
    """A length whose four bits are *length*, with the bytes at *at* that go with it, and where they end."""
    if length < 15:
        return length, at
    while at < len(data):
        more = data[at]
        at += 1
        length += more
        if more != 255:
            break
    return length, at


def _micro_lzma(data: bytes, wanted: int) -> bytes | None:
    """MicroLZMA: raw LZMA1 whose first byte, always 0 otherwise, is the inverted properties.

    Source: ``lzma_microlzma_decoder`` in liblzma's container.h. Its dictionary is 8 MiB at most in an EROFS.
    """
    if not data:
        return None
    header = bytes([~data[0] & 0xFF]) + (8 << 20).to_bytes(4, "little") + b"\xff" * 8
    try:
        decoder = lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=64 << 20)
        return decoder.decompress(header + b"\0" + data[1:], max_length=wanted)
    except lzma.LZMAError:
        return None


def _deflate(data: bytes, wanted: int) -> bytes | None:
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(data, wanted)
    except zlib.error:
        return None


def _zstandard() -> Decode:
    try:
        import zstandard  # noqa: PLC0415 - of an extra, needed for compressed images only
    except ImportError as error:
        raise AuditError("reading this image needs the library zstandard", fix=_INSTALL) from error
    window, failed = LARGEST, zstandard.ZstdError

    def decode(data: bytes, wanted: int) -> bytes | None:
        try:
            with zstandard.ZstdDecompressor(max_window_size=1 << window.bit_length()).stream_reader(
                data
            ) as r:
                return r.read(wanted)
        except failed:
            return None

    return decode
