"""Block-based updates: ``system.transfer.list`` says where the blocks of ``system.new.dat`` belong.

Source: AOSP ``bootable/recovery/updater/blockimg.cpp``, versions 1 to 4: a line with the version, one with
the number of blocks written, from version 2 on two about the stash, then a command and its ranges a line.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from audit.errors import BadInput
from audit.sources.firmware.containers.image import BROKEN, Canvas, Image
from audit.sources.firmware.containers.payload import FULL, INCREMENTAL

LARGEST_LIST = 16 * 1024 * 1024
_BLOCK = 4096
_MOST_RANGES = 250_000
_NOTHING = frozenset({"zero", "erase"})
_INCREMENTAL = frozenset({"move", "bsdiff", "imgdiff", "stash", "free", "compute_hash_tree"})


class TransferList:
    """A list that was read.

    size: bytes of the partition
    new_bytes: how many bytes ``new.dat`` has to have
    """

    def __init__(self, text: bytes, origin: str) -> None:
        self._origin = origin
        self._new: list[tuple[int, int]] = []
        self._end = 0
        self._ranges = 0
        lines = text.decode("ascii", "replace").split("\n")
        version = lines[0].strip()
        if version not in {"1", "2", "3", "4"}:
            raise self._bad(f"is no transfer list of version 1 to 4: it begins with {version[:20]!r}", 1)
        head = 2 if version == "1" else 4
        for at, line in enumerate(lines[head:], head + 1):
            if line.strip():
                self._command(line.split(), at)
        self.size = self._end * _BLOCK
        self.new_bytes = sum(end - start for start, end in self._new) * _BLOCK

    def image(self, new: Image) -> Image:
        """The raw image that the blocks of *new* make. Raises BadInput where it has too few or too many."""
        if new.size != self.new_bytes:
            raise BadInput(
                f"has {new.size} bytes, where its list wants {self.new_bytes}", where=new.origin, fix=BROKEN
            )
        canvas = Canvas(self._origin)
        at = 0
        for start, end in self._new:
            size = (end - start) * _BLOCK
            canvas.lay(start * _BLOCK, new.cut(at, size))
            at += size
        return canvas.image(self.size)

    def _command(self, words: list[str], at: int) -> None:
        name = words[0]
        if name in _INCREMENTAL:
            raise BadInput(INCREMENTAL, where=f"{self._origin}, line {at}", fix=FULL)
        if len(words) != 2 or (name != "new" and name not in _NOTHING):
            raise self._bad(f"has an unknown command {name[:20]!r}", at)
        for start, end in self._ranges_of(words[1], at):
            # what is erased or zeroed and then written is written: a hole is what nothing is laid on
            if name == "new":
                self._new.append((start, end))
            self._end = max(self._end, end)

    def _ranges_of(self, text: str, at: int) -> Iterator[tuple[int, int]]:
        try:
            count, *numbers = map(int, text.split(","))
        except ValueError as error:
            raise self._bad("has a range that is no list of numbers", at) from error
        self._ranges += len(numbers) // 2
        if count != len(numbers) or count % 2 or not count or self._ranges > _MOST_RANGES:
            raise self._bad(f"has a range of {len(numbers)} numbers where {count} are announced", at)
        if numbers[0] < 0 or any(left >= right for left, right in pairwise(numbers)):
            raise self._bad("has a range that goes backwards", at)
        return zip(numbers[::2], numbers[1::2], strict=True)

    def _bad(self, what: str, at: int) -> BadInput:
        return BadInput(what, where=f"{self._origin}, line {at}", fix=BROKEN)
