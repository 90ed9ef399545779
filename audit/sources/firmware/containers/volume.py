"""What a firmware package is taken apart into: partition images by name, what was left, what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import BinaryIO

from audit.model.evidence import Gap
from audit.model.record import record

_SLOT = re.compile(r"_([ab])\Z")


@record
class Volume:
    """One partition image found in a package.

    name: of the partition without its slot: ``system``, ``vendor``, ``my_product``
    origin: where it was found: ``ota.zip > payload.bin > system``
    size: bytes of the raw image
    open: gives a new, independent reader: read-only, seekable, raw (nothing sparse, nothing packed); its
        ``read(n)`` gives n bytes wherever n are left. It may be called and read in any thread. It can be
        pickled and called in another process; images kept in a `Spool` only while the process that owns
        the spool has it open, and only where ``/proc`` shows open files (Linux).
    """

    name: str
    origin: str
    size: int
    open: Callable[[], BinaryIO]


@record
class Package:
    """A firmware package, taken apart.

    kind: for people: ``OTA with payload.bin``, ``Samsung AP tar``
    left: partitions and files that were named and not opened, because they hold nothing to judge or lie twice
    """

    kind: str
    volumes: tuple[Volume, ...]
    gaps: tuple[Gap, ...] = ()
    left: tuple[str, ...] = ()


def partition(name: str) -> tuple[str, str]:
    """*name* of a partition and its slot: ``system_b`` is ``("system", "b")``; no slot is ``""``."""
    slot = _SLOT.search(name)
    return (name[: slot.start()], slot[1]) if slot else (name, "")
