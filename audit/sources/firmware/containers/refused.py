"""Packages that are known and cannot be read: what they are, and what to do instead."""

from __future__ import annotations

from audit.errors import BadInput
from audit.sources.firmware.containers.file_names import base_name
from audit.sources.firmware.containers.image import Image
from audit.sources.firmware.containers.reader import look

_DECRYPT = "decrypt it with a tool of the maker's, and give the images it holds"
_OTHER = "give the OTA package of the same build, or the images it holds"

_RAR = ("is a RAR archive, which this program does not read", "unpack it and give the folder")
_SEVEN = ("is a 7z archive, which this program does not read", "unpack it and give the folder")
_OZIP = ("is an encrypted OPPO package (.ozip)", _DECRYPT)
_KDZ = ("is LG's KDZ package, which this program does not read", _OTHER)

_MAGIC = (
    (b"OPPOENCRYPT!", _OZIP),
    (b"Rar!\x1a\x07", _RAR),
    (b"7z\xbc\xaf\x27\x1c", _SEVEN),
    (b'(\x05\x00\x00$8"%', _KDZ),
    (b"\x28\xb5\x2f\xfd", ("is a zstd stream, which this program does not read", "unpack it with zstd")),
    (
        b"\x02\x21\x4c\x18",
        ("is in LZ4's legacy format, which this program does not read", "unpack it with lz4"),
    ),
)
_NAMES = {
    ".ofp": ("is an encrypted OPPO package (.ofp)", _DECRYPT),
    ".ops": ("is an encrypted OnePlus package (.ops)", _DECRYPT),
    ".ozip": _OZIP,
    ".ntpi": ("is an encrypted Nothing package (.ntpi)", _DECRYPT),
    ".kdz": _KDZ,
    ".rar": _RAR,
    ".7z": _SEVEN,
    ".pac": ("is Unisoc's PAC package, which this program does not read", _OTHER),
    ".ftf": ("is Sony's FTF package, which this program does not read", _OTHER),
    ".sin": ("is Sony's SIN image, which this program does not read", _OTHER),
}
_OPLUS_PAGES = (0x200, 0x1000)
_OPLUS_MAGIC = (0x7CEF).to_bytes(4, "little")
"""At byte 16 of the last page of ``.ofp`` and ``.ops`` files. Source: the public ``oppo_decrypt``."""


def refusal_by_name(name: str) -> tuple[str, str] | None:
    """Why a file of this *name* is not read, and what to do; None where the name says nothing."""
    name = base_name(name)
    return next((why for suffix, why in _NAMES.items() if name.endswith(suffix)), None)


def check(archive: Image, name: str) -> None:
    """Raises BadInput with the reason where *archive* is of a kind that is known and not read."""
    why = refusal_by_name(name)
    head = look(archive, 0, 16)
    if head.startswith(b"PK"):  # some .ofp are plain archives, with a password or without
        return
    for magic, reason in _MAGIC:
        if head.startswith(magic):
            why = reason
    if why is None and _is_oplus(archive):
        why = _NAMES[".ofp"]
    if why is not None:
        raise BadInput(why[0], where=archive.origin, fix=why[1])


def _is_oplus(archive: Image) -> bool:
    return any(
        archive.size > page and look(archive, archive.size - page + 16, 4) == _OPLUS_MAGIC
        for page in _OPLUS_PAGES
    )
