from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.adb.stream import Inbox
from audit.errors import UnitLost

CHUNKS = st.lists(st.binary(min_size=1, max_size=8), max_size=12)


@given(chunks=CHUNKS, before=st.integers(0, 12), wanted=st.integers(0, 14))
def test_draining_hands_over_everything_in_order_until_enough(
    chunks: list[bytes], before: int, wanted: int
) -> None:
    """Chunks that waited and chunks that come later arrive once and in order; the rest stays to be read."""

    async def run() -> tuple[list[bytes], list[bytes]]:
        inbox, taken = Inbox(), list[bytes]()
        for chunk in chunks[:before]:
            inbox.put(chunk)

        def take(chunk: bytes) -> bool:
            taken.append(chunk)
            return len(taken) < wanted

        draining = asyncio.ensure_future(inbox.drain(take))
        await asyncio.sleep(0)
        for chunk in chunks[before:]:
            inbox.put(chunk)
        inbox.end()
        await draining
        rest = []
        while data := await inbox.get():
            rest.append(data)
        return taken, rest

    taken, rest = asyncio.run(run())
    assert taken + rest == chunks
    assert len(taken) == min(max(wanted, 1), len(chunks))


def test_draining_raises_what_broke_the_connection() -> None:
    """A unit that goes away while its answer is taken is lost; what came until then was handed over."""

    async def run() -> list[bytes]:
        inbox, taken = Inbox(), list[bytes]()

        def take(chunk: bytes) -> bool:
            taken.append(chunk)
            return True

        draining = asyncio.ensure_future(inbox.drain(take))
        await asyncio.sleep(0)
        inbox.put(b"half")
        inbox.end(UnitLost("gone"))
        with pytest.raises(UnitLost):
            await draining
        return taken

    assert asyncio.run(run()) == [b"half"]


def test_a_cancelled_drain_leaves_later_chunks_to_the_next_reader() -> None:
    """A deadline that ends one reader does not swallow what comes afterwards."""

    async def run() -> bytes:
        inbox = Inbox()
        draining = asyncio.ensure_future(inbox.drain(lambda _: True))
        await asyncio.sleep(0)
        draining.cancel()
        await asyncio.gather(draining, return_exceptions=True)
        inbox.put(b"later")
        return await inbox.get()

    assert asyncio.run(run()) == b"later"


def test_exact_reads_join_and_split_chunks() -> None:
    """Counted blocks do not care how the bytes were cut."""

    async def run() -> list[bytes]:
        inbox = Inbox()
        for start, end in pairwise((0, 3, 4, 9)):
            inbox.put(b"abcdefghi"[start:end])
        inbox.end()
        return [await inbox.exactly(count) for count in (2, 5, 9)]

    assert asyncio.run(run()) == [b"ab", b"cdefg", b"hi"]
