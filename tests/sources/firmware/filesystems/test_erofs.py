"""EROFS: every mode mkfs.erofs has, every algorithm, and every way of being damaged."""

from __future__ import annotations

import struct
import subprocess
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.sources.firmware.filesystems.erofs.decompress import lz4_beginning
from tests.build.erofs_writer import BLOCK
from tests.build.images import Algorithm, Options, _tool, erofs, mkfs_erofs
from tests.sources.firmware.filesystems.sample_tree import (
    contents,
    damaged,
    differences,
    exhaust,
    from_bytes,
    from_path,
    noise,
    sample,
    words,
)

MODES = {
    "plain": (),
    "no tails": ("-Enoinline_data",),
    "extended inodes": ("-Eforce-inode-extended",),
    "compact inodes": ("-Eforce-inode-compact",),
    "chunks of 4 KB": ("--chunksize=4096",),
    "chunks of 64 KB": ("--chunksize=65536",),
    "chunk indexes": ("--chunksize=4096", "-Eforce-chunk-indexes"),
    "chunk map": ("--chunksize=4096", "-Eforce-inode-blockmap"),
    "lz4": ("-zlz4",),
    "lz4hc": ("-zlz4hc,12",),
    "lz4, 16 KB": ("-zlz4", "-C16384"),
    "lz4hc, 64 KB": ("-zlz4hc", "-C65536"),
    "lz4, 1 MB": ("-zlz4", "-C1048576"),
    "lz4, short extents": ("-zlz4", "-C65536", "--max-extent-bytes=65536"),
    "lz4, Linux 4.19": ("-zlz4", "-Elegacy-compress"),
    "lz4hc, Linux 4.19": ("-zlz4hc", "-Elegacy-compress"),
    "tails packed": ("-zlz4hc", "-Eztailpacking"),
    "tails packed, 64 KB": ("-zlz4hc", "-Eztailpacking", "-C65536"),
    "tails packed, full index": ("-zlz4", "-Eztailpacking,legacy-compress"),
    "no attributes": ("-zlz4", "-x-1"),
}
OWN = {
    "lzma": Options(algorithm=Algorithm.LZMA),
    "deflate": Options(algorithm=Algorithm.DEFLATE),
    "zstd": Options(algorithm=Algorithm.ZSTD),
    "lz4, large clusters": Options(algorithm=Algorithm.LZ4, extent=100_000),
    "lzma, large clusters": Options(algorithm=Algorithm.LZMA, extent=200_000),
    "rotated": Options(algorithm=Algorithm.LZ4, extent=5000, interlaced=True),
    "fragments": Options(algorithm=Algorithm.LZ4, fragments=True),
    "fragments, zstd": Options(algorithm=Algorithm.ZSTD, fragments=True, extent=65_536),
    "shared beginnings, lz4": Options(algorithm=Algorithm.LZ4, shared=True),
    "shared beginnings, lzma": Options(algorithm=Algorithm.LZMA, shared=True),
    "shared beginnings, deflate": Options(algorithm=Algorithm.DEFLATE, shared=True),
    "shared beginnings, zstd": Options(algorithm=Algorithm.ZSTD, shared=True),
}
SMALL: dict[str, bytes | str] = {
    "/a/f": b"hello " * 5000,
    "/a/g": words(20_000),
    "/r": noise(9_000),
    "/s": b"1",
    "/l": "/a",
}


_SIZES_ALONE = {
    "chunks of 64 KB", "lz4hc", "lz4, 16 KB", "lz4hc, 64 KB", "lz4hc, Linux 4.19", "tails packed, 64 KB",
    "tails packed, full index", "compact inodes", "no attributes",
}  # fmt: skip
"""Modes that differ from others in sizes or in how hard the writer tried: `make test-all` has them."""


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(options, id=name, marks=[pytest.mark.slow] if name in _SIZES_ALONE else [])
        for name, options in MODES.items()
    ],
)
def test_every_mode_of_mkfs_erofs_is_read(options: tuple[str, ...], tmp_path: Path) -> None:
    """Plain, in chunks, compressed with every index and cluster size: every byte comes back."""
    pytest.importorskip("lz4", reason="of the extra [firmware]")
    assert differences(from_path(mkfs_erofs(sample(), tmp_path, *options)), sample()) == []


