"""Unpacks pieces in memory and streams on the way to a file, never further than announced."""

from __future__ import annotations

import bz2
import gzip
import importlib
import lzma
import types
import zlib
from collections.abc import Iterator
from enum import StrEnum
from typing import BinaryIO

from audit.errors import AuditError, BadInput

CHUNK_BYTES = 1024 * 1024
PADDING_BYTES = 4096
"""A payload's piece may end so much early: update_engine fills the rest of its last block with zeros."""

_XZ_MEMORY = 256 * 1024 * 1024
_BROKEN = "get the package again: it is damaged"
_INSTALL = "install what reads it: pip install 'adb-audit[firmware]'"


class Codec(StrEnum):
    """How a piece is packed."""

    BZIP2 = "bzip2"
    XZ = "xz"
    ZSTD = "zstd"
    LZ4 = "lz4"
    """One block of a frame, by itself."""


def library(name: str, *, where: str) -> types.ModuleType:
    """The module *name* of the extra ``firmware``. Raises AuditError with the install line if absent."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        package = name.partition(".")[0]
        raise AuditError(
            f"is packed in a way that needs the library {package}", where=where, fix=_INSTALL
        ) from error


def unpack(codec: Codec, data: bytes, size: int, *, where: str) -> bytes:
    """*data* unpacked to exactly *size* bytes; of a payload's, less than a block that is missing is zeros.

    Raises BadInput for what does not unpack, or to another size.
    """
    try:
        got = _UNPACKERS[codec](data, size, where)
    except (OSError, EOFError, ValueError, lzma.LZMAError) as error:
        raise BadInput(f"does not unpack as {codec}: {error}", where=where, fix=_BROKEN) from error
    least = size if codec is Codec.LZ4 else size - PADDING_BYTES + 1
    if not least <= len(got) <= size:
        more = "more than " if len(got) > size else f"{len(got)} bytes, not "
        raise BadInput(f"unpacks to {more}the {size} it should be", where=where, fix=_BROKEN)
    return got if len(got) == size else got.ljust(size, b"\0")


def _bzip2(data: bytes, size: int, _: str) -> bytes:
    return bz2.BZ2Decompressor().decompress(data, size + 1)


def _xz(data: bytes, size: int, _: str) -> bytes:
    return lzma.LZMADecompressor(memlimit=_XZ_MEMORY).decompress(data, size + 1)


def _zstd(data: bytes, size: int, where: str) -> bytes:
    zstandard = library("zstandard", where=where)
    try:
        with zstandard.ZstdDecompressor(max_window_size=_XZ_MEMORY).stream_reader(data) as stream:
            got: bytes = stream.read(size + 1)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from error
    return got


def _lz4(data: bytes, size: int, where: str) -> bytes:
    block = library("lz4.block", where=where)
    try:
        got: bytes = block.decompress(data, uncompressed_size=size)
    except block.LZ4BlockError as error:
        raise ValueError(str(error)) from error
    return got


_UNPACKERS = types.MappingProxyType({Codec.BZIP2: _bzip2, Codec.XZ: _xz, Codec.ZSTD: _zstd, Codec.LZ4: _lz4})


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """What *file* holds, piece by piece."""
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def unbrotli(file: BinaryIO, *, where: str) -> Iterator[bytes]:
    """The brotli stream in *file*, unpacked. Raises BadInput where it is damaged or cut short."""
    brotli = library("brotli", where=where)
    decoder = brotli.Decompressor()
    try:
        for packed in chunks(file):
            yield decoder.process(packed, output_buffer_limit=CHUNK_BYTES)
            while not decoder.can_accept_more_data():
                yield decoder.process(b"", output_buffer_limit=CHUNK_BYTES)
    except brotli.error as error:
        raise BadInput(f"does not unpack as brotli: {error}", where=where, fix=_BROKEN) from error
    if not decoder.is_finished():
        raise BadInput("ends in the middle of its brotli stream", where=where, fix=_BROKEN)


def unlz4(file: BinaryIO, *, where: str) -> Iterator[bytes]:
    """The LZ4 frame in *file*, unpacked. Raises BadInput where it is damaged or cut short."""
    frame = library("lz4.frame", where=where)
    decoder = frame.LZ4FrameDecompressor()
    try:
        for packed in chunks(file):
            yield decoder.decompress(packed, CHUNK_BYTES)
            while not (decoder.eof or decoder.needs_input):
                yield decoder.decompress(b"", CHUNK_BYTES)
            if decoder.eof:
                return
    except RuntimeError as error:  # what lz4 raises for any damage
        raise BadInput(f"does not unpack as LZ4: {error}", where=where, fix=_BROKEN) from error
    raise BadInput("ends in the middle of its LZ4 frame", where=where, fix=_BROKEN)


def ungzip(file: BinaryIO, *, where: str) -> Iterator[bytes]:
    """The gzip stream in *file*, unpacked. Raises BadInput where it is damaged or cut short."""
    try:
        with gzip.GzipFile(fileobj=file) as decoder:
            while chunk := decoder.read(CHUNK_BYTES):
                yield chunk
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadInput(f"does not unpack as gzip: {error}", where=where, fix=_BROKEN) from error


def unxz(file: BinaryIO, *, where: str) -> Iterator[bytes]:
    """The xz stream in *file*, unpacked. Raises BadInput where it is damaged or cut short."""
    decoder = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
    try:
        while not decoder.eof:
            packed = file.read(CHUNK_BYTES) if decoder.needs_input else b""
            if decoder.needs_input and not packed:
                raise BadInput("ends in the middle of its xz stream", where=where, fix=_BROKEN)
            yield decoder.decompress(packed, CHUNK_BYTES)
    except lzma.LZMAError as error:
        raise BadInput(f"does not unpack as xz: {error}", where=where, fix=_BROKEN) from error
