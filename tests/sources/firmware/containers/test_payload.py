from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.sources.firmware.containers import wire
from audit.sources.firmware.containers.image import MOST_PIECES
from audit.sources.firmware.containers.payload import FULL, INCREMENTAL, Payload
from tests.build import payload as build
from tests.build.on_disk import content, stored, tolerated
from tests.build.payload import BLOCK

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
KINDS = (build.REPLACE, build.REPLACE_BZ, build.REPLACE_XZ, build.ZSTD)


def images(folder: Path, data: bytes) -> dict[str, bytes]:
    """All partitions of the payload *data*."""
    payload = Payload(stored(folder, data, "payload.bin"))
    return {update.name: content(payload.image(update)) for update in payload.updates}


def raw(seed: bytes, blocks: int) -> bytes:
    """So many blocks, some of them of zeros."""
    return b"".join(
        bytes(BLOCK) if n % 5 > 2 else bytes([*seed, n % 256]) * (BLOCK // 4) for n in range(blocks)
    )


@SHARED
@given(
    blocks=st.integers(1, 40),
    each=st.integers(1, 7),
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=4),
    told=st.booleans(),
)
def test_a_full_update_gives_back_its_partitions(
    tmp_path: Path, blocks: int, each: int, kinds: list[int], told: bool
) -> None:
    """Every kind of operation, in any order, with or without the size told."""
    wanted = {"system": raw(b"abc", blocks), "vendor": raw(b"xyz", 3)}
    assert images(tmp_path, build.full(wanted, kinds=kinds, blocks=each, told=told)) == wanted


def test_an_operation_may_write_to_several_places(tmp_path: Path) -> None:
    """Its data goes to its extents one after the other, wherever they lie."""
    data = b"A" * BLOCK + b"B" * BLOCK + b"C" * BLOCK
    kept = build.packed(build.REPLACE_XZ, data)
    one = build.operation(build.REPLACE_XZ, [(4, 1), (0, 2)], 0, len(kept))
    zeros = build.operation(build.DISCARD, [(2, 2)])
    made = images(tmp_path, build.payload([build.update("system", [one, zeros])], kept))
    assert made == {"system": b"B" * BLOCK + b"C" * BLOCK + bytes(2 * BLOCK) + b"A" * BLOCK}


def test_the_last_block_may_be_shorter_than_a_block(tmp_path: Path) -> None:
    """update_engine fills up the last block of an operation with zeros, and a partition may end within it."""
    one = build.operation(build.REPLACE, [(0, 2)], 0, BLOCK + 10)
    data = b"x" * (BLOCK + 10)
    assert images(tmp_path, build.payload([build.update("odm", [one])], data)) == {
        "odm": data.ljust(2 * BLOCK, b"\0")
    }
    told = build.payload([build.update("odm", [one], BLOCK + 512)], data)
    assert images(tmp_path, told) == {"odm": data.ljust(BLOCK + 512, b"\0")}


@pytest.mark.parametrize("kind", [2, 3, 4, 5, 9, 10, 11, 12, 13])
def test_an_incremental_update_is_refused_with_the_reason(tmp_path: Path, kind: int) -> None:
    """It holds only what changed: the old partition, which nobody has, would be needed."""
    made = build.payload([build.update("system", [build.operation(kind, [(0, 1)], 0, 4)])], b"diff")
    with pytest.raises(BadInput) as caught:
        images(tmp_path, made)
    assert (caught.value.what, caught.value.fix) == (INCREMENTAL, FULL)
    assert caught.value.where == "payload.bin"


