from __future__ import annotations

import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.endpoints.part import Limits, Part
from audit.endpoints.vdex import read_vdex
from audit.endpoints.window import over
from audit.model.code import Code
from tests.build.compact import write_compact
from tests.build.dex import write_dex
from tests.build.vdex import hold, write_empty, write_vdex

VERSIONS = (6, 10, 15, 19, 21, 26, 27)
WITH_COMPACT = (19, 21, 26, 27)
TWO = (["http://one.example.com/x", "shared"], ["https://two.example.com", "zzhc.vnet.cn", "shared"])
TOLD = [
    ("http://one.example.com/x", "dex 0"),
    ("https://two.example.com", "dex 1"),
    ("zzhc.vnet.cn", "dex 1"),
]


def told(data: bytes, limits: Limits | None = None, where: str = "") -> Part:
    """What is read of a vdex."""
    return read_vdex(over(data), where=where, limits=limits or Limits())


@pytest.mark.parametrize(
    ("version", "compact"),
    [*((version, False) for version in VERSIONS), *((version, True) for version in WITH_COMPACT)],
)
def test_every_version_is_read(version: int, *, compact: bool) -> None:
    """Plain or compact, quickening tables before the dex files or not: all strings of all of them."""
    part = told(write_vdex(TWO, version=version, compact=compact))
    kind = "compact dex 001" if compact else "dex 035"
    assert part.form == f"vdex {version:03d} ({kind})"
    assert (part.code, part.troubles) == (Code.READ, ())
    assert [(one.value, one.where) for one in part.found] == TOLD
    assert part.strings == (5 if compact else 9)


@given(
    st.lists(st.lists(st.text(max_size=12), max_size=8), min_size=1, max_size=4),
    st.sampled_from([*((each, False) for each in VERSIONS), *((each, True) for each in WITH_COMPACT)]),
)
def test_offsets_count_from_the_dex_they_are_told_of(files: list[list[str]], kind: tuple[int, bool]) -> None:
    """An address added to each dex lies where it is told, counted from that dex's own first byte."""
    version, compact = kind
    files = [[*texts, f"http://{number}.example.com/"] for number, texts in enumerate(files)]
    data = write_vdex(files, version=version, compact=compact)
    part = told(data)
    assert part.code is Code.READ
    starts = [at for at in range(0, len(data), 4) if data[at : at + 8] in {b"dex\n035\0", b"cdex001\0"}]
    told_of = {one.where: (one.value, one.offset) for one in part.found if one.value.startswith("http://")}
    for number, start in enumerate(starts):
        value, offset = told_of[f"dex {number}"]
        assert offset is not None
        assert data[start + offset :].startswith(value.encode() + b"\0")


def test_kinds_may_differ_within_one_vdex() -> None:
    """A vdex may hold compact and plain dex files side by side."""
    (compact,), shared = write_compact([TWO[0]], before_each=0)
    size = len(write_dex(TWO[1]))
    # The plain one lies between the compact one and the shared data, with a word before it.
    moved = bytearray(compact)
    struct.pack_into("<I", moved, 108, len(compact) + 4 + size + (-size % 4))
    part = told(hold([bytes(moved), write_dex(TWO[1])], version=19, shared=shared))
    assert [(one.value, one.where) for one in part.found] == TOLD
    assert part.form == "vdex 019 (compact dex 001, dex 035)"


@pytest.mark.parametrize("version", VERSIONS)
def test_a_vdex_without_dex_is_no_trouble(version: int) -> None:
    """Where the code stays in the APK the answer says so; it does not say that nothing was found."""
    part = told(write_empty(2, version=version))
    assert part.form == f"vdex {version:03d} without dex: the code is in its APK"
    assert (part.code, part.strings, part.troubles) == (Code.NONE, 0, ())


def test_a_later_version_is_read_and_not_trusted() -> None:
    """What Android may write next year is read as today's, and called unreadable for that."""
    part = told(write_vdex(TWO, version=28))
    assert [one.value for one in part.found] == [value for value, _ in TOLD]
    assert part.code is Code.UNREADABLE
    assert "028 is not known" in part.troubles[0].reason


@pytest.mark.parametrize("version", VERSIONS)
def test_a_dex_that_is_not_where_it_should_be_is_searched_for(version: int) -> None:
    """One of two dex files is broken, or moved: the other one is read, and the trouble told."""
    data = bytearray(write_vdex(TWO, version=version))
    first = min(at for at in (data.find(b"dex\n035\0"), data.find(b"cdex001\0")) if at != -1)
    data[first : first + 4] = b"gone"
    part = told(bytes(data))
    assert part.code is Code.UNREADABLE
    assert "https://two.example.com" in [one.value for one in part.found]
    assert "found by search" in part.form


@pytest.mark.parametrize(("version", "count_at"), [(10, 8), (21, 12), (27, 20)])
def test_a_vdex_that_denies_its_dex_files_is_searched(version: int, count_at: int) -> None:
    """It says it has none, and has bytes for them: what they hold is told, and that it was not trusted."""
    data = bytearray(write_vdex(TWO, version=version))
    struct.pack_into("<I", data, count_at, 0)
    part = told(bytes(data))
    assert [one.value for one in part.found] == [value for value, _ in TOLD]
    assert part.code is Code.UNREADABLE


def test_many_dex_files_are_cut() -> None:
    """More dex files than allowed are told, not read."""
    files = [[f"http://{number}.example.com/"] for number in range(8)]
    part = told(write_vdex(files, version=10), replace(Limits(), dexes=3))
    assert len(part.found) == 3
    assert part.code is Code.UNREADABLE
    assert "8 dex files; 3 are read" in part.troubles[0].reason


def test_limits_hold_for_all_dex_files_together() -> None:
    """Compact dex files that all speak of the same data are read no longer than the limits allow."""
    files = [[f"http://{number}.example.com/" for number in range(100)]] * 50
    part = told(write_vdex(files, version=19), replace(Limits(), strings=250))
    assert part.strings == 250
    assert part.code is Code.UNREADABLE
    part = told(write_vdex(files, version=19), replace(Limits(), file_bytes=4000))
    assert part.code is Code.UNREADABLE


@pytest.mark.parametrize("version", [10, 19, 21, 27])
def test_every_truncation_is_told(version: int) -> None:
    """However a vdex is cut within its dex files, it is read without an error, and not called read whole."""
    data = write_vdex(TWO, version=version)
    for length in range(data.rindex(b"DEPS" * 4)):
        part = told(data[:length])
        assert part.code is Code.UNREADABLE, length
        assert part.troubles


@settings(max_examples=3 * settings().max_examples)
@given(st.data())
def test_no_flip_of_bytes_raises(data: st.DataObject) -> None:
    """Any bytes of a vdex may be wrong."""
    vdex = bytearray(write_vdex(TWO, version=data.draw(st.sampled_from(VERSIONS))))
    for _ in range(data.draw(st.integers(1, 4))):
        vdex[data.draw(st.integers(0, len(vdex) - 1))] = data.draw(st.integers(0, 255))
    part = told(bytes(vdex))
    assert part.code is not Code.NONE or "without dex" in part.form


def test_a_part_of_something_larger_is_named_with_it() -> None:
    """Inside an archive the dex files of a vdex are told apart from others."""
    part = told(write_vdex(TWO), where="oat/arm64/A.vdex")
    assert {one.where for one in part.found} == {"oat/arm64/A.vdex > dex 0", "oat/arm64/A.vdex > dex 1"}
