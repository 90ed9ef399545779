"""Our own form of a dataset: ranges of addresses and what is said of each, in one file that is mapped.

The file is a header, then arrays of numbers in the machine's own byte order, then the texts:

    header      magic, byte order, version, and how many of everything there is
    wide        IPv6 by its upper 64 bits: where a step begins (Q), and which text holds from there on (I)
    fine        IPv6 ranges that cut through a /64: upper and lower half (Q, Q), text (I)
    v4          IPv4: where a step begins (I), text (I)
    texts       where each text begins (I), one more for the end of the last; then the texts, UTF-8

Text 0 is empty: nothing is said of these addresses. Finding one is a bisection in C. That the byte order is
not portable is on purpose: such a file is made on the station that reads it.
"""

from __future__ import annotations

import mmap
import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import MutableSequence
from pathlib import Path
from typing import BinaryIO, Literal

from audit.errors import BadInput

_MAGIC = b"ADBRANGE"
_ORDER = 0x0102
_VERSION = 1
_HEADER = struct.Struct("=8sHHIQQQQQ")
_FIX = "import the data again: adb-audit data import FILE"
MOST_RANGES = 12_000_000
MOST_TEXTS = 1_000_000
_MOST_FINE = 2_000_000
LONGEST_TEXT = 200
"""Characters of a text; the rest of a longer one is cut."""
_END4, _END6, _END64 = 1 << 32, 1 << 128, 1 << 64
_LOW = _END64 - 1


class Disorder(ValueError):
    """A range that is none, or begins before the one before it; or too many of them."""


class _Steps:
    """Ranges of one kind as steps; adjoining ranges of one text are one step."""

    def __init__(self, starts: MutableSequence[int]) -> None:
        self.starts = starts
        self.texts = array("I")
        self._first = -1
        self._after = 0

    def add(self, first: int, last: int, text: int) -> bool:
        """Add a range behind the others; False where one before it had taken a part of it already."""
        if first < self._first:
            raise Disorder("begins before the one before it")
        self._first = first
        clear = first >= self._after
        first = max(first, self._after)
        if last < first:
            return False
        if first > self._after:
            self._step(self._after, 0)
        self._step(first, text)
        self._after = last + 1
        return clear

    def finish(self, end: int) -> None:
        """Nothing is said behind the last range."""
        if self._after < end:
            self._step(self._after, 0)

    def _step(self, at: int, text: int) -> None:
        if not self.texts or self.texts[-1] != text:
            self.starts.append(at)
            self.texts.append(text)


class Builder:
    """Collects ranges in ascending order, IPv4 and IPv6 each for themselves; then writes the file."""

    def __init__(self) -> None:
        self._v4, self._wide, self._fine = _Steps(array("Q")), _Steps(array("Q")), _Steps([])
        self._texts: dict[str, int] = {"": 0}
        self.ranges = 0
        self.overlapping = 0
        """Ranges of which a part had been taken by the one before; it keeps that part."""

    def add(self, version: int, first: int, last: int, text: str) -> None:
        """Say *text* of the addresses from *first* to *last*. Raises `Disorder`."""
        if not 0 <= first <= last < (_END4 if version == 4 else _END6):
            raise Disorder("is no range of addresses")
        self.ranges += 1
        if self.ranges > MOST_RANGES:
            raise Disorder(f"is beyond the {MOST_RANGES} ranges that are read")
        number = self._number(text)
        if version == 4:
            clear = self._v4.add(first, last, number)
        elif first & _LOW or (last + 1) & _LOW:
            clear = self._fine.add(first, last, number)
            if len(self._fine.starts) > _MOST_FINE:
                raise Disorder(f"is beyond the {_MOST_FINE} that may cut through a /64")
        else:
            clear = self._wide.add(first >> 64, last >> 64, number)
        self.overlapping += not clear

    def _number(self, text: str) -> int:
        text = text[:LONGEST_TEXT]
        number = self._texts.setdefault(text, len(self._texts))
        if number >= MOST_TEXTS:
            raise Disorder(f"is beyond the {MOST_TEXTS} different texts that are read")
        return number

    def write(self, file: BinaryIO) -> None:
        """The whole file, in a few large pieces."""
        for steps, end in ((self._v4, _END4), (self._wide, _END64), (self._fine, _END6)):
            steps.finish(end)
        blobs = [text.encode("utf-8", "replace") for text in self._texts]
        offsets = array("I", [0])
        for blob in blobs:
            offsets.append(offsets[-1] + len(blob))
        wide, fine, v4 = self._wide, self._fine, self._v4
        counts = (len(wide.starts), len(fine.starts), len(v4.starts), len(blobs), offsets[-1])
        file.write(_HEADER.pack(_MAGIC, _ORDER, _VERSION, 0, *counts))
        file.write(array("Q", wide.starts))
        file.write(array("Q", [start >> 64 for start in fine.starts]))
        file.write(array("Q", [start & _LOW for start in fine.starts]))
        file.writelines((wide.texts, fine.texts, array("I", v4.starts), v4.texts, offsets))
        file.write(b"".join(blobs))


