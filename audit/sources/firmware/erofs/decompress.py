"""Undoes the compression of one cluster: LZ4, MicroLZMA, DEFLATE or Zstandard."""

from __future__ import annotations

import lzma
import zlib
from collections.abc import Callable

from audit.errors import AuditError
from audit.model.record import record
from audit.sources.firmware.bytes_at import BytesAt

NAMES = ("LZ4", "LZMA", "DEFLATE", "Zstandard")
"""By the number an inode states."""

LARGEST = 12 << 20
"""Bytes a cluster may unfold to, as Linux has it (``Z_EROFS_PCLUSTER_MAX_DSIZE``)."""

_LZ4_RATIO = 255
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
        try:
            return unfold(data, uncompressed_size=wanted)
        except failed:
            pass  # perhaps only the beginning of the cluster is wanted: it has to be unfolded whole
        try:
            return unfold(data, uncompressed_size=min(LARGEST, len(data) * _LZ4_RATIO))
        except failed:
            return None

    return decode


def _loose_lz4() -> Decode:
    """For images made for Linux before 5.3, whose clusters are filled up with zeros at the end."""
    strict = _lz4()

    def decode(data: bytes, wanted: int) -> bytes | None:
        out = strict(data[: lz4_length(data, wanted)], wanted)
        return strict(data, wanted) if out is None else out

    return decode


def lz4_length(data: bytes, wanted: int) -> int:
    """How many bytes of *data* the LZ4 block takes that unfolds to *wanted* bytes.

    Source: lz4's doc/lz4_Block_format.md: a sequence is a token, literals, and a distance with a length; the
    last one has literals only.
    """
    at = out = 0
    end = len(data)
    while at < end:
        token = data[at]
        at += 1
        literals = token >> 4
        if literals == 15:
            literals, at = _longer(data, at, literals)
        at += literals
        out += literals
        if out >= wanted:
            return min(at, end)
        at += 2
        match = token & 15
        if match == 15:
            match, at = _longer(data, at, match)
        out += match + 4
    return end


def _longer(data: bytes, at: int, length: int) -> tuple[int, int]:
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