@pytest.mark.parametrize("options", OWN.values(), ids=OWN)
def test_every_algorithm_and_packing_is_read(options: Options) -> None:
    """What newer versions of mkfs.erofs write: all algorithms, rotated and shared clusters, fragments."""
    pytest.importorskip("lz4", reason="of the extra [firmware]")
    pytest.importorskip("zstandard", reason="of the extra [firmware]")
    files = sample()
    text = files["/sizes/text-65537"]
    assert isinstance(text, bytes)
    files["/zz/begins-alike"] = text[:33_000]
    files["/zz/begins-alike-too"] = text[: options.extent] + b"and ends otherwise"
    assert differences(from_bytes(erofs(files, options)), files) == []


@pytest.mark.parametrize(
    "options",
    [
        Options(),
        Options(chunks=True),
        Options(algorithm=Algorithm.LZ4),
        Options(algorithm=Algorithm.LZ4, extent=100_000),
    ],
)
def test_the_writer_of_these_tests_writes_erofs(options: Options, tmp_path: Path) -> None:
    """fsck.erofs unpacks what the tests' own writer makes, where it knows the features."""
    pytest.importorskip("lz4", reason="of the extra [firmware]")
    tool = _tool("fsck.erofs", "erofs-utils")
    image = tmp_path / "own.img"
    image.write_bytes(erofs(sample(), options))
    done = subprocess.run((tool, "--extract", str(image)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _changed(image: bytes, offset: int, value: bytes) -> bytes:
    return image[:offset] + value + image[offset + len(value) :]


@pytest.mark.parametrize(
    ("offset", "value", "what"),
    [
        (1024 + 12, b"\x1f", "no EROFS superblock"),
        (1024 + 14, b"\xff\xff", "cut short"),
        (1024 + 80, struct.pack("<I", 0x83), "48-bit"),
        (1024 + 80, struct.pack("<I", 0x40000003), "unknown features"),
        (1024 + 90, b"\x20", "folders in blocks"),
        (1152, b"\x1f\x00", "in a way"),
        (1152 + 4, b"\x00\x00", "no known type"),
        (1152 + 4, struct.pack("<H", 0o100644), "root that is no folder"),
    ],
)
def test_a_damaged_beginning_is_refused(offset: int, value: bytes, what: str) -> None:
    """A superblock or root that cannot be is refused with what is wrong and where."""
    with pytest.raises(BadInput, match=what) as caught:
        from_bytes(_changed(erofs(SMALL), offset, value))
    assert "offset" in caught.value.where


def test_a_file_is_never_held_whole() -> None:
    """Reading 16 MB in slices takes a few, whatever was unfolded on the way."""
    tree = from_bytes(erofs({"/f": bytes(16 << 20)}, Options(algorithm=Algorithm.DEFLATE, extent=100_000)))
    tracemalloc.start()
    try:
        with tree.open("/f") as file:
            assert sum(len(data) for data in iter(lambda: file.read(1 << 16), b"")) == 16 << 20
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 << 20


def test_a_fragment_far_beyond_is_not_taken_for_a_near_one() -> None:
    """The block of a fragment's head is the high half of where it lies in the packed record."""
    files: dict[str, bytes | str] = {"/f": words(10_000 + 3_000)}
    image = erofs(files, Options(algorithm=Algorithm.DEFLATE, fragments=True))
    head = struct.pack("<HHI", 1, 10_000 % BLOCK, 0)
    at = image.index(head, 1152)
    assert contents(from_bytes(image)) == files
    with pytest.raises(BadInput, match=str(1 << 32)):
        from_bytes(_changed(image, at + 4, struct.pack("<I", 1))).open("/f").read()


def test_an_unknown_algorithm_is_named() -> None:
    """A file compressed in a way no reader here knows is refused by the number of the algorithm."""
    image = erofs({"/f": words(30_000)}, Options(algorithm=Algorithm.DEFLATE))
    at = image.index(struct.pack("<HBB", 2, 2, 0), 1152)
    tree = from_bytes(_changed(image, at + 2, b"\x09"))
    with pytest.raises(BadInput, match="number 9"):
        tree.open("/f").read()


def test_a_damaged_cluster_is_named_with_its_place() -> None:
    """Data that does not unfold is an error with file and offset, and costs that file alone."""
    files: dict[str, bytes | str] = {"/f": words(30_000), "/g": words(30_000, 2)}
    image = erofs(files, Options(algorithm=Algorithm.DEFLATE))
    at = image.rindex(b"\0" * 64, 0, -BLOCK)
    tree = from_bytes(_changed(image, at + 64, b"\xff" * 3000))
    assert tree.open("/f").read() == files["/f"]
    with pytest.raises(BadInput, match="damaged DEFLATE data") as caught:
        tree.open("/g").read()
    assert caught.value.where.startswith("test.img > /g, offset ")


def test_a_folder_within_itself_is_looked_into_once() -> None:
    """An entry that leads back to a folder above is a trouble; the walk ends."""
    image = erofs({"/a/b/c": b"1"})
    (number,) = struct.unpack_from("<H", image, 1024 + 14)
    # the table of three entries stands before their names; the third one is b's
    at = image.index(b"...b") - 12
    tree = from_bytes(_changed(image, at, struct.pack("<Q", number)))
    assert [node.path for node in tree.walk()] == ["/a", "/a/b"]
    assert ["met before" in trouble.reason for trouble in tree.troubles] == [True]


def test_a_damaged_block_of_entries_costs_that_block() -> None:
    """Of a folder of several blocks the others are walked, and the trouble names the folder."""
    files: dict[str, bytes | str] = {f"/d/{n:03}-{'x' * 100}": b"" for n in range(120)}
    image = erofs(files)
    at = image.index(b"000-x") // BLOCK * BLOCK
    tree = from_bytes(_changed(image, at + 8, b"\x07\x00"))
    found = contents(tree)
    assert 60 < len(found) < 120
    assert [trouble.path for trouble in tree.troubles] == ["/d"]


def test_content_in_another_image_is_said_to_be_missing() -> None:
    """An image that needs others is read as far as it goes, with that trouble."""
    image = erofs(SMALL)
    image = _changed(image, 1024 + 80, struct.pack("<IHH", 3 | 8, 0, 1))
    tree = from_bytes(image)
    assert contents(tree) == SMALL
    assert ["further images" in trouble.reason for trouble in tree.troubles] == [True]


def test_a_file_larger_than_its_index_is_refused() -> None:
    """A size that the image has no index for ends as an error, not as memory."""
    image = erofs({"/f": words(30_000)}, Options(algorithm=Algorithm.DEFLATE))
    at = image.index(struct.pack("<Q", 30_000), 1152)
    for size in (1 << 33, 1 << 40, 1 << 62):
        tree = from_bytes(_changed(image, at, struct.pack("<Q", size)))
        with pytest.raises(BadInput):
            tree.open("/f").read(1)


@given(st.binary(max_size=2000), st.integers(1, 40), st.integers(1, 10_000), st.binary(max_size=40))
def test_the_beginning_of_an_lz4_block_becomes_a_block(
    seed: bytes, repeats: int, wanted: int, behind: bytes
) -> None:
    """Any beginning of what a block unfolds to can be had as a whole block, whatever follows the block."""
    block = pytest.importorskip("lz4.block", reason="of the extra [firmware]")
    data = (seed + b"-") * repeats
    wanted = min(wanted, len(data))
    cut, room = lz4_beginning(block.compress(data, store_size=False) + behind, wanted)
    assert block.decompress(cut, uncompressed_size=room)[:wanted] == data[:wanted]


@given(st.binary(max_size=300), st.integers(1, 100_000))
def test_no_bytes_hang_the_search_for_a_beginning(data: bytes, wanted: int) -> None:
    """Whatever stands there for an LZ4 block, the search ends with a block not much longer."""
    cut, _ = lz4_beginning(data, wanted)
    assert len(cut) <= len(data) + 40


IMAGES = [
    erofs(SMALL),
    erofs(SMALL, Options(chunks=True)),
    erofs(SMALL, Options(algorithm=Algorithm.DEFLATE, fragments=True)),
    erofs(SMALL, Options(algorithm=Algorithm.LZMA, shared=True)),
]


@settings(max_examples=200)
@given(
    st.sampled_from(IMAGES),
    st.lists(st.tuples(st.integers(1024, 16_000), st.integers(0, 255)), min_size=1, max_size=30),
    st.none() | st.integers(0, 100_000),
)
def test_no_damage_ends_otherwise_than_as_an_error(
    image: bytes, changes: list[tuple[int, int]], cut: int | None
) -> None:
    """Whatever bytes are changed and wherever it is cut, reading ends, and ends as data or an AuditError."""
    assert exhaust(damaged(image, changes, cut)) < 1000
