"""Finds dex files in a file whose own tables do not say where they are, or say it wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator

from audit.endpoints.dex import HEADER_BYTES, Reading, parse_header
from audit.endpoints.window import Window

_MAGIC = re.compile(rb"(?:dex\n|cdex)0[0-9]{2}\x00")
_CHUNK = 1 << 20
_OVERLAP = 8


def search(window: Window, start: int, reading: Reading) -> list[int]:
    """Where dex files begin, from *start* on, as many as the limits allow; each has a header that holds.

    Linear: the file is read once at most, in pieces.
    """
    found: list[int] = []
    skip = start
    for place in _magics(window, start, reading.limits.file_bytes):
        if place < skip or len(found) >= reading.limits.dexes:
            continue
        header = parse_header(window.read(place, HEADER_BYTES))
        if not isinstance(header, str) and header.size >= HEADER_BYTES:
            found.append(place)
            # What lies within a dex is its own; a size that leaves the file is not believed.
            skip = place + (header.size if place + header.size <= window.size else HEADER_BYTES)
    return found


def _magics(window: Window, start: int, most: int) -> Iterator[int]:
    for at in range(start, min(window.size, start + most), _CHUNK):
        for match in _MAGIC.finditer(window.read(at, _CHUNK + _OVERLAP - 1)):
            yield at + match.start()
