"""Tar archives: Samsung's ``.tar.md5`` are read where they lie, Xiaomi's ``.tgz`` once from the beginning."""

from __future__ import annotations

import gzip
import tarfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO, Self

from audit.errors import BadInput
from audit.model.text import clean_line
from audit.sources.firmware.containers.bases import spooled_base
from audit.sources.firmware.containers.image import BROKEN, Image, whole
from audit.sources.firmware.containers.member import HEAD_BYTES, Member, lying_in
from audit.sources.firmware.containers.reader import open_image
from audit.sources.firmware.containers.spool import Spool
from audit.sources.firmware.containers.unpack import chunks

_MOST_MEMBERS = 20_000
_NOT_READ = "lies in a packed tar and was passed by"
# a chain of long-name headers makes tarfile call itself until Python stops it
_ERRORS = (
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    ValueError,
    OverflowError,
    RecursionError,
)


class _Strict(tarfile.TarInfo):
    """A header; where it is damaged, tarfile would take the archive for ended and not say so."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        """The next header. Raises ReadError for a damaged one, and where there is none and no end either."""
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.EmptyHeaderError as error:  # type: ignore[attr-defined]  # typeshed leaves it out
            raise tarfile.ReadError(f"it stops without an end at offset {tarfile_.offset}") from error
        except (tarfile.InvalidHeaderError, tarfile.TruncatedHeaderError) as error:  # type: ignore[attr-defined]  # typeshed leaves them out
            raise tarfile.ReadError(f"{error} at offset {tarfile_.offset}") from error


def is_tar(head: bytes) -> bool:
    """Whether a file that begins with *head* is a tar archive: POSIX's or GNU's magic."""
    return head[257:262] == b"ustar"


def members(archive: Image) -> list[Member]:
    """The files in *archive*. Raises BadInput where it is damaged, cut short, or has too many."""
    with open_image(archive) as file, _translated(archive.origin):
        tar = tarfile.open(fileobj=file, mode="r:", tarinfo=_Strict)  # noqa: SIM115  # closing it closes nothing
        return [
            lying_in(archive, clean_line(info.name), info.offset_data, info.size)
            for info in _files(tar, archive.origin)
        ]


def streamed(
    file: BinaryIO, origin: str, *, wanted: Callable[[str, bytes], bool], spool: Spool
) -> list[Member]:
    """The files in the tar that *file* gives from its beginning; those *wanted* go to *spool*.

    wanted: by name and first bytes
    """
    found = []
    with _translated(origin), tarfile.open(fileobj=file, mode="r|", tarinfo=_Strict) as tar:
        for info in _files(tar, origin):
            name = clean_line(info.name)
            here = f"{origin} > {name}"
            data = tar.extractfile(info)
            head = b"" if data is None else data.read(HEAD_BYTES)
            image = None
            if data is not None and wanted(name, head):
                image = _kept(chain([head], chunks(data)), here, info.size, spool)  # type: ignore[arg-type]  # IO[bytes] is all it needs
            found.append(Member(name=name, origin=here, size=info.size, image=image, trouble=_NOT_READ))
    return found


def _kept(data: Iterable[bytes], origin: str, size: int, spool: Spool) -> Image:
    return whole(spooled_base(spool, data, origin=origin, expected=size))


def _files(tar: tarfile.TarFile, origin: str) -> Iterator[tarfile.TarInfo]:
    for count, info in enumerate(tar):
        if count >= _MOST_MEMBERS:
            raise BadInput(f"has more than {_MOST_MEMBERS} files", where=origin, fix=BROKEN)
        if info.isreg() and not info.issparse():
            yield info


@contextmanager
def _translated(origin: str) -> Iterator[None]:
    try:
        yield
    except _ERRORS as error:
        raise BadInput(f"is no whole tar archive: {error}", where=origin, fix=BROKEN) from error
