"""Native programs and libraries: the plain strings in them, as ``strings`` gives them.

Whom a native program calls is often written in it: the updater found in many phones in 2016 was one, with its
hosts in plain sight. What it does with them, and strings it puts together, are not told.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice

from audit.endpoints.addresses import LONGEST, find
from audit.endpoints.dex_strings import places
from audit.endpoints.elf import end_of
from audit.endpoints.part import NATIVE, Limits, Part
from audit.endpoints.window import Window
from audit.model.code import Code, Trouble

FORM = "native code"
_PIECE_BYTES = 1 << 20
# Between two NULs, as compilers write them: what merely looks like text in instructions has none around it.
_STRING = re.compile(rb"(?<=\0)[\t\x20-\x7e]{4,%d}(?=\0)" % LONGEST)


def read_native(window: Window, *, where: str, limits: Limits) -> Part:
    """The addresses among the plain strings of a native program."""
    troubles: list[Trouble] = []
    end = end_of(window)
    if end is None:
        troubles.append(Trouble(reason="native code without a header that holds", where=where, offset=0))
    elif end > window.size:
        reason = f"native code that should end at {end} and ends at {window.size}"
        troubles.append(Trouble(reason=reason, where=where, offset=window.size))
    if window.size > limits.file_bytes:
        reason = f"{window.size} bytes; the first {limits.file_bytes} are read"
        troubles.append(Trouble(reason=reason, where=where, offset=limits.file_bytes))
    texts = _Texts(window, limits)
    found = list(islice(find(texts, where=where), limits.found + 1))
    if len(found) > limits.found:
        troubles.append(
            Trouble(reason=f"more than {limits.found} addresses; the rest is not told", where=where)
        )
    return Part(
        form=FORM,
        code=Code.UNREADABLE if troubles else Code.READ,
        strings=texts.count,
        beyond=(NATIVE,),
        found=tuple(found[: limits.found]),
        troubles=tuple(troubles),
    )


class _Texts:
    """The strings that may be of interest, with their places; *count* tells how many strings there were."""

    def __init__(self, window: Window, limits: Limits) -> None:
        self._window, self._end = window, min(window.size, limits.file_bytes)
        self.count = 0

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for at, block in self._blocks():
            strings = [match.span() for match in _STRING.finditer(block)]
            self.count += len(strings)
            starts = [start for start, _ in strings]
            for index in sorted({bisect_right(starts, place) - 1 for place in places(block)} - {-1}):
                start, end = strings[index]
                yield at + start, block[start:end].decode("ascii")

    def _blocks(self) -> Iterator[tuple[int, bytes]]:
        """Pieces of the file; each begins with the last bytes of the one before, so that no string is cut."""
        at, rest = 0, b"\0"
        while at < self._end:
            piece = self._window.read(at, min(_PIECE_BYTES, self._end - at))
            if not piece:
                return
            block = rest + piece
            at += len(piece)
            last = block.rfind(b"\0") if at < self._end else len(block)
            cut = max(last, len(block) - LONGEST - 1)
            yield at - len(block), block[: cut + 1]
            rest = block[cut:]
