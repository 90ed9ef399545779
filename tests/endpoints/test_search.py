from __future__ import annotations

from dataclasses import replace

import pytest

from audit.endpoints.dex import Reading
from audit.endpoints.part import Limits
from audit.endpoints.search import search
from audit.endpoints.window import over
from tests.build.compact import write_compact
from tests.build.dex import write_dex

DEX = write_dex(["a"])
MIB = 1 << 20


def places(data: bytes, limits: Limits | None = None, start: int = 0) -> list[int]:
    """Where dex files are found."""
    return search(over(data), start, Reading(limits or Limits()))


@pytest.mark.parametrize("before", [0, 1, 4096, MIB - 7, MIB - 3, MIB, 2 * MIB + 5])
def test_a_dex_is_found_wherever_it_lies(before: int) -> None:
    """At any offset, also across the pieces in which a file is read."""
    assert places(bytes(before) + DEX) == [before]


def test_several_of_both_kinds_are_found() -> None:
    """One after the other, plain and compact, with anything between them."""
    compact = write_compact([["b"]])[0][0]
    data = b"x" * 10 + DEX + b"y" * 10 + compact + b"z" + DEX
    first, second = 10, 20 + len(DEX)
    assert places(data) == [first, second, second + len(compact) + 1]
    assert places(data, replace(Limits(), dexes=2)) == [first, second]
    assert places(data, start=first + 1) == [second, second + len(compact) + 1]


def test_a_dex_within_a_dex_is_its_own_matter() -> None:
    """What lies inside another is data of that other."""
    outer = DEX[:32] + (2 * len(DEX) + 8).to_bytes(4, "little") + DEX[36:] + bytes(8) + DEX
    assert places(outer) == [0]


def test_a_magic_alone_is_no_dex() -> None:
    """Without a header that holds there is nothing to read."""
    assert places(b"dex\n035\0" * 100) == []
    assert places(DEX[:100]) == []


def test_a_size_beyond_the_file_hides_nothing() -> None:
    """A dex that claims the rest of the file, and more, does not hide the next one."""
    assert places(DEX[:32] + b"\xff\xff\xff\x7f" + DEX[36:] + DEX) == [0, len(DEX)]
