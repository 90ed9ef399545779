"""Our tables of ranges: whatever is written is found again, and damage is told."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.destinations.ranges import LONGEST_TEXT, Builder, Disorder, Table
from audit.errors import BadInput

Range = tuple[int, int, int, str]
"""Version, first, last, text."""
TEXTS = st.sampled_from(["CN", "SG", "AU", "", "13335\tCloudflare, Inc.", "中国"])


@st.composite
def ranges(draw: st.DrawFn, version: int, space: int) -> list[Range]:
    """Ranges in order that do not overlap, many of them side by side, within *space* numbers."""
    bounds = sorted(draw(st.lists(st.integers(0, space - 1), min_size=2, max_size=24, unique=True)))
    pairs = list(zip(bounds, [b - 1 for b in bounds[1:]], strict=False))
    return [(version, first, last, draw(TEXTS)) for first, last in pairs if draw(st.booleans())]


V4 = ranges(4, 64) | ranges(4, 2**32)
V6 = ranges(6, 64) | ranges(6, 2**66) | ranges(6, 2**128)


def table_of(rows: Iterable[Range], folder: Path) -> Table:
    """A table with these ranges."""
    builder = Builder()
    for row in rows:
        builder.add(*row)
    path = folder / "test.ranges"
    with path.open("wb") as file:
        builder.write(file)
    return Table(path)


def scanned(rows: Iterable[Range], version: int, number: int) -> str:
    """The same by looking at every range."""
    return next((t for v, first, last, t in rows if v == version and first <= number <= last), "")


@given(V4, V6, st.data())
def test_a_table_says_what_a_linear_scan_says(
    four: list[Range], six: list[Range], data: st.DataObject
) -> None:
    """At the edges of every range, beside them, and anywhere else."""
    rows = [*four, *six]
    with tempfile.TemporaryDirectory() as folder:
        table = table_of(rows, Path(folder))
        edges = {(v, n + d) for v, first, last, _ in rows for n in (first, last) for d in (-1, 0, 1)}
        edges |= {(6, n) for n in data.draw(st.lists(st.integers(0, 2**128 - 1), max_size=5))}
        edges |= {(4, 0), (4, 2**32 - 1), (6, 0), (6, 2**128 - 1), (6, 2**64), (6, 2**64 - 1)}
        for version, number in edges:
            if 0 <= number < (2**32 if version == 4 else 2**128):
                assert table.find(version, number) == scanned(rows, version, number), (version, number)
        table.close()


def test_ranges_may_lie_in_the_whole_space(tmp_path: Path) -> None:
    """The first and last address of each version belong to a range as any other."""
    rows = [(4, 0, 2**32 - 1, "A"), (6, 0, 2**128 - 1, "B")]
    table = table_of(rows, tmp_path)
    assert {table.find(4, 0), table.find(4, 2**32 - 1)} == {"A"}
    assert {table.find(6, 0), table.find(6, 2**128 - 1)} == {"B"}


@pytest.mark.parametrize("version", [4, 6])
def test_a_gap_of_one_address_is_a_gap(tmp_path: Path, version: int) -> None:
    """Between two ranges of the same text as well."""
    table = table_of([(version, 1, 2, "A"), (version, 4, 5, "A"), (version, 6, 6, "A")], tmp_path)
    assert [table.find(version, n) for n in range(8)] == ["", "A", "A", "", "A", "A", "A", ""]


def test_of_two_that_overlap_the_first_keeps_its_part(tmp_path: Path) -> None:
    """The second has the rest, and it is counted that they did."""
    builder = Builder()
    for row in [(4, 10, 20, "A"), (4, 15, 30, "B"), (4, 16, 18, "C"), (4, 40, 41, "D")]:
        builder.add(*row)
    assert builder.overlapping == 2
    table = table_of([(4, 10, 20, "A"), (4, 15, 30, "B"), (4, 16, 18, "C"), (4, 40, 41, "D")], tmp_path)
    assert [table.find(4, n) for n in (9, 10, 20, 21, 30, 31, 40)] == ["", "A", "A", "B", "B", "", "D"]


@pytest.mark.parametrize(
    "row", [(4, 5, 4, "A"), (4, -1, 4, "A"), (4, 0, 2**32, "A"), (6, 0, 2**128, "A"), (4, 2, 9, "A")]
)
def test_what_is_no_range_in_order_is_refused(row: Range) -> None:
    """Backwards, outside the address space, or before the one before it."""
    builder = Builder()
    builder.add(4, 3, 3, "Z")
    with pytest.raises(Disorder):
        builder.add(*row)


def test_a_long_text_is_cut(tmp_path: Path) -> None:
    """No organisation's name fills the memory."""
    assert table_of([(4, 1, 2, "x" * 5000)], tmp_path).find(4, 1) == "x" * LONGEST_TEXT


@pytest.mark.parametrize("cut", [0, 1, 20, 55, 56, 80, -1])
def test_a_file_that_is_cut_is_refused(tmp_path: Path, cut: int) -> None:
    """Wherever it ends, opening it says so and how to mend it."""
    path = tmp_path / "test.ranges"
    table_of([(4, 1, 2, "A"), (6, 1, 2, "B")], tmp_path).close()
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadInput) as caught:
        Table(path)
    assert "adb-audit data import" in caught.value.fix


@given(st.binary(max_size=200), st.integers(0, 55))
def test_any_damage_of_the_header_is_an_error_or_harmless(junk: bytes, at: int) -> None:
    """A header that claims what is not there never reads beyond the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "test.ranges"
        table_of([(4, 1, 2, "A"), (6, 1, 2, "B")], Path(folder)).close()
        whole = path.read_bytes()
        path.write_bytes(whole[:at] + junk[: len(whole) - at] + whole[at + len(junk) :])
        try:
            table = Table(path)
        except BadInput:
            return
        table.close()
