"""A file in a package, wherever it lies: at random where it is kept as it is, else from its beginning."""

from __future__ import annotations

from collections.abc import Callable
from typing import BinaryIO

from audit.errors import BadInput
from audit.model.record import record
from audit.sources.firmware.containers.bases import spooled_base
from audit.sources.firmware.containers.image import Image, whole
from audit.sources.firmware.containers.reader import open_image
from audit.sources.firmware.containers.spool import Spool
from audit.sources.firmware.containers.unpack import chunks

HEAD_BYTES = 16 * 1024


@record
class Member:
    """A file of a package.

    name: its path in the archive or folder, safe to show
    size: bytes; None where only reading tells
    image: where it lies unpacked
    stream: reads it from its beginning, where it does not
    trouble, fix: why it cannot be read at all, and what to do
    """

    name: str
    origin: str
    size: int | None
    image: Image | None = None
    stream: Callable[[], BinaryIO] | None = None
    trouble: str = ""
    fix: str = "unpack it by hand and give what it holds"

    def open(self) -> BinaryIO:
        """Reads it from its beginning. Raises BadInput where it cannot be read."""
        if self.image is not None:
            return open_image(self.image)
        if self.stream is not None:
            return self.stream()
        raise BadInput(self.trouble, where=self.origin, fix=self.fix)

    def head(self) -> bytes:
        """Its first bytes, enough to tell what it is."""
        with self.open() as file:
            return file.read(HEAD_BYTES)

    def at_random(self, spool: Spool) -> Image:
        """It as an image, unpacked to *spool* where it does not lie unpacked already."""
        if self.image is not None:
            return self.image
        with self.open() as file:
            base = spooled_base(spool, chunks(file), origin=self.origin, expected=self.size)
        if self.size is not None and base.size != self.size:
            raise BadInput(
                f"unpacks to {base.size} bytes, not the {self.size} that are announced",
                where=self.origin,
                fix="get the package again: it is damaged",
            )
        return whole(base)


def lying_in(archive: Image, name: str, offset: int, size: int) -> Member:
    """The file *name* that lies unpacked in *archive*; where it is cut off, it says so when it is read."""
    origin = f"{archive.origin} > {name}"
    try:
        return Member(name=name, origin=origin, size=size, image=archive.part(offset, size, origin))
    except BadInput as error:
        return Member(name=name, origin=origin, size=size, trouble=error.what, fix=error.fix)
