from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.sources.firmware.containers import sparse, super_image
from audit.sources.firmware.containers.image import Image
from audit.sources.firmware.containers.reader import look
from tests.build import sparse as build_sparse
from tests.build import super_image as build
from tests.build.on_disk import content, stored, tolerated

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
SYSTEM, VENDOR = b"system!!" * 1024, b"vendor" * 700
TABLES = 3 * 4096
"""Where the first table lies; its copy follows those of both slots."""


def partitions(made: Image) -> dict[str, bytes]:
    """What the super image *made* holds."""
    return {
        part.name: content(super_image.logical_image(made, part)) for part in super_image.partitions(made)
    }


def padded(raw: bytes) -> bytes:
    """*raw* in whole sectors."""
    return raw.ljust(-(-len(raw) // 512) * 512, b"\0")


@pytest.mark.parametrize("minor", [0, 1, 2])
@pytest.mark.parametrize("pieces", [1, 4])
def test_partitions_are_read_in_the_order_of_their_extents(tmp_path: Path, minor: int, pieces: int) -> None:
    """All versions of the table, with partitions spread over the device, and an unused slot that is empty."""
    raw = {"system_a": SYSTEM, "system_b": b"", "vendor_a": VENDOR.ljust(2048 * 3, b"\0"), "vendor_b": b""}
    made = stored(tmp_path, build.image(raw, minor=minor, pieces=pieces))
    assert super_image.is_super(look(made, 0, super_image.HEAD_BYTES))
    assert partitions(made) == {**raw, "vendor_a": padded(raw["vendor_a"])}


def test_a_sparse_super_image_is_read_through(tmp_path: Path) -> None:
    """The usual state of a factory's super image; nothing is unpacked on the way."""
    packed = stored(tmp_path, build_sparse.of_raw(build.image({"system": SYSTEM, "vendor": VENDOR})))
    made = sparse.unsparsed(packed)
    assert partitions(made) == {"system": SYSTEM, "vendor": padded(VENDOR)}


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param([4096], id="first geometry"),
        pytest.param([4096 + 45], id="a field of the first geometry"),
        pytest.param([TABLES], id="first table"),
        pytest.param([TABLES + 20], id="its checksum"),
        pytest.param([TABLES + 300], id="its partitions"),
        pytest.param(
            [TABLES, TABLES + 2 * build.TABLE_BYTES], id="first table and its copy: the other slot's"
        ),
    ],
)
def test_a_copy_stands_in_for_what_is_damaged(tmp_path: Path, harm: list[int]) -> None:
    """Checksums decide; with one copy broken the other is read."""
    data = bytearray(build.image({"system": SYSTEM}))
    for at in harm:
        data[at] ^= 0xFF
    assert partitions(stored(tmp_path, bytes(data))) == {"system": SYSTEM}


def test_a_header_that_says_less_is_not_believed(tmp_path: Path) -> None:
    """With the count of partitions set to none, tables that hold up to their checksum prove nothing."""
    data = bytearray(build.image({"system": SYSTEM}))
    data[TABLES + 84] = 0
    assert partitions(stored(tmp_path, bytes(data))) == {"system": SYSTEM}


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        pytest.param([4096, 8192], "has no geometry", id="both geometries"),
        pytest.param([4096 + 45, 8192 + 45], "does not match its checksum", id="both geometries' fields"),
        pytest.param([TABLES + n * build.TABLE_BYTES for n in range(4)], "has no table", id="all tables"),
        pytest.param(
            [TABLES + n * build.TABLE_BYTES + 300 for n in range(4)], "do not match", id="all partitions"
        ),
    ],
)
def test_damage_to_every_copy_is_told(tmp_path: Path, harm: list[int], why: str) -> None:
    """No copy that holds up to its checksum: refused with what is wrong with the first."""
    data = bytearray(build.image({"system": SYSTEM}))
    for at in harm:
        data[at] ^= 0xFF
    with pytest.raises(BadInput, match=why):
        super_image.partitions(stored(tmp_path, bytes(data)))


@pytest.mark.parametrize(
    ("rows", "extents", "why"),
    [
        pytest.param([("system", 0, 1)], [(8, 0, 1 << 40, 0)], "are wanted at offset", id="beyond the end"),
        pytest.param([("system", 0, 1)], [(8, 7, 2048, 0)], "unknown type 7", id="unknown extent"),
        pytest.param([("system", 0, 1)], [(8, 0, 2048, 1)], "several devices", id="another device"),
        pytest.param([("system", 0, 2)], [(8, 0, 2048, 0)], "extents 0 to 2 of 1", id="no such extent"),
    ],
)
def test_a_table_that_lies_is_refused(
    tmp_path: Path, rows: list[tuple[str, int, int]], extents: list[tuple[int, int, int, int]], why: str
) -> None:
    """Right checksums make no claim true."""
    table = build.table(rows, extents).ljust(build.TABLE_BYTES, b"\0")
    made = stored(tmp_path, (bytes(4096) + build.geometry() * 2 + table * 4).ljust(2 << 20, b"\0"))
    with pytest.raises(BadInput, match=why):
        partitions(made)


def test_zero_extents_and_disabled_partitions(tmp_path: Path) -> None:
    """An extent of zeros lies nowhere; a disabled partition is not there."""
    table = build.table([("system", 0, 2)], [(8, 1, 0, 0), (8, 0, 2048, 0)]).ljust(build.TABLE_BYTES, b"\0")
    head = bytes(4096) + build.geometry() * 2
    made = stored(tmp_path, (head + table * 4).ljust(1 << 20, b"\0") + b"x" * 4096)
    assert partitions(made) == {"system": bytes(4096) + b"x" * 4096}
    off = build.table([("system", 0, 1)], [(8, 0, 2048, 0)], attributes=8).ljust(build.TABLE_BYTES, b"\0")
    assert partitions(stored(tmp_path, (head + off * 4).ljust(2 << 20, b"\0"))) == {}


@SHARED
@given(at=st.integers(4096, TABLES + 700), flip=st.integers(1, 255), cut=st.integers(0, 1 << 20))
def test_no_single_byte_changes_what_is_read(tmp_path: Path, at: int, flip: int, cut: int) -> None:
    """A flipped byte of the first geometry or table is never believed; a cut image is told by name."""
    data = bytearray(build.image({"system": SYSTEM, "vendor": VENDOR}))
    data[at] ^= flip
    assert partitions(stored(tmp_path, bytes(data))) == {"system": SYSTEM, "vendor": padded(VENDOR)}
    with tolerated("cut.img"):
        partitions(stored(tmp_path, bytes(data[: len(data) - cut]), "cut.img"))
