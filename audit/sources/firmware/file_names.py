"""What the name of a file in a package says: which partition it is an image of, whole or in pieces.

Archives say nothing else about their members; what a file is packed in is told by its content.
"""

from __future__ import annotations

import re

from audit.model.record import record
from audit.sources.firmware.volume import is_wanted, partition

SUPER = "super"
PAYLOAD = "payload.bin"

_PACKED = re.compile(r"\.(?:lz4|gz|xz)\Z")
_IMAGE = re.compile(r"(?P<stem>.+?)\.(?:img|image|raw|bin)(?:\.(?:ext4|raw))?(?P<rest>[._].*)?\Z")
_CHUNK = re.compile(r"[._]?sparsechunk[._]?(\d+)\Z|\.(\d+)\Z")
_NUMBERED = re.compile(r"(.+?)(?:_(\d+)|\.(\d+)\.[0-9a-f]{6,})\Z")
_SIGNED = re.compile(r"[-_](?:sign|signed|verified)\Z")
_UPDATE = re.compile(r"(?P<name>[a-z0-9_]+)\.(?P<part>transfer\.list|new\.dat(?:\.br)?)\Z")
_ARCHIVE = re.compile(r"\.(?:zip|tar|tar\.md5|tgz|tar\.gz|nb0|app)\Z")


@record
class Named:
    """A file that is an image of a partition, or a piece of one.

    partition: without its slot; ``super`` for the one that holds others
    piece: its number, where the image is in several files
    """

    partition: str
    slot: str = ""
    piece: int | None = None


def base_name(name: str) -> str:
    """*name* without folders, in lower case: Windows tools write any."""
    return name.replace("\\", "/").rpartition("/")[2].lower()


def image_name(name: str) -> Named | None:
    """What *name* is an image of; None for one that an audit does not read, or no image."""
    found = _IMAGE.match(_PACKED.sub("", base_name(name)))
    if found is None:
        return None
    stem, rest = found["stem"], found["rest"] or ""
    piece: int | None = None
    if rest:
        chunk = _CHUNK.match(rest)
        if chunk is None:
            return None
        piece = int(chunk[1] or chunk[2])
    named = _partition(stem)
    if named is None and piece is None and (numbered := _NUMBERED.match(stem)):
        named, piece = _partition(numbered[1]), int(numbered[2] or numbered[3])
    return named and Named(partition=named[0], slot=named[1], piece=piece)


def _partition(stem: str) -> tuple[str, str] | None:
    stem = _SIGNED.sub("", stem)
    for text in (stem, stem.rpartition("-")[2]):  # HMD: B2N-0-213-00WW-system.img
        name, slot = partition(text)
        if name == SUPER or is_wanted(name):
            return name, slot
    return None


def lone_name(name: str) -> tuple[str, str]:
    """The partition and slot of an image that was given by itself: what its name says, else its name."""
    named = image_name(name)
    if named is not None:
        return named.partition, named.slot
    return partition(base_name(name).partition(".")[0])


def update_part(name: str) -> tuple[str, str] | None:
    """Partition and part (``transfer.list``, ``new.dat``, ``new.dat.br``) of a block-based update's file."""
    found = _UPDATE.match(base_name(name))
    return (found["name"], found["part"]) if found else None


def is_archive(name: str) -> bool:
    """Whether a file of this name may hold images: a package often is an archive of archives."""
    return _ARCHIVE.search(base_name(name)) is not None


def is_payload(name: str) -> bool:
    """Whether a file of this name is the payload of an A/B update."""
    return base_name(name) == PAYLOAD


def is_other_image(name: str) -> bool:
    """Whether *name* is that of an image which an audit does not read: ``boot.img``, ``modem.bin``."""
    return _IMAGE.match(_PACKED.sub("", base_name(name))) is not None
