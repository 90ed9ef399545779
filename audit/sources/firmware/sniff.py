"""Whether a path looks like a firmware package: by its first bytes, or by the names of what it holds."""

from __future__ import annotations

import zlib
from itertools import islice
from pathlib import Path

from audit.errors import BadInput
from audit.sources import disk
from audit.sources.firmware.containers import (
    file_names,
    payload,
    refused,
    sparse,
    super_image,
    tars,
    update_app,
    zips,
)
from audit.sources.firmware.containers.bases import file_base
from audit.sources.firmware.containers.image import whole
from audit.sources.firmware.filesystems.tree import file_system

_GZIP = b"\x1f\x8b"
_BLOCK = 512
_LOOKED_AT = 5_000
"""Files of a folder that are looked at to tell whether it holds images."""
_DEEPEST = 4


def is_package(path: Path, head: bytes) -> bool:
    """Whether the file at *path* is a package or an image, readable or not. head: its first 8 KB"""
    if head.startswith(zips.MAGIC):
        return _holds_images(path)
    if head.startswith(_GZIP):
        return tars.is_tar(_unpacked(head))
    by_content = (
        head.startswith(payload.MAGIC)
        or tars.is_tar(head)
        or sparse.is_sparse(head)
        or super_image.is_super(head)
        or update_app.is_update_app(head)
        or bool(file_system(head))
    )
    return by_content or _is_called(path.name)


def holds_images(folder: Path) -> bool:
    """Whether there are images or payloads in *folder*."""
    try:
        files = islice(disk.walk(folder), _LOOKED_AT)
        return any(_is_image(file.name) for file in files if _depth(file, folder) <= _DEEPEST)
    except BadInput:
        return False  # too many files for a folder of images


def check_archive(path: Path) -> None:
    """Raises BadInput with the reason where the ZIP archive at *path* cannot be read at all."""
    zips.members(whole(file_base(path)))


def _depth(file: Path, folder: Path) -> int:
    return len(file.relative_to(folder).parts)


def _holds_images(path: Path) -> bool:
    try:
        members = zips.members(whole(file_base(path)))
    except BadInput:
        return False  # nobody can read it: `check_archive` says why
    return any(_speaks_of_firmware(member.name) for member in members)


def _speaks_of_firmware(name: str) -> bool:
    return _is_image(name) or _is_inner(name) or file_names.is_loose_package(name)


def _is_image(name: str) -> bool:
    base = file_names.base_name(name)
    return bool(
        file_names.is_payload(base)
        or file_names.update_part(base)
        or file_names.image_name(base)
        or base.endswith((".tar.md5", ".nb0"))
    )


def _is_inner(name: str) -> bool:
    """Google's factory packages hold the images in another archive, ``image-<product>-<build>.zip``."""
    base = file_names.base_name(name)
    return base.startswith("image-") and base.endswith(".zip")


def _is_called(name: str) -> bool:
    """A file whose name promises a firmware: opening it says what it is, or why it cannot be read."""
    return _is_image(name) or refused.refusal_by_name(name) is not None


def _unpacked(head: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=31).decompress(head, _BLOCK)
    except zlib.error:
        return b""
