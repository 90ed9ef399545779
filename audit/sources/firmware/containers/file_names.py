"""What the name of a file in a package says: which partition it is an image of, whole or in pieces.

Archives say nothing else about their members; what a file is packed in is told by its content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from audit.model.record import record
from audit.sources.firmware.containers.volume import partition
from audit.sources.firmware.layout.places import is_partition, never_has_packages

SUPER = "super"
OTHER_SYSTEM = "system_other"
"""The other slot's system image, which in factory packages holds compiled code for ``/system``."""
USERDATA = "userdata"
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
    """What *name* is an image of; None for one of a partition that is not known, or no image."""
    return _named(name, _known)


def other_image(name: str) -> Named | None:
    """What *name* is an image of, whatever it is called; None for no image, and for those nobody asks about.

    Makers invent partitions: only their content tells whether there are files in them.
    """
    named = _named(name, _any)
    return None if named is None or never_has_packages(named.partition) else named


def _named(name: str, of: Callable[[str], tuple[str, str] | None]) -> Named | None:
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
    named = of(stem)
    if named is None and piece is None and (numbered := _NUMBERED.match(stem)):
        named, piece = of(numbered[1]), int(numbered[2] or numbered[3])
    return named and Named(partition=named[0], slot=named[1], piece=piece)


def is_wanted(name: str) -> bool:
    """Whether the partition *name*, without a slot, is known to hold what an audit reads."""
    return name in {SUPER, OTHER_SYSTEM} or is_partition(name)


def _known(stem: str) -> tuple[str, str] | None:
    stem = _SIGNED.sub("", stem)
    for text in (stem, stem.rpartition("-")[2]):  # HMD: B2N-0-213-00WW-system.img
        name, slot = partition(text)
        if is_wanted(name):
            return name, slot
    return None


def _any(stem: str) -> tuple[str, str]:
    return partition(_SIGNED.sub("", stem).rpartition("-")[2])


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


def is_any_image(name: str) -> bool:
    """Whether *name* is that of an image, known or not: ``boot.img``, ``modem.bin``."""
    return _IMAGE.match(_PACKED.sub("", base_name(name))) is not None


def may_hold_images(name: str) -> bool:
    """Whether a file of this name is opened where it is found."""
    return bool(image_name(name) or update_part(name) or is_archive(name) or is_payload(name))


def is_loose_package(name: str) -> bool:
    """Whether *name* is that of an APK in a folder for a partition: older updates copy such to the unit."""
    *folders, last = name.replace("\\", "/").lower().split("/")
    return last.endswith(".apk") and any(is_partition(folder) for folder in folders)


def is_part_of_another(name: str, others: Iterable[str]) -> bool:
    """Samsung's HOME_CSC, which differs from the CSC beside it in that it leaves the user's data alone."""
    return base_name(name).startswith("home_csc") and any(
        base_name(other).startswith("csc") for other in others
    )


def with_files(named: Named, file_system: str) -> Named | None:
    """What the image *named* of a partition nobody knows is to be called, by the *file_system* in it.

    A user's data is ``/data``; where it is F2FS it was made empty, as mke2fs alone puts files in one.
    """
    if named.partition != USERDATA:
        return named if file_system else None
    return Named(partition="data", piece=named.piece) if file_system == "ext4" else None
