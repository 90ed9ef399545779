from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.observe.imports.stream import Run, Stream

NUMBERS = st.one_of(st.sampled_from([0, 2**32 - 1, 2**32 - 40, 2**31]), st.integers(0, 2**32 - 1))


@st.composite
def shuffled(draw: st.DrawFn) -> tuple[bytes, list[tuple[int, int]]]:
    """Bytes, and pieces of them in any order that cover all of them, some twice."""
    data = draw(st.binary(min_size=1, max_size=300))
    size = len(data)
    cuts = sorted({0, size, *draw(st.lists(st.integers(0, size), max_size=12))})
    again = draw(st.lists(st.tuples(st.integers(0, size - 1), st.integers(1, 60)), max_size=6))
    pieces = [*pairwise(cuts), *((start, min(size, start + length)) for start, length in again)]
    return data, draw(st.permutations(pieces))


def joined(runs: list[Run]) -> bytes:
    """All bytes handed out; nothing may be lost."""
    assert not any(run.lost for run in runs)
    return b"".join(run.data for run in runs)


@given(shuffled(), NUMBERS, st.data(), st.sampled_from([20, 100, 1000]))
def test_pieces_in_any_order_give_the_bytes_that_were_sent(
    cut: tuple[bytes, list[tuple[int, int]]], seq: int, draw: st.DataObject, most: int
) -> None:
    """Cut anywhere, repeated, overlapping, across the wrap of numbers, the SYN early, late or never seen."""
    data, pieces = cut
    opening = draw.draw(st.none() | st.integers(0, len(pieces)))
    stream = Stream(most)
    runs: list[Run] = []
    for at, (start, end) in enumerate(pieces):
        if at == opening:
            runs += stream.starts(seq)
        runs += stream.add((seq + start) & 0xFFFFFFFF, data[start:end], end - start)
    if opening == len(pieces):
        runs += stream.starts(seq)
    runs += stream.settle()
    assert joined(runs) == data[:most]
    assert stream.held == 0
    assert stream.strays == 0


@given(
    segments=st.lists(st.tuples(NUMBERS, st.binary(max_size=40), st.integers(0, 20)), max_size=60),
    syn=st.booleans(),
)
def test_whatever_comes_is_bounded_and_handed_out_once(
    segments: list[tuple[int, bytes, int]], *, syn: bool
) -> None:
    """Numbers that make no sense neither raise nor give more bytes than came."""
    stream = Stream(100)
    runs = stream.starts(7) if syn else []
    for seq, data, cut in segments:
        runs += stream.add(seq, data, len(data) + cut)
    runs += stream.settle()
    given_out = sum(len(run.data) for run in runs)
    assert given_out <= min(100, sum(len(data) for _, data, _ in segments))
    assert sum(len(run.data) + run.lost for run in runs) <= 100
    assert stream.held == 0


def test_in_order_bytes_are_handed_out_at_once() -> None:
    """Nothing waits that need not."""
    stream = Stream(1000)
    stream.starts(5)
    assert stream.add(5, b"ab", 2) == [Run(b"ab")]
    assert stream.add(9, b"ef", 2) == []
    assert stream.add(7, b"cd", 2) == [Run(b"cd"), Run(b"ef")]


def test_a_hole_is_said_where_it_is() -> None:
    """Bytes that never came are so many lost, between those before and those after."""
    stream = Stream(1000)
    stream.starts(0)
    assert stream.add(0, b"ab", 2) + stream.add(10, b"yz", 2) + stream.settle() == [
        Run(b"ab"),
        Run(b"", 8),
        Run(b"yz"),
    ]


def test_a_segment_that_was_cut_leaves_a_hole_and_nothing_waits_for_it() -> None:
    """Of a frame cut at capture the rest cannot come: what follows is handed out at once."""
    stream = Stream(1000)
    stream.starts(0)
    assert stream.add(0, b"ab", 6) == [Run(b"ab"), Run(b"", 4)]
    assert stream.add(6, b"cd", 2) == [Run(b"cd")]


def test_bytes_that_come_twice_are_those_that_came_first() -> None:
    """A later copy that differs changes nothing: which one the other side took cannot be known."""
    stream = Stream(1000)
    stream.starts(0)
    runs = stream.add(2, b"cd", 2) + stream.add(0, b"abXY", 4)
    assert joined(runs) == b"abcd"


def test_what_lies_beyond_is_counted_also_past_the_wrap() -> None:
    """A download of 9 GB keeps its first bytes and counts the others, retransmissions once."""
    stream = Stream(1000)
    stream.starts(0)
    step, size = 1 << 20, 9 << 30
    for at in range(0, size, step):
        stream.add(at & 0xFFFFFFFF, b"", step)
        stream.add(at & 0xFFFFFFFF, b"", step)
    assert stream.beyond == size - 1000


def test_so_many_holes_are_no_reordering() -> None:
    """When more pieces wait than are kept, the oldest hole is given up instead of the bytes after it."""
    stream = Stream(1 << 18)
    stream.starts(0)
    runs = [run for at in range(1, 4000, 2) for run in stream.add(at, b"x", 1)]
    assert len(runs) > 1000
    assert stream.held < 600
    assert sum(len(run.data) for run in [*runs, *stream.settle()]) == 2000


@pytest.mark.parametrize("away", [-(2**31), -(2**30) - 10, 2**30 + 10, 2**31 - 1])
def test_a_number_that_cannot_be_of_the_connection_is_left(away: int) -> None:
    """A damaged number is counted, and does not move what is expected next."""
    stream = Stream(1000)
    stream.starts(5)
    stream.add(5, b"ab", 2)
    assert stream.add((7 + away) & 0xFFFFFFFF, b"zz", 2) == []
    assert stream.strays == 1
    assert stream.add(7, b"cd", 2) == [Run(b"cd")]


def test_where_the_beginning_was_not_seen_the_lowest_number_is_it() -> None:
    """Two segments in the wrong order, then more than is kept: every byte is handed out or counted, once."""
    stream = Stream(1000)
    runs = stream.add(5100, b"b" * 100, 100) + stream.add(5000, b"a" * 100, 100) + stream.settle()
    assert joined(runs) == b"a" * 100 + b"b" * 100
    assert joined(stream.add(5200, b"c" * 2000, 2000)) == b"c" * 800
    stream.add(7200, b"d" * 500, 500)
    assert stream.beyond == 1200 + 500
