"""Huawei's ``UPDATE.APP``: images one after the other, each with a header of its own.

Source: the public descriptions by its unpackers (``splituapp``): 92 bytes of zeros, then for each image a
magic, the header's length, a 1, a hardware id, a number, the image's size, date, time, name, checksums.
"""

from __future__ import annotations

import struct

from audit.errors import BadInput
from audit.model.text import clean_line
from audit.sources.firmware.containers.image import BROKEN, Image
from audit.sources.firmware.containers.member import Member, lying_in
from audit.sources.firmware.containers.reader import ImageReader

MAGIC = b"\x55\xaa\x5a\xa5"
FIRST = 92

_HEADER = struct.Struct("<4sI4x8x4xI16x16x16s")
_MOST_IMAGES = 1024


def is_update_app(head: bytes) -> bool:
    """Whether a file that begins with *head* is one."""
    return head[FIRST : FIRST + 4] == MAGIC and not any(head[:FIRST])


def members(archive: Image) -> list[Member]:
    """The images in *archive*, named ``system.img``. Raises BadInput where it is damaged or cut short."""
    found: list[Member] = []
    at = FIRST
    with ImageReader(archive) as reader:
        while at < archive.size:
            head = reader.read_at(at, _HEADER.size)
            if len(head) < 4 and not any(head):
                break
            if len(head) < _HEADER.size or not head.startswith(MAGIC) or len(found) >= _MOST_IMAGES:
                raise BadInput(
                    "has no header of an image", where=f"{archive.origin}, offset {at}", fix=BROKEN
                )
            _magic, header, size, raw = _HEADER.unpack(head)
            if header < _HEADER.size:
                raise BadInput(
                    f"has a header of {header} bytes", where=f"{archive.origin}, offset {at}", fix=BROKEN
                )
            name = clean_line(raw.partition(b"\0")[0].decode("ascii", "replace")) + ".img"
            found.append(lying_in(archive, name, at + header, size))
            at += header + size
            at += -at % 4
    return found