class Table:
    """An open file of ranges: mapped, its header looked at, the rest read as it is asked for."""

    def __init__(self, path: Path) -> None:
        try:
            with path.open("rb") as file:
                self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:  # ValueError: the file is empty
            raise BadInput(f"cannot be opened: {error}", where=str(path), fix=_FIX) from error
        self._whole = memoryview(self._map)
        try:
            self._lay_out(path)
        except BadInput:
            self._whole.release()
            self._map.close()
            raise

    def _lay_out(self, path: Path) -> None:
        whole, at = self._whole, _HEADER.size
        if len(whole) < at:
            raise BadInput("is cut short", where=str(path), fix=_FIX)
        magic, order, version, _, wide, fine, v4, texts, blob = _HEADER.unpack_from(whole)
        if (magic, order, version) != (_MAGIC, _ORDER, _VERSION):
            raise BadInput("is no table of ranges that this program can read", where=str(path), fix=_FIX)
        if len(whole) != at + 12 * wide + 20 * fine + 8 * v4 + 4 * (texts + 1) + blob:
            raise BadInput("is not as long as it says", where=str(path), fix=_FIX)

        def take(count: int, form: Literal["I", "Q"]) -> memoryview[int]:
            nonlocal at
            end = at + count * struct.calcsize(form)
            piece = whole[at:end].cast(form)
            at = end
            return piece

        self._wide, self._fine_high, self._fine_low = take(wide, "Q"), take(fine, "Q"), take(fine, "Q")
        self._wide_text, self._fine_text = take(wide, "I"), take(fine, "I")
        self._v4, self._v4_text, self._offsets = take(v4, "I"), take(v4, "I"), take(texts + 1, "I")
        self._blob = whole[at:]

    def find(self, version: int, number: int) -> str:
        """What is said of an address, given as its IP version and its number; "" for nothing."""
        return self._v4_at(number) if version == 4 else self._v6_at(number)

    def _v4_at(self, number: int) -> str:
        at = bisect_right(self._v4, number) - 1
        return self._text(self._v4_text[at]) if at >= 0 else ""

    def _v6_at(self, number: int) -> str:
        high = number >> 64
        at = bisect_right(self._wide, high) - 1
        text = self._wide_text[at] if at >= 0 else 0
        return self._text(text or self._fine(high, number & _LOW))

    def _fine(self, high: int, low: int) -> int:
        end = bisect_right(self._fine_high, high)
        begin = bisect_left(self._fine_high, high, 0, end)
        at = bisect_right(self._fine_low, low, begin, end) - 1
        return self._fine_text[at] if at >= 0 else 0

    def _text(self, number: int) -> str:
        return str(self._blob[self._offsets[number] : self._offsets[number + 1]], "utf-8", "replace")

    def close(self) -> None:
        """Let go of the file, which Windows would not delete before."""
        views = (self._offsets, self._wide, self._wide_text, self._fine_high, self._fine_low, self._fine_text)
        for view in (*views, self._v4, self._v4_text, self._blob, self._whole):
            view.release()
        self._map.close()
