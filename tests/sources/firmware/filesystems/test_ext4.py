"""ext2, ext3 and ext4: everything mke2fs can write is read, everything damaged ends as a trouble."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.errors import BadInput
from audit.sources.firmware.filesystems.tree import NodeKind
from tests.build.ext4_writer import BLOCK
from tests.build.images import ext4, mke2fs
from tests.sources.firmware.filesystems.sample_tree import (
    contents,
    damaged,
    differences,
    exhaust,
    from_bytes,
    from_path,
    sample,
)

INODES = 4 * BLOCK
SMALL: dict[str, bytes | str] = {"/a/f": b"hello " * 2000, "/a/g": b"1", "/l": "/a", "/long": "/a" * 40}

MODES = {
    "ext4": ("-t", "ext4"),
    "ext4, 1 KB": ("-t", "ext4", "-b", "1024"),
    "ext4, 64 KB": ("-t", "ext4", "-b", "65536"),
    "ext2": ("-t", "ext2"),
    "ext2, 1 KB": ("-t", "ext2", "-b", "1024"),
    "ext2, first revision": ("-t", "ext2", "-r", "0", "-O", "none"),
    "ext3": ("-t", "ext3"),
    "inodes of 128 bytes": ("-t", "ext4", "-I", "128"),
    "meta groups": ("-t", "ext4", "-b", "1024", "-g", "2048", "-O", "meta_bg,^resize_inode"),
    "small groups": ("-t", "ext4", "-b", "1024", "-g", "1024"),
    "32 bits": ("-t", "ext4", "-O", "^64bit,^metadata_csum"),
    "clusters": ("-t", "ext4", "-O", "bigalloc"),
    "case folding": ("-t", "ext4", "-O", "casefold"),
    "verity": ("-t", "ext4", "-O", "verity"),
    "large folders": ("-t", "ext4", "-O", "large_dir"),
}


_NO_NEW_FORM = {
    "ext4, 64 KB", "ext2, 1 KB", "ext3", "small groups", "case folding", "verity", "large folders"
}  # fmt: skip
"""Kinds that differ from others in sizes or in what a reader passes over: `make test-all` has them."""


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(options, id=name, marks=[pytest.mark.slow] if name in _NO_NEW_FORM else [])
        for name, options in MODES.items()
    ],
)
def test_every_kind_that_mke2fs_makes_is_read(options: tuple[str, ...], tmp_path: Path) -> None:
    """Blocks of all sizes, pointers and extents, old and new descriptors: every byte comes back."""
    size = "160M" if "65536" in options else "24M"
    assert differences(from_path(mke2fs(sample(), tmp_path, *options, size=size)), sample()) == []


@pytest.mark.parametrize("inode", ["256", "1024"])
def test_content_in_the_inode_is_read(inode: str, tmp_path: Path) -> None:
    """Small files, folders and links that stand in the inode, as `inline_data` has it."""
    files: dict[str, bytes | str] = {f"/dir{n}/file{n}": b"x" * n for n in range(0, 200, 7)}
    files.update({f"/many/{n:03}": b"" for n in range(100)})
    files["/l"] = "t" * 100
    image = mke2fs(files, tmp_path, "-t", "ext4", "-O", "inline_data", "-I", inode)
    assert differences(from_path(image), files) == []


def test_a_hashed_folder_is_read_like_a_linear_one(tmp_path: Path) -> None:
    """Of a folder with an index every name is found, and no node of the index is taken for one."""
    files: dict[str, bytes | str] = {f"/many/{'n' * 60}-{n:05}": b"" for n in range(1500)}
    image = mke2fs(files, tmp_path, "-t", "ext4", "-b", "1024", "-N", "3000")
    tool = shutil.which("e2fsck", path="/usr/sbin:/sbin:/usr/bin")
    if tool is None:
        pytest.skip("e2fsck is not here; Debian has it in e2fsprogs")
    subprocess.run((tool, "-fyD", str(image)), capture_output=True, check=False)
    assert b"hash" not in image.name.encode()
    assert _has_index(image), "e2fsck -D made no index, and this test would say nothing"
    assert differences(from_path(image), files) == []


def _has_index(image: Path) -> bool:
    done = subprocess.run(
        (
            shutil.which("debugfs", path="/usr/sbin:/sbin:/usr/bin") or "debugfs",
            "-R",
            "stat /many",
            str(image),
        ),
        capture_output=True,
        text=True,
        check=True,
    )
    return "Flags: 0x81000" in done.stdout or "Flags: 0x1000" in done.stdout


def test_the_writer_of_these_tests_writes_ext4(tmp_path: Path) -> None:
    """e2fsck finds nothing wrong with what the tests' own writer makes."""
    tool = shutil.which("e2fsck", path="/usr/sbin:/sbin:/usr/bin")
    if tool is None:
        pytest.skip("e2fsck is not here; Debian has it in e2fsprogs")
    image = tmp_path / "own.img"
    image.write_bytes(ext4(sample()))
    done = subprocess.run((tool, "-fn", str(image)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def _number(image: bytes, path: str) -> int:
    """The inode number of a file at the top of *image*, by its entry in the root's one block."""
    name = path.strip("/").encode()
    at = image.index(struct.pack("<B", len(name)), 0) if not name else image.rindex(name)
    while image[at - 2] != len(name) or image[at : at + len(name)] != name:
        at = image.rindex(name, 0, at)
    return int(struct.unpack_from("<I", image, at - 8)[0])


def _inode_at(image: bytes, path: str) -> int:
    return INODES + (_number(image, path) - 1) * 256


def _changed(image: bytes, offset: int, value: bytes) -> bytes:
    return image[:offset] + value + image[offset + len(value) :]


def test_an_extent_that_was_never_written_reads_as_zeros() -> None:
    """The length of a reserved extent is stated with 32768 added; its old blocks must not show."""
    image = ext4({"/f": b"secret" * 1000})
    at = _inode_at(image, "/f") + 40 + 12 + 4
    (length,) = struct.unpack_from("<H", image, at)
    tree = from_bytes(_changed(image, at, struct.pack("<H", length + 32768)))
    assert tree.open("/f").read() == bytes(6000)


def test_an_extent_far_beyond_is_not_taken_for_a_near_one() -> None:
    """A block's high 16 bits count: content beyond 16 TB is missing here, and nothing else stands for it."""
    image = ext4({"/f": b"x" * 5000})
    at = _inode_at(image, "/f") + 40 + 12 + 6
    with pytest.raises(BadInput, match="image ends at"):
        from_bytes(_changed(image, at, b"\x01\x00")).open("/f").read()


def test_an_encrypted_file_is_a_trouble_and_is_not_opened() -> None:
    """Files of fscrypt are listed; what is in them is said to be unreadable."""
    image = ext4({"/f": b"cipher"})
    at = _inode_at(image, "/f") + 32
    tree = from_bytes(_changed(image, at, struct.pack("<I", 0x80800)))
    assert [node.path for node in tree.walk()] == ["/f", "/lost+found"]
    assert [(trouble.path, "encrypted" in trouble.reason) for trouble in tree.troubles] == [("/f", True)]
    with pytest.raises(BadInput, match="encrypted"):
        tree.open("/f")


def test_a_folder_within_itself_is_looked_into_once() -> None:
    """An entry that leads back to a folder above is a trouble; the walk ends."""
    image = ext4({"/a/b/c": b"1"})
    number = _number(image, "/a")
    at = image.index(b"\x01\x02b\x00") - 6
    tree = from_bytes(_changed(image, at, struct.pack("<I", number)))
    assert [node.path for node in tree.walk()] == ["/a", "/a/b", "/lost+found"]
    assert ["met before" in trouble.reason for trouble in tree.troubles] == [True]


def test_an_extent_tree_that_leads_to_itself_ends() -> None:
    """A node that is its own child has the wrong depth; its file is unreadable, the others are not."""
    image = ext4({"/f": b"x" * 5000, "/g": b"1"})
    at = _inode_at(image, "/f")
    block = len(image) // BLOCK
    node = struct.pack("<HHHHI", 0xF30A, 1, 4, 3, 0) + struct.pack("<IIHH", 0, block, 0, 0)
    looped = _changed(image, at + 40, node) + node.ljust(BLOCK, b"\0")
    tree = from_bytes(looped)
    with pytest.raises(BadInput, match="damaged extent tree"):
        tree.open("/f")
    assert tree.open("/g").read() == b"1"


@pytest.mark.parametrize(
    ("offset", "value", "what"),
    [
        (1024 + 24, struct.pack("<I", 60), "no ext4 superblock"),
        (1024 + 32, bytes(4), "make no sense"),
        (1024 + 40, bytes(4), "make no sense"),
        (1024 + 88, struct.pack("<H", 100), "make no sense"),
        (1024 + 96, struct.pack("<I", 0x43), "compression"),
        (1024 + 96, struct.pack("<I", 0x80000042), "unknown features"),
        (BLOCK + 8, b"\xff" * 4, "outside the image"),
        (INODES + 256, bytes(2), "no known type"),
        (INODES + 256, struct.pack("<H", 0o100644), "root that is no folder"),
    ],
)
def test_a_damaged_beginning_is_refused(offset: int, value: bytes, what: str) -> None:
    """A superblock, descriptor or root that cannot be is refused with what is wrong and where."""
    with pytest.raises(BadInput, match=what) as caught:
        from_bytes(_changed(ext4(SMALL), offset, value))
    assert "offset" in caught.value.where


def test_a_damaged_entry_costs_its_block_only() -> None:
    """What comes before it is walked, and the trouble names the folder and the place."""
    image = ext4({f"/d/{n:03}-{'x' * 100}": b"" for n in range(100)})
    at = image.index(b"010-x") - 4
    tree = from_bytes(_changed(image, at, struct.pack("<H", 7)))
    found = contents(tree)
    assert "/d/009-" + "x" * 100 in found
    assert "/d/099-" + "x" * 100 in found
    assert "/d/010-" + "x" * 100 not in found
    assert ["damaged entry" in trouble.reason for trouble in tree.troubles] == [True]


def test_a_dirty_image_is_said_to_be_one() -> None:
    """An image with a journal to replay is read, with the trouble that its last changes are missing."""
    tree = from_bytes(_changed(ext4(SMALL), 1024 + 96, struct.pack("<I", 0x46)))
    assert [trouble.path for trouble in tree.troubles] == ["/"]
    assert contents(tree) == SMALL


def test_a_cut_image_says_what_is_missing() -> None:
    """With its end gone, each file that is still whole is read, and the other names image and offset."""
    image = ext4({"/a": b"1" * BLOCK, "/z": b"2" * BLOCK})
    tree = from_bytes(image[:-BLOCK])
    read = {node.path: node for node in tree.walk() if node.kind is NodeKind.FILE}
    assert set(read) == {"/a", "/z"}
    assert tree.open("/a").read() == b"1" * BLOCK
    with pytest.raises(BadInput, match="image ends at"):
        tree.open("/z").read()


def test_an_extent_tree_wider_than_its_file_ends() -> None:
    """Nodes that all name one leaf, again and again, are not read more often than the file has blocks."""
    image = ext4({"/f": b"x" * 5000})
    at = _inode_at(image, "/f")
    place = len(image) // BLOCK
    root = struct.pack("<HHHHI", 0xF30A, 4, 4, 2, 0) + struct.pack("<IIHH", 0, place, 0, 0) * 4
    middle = struct.pack("<HHHHI", 0xF30A, 340, 340, 1, 0) + struct.pack("<IIHH", 0, place + 1, 0, 0) * 340
    leaf = struct.pack("<HHHHI", 0xF30A, 0, 340, 0, 0)
    wide = _changed(image, at + 40, root) + middle.ljust(BLOCK, b"\0") + leaf.ljust(BLOCK, b"\0")
    with pytest.raises(BadInput, match="larger than its file"):
        from_bytes(wide).open("/f")


def test_folders_that_share_their_bytes_are_read_so_much_only() -> None:
    """A hundred folders that claim 64 MB each, mostly holes, end the walk with a trouble, not the day."""
    image = bytearray(ext4({f"/d{n}/x": b"" for n in range(100)}))
    for n in range(100):
        struct.pack_into("<I", image, _inode_at(bytes(image), f"/d{n}") + 4, 64 << 20)
    tree = from_bytes(bytes(image))
    assert sum(1 for _ in tree.walk()) > 100
    assert any("not all were looked into" in trouble.reason for trouble in tree.troubles)


IMAGE = ext4(SMALL)


@settings(max_examples=150)
@given(
    st.lists(st.tuples(st.integers(1024, len(IMAGE) - 1), st.integers(0, 255)), min_size=1, max_size=30),
    st.none() | st.integers(0, len(IMAGE)),
)
def test_no_damage_ends_otherwise_than_as_an_error(changes: list[tuple[int, int]], cut: int | None) -> None:
    """Whatever bytes are changed and wherever it is cut, reading ends, and ends as data or an AuditError."""
    assert exhaust(damaged(IMAGE, changes, cut)) < 1000
