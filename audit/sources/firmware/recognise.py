"""Tells a firmware package from what else may be given, without taking it apart."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from audit.errors import BadInput
from audit.sources import disk
from audit.sources.firmware import file_names, payload, refused, sparse, super_image, tars, update_app, zips
from audit.sources.firmware.bases import file_base
from audit.sources.firmware.image import whole
from audit.sources.firmware.layers import GZIP, XZ
from audit.sources.firmware.lz4_frames import MAGIC as LZ4
from audit.sources.firmware.tree import file_system

_PACKED_NAMES = (".tgz", ".tar.gz", ".img.gz", ".img.xz", ".raw.gz", ".raw.xz")


def is_package(path: Path, head: bytes) -> bool:
    """Whether `open_package` has something to say about *path*: takes it apart, or tells why it cannot.

    head: its first bytes, 8 KB or more where it has them; b"" for a folder. Archives of other things (a bug
    report, an acquisition, an APK) are none, and neither is gzip that is not named like a package.
    """
    if path.is_dir():
        return _is_folder(path)
    if head.startswith(zips.MAGIC):
        return _is_zip(path)
    name = path.name.lower()
    if head.startswith((GZIP, XZ)):
        return name.endswith(_PACKED_NAMES)
    return (
        head.startswith((payload.MAGIC, sparse.MAGIC, LZ4))
        or tars.is_tar(head)
        or update_app.is_update_app(head)
        or super_image.is_super(head)
        or bool(file_system(head))
        or file_names.image_name(name) is not None
        or name.endswith(".nb0")
        or refused.is_known(head, name)
    )


def _is_folder(path: Path) -> bool:
    try:
        return _tells(file.name for file in disk.walk(path))
    except BadInput:  # of more files than a package ever has
        return False


def _is_zip(path: Path) -> bool:
    try:
        return _tells(member.name for member in zips.members(whole(file_base(path))))
    except BadInput:  # a damaged archive: whoever knows more of it says so
        return _tells([path.name])


def _tells(names: Iterable[str]) -> bool:
    return any(
        file_names.image_name(name) or file_names.update_part(name) or file_names.is_package_part(name)
        for name in names
    )