def with_operation(message: bytes, data: bytes = b"x" * BLOCK, size: int | None = None) -> bytes:
    """A payload of one operation."""
    return build.payload([build.update("system", [message], size)], data)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        pytest.param(b"CrAU", "does not begin", id="header cut"),
        pytest.param(build.payload([], version=1), "version 1", id="version 1"),
        pytest.param(build.payload([])[:26], "does not fit", id="manifest cut"),
        pytest.param(build.payload([b"\x0a\xff\x01a"]), "255 bytes at offset", id="field beyond its message"),
        pytest.param(build.payload([b"\x0a" + b"\xff" * 11]), "does not end", id="endless number"),
        pytest.param(build.payload([b"\x0b"]), "unknown type 3", id="a group"),
        pytest.param(
            build.payload([build.field(1, 7)]), "a number where a message", id="a number for a name"
        ),
        pytest.param(build.payload([build.field(8, b"")]), "without a name", id="no name"),
        pytest.param(
            build.payload([build.update("a", [])] * 201), "201 partitions", id="too many partitions"
        ),
        pytest.param(
            with_operation(build.operation(77, [(0, 1)], 0, 4)), "unknown type 77", id="unknown operation"
        ),
        pytest.param(
            with_operation(build.operation(0, [(0, 1)], 9, BLOCK)), "are wanted at offset", id="data cut"
        ),
        pytest.param(
            with_operation(build.operation(0, [(0, 2)], 0, 9)), "for blocks of 8192", id="too little data"
        ),
        pytest.param(with_operation(build.operation(0, [], 0, 9)), "for blocks of 0", id="data for nowhere"),
        pytest.param(
            with_operation(build.operation(0, [(1, 1)], 0, BLOCK), size=BLOCK),
            "beyond its size",
            id="beyond its size",
        ),
        pytest.param(
            with_operation(build.operation(8, [(0, 1 << 20)], 0, BLOCK)),
            "are the most",
            id="a huge packed operation",
        ),
        pytest.param(
            with_operation(build.operation(6, [(0, 1 << 60)])),
            "an operation of",
            id="an operation of exabytes",
        ),
        pytest.param(
            with_operation(build.operation(6, [((1 << 62), 1)])),
            "are the most",
            id="a block at the end of the world",
        ),
    ],
)
def test_lies_are_refused(tmp_path: Path, data: bytes, why: str) -> None:
    """Nothing the manifest says is believed before it fits the file."""
    with pytest.raises(BadInput, match=why) as caught:
        images(tmp_path, data)
    assert caught.value.where.startswith("payload.bin")


def test_two_operations_on_one_block_are_refused(tmp_path: Path) -> None:
    """Which of them wins is not guessed."""
    one = build.operation(build.REPLACE, [(0, 1)], 0, BLOCK)
    with pytest.raises(BadInput, match="says twice what lies at offset 0"):
        images(tmp_path, build.payload([build.update("system", [one, one])], b"x" * BLOCK))


def test_more_extents_than_any_update_has_are_refused(tmp_path: Path) -> None:
    """A manifest of a few megabytes does not become gigabytes in memory."""
    message = build.field(1, 6) + build.field(6, b"") * (MOST_PIECES + 1)
    with pytest.raises(BadInput, match="extents"):
        images(tmp_path, with_operation(message))


@SHARED
@given(at=st.integers(0, 400), flip=st.integers(1, 255), cut=st.integers(0, 300))
def test_a_damaged_one_is_refused_or_read(tmp_path: Path, at: int, flip: int, cut: int) -> None:
    """Whatever byte is wrong and wherever it ends, nothing else than a BadInput comes out."""
    data = bytearray(build.full({"system": raw(b"abc", 6), "vendor": raw(b"x  ", 2)}, kinds=KINDS, blocks=1))
    data[at % len(data)] ^= flip
    with tolerated("payload.bin"):
        payload = Payload(stored(tmp_path, bytes(data[: len(data) - cut]), "payload.bin"))
        for update in payload.updates:
            with tolerated("payload.bin"):
                made = payload.image(update)
                if made.size < 1 << 24:
                    content(made)


@given(
    st.lists(
        st.tuples(st.integers(1, 1 << 20), st.one_of(st.integers(0, (1 << 64) - 1), st.binary(max_size=9)))
    )
)
def test_fields_read_as_they_are_written(fields: list[tuple[int, int | bytes]]) -> None:
    """Numbers of any length and bytes, in their order; unknown ones are not lost."""
    written = b"".join(build.field(number, value) for number, value in fields)
    read = [(n, v if isinstance(v, int) else bytes(v)) for n, v in wire.fields(memoryview(written))]
    assert read == fields
